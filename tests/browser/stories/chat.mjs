// Two people chat in a live room: both ways, with presence and typing, over a reload, a lost network and a
// restarted server.

import { must } from "../check.mjs";

export async function story({ server, open, step }) {
  const lounge = await server.room("Lounge");
  const garden = await server.room("Garden");
  const ada = await open("ada");
  const bob = await open("bob", { colorScheme: "dark" });
  const windows = [ada, bob];
  step("both sign in and enter the room");
  for (const window of windows) {
    await window.signIn();
    await window.enter(lounge);
  }

  step("they chat both ways");
  await ada.says("hello from ada");
  await bob.sees("hello from ada");
  await bob.says("hello from bob");
  await ada.sees("hello from bob");

  step("each sees the people in the room, and that the other types");
  await ada.seesPerson("2");
  await bob.seesPerson("1");
  await bob.typesUntil("let me think", ada.seesTyping("bob"));
  await ada.picture("room-light");
  await bob.picture("room-dark");
  await bob.says("let me think, done");

  step("markup stays text");
  await ada.says("<img src=x onerror=document.title='broken'> & <b>bold</b>");
  await bob.sees("<b>bold</b>");

  step("another room is unread until it is opened");
  await server.call("bob", "POST", `/channels/${garden}/messages`, { text: "roses" });
  await ada.seesUnread(garden);
  await ada.enter(garden);
  await ada.sees("roses");
  await ada.seesAllRead(garden);
  await ada.enter(lounge);

  step("a deleted message goes from the log");
  const gone = await server.call("bob", "POST", `/channels/${lounge}/messages`, { text: "a slip" });
  await ada.sees("a slip");
  await server.call("bob", "DELETE", `/channels/${lounge}/messages/${gone.id}`);
  await ada.seesNo("a slip");

  step("a reload finds the session and the room again");
  await bob.page.reload();
  await bob.state("live");
  await bob.sees("hello from ada");
  await ada.says("welcome back");
  await bob.sees("welcome back");

  step("without a network it says so; afterwards what was missed follows, and nothing has to be read again");
  const read = [];
  const note = (request) => {
    if (request.method() === "GET" && /\/v1\/(?:users\/me\/)?channels/u.test(request.url())) read.push(request.url());
  };
  const presence = /\/(?:presence|subscribers)\b/u;
  bob.page.on("request", note);
  await bob.context.setOffline(true);
  await bob.state("reconnecting", "offline");
  await bob.picture("offline");
  await ada.says("while you were away");
  await bob.context.setOffline(false);
  await bob.state("live");
  await bob.sees("while you were away");
  await bob.says("and back");
  await ada.sees("and back");

  step("over a restart of the server both come back by themselves");
  const address = server.url.replace("http://", "");
  await server.stop();
  await ada.state("reconnecting", "connecting", "offline");
  await server.serve(address);
  for (const window of windows) await window.state("live");
  await ada.says("after the restart");
  await bob.sees("after the restart");
  must(read.every((url) => presence.test(url)), `read again: ${read.filter((url) => !presence.test(url))}`);
  bob.page.off("request", note);

  step("history comes with scrolling");
  for (let n = 1; n <= 80; n += 1) {
    await server.call("ada", "POST", `/channels/${garden}/messages`, { text: `flower ${n}.` });
  }
  await bob.page.reload();
  await bob.state("live");
  await bob.enter(garden);
  await bob.sees("flower 80.");
  const first = bob.page.locator("#log article[data-message-id]", { hasText: "roses" });
  for (let tries = 0; tries < 40 && (await first.count()) === 0; tries += 1) {
    const before = await bob.page.locator("#log article[data-message-id]").count();
    await bob.page.evaluate(() => { document.querySelector("#log").scrollTop = 0; });
    await bob.page.waitForFunction((count) => document.querySelectorAll("#log article[data-message-id]").length > count, before);
  }
  await bob.sees("roses");

  step("on a phone's width the room is usable");
  await ada.page.setViewportSize({ width: 360, height: 720 });
  await ada.says("from a phone");
  const wide = await ada.page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
  if (wide) throw new Error("the page is wider than a phone");
  await ada.picture("phone");
}
