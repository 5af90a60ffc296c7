// Finding rooms and joining them: the public ones, and private ones that the person may enter but has left.

import { byId, fill, make, named } from "./dom.js";
import { isolated, many } from "./format.js";
import { CHANNEL_QUERY, CHAT, settingsOf, titleOf } from "./rooms.js";

/** Wires the dialog. `open(channel id)` shows a room. */
export function setUpFinding(api, rooms, open) {
  const dialog = byId("find-dialog");
  const status = byId("find-status");
  let before;
  let search = 0;
  const reach = () => (byId("find-form").elements.reach.value === "private" ? { is_private: "1" } : { is_public: "1" });

  const row = (channel) => {
    const known = () => rooms.find(channel.id) !== undefined;
    const button = make("button", { type: "button", class: known() ? undefined : "primary", "data-join": channel.id }, known() ? "Open" : "Join");
    button.addEventListener("click", async () => {
      button.disabled = true;
      try {
        if (!known()) await join(api, rooms, channel.id);
        // Closed meanwhile, the person is at something else, and no room opens by itself.
        if (!dialog.open) return;
        dialog.close();
        open(channel.id);
      } catch (error) {
        status.textContent = error.message;
      } finally {
        button.disabled = false;
      }
    });
    const title = titleOf(channel, rooms.me);
    button.setAttribute("aria-label", `${known() ? "Open" : "Join"} ${isolated(title)}`);
    return make("li", { "data-found-id": channel.id },
      make("div", {}, make("b", {}, named(title)), make("p", { class: "quiet", dir: "auto" }, settingsOf(channel).description?.text ?? "")),
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
        ...CHANNEL_QUERY, ...reach(), channel_types: CHAT, q: byId("find-words").value.trim(), before_id: before,
      });
      if (mine !== search) return;
      const list = (data ?? []).map(row);
      if (further) byId("found").append(...list);
      else fill(byId("found"), list);
      before = meta.min_id;
      byId("find-more").hidden = !meta.more || !before;
      status.textContent = byId("found").children.length ? "" : "No such rooms found.";
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
  for (const choice of byId("find-form").elements.reach) choice.addEventListener("change", () => look(false));
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
