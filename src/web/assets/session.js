// The session of this window, and the sign-in page.

import { byId, face, fill, make, named } from "./dom.js";

const KEY = "groundnut.session";

/** The session kept in this tab, or on this device if the person wanted that. */
export function kept() {
  for (const place of [sessionStorage, localStorage]) {
    try {
      const session = JSON.parse(place.getItem(KEY));
      if (session?.token && session?.id) return session;
    } catch {
      place.removeItem(KEY);
    }
  }
  return undefined;
}

function keep(session, stay) {
  drop();
  (stay ? localStorage : sessionStorage).setItem(KEY, JSON.stringify(session));
}

/** Forgets the token here; the server is told elsewhere. */
export function drop() {
  sessionStorage.removeItem(KEY);
  localStorage.removeItem(KEY);
}

/** Shows the sign-in page and resolves with the session after a sign-in. */
export function signIn(api, reason) {
  const form = byId("sign-in");
  const submit = byId("sign-in-submit");
  byId("app").hidden = true;
  byId("door").hidden = false;
  document.body.dataset.view = "sign-in";
  document.title = "Groundnut rooms";
  say(reason);
  showDemo(api);
  showSignUp();
  // A session that ended by itself must not move the words that are being typed into the field of a password.
  if (!reason) (byId("username").value ? byId("password") : byId("username")).focus();

  return new Promise((resolve) => {
    form.onsubmit = async (event) => {
      event.preventDefault();
      const username = byId("username").value.trim();
      const password = byId("password").value;
      if (!username || !password) {
        say("Both a username and a password are needed.");
        byId(username ? "password" : "username").focus();
        return;
      }
      submit.disabled = true;
      submit.textContent = "Signing in…";
      try {
        const grant = await api.grant(username, password);
        const session = { token: grant.access_token, id: String(grant.user_id), username: grant.username };
        keep(session, byId("stay").checked);
        byId("password").value = "";
        say("");
        form.onsubmit = (again) => again.preventDefault();
        resolve(session);
      } catch (error) {
        say(error.retryIn ? `Slow down: try again in ${error.retryIn} s.` : error.message);
        byId("password").select();
      } finally {
        submit.disabled = false;
        submit.textContent = "Sign in";
      }
    };
  });
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
async function showDemo() {
  const section = byId("demo");
  if (!section.hidden) return;
  try {
    const answer = await fetch("/demo.json", { cache: "no-store" });
    if (!answer.ok) return;
    const { people = [] } = await answer.json();
    fill(byId("demo-people"), people.map((person) => make("li", {}, make("button", {
      type: "button",
      "data-username": person.username,
      onclick: () => {
        byId("username").value = person.username;
        byId("password").value = person.password;
        byId("sign-in-submit").focus();
      },
    }, face(person), named(person.username)))));
    section.hidden = people.length === 0;
  } catch {
    section.hidden = true;
  }
}
