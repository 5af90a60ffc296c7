// What was read stays read, and what was written is not lost: over changes, windows, devices and reloads.

import { must, signal, until } from "../check.mjs";

export async function story({ server, open, step }) {
  const library = await server.room("Library");
  const porch = await server.room("Porch");
  const ada = await open("ada");
  await ada.signIn({ stay: true });
  await ada.enter(library);
  const unread = (room) => ada.page.locator(`#rooms [data-channel-id="${room}"] [data-unread]`);

  step("the open room stays read when it changes and after a reconnect");
  for (const text of ["first page", "second page"]) {
    await server.say("bob", library, text);
    await ada.sees(text);
  }
  const settings = { name: "Reading room", description: { text: "quiet, please" } };
  await server.call("ada", "PATCH", `/channels/${library}`, { raw: { "io.pnut.core.chat-settings": [settings] } });
  await ada.seesText("#rooms .name", "Reading room");
  must((await unread(library).count()) === 0, "no dot after a change of the channel");
  await ada.context.setOffline(true);
  await ada.state("reconnecting", "offline");
  await ada.context.setOffline(false);
  await ada.state("live");
  await ada.seesAllRead(library);

  step("what is seen when the window closes is read");
  await server.say("bob", library, "third page");
  await ada.sees("third page");
  await ada.close();
  await until("the marker arrived", async () => (await server.call("ada", "GET", `/channels/${library}`)).has_unread === false);
  await ada.page.goto(server.url);
  await ada.state("live");

  step("what another window of the same person reads counts as read here");
  await ada.enter(library);
  const twin = await ada.twin();
  await twin.state("live");
  await server.say("bob", porch, "a letter for you");
  await ada.seesUnread(porch);
  await twin.enter(porch);
  await ada.seesAllRead(porch);
  await twin.page.close();

  step("so does what another device reads, at once");
  await server.say("bob", porch, "another letter");
  await ada.seesUnread(porch);
  const phone = await open("ada", { signedIn: true });
  await phone.enter(porch);
  await phone.sees("another letter");
  await ada.seesAllRead(porch);

  step("drafts outlive a reload, each in its room");
  await ada.types("draft for the library");
  await ada.enter(porch);
  await ada.types("draft for the porch");
  await ada.reload();
  await ada.holds("draft for the porch");
  await ada.enter(library);
  await ada.holds("draft for the library");

  step("a message that was not sent outlives a reload");
  const messages = `**/channels/${library}/messages*`;
  const write = (act) => (route) => (route.request().method() === "POST" ? act(route) : route.fallback());
  await ada.page.route(messages, write((route) => route.abort()));
  await ada.page.fill("#composer", "stubborn words");
  await ada.page.click("#send");
  await ada.seesText("[data-pending][data-state=failed]", "stubborn words");
  await ada.reload();
  await ada.seesText("[data-pending][data-state=failed]", "stubborn words");
  await ada.page.unroute(messages);
  await ada.page.click("[data-pending] [data-action=retry]");
  await ada.sees("stubborn words");

  step("one that the server took before the reload is there once");
  const taken = signal();
  // The server answers, and the answer never reaches the page; neither does the event.
  await ada.page.route(messages, write(async (route) => {
    await route.fetch();
    taken.fire();
  }));
  await ada.page.fill("#composer", "taken words");
  await ada.page.click("#send");
  await taken.fired;
  await ada.reload();
  await ada.sees("taken words");
  await ada.page.waitForSelector("[data-pending]", { state: "detached" });
  await ada.page.unroute(messages);

  step("a session that ends by itself takes no words along, and gives the draft back");
  await ada.page.fill("#composer", "half a sent");
  await ada.page.evaluate(() => {
    const { token } = JSON.parse(localStorage.getItem("groundnut.session"));
    return fetch("/v1/token", { method: "DELETE", headers: { Authorization: `Bearer ${token}` } });
  });
  await ada.seesText("#sign-in-error:visible", "session");
  await ada.page.keyboard.type("ence");
  await ada.page.keyboard.press("Enter");
  await ada.has("the rest went nowhere", () => location.pathname === "/" && document.activeElement === document.body);
  await ada.signIn({ stay: true });
  await ada.holds("half a sent");

  step("signing out leaves nothing of the person in the window");
  await ada.signOut();
  await ada.has("nothing is kept", () => sessionStorage.length === 0 && localStorage.length === 0);
  await ada.has("no words are left in the page", () => !document.body.textContent.includes("taken words"));
}
