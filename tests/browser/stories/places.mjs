// Which room is open: words never go to a room that opened by itself, and the way back leads somewhere.

import { must, until } from "../check.mjs";

/** What ada wrote into a room, as the server has it. */
async function written(server, room) {
  const messages = await server.call("bob", "GET", `/channels/${room}/messages`);
  return messages.filter((message) => message.user?.username === "ada").map((message) => message.content?.text);
}

export async function story({ server, open, step }) {
  const market = await server.room("Market");
  const secret = await server.closedRoom("Secret");
  const attic = await server.closedRoom("Attic");
  const cellar = await server.room("Cellar", { members: ["ada"], acl: { write: {}, read: {} } });
  const ada = await open("ada", { signedIn: true });

  step("the way back from the first room leads out of the page");
  await ada.page.waitForFunction(() => location.hash !== "");
  await ada.page.goBack();
  must(ada.page.url() === "about:blank", `the way back led to ${ada.page.url()}`);
  await ada.page.goForward();
  await ada.state("live");
  await ada.enter(market);
  await ada.enter(secret);
  await ada.page.goBack();
  await ada.seesText("#room-title", "Market");
  await ada.page.goForward();
  await ada.seesText("#room-title", "Secret");

  step("a person removed in mid-sentence stays where they were, with their words");
  await ada.types("between us: ");
  await server.call("bob", "PATCH", `/channels/${secret}`, { acl: { write: { user_ids: [] } } });
  await ada.seesText("#lost:visible", "You are no longer in");
  await ada.page.keyboard.type("the key is under the mat");
  await ada.page.keyboard.press("Enter");
  await ada.holds("between us: ");
  await ada.seesText("#lost-copy:visible", "Copy");
  must((await written(server, market)).length === 0, "nothing went to another room");
  await ada.picture("lost");

  step("the same in a room that is closed");
  await ada.enter(attic);
  await ada.types("up here ");
  await server.call("bob", "DELETE", `/channels/${attic}`);
  await ada.seesText("#lost:visible", "has been closed");
  await ada.page.keyboard.type("it is dark");
  await ada.page.keyboard.press("Enter");
  await ada.holds("up here ");
  must((await written(server, market)).length === 0, "nothing went to another room");

  step("the same in a room that was left in another window; the words go on after the return");
  await ada.enter(market);
  await ada.types("two apples ");
  await server.call("ada", "DELETE", `/channels/${market}/subscribe`);
  await ada.seesText("#lost:visible", "You are no longer in");
  await ada.page.click("#lost-join");
  await ada.page.waitForFunction(() => document.activeElement.id === "composer" && !document.activeElement.readOnly);
  await ada.page.keyboard.type("and a pear");
  await ada.page.keyboard.press("Enter");
  await ada.sees("two apples and a pear");

  step("a private room of one's own is found again after leaving it");
  await ada.enter(cellar);
  await ada.page.click("#leave");
  await ada.page.click("#leave");
  await ada.seesText("#lost:visible", "You left");
  await ada.enter(market);
  await ada.page.click("#find-rooms");
  await ada.page.check("#find-form [value=private]");
  await ada.page.click(`#found [data-found-id="${cellar}"] button`);
  await ada.page.waitForFunction((id) => location.hash.endsWith(`/${id}`), cellar);
  await ada.says("still mine");

  step("a room that opens by itself takes no focus from a field in use");
  await ada.page.goto(`${server.url}/#/`);
  await ada.reload();
  await ada.page.waitForFunction(() => location.hash.includes("room"));
  await ada.has("the message box has no focus", () => document.activeElement?.id !== "composer");
  await until("ada is still in her room", async () => (await server.call("ada", "GET", `/channels/${cellar}`)).you_subscribed);
}
