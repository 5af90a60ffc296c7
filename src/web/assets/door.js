// What a visitor sees who is not signed in: the ways in.

import { SCOPES, leave } from "./authorize.js";
import { byId, face, fill, make, named } from "./dom.js";
import { keep } from "./session.js";

/** Shows the door. Resolves with a session on a demo server, where a name is enough; every other way leads over other pages. */
export function door(api, reason) {
  byId("app").hidden = true;
  byId("door").hidden = false;
  document.body.dataset.view = "sign-in";
  document.title = "Groundnut rooms";
  say(reason);
  byId("sign-in").onclick = () => go(api);
  byId("sign-up-link").onclick = (event) => {
    event.preventDefault();
    go(api, "/sign-up");
  };
  showSignUp();
  // A session that ended by itself must not lead what is being typed to a button.
  if (!reason) byId("sign-in").focus();
  return new Promise((resolve) => { showDemo(api, resolve); });
}

async function go(api, first) {
  const button = byId("sign-in");
  button.disabled = true;
  try {
    await leave(api, first);
  } catch {
    say("This browser keeps nothing for this site, so it cannot sign in.");
  } finally {
    button.disabled = false;
  }
}

function say(words) {
  const line = byId("sign-in-error");
  line.textContent = words ?? "";
  line.hidden = !words;
}

/** A link to the page where people make an account themselves, if the operator lets them. */
async function showSignUp() {
  const line = byId("sign-up");
  if (!line.hidden) return;
  try {
    line.hidden = !(await fetch("/sign-up", { method: "HEAD", cache: "no-store" })).ok;
  } catch {
    line.hidden = true;
  }
}

/** On a demo server, the people whom a visitor may be. Elsewhere the address is unknown, and nothing shows. */
async function showDemo(api, enter) {
  const section = byId("demo");
  try {
    const answer = await fetch("/demo.json", { cache: "no-store" });
    if (!answer.ok) return;
    const { people = [] } = await answer.json();
    const be = async ({ username, password }) => {
      try {
        enter(keep(await api.grant({ grant_type: "password", username, password, scope: SCOPES }), false));
      } catch (error) {
        say(error.retryIn ? `Slow down: try again in ${error.retryIn} s.` : error.message);
      }
    };
    fill(byId("demo-people"), people.map((person) => make("li", {}, make("button", {
      type: "button",
      "data-username": person.username,
      onclick: () => be(person),
    }, face(person), named(person.username)))));
    section.hidden = people.length === 0;
  } catch {
    section.hidden = true;
  }
}
