// What people write: in every direction of writing, covered where it has to be, folded when long; and what the
// server says, in words for people.

import { must } from "../check.mjs";

export async function story({ server, open, step }) {
  const about = `Everything about ${"very ".repeat(40)}long descriptions, to the last word.`;
  const forum = await server.room("منتدى", { about });
  const yard = await server.room("Yard");
  await server.say("bob", forum, "مرحبا بالعالم");
  const ada = await open("ada", { signedIn: true });
  await ada.enter(forum);
  const row = `#rooms [data-channel-id="${forum}"]`;
  const quote = (id) => `#log [data-message-id="${id}"] .quote`;

  step("each text has its own direction of writing, and turns nothing around it");
  await ada.sees("مرحبا");
  await ada.says("hello world");
  await ada.has("Arabic runs from the right, Latin from the left", () => {
    const texts = [...document.querySelectorAll("#log .text")];
    const directionOf = (part) => getComputedStyle(texts.find((text) => text.textContent.includes(part))).direction;
    return directionOf("مرحبا") === "rtl" && directionOf("hello") === "ltr";
  });
  await ada.seesPerson("1");
  await ada.has("names are isolated", (selector) => ["#room-title bdi", `${selector} .name bdi`, "#log .author bdi", "#people .name bdi"]
    .every((place) => document.querySelector(place)), row);
  await ada.has("the message box follows what is typed", () => document.querySelector("#composer").dir === "auto");

  step("what is not safe for work is covered in the list and in quotes too");
  const nsfw = await server.say("bob", forum, "bare facts", { is_nsfw: true });
  await ada.page.waitForSelector(`#log [data-message-id="${nsfw.id}"] details:not([open])`);
  await ada.seesText(`${row} .last`, "Not safe for work");
  const answer = await server.say("bob", forum, "see above", { reply_to: nsfw.id });
  await ada.seesText(quote(answer.id), "Not safe for work");

  step("so are the words of muted people");
  const loud = await server.say("bob", forum, "loud words");
  await server.call("ada", "PUT", "/users/@bob/mute");
  const reply = await server.say("ada", forum, "what did he say?", { reply_to: loud.id });
  await ada.reload();
  await ada.page.waitForFunction((place) => !["", "…"].includes(document.querySelector(place)?.lastChild.textContent ?? ""), quote(reply.id));
  await ada.has("no muted words on the page", () => !document.body.textContent.includes("loud words"));
  await server.call("ada", "DELETE", "/users/@bob/mute");

  step("a message of 400 lines is folded, and opens");
  await ada.enter(yard);
  const long = await server.say("bob", yard, `top${"\n".repeat(400)}end of it`);
  const article = ada.page.locator(`#log [data-message-id="${long.id}"]`);
  await article.waitFor();
  must((await article.boundingBox()).height < 420, "the message is folded");
  await article.locator(".more").click();
  must((await article.boundingBox()).height > 4000, "the message is open");
  await article.locator(".more[aria-expanded=true]").click();
  must((await article.boundingBox()).height < 420, "the message is folded again");

  step("name and description of a room can be read in full");
  await ada.enter(forum);
  await ada.page.click("#show-about");
  await ada.seesText("#about-dialog[open]", "to the last word.");
  await ada.has("nothing of the description is cut off", () => {
    const { scrollWidth, clientWidth } = document.querySelector("#about-text");
    return scrollWidth <= clientWidth;
  });
  await ada.picture("about");
  await ada.page.keyboard.press("Escape");

  step("refusals come in words for people");
  await ada.page.click("#new-message");
  await ada.page.fill("#message-to", "@bob @carol");
  await ada.page.fill("#message-text", "hello both");
  await ada.page.keyboard.press("Escape");
  await ada.page.click("#new-message");
  await ada.page.click("#message-form [type=submit]");
  await ada.seesText("#message-form .error:visible", "carol");
  await ada.page.fill("#message-to", "@ada");
  await ada.page.click("#message-form [type=submit]");
  await ada.seesText("#message-form .error:visible", "another person");
  await ada.page.keyboard.press("Escape");
  await server.call("ada", "PATCH", `/channels/${yard}`, { acl: { write: { any_user: false, user_ids: [] } } });
  const bob = await open("bob", { signedIn: true });
  await bob.enter(yard);
  await bob.has("the box says that it takes nothing", () => document.querySelector("#composer").readOnly);
}
