// Finding rooms, making rooms, and writing to somebody for the first time.

import { byId, fill, make } from "./dom.js";
import { lengthOf, many, namesIn } from "./format.js";
import { sayError } from "./notices.js";
import { CHANNEL_QUERY, settingsOf, titleOf } from "./rooms.js";

const CHAT = "io.pnut.core.chat";
const MOST = 2048;

/** Wires the three dialogs. `open(channel id)` shows a room. Gives a function that starts a message to somebody. */
export function setUpDialogs(api, rooms, open) {
  findRooms(api, rooms, open);
  newRoom(api, rooms, open);
  return newMessage(api, rooms, open);
}

function findRooms(api, rooms, open) {
  const dialog = byId("find-dialog");
  const status = byId("find-status");
  let before;
  let search = 0;

  const row = (channel) => {
    const known = () => rooms.find(channel.id) !== undefined;
    const button = make("button", { type: "button", class: known() ? undefined : "primary", "data-join": channel.id }, known() ? "Open" : "Join");
    button.addEventListener("click", async () => {
      button.disabled = true;
      try {
        if (!known()) await join(api, rooms, channel.id);
        dialog.close();
        open(channel.id);
      } catch (error) {
        sayError(error);
      } finally {
        button.disabled = false;
      }
    });
    const title = titleOf(channel, rooms.me);
    button.setAttribute("aria-label", `${known() ? "Open" : "Join"} ${title}`);
    return make("li", { "data-found-id": channel.id },
      make("div", {}, make("b", {}, title), make("p", { class: "quiet" }, settingsOf(channel).description?.text ?? "")),
      make("span", { class: "quiet figures" }, many(channel.counts?.messages ?? 0, "message")), button);
  };

  const look = async (further) => {
    search += 1;
    const mine = search;
    if (!further) {
      before = undefined;
      status.textContent = "Looking…";
    }
    try {
      const { meta, data } = await api.get("/channels/search", {
        ...CHANNEL_QUERY, is_public: "1", channel_types: CHAT, q: byId("find-words").value.trim(), before_id: before,
      });
      if (mine !== search) return;
      const list = (data ?? []).map(row);
      if (further) byId("found").append(...list);
      else fill(byId("found"), list);
      before = meta.min_id;
      byId("find-more").hidden = !meta.more || !before;
      status.textContent = byId("found").children.length ? "" : "No public rooms found.";
    } catch (error) {
      if (mine === search) status.textContent = error.message;
    }
  };

  const show = () => {
    dialog.showModal();
    byId("find-words").focus();
    look(false);
  };
  byId("find-rooms").addEventListener("click", show);
  byId("welcome-find").addEventListener("click", show);
  byId("find-more").addEventListener("click", () => look(true));
  byId("find-form").addEventListener("submit", (event) => {
    event.preventDefault();
    look(false);
  });
}

/** Joins a room and reads what it looks like from inside. */
export async function join(api, rooms, id) {
  await api.write("PUT", `/channels/${id}/subscribe`);
  await rooms.refresh(id);
}

function newRoom(api, rooms, open) {
  const dialog = byId("room-dialog");
  const form = byId("room-form");
  const isPrivate = () => new FormData(form).get("reach") === "private";
  form.addEventListener("change", () => { byId("room-invited").hidden = !isPrivate(); });
  byId("new-room").addEventListener("click", () => {
    form.reset();
    byId("room-invited").hidden = true;
    complain(form, "");
    dialog.showModal();
  });
  onSubmit(form, async () => {
    const name = byId("room-name").value.trim();
    if (!name) throw new Error("A room needs a name.");
    const description = byId("room-description").value.trim();
    const settings = description ? { name, description: { text: description } } : { name };
    const acl = isPrivate()
      ? { write: { any_user: false, user_ids: namesIn(byId("room-people").value) }, read: { any_user: false, public: false } }
      : { write: { any_user: true }, read: { any_user: true, public: true } };
    const json = { type: CHAT, acl, raw: { "io.pnut.core.chat-settings": [settings] }, auto_subscribe: true };
    const { data } = await api.write("POST", "/channels", { json, query: CHANNEL_QUERY });
    await rooms.refresh(data.id);
    dialog.close();
    open(data.id);
  });
}

function newMessage(api, rooms, open) {
  const dialog = byId("message-dialog");
  const form = byId("message-form");
  const start = (to = "") => {
    form.reset();
    complain(form, "");
    byId("message-to").value = to && `@${to}`;
    dialog.showModal();
    byId(to ? "message-text" : "message-to").focus();
  };
  byId("new-message").addEventListener("click", () => start());
  onSubmit(form, async () => {
    const destinations = namesIn(byId("message-to").value);
    const text = byId("message-text").value.trim();
    if (!destinations.length) throw new Error("To whom? Name at least one person.");
    if (!text) throw new Error("Write something first.");
    if (lengthOf(text) > MOST) throw new Error(`At most ${MOST} characters fit into a message.`);
    const { data } = await api.write("POST", "/channels/pm/messages", { query: { update_marker: "1" }, json: { text, destinations } });
    await rooms.refresh(data.channel_id);
    dialog.close();
    open(data.channel_id);
  });
  return start;
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
