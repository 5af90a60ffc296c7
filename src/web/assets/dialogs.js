// Making rooms, and writing to people for the first time.

import { MOST } from "./composer.js";
import { byId } from "./dom.js";
import { isolated, lengthOf, listNames, namesIn } from "./format.js";
import { say } from "./notices.js";
import { CHANNEL_QUERY, CHAT } from "./rooms.js";

/** Wires both dialogs. `open(channel id)` shows a room. Gives a function that starts a message to a person. */
export function setUpDialogs(api, rooms, open) {
  newRoom(api, rooms, open);
  return newMessage(api, rooms, open);
}

function newRoom(api, rooms, open) {
  const dialog = byId("room-dialog");
  const form = byId("room-form");
  const isPrivate = () => new FormData(form).get("reach") === "private";
  form.addEventListener("change", () => { byId("room-invited").hidden = !isPrivate(); });
  byId("new-room").addEventListener("click", () => {
    // What an earlier try left unfinished is still there.
    byId("room-invited").hidden = !isPrivate();
    complain(form, "");
    dialog.showModal();
  });
  onSubmit(form, async () => {
    const name = byId("room-name").value.trim();
    if (!name) throw new Error("A room needs a name.");
    const people = isPrivate() ? namesIn(byId("room-people").value) : [];
    await demandPeople(api, people);
    const description = byId("room-description").value.trim();
    const settings = description ? { name, description: { text: description } } : { name };
    const acl = isPrivate()
      ? { write: { any_user: false, user_ids: people }, read: { any_user: false, public: false } }
      : { write: { any_user: true }, read: { any_user: true, public: true } };
    const json = { type: CHAT, acl, raw: { "io.pnut.core.chat-settings": [settings] }, auto_subscribe: true };
    const { data } = await api.write("POST", "/channels", { json, query: CHANNEL_QUERY });
    await rooms.refresh(data.id);
    form.reset();
    finish(dialog, () => open(data.id), `The room ${isolated(name)} is made.`);
  });
}

function newMessage(api, rooms, open) {
  const dialog = byId("message-dialog");
  const form = byId("message-form");
  const start = (to = "") => {
    const field = byId("message-to");
    // What an earlier try left unfinished is still there, unless it was meant for other people.
    if (to && field.value.trim() !== `@${to}`) {
      form.reset();
      field.value = `@${to}`;
    }
    complain(form, "");
    dialog.showModal();
    byId(to ? "message-text" : "message-to").focus();
  };
  byId("new-message").addEventListener("click", () => start());
  onSubmit(form, async () => {
    const destinations = namesIn(byId("message-to").value);
    const text = byId("message-text").value.trim();
    if (!destinations.length) throw new Error("To whom? Name at least one person.");
    await demandPeople(api, destinations);
    if (!text) throw new Error("Write something first.");
    if (lengthOf(text) > MOST) throw new Error(`At most ${MOST} characters fit into a message.`);
    const { data } = await api.write("POST", "/channels/pm/messages", { query: { update_marker: "1" }, json: { text, destinations } });
    await rooms.refresh(data.channel_id);
    form.reset();
    finish(dialog, () => open(data.channel_id), "Your message is sent.");
  });
  return start;
}

/** The dialog's work is done. Closed meanwhile, the person is at something else, and no room opens by itself. */
function finish(dialog, open, words) {
  if (!dialog.open) {
    say(words);
    return;
  }
  dialog.close();
  open();
}

/** Fails with the names of those that have no account here: the server would only say that one is wrong. */
async function demandPeople(api, names) {
  if (!names.length) return;
  const { data } = await api.get("/users", { ids: names.join(","), include_html: "0" });
  const known = new Set((data ?? []).flatMap((user) => [`@${user.username.toLowerCase()}`, `@${user.id}`]));
  const unknown = names.filter((name) => !known.has(name.toLowerCase()));
  if (unknown.length) throw new Error(`Nobody here is called ${listNames(unknown)}.`);
}

/** Runs `act` when the form is sent; what goes wrong is shown in the form itself. */
function onSubmit(form, act) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = form.querySelector("[type=submit]");
    button.disabled = true;
    complain(form, "");
    try {
      await act();
    } catch (error) {
      complain(form, error.message);
    } finally {
      button.disabled = false;
    }
  });
}

function complain(form, words) {
  const line = form.querySelector(".error");
  line.textContent = words;
  line.hidden = !words;
}
