// The way into the rooms: over the sign-in pages and back, with all that may go wrong on it, and out again.

import { accessible, must } from "../check.mjs";
import { PASSWORD } from "../server.mjs";

const ENTRY = "**/v1/oauth/access_token";

const press = (window, name) => window.page.getByRole("button", { name, exact: true }).click();

/** Nothing of a sign-in is in the address. */
const clean = (window) => window.has("the address holds nothing of the sign-in", () => location.search === "" && location.pathname === "/");

async function fill(window, fields) {
  for (const [id, value] of Object.entries(fields)) await window.page.fill(`#${id}`, value);
}

export async function story({ server, open, step }) {
  const hall = await server.room("Hall");
  const cellar = await server.room("Cellar");
  const secrets = [];
  const at = (room) => `${server.url}/#/room/${room}`;

  step("a wrong password is refused in words");
  const ada = await open("ada", { bypassCSP: true });
  ada.page.on("request", (request) => secrets.push(new URL(request.url()).searchParams.get("code")));
  await ada.page.goto(at(cellar));
  await accessible(ada, "the door");
  await ada.page.click("#sign-in");
  await fill(ada, { username: "ada", password: "guess guess" });
  await press(ada, "Sign in");
  await ada.page.locator("#problem").waitFor();

  step("a person who does not allow the rooms is told so, where they were");
  await fill(ada, { password: PASSWORD });
  await press(ada, "Sign in");
  await press(ada, "Do not allow");
  await ada.seesText("#sign-in-error:visible", "did not allow");
  must(ada.page.url() === at(cellar), `the room is in the address: ${ada.page.url()}`);
  await accessible(ada, "the door with a reason");

  step("a person who allows them comes to the room that was asked for");
  await ada.signIn();
  await ada.seesText("#room-title", "Cellar");
  await clean(ada);
  await ada.reload();
  await ada.seesText("#room-title", "Cellar");

  step("a step back leads to the rooms, and a code that comes along is not used");
  await ada.page.goBack();
  await ada.state("live");
  await clean(ada);
  must(ada.page.url().startsWith(server.url), "no other page");

  step("a code that does not hold is refused in words, and the next one is taken");
  const bob = await open("bob");
  await bob.page.route(ENTRY, async (route) => {
    const body = route.request().postData();
    secrets.push(new URLSearchParams(body).get("code"));
    // Another program was faster.
    await fetch(route.request().url(), { method: "POST", body: new URLSearchParams(body) });
    await route.continue();
  }, { times: 1 });
  await bob.page.goto(at(hall));
  await bob.page.click("#sign-in");
  await fill(bob, { username: "bob", password: PASSWORD });
  await press(bob, "Sign in");
  await press(bob, "Allow Rooms");
  await bob.seesText("#sign-in-error:visible", "took too long");
  await bob.has("nothing is kept", () => !sessionStorage.getItem("groundnut.session"));
  await bob.signIn();
  await bob.seesText("#room-title", "Hall");

  step("a sign-in that this window did not begin is not taken");
  const stranger = await open("stranger");
  await stranger.page.goto(`${server.url}/?code=made-up&state=made-up#/room/${hall}`);
  await stranger.seesText("#sign-in-error:visible", "begun in another window");
  must(stranger.page.url() === at(hall), `only the room is left: ${stranger.page.url()}`);

  step("a person without an account makes one on the way, in a server by another name and without TLS");
  const zoe = await open("zoe_of_the_door");
  const { code: invite } = server.run(["invite", "create"]);
  await zoe.page.goto(at(cellar).replace("127.0.0.1", "rooms.test"));
  await zoe.has("the context is not secure", () => !isSecureContext);
  await zoe.page.click("#sign-up-link");
  await fill(zoe, { invite, username: "zoe_of_the_door", password: PASSWORD });
  await press(zoe, "Make the account");
  await press(zoe, "Allow Rooms");
  await zoe.state("live");
  await zoe.seesText("#room-title", "Cellar");
  await zoe.has("the name of the server stays", () => location.hostname === "rooms.test");

  step("the profile is a click away, and so is the way back");
  await zoe.page.click("#self-link");
  await zoe.page.waitForURL("**/account");
  await zoe.page.fill("#name", "Zoe");
  await press(zoe, "Save the profile");
  await zoe.page.locator("[role=status]").waitFor();
  await zoe.page.click(".brand");
  await zoe.state("live");

  step("out of the rooms only: the way back asks for no password");
  await zoe.signOut({ browserToo: false });
  await zoe.page.click("#sign-in");
  await press(zoe, "Allow Rooms");
  await zoe.state("live");

  step("out of the browser too: it does");
  await zoe.signOut();
  await zoe.page.click("#sign-in");
  await zoe.page.waitForSelector("#username");

  step("no code and no token is in the log");
  const told = secrets.filter(Boolean);
  must(told.length > 2, "codes were seen");
  must(!told.some((secret) => server.log.includes(secret)), "the log holds a code");
}
