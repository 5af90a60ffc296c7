// The head of the open room: its name, what it is about, and the dialog that shows both in full.

import { byId, fill, make, named } from "./dom.js";
import { fullDate, isolated, nameOf } from "./format.js";
import { isPrivateMessage, settingsOf, titleOf } from "./rooms.js";

/** Shows name and description, and which of joining and leaving is possible. Gives the name. */
export function showHead(channel, me) {
  const title = titleOf(channel, me);
  const isPM = isPrivateMessage(channel);
  fill(byId("room-name-shown"), title);
  fill(byId("room-about"), named(settingsOf(channel).description?.text ?? (isPM ? "Private messages" : "")));
  byId("join").hidden = channel.you_subscribed !== false;
  byId("leave").hidden = channel.you_subscribed === false || isPM;
  byId("log").setAttribute("aria-label", `Messages in ${isolated(title)}`);
  return title;
}

/** Opens the dialog with everything about a room. */
export function showAbout(channel, me) {
  const dialog = byId("about-dialog");
  fill(byId("about-title"), named(titleOf(channel, me)));
  const about = settingsOf(channel).description?.text;
  byId("about-text").textContent = about ?? "";
  byId("about-text").hidden = !about;
  const facts = [["Who may read", readers(channel)], ["Who may write", writers(channel)]];
  if (channel.user) facts.push(["Owner", personOf(channel.user)]);
  const { messages, subscribers } = channel.counts ?? {};
  if (messages !== undefined) facts.push(["Messages", String(messages)]);
  // Not everyone is told how many belong to a room.
  if (subscribers !== undefined) facts.push(["Members", String(subscribers)]);
  if (channel.created_at) facts.push(["Since", fullDate(channel.created_at)]);
  fill(byId("about-facts"), facts.map(([name, value]) => make("div", {}, make("dt", {}, name), make("dd", {}, value))));
  dialog.showModal();
}

const personOf = (person) => [named(nameOf(person)), ` @${person.username}`];

function readers({ acl, type }) {
  if (acl?.read?.public) return "Everybody, also without an account";
  if (acl?.read?.any_user) return "All members of this server";
  return isPrivateMessage({ type }) ? "Only the people in this conversation" : "Only the people who were named";
}

function writers(channel) {
  const { acl } = channel;
  if (channel.is_active === false) return "Nobody: this room is closed";
  if (acl?.write?.any_user) return "All members of this server";
  const people = (acl?.write?.users ?? []).filter((user) => user.username);
  if (!people.length) return isPrivateMessage(channel) ? "Only the people in this conversation" : "Only the people who were named";
  return people.flatMap((user, i) => [i > 0 && ", ", named(nameOf(user))]).filter(Boolean);
}
