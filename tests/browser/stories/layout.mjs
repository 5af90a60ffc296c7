// The page as a thing to handle: drawers, keys, notices, and what screen readers and keyboards find.

import { accessible, must } from "../check.mjs";

export async function story({ server, open, step }) {
  const square = await server.room("Square");
  await server.room("Corner");
  for (const name of ["ada", "bob"]) await server.say(name, square, `good morning from ${name}`);
  const ada = await open("ada", { bypassCSP: true });
  const bob = await open("bob", { signedIn: true, bypassCSP: true, colorScheme: "dark" });

  step("what programs can judge of accessibility holds, in light and dark");
  await accessible(ada, "the sign-in page");
  await ada.signIn();
  for (const window of [ada, bob]) {
    await window.enter(square);
    await window.sees("good morning from bob");
    await window.seesPerson("1");
    await accessible(window, `the room of ${window.name}`);
  }
  for (const [button, dialog] of [["find-rooms", "find"], ["new-room", "room"], ["new-message", "message"], ["show-about", "about"], ["show-keys", "keys"], ["sign-out", "sign-out"]]) {
    await ada.page.click(`#${button}`);
    await ada.page.waitForSelector(`#${dialog}-dialog[open]`);
    await accessible(ada, `the dialog ${dialog}`);
    await ada.page.keyboard.press("Escape");
  }
  await bob.page.click("#show-about");
  await accessible(bob, "a room that another person owns");
  await bob.page.keyboard.press("Escape");

  step("a screen reader hears what others write, and no buttons");
  await server.say("bob", square, "can you hear me?");
  await ada.seesText("#heard p", "bob: can you hear me?");
  await ada.has("only the words are read", () => document.querySelector("#heard").textContent === "bob: can you hear me?");

  step("a message and its buttons are reached by keys, and are no stops on the way through the log");
  await ada.page.click("#composer");
  await ada.page.keyboard.press("ArrowUp");
  await ada.page.keyboard.press("Tab");
  await ada.page.keyboard.press("Enter");
  await ada.seesText("#answering", "can you hear me?");
  await ada.has("the other messages have no stops", () => document.activeElement.id === "composer"
    && !document.querySelector('#log .actions button:not([tabindex="-1"])'));
  await ada.page.keyboard.press("Escape");

  step("Ctrl+K finds a room, and leaves nothing in the message box");
  await ada.page.keyboard.press("Control+k");
  await ada.page.keyboard.type("squ");
  await ada.page.waitForFunction(() => document.querySelectorAll("#rooms [data-channel-id]").length === 1);
  await ada.page.keyboard.press("Enter");
  await ada.page.keyboard.press("Control+k");
  await ada.page.keyboard.type("cor");
  await ada.page.waitForFunction(() => document.querySelectorAll("#rooms [data-channel-id]").length === 1);
  await ada.page.keyboard.press("Enter");
  await ada.seesText("#room-title", "Corner");
  await ada.has("the message box is empty and has the focus", () => document.activeElement.id === "composer" && document.activeElement.value === "");
  await ada.enter(square);

  step("a notice covers no message");
  const own = ada.page.locator("#log article", { hasText: "good morning from ada" });
  await ada.page.route(`**/channels/${square}/messages/*`, (route) => route.abort());
  await own.hover();
  await own.locator("[data-action=delete]").click();
  await own.locator("[data-action=delete]").click();
  await ada.page.waitForSelector("#notices .notice");
  await ada.has("notice and messages are apart", () => {
    const { bottom } = document.querySelector("#notices").getBoundingClientRect();
    const log = document.querySelector("#log");
    return bottom <= log.getBoundingClientRect().top && log.scrollTop + log.clientHeight >= log.scrollHeight - 1;
  });
  await ada.picture("notice");

  step("the room can be used after a drawer lost its reason to be");
  await ada.page.setViewportSize({ width: 390, height: 844 });
  await ada.page.click("#show-people");
  await accessible(ada, "the drawer");
  await ada.page.setViewportSize({ width: 1280, height: 800 });
  await ada.page.waitForSelector("#room:not([inert])");
  await ada.says("the window is wide again");

  step("the first key leads past the lists to the message box");
  await ada.has("the first stop is the way past the lists", () => {
    const [first] = [...document.querySelectorAll("#app :is(a, button, input, textarea)")];
    first.focus();
    return first.classList.contains("skip") && document.activeElement === first;
  });
  await ada.page.keyboard.press("Enter");
  await ada.has("the message box has the focus", () => document.activeElement.id === "composer");
}
