// Joining and leaving the open room, and what is shown when the room was lost: left here or in another window,
// closed, or the person removed from it.

import { byId, sureButton } from "./dom.js";
import { join } from "./find.js";
import { isolated } from "./format.js";
import { say, sayError } from "./notices.js";

/** Wires the buttons. */
export function setUpMembership({ api, rooms, room, composer }) {
  /** The room that is being left here, so that the event of it is not taken for a removal. */
  let leaving = "";

  const enter = async () => {
    const { id, isLost } = room;
    try {
      await join(api, rooms, id);
      const joined = rooms.find(id);
      if (joined) room.update(joined.channel);
      if (!isLost && id === room.id) room.attend();
      if (id === room.id) composer.focus();
    } catch (error) {
      sayError(error);
    }
  };
  sureButton(byId("leave"), "Leave this room?", async () => {
    const { id } = room;
    leaving = id;
    try {
      await api.write("DELETE", `/channels/${id}/subscribe`);
      rooms.drop(id);
    } catch (error) {
      leaving = "";
      sayError(error);
    }
  });
  byId("join").addEventListener("click", enter);
  byId("lost-join").addEventListener("click", enter);
  byId("lost-copy").addEventListener("click", () => copy(composer.text));
  rooms.addEventListener("gone", ({ detail: id }) => {
    if (id === room.id) lose(rooms, room, id, id === leaving);
    leaving = "";
  });
}

async function lose(rooms, room, id, byChoice) {
  const title = isolated(room.title);
  room.lose(byChoice ? `You left ${title}.` : `You are no longer in ${title}.`);
  // The box is closed already; whether there is a way back is found out afterwards.
  const channel = await rooms.read(id).catch(() => undefined);
  if (!channel || id !== room.id || !room.isLost) return;
  if (channel.is_active === false) room.lose(`${title} has been closed.`);
  else if (channel.acl?.read?.you !== false) room.mayReturn();
}

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    say("Copied.");
  } catch {
    // Without TLS there is no clipboard for scripts; the person's own keys work.
    byId("composer").select();
    byId("composer").focus();
    say("Your text is selected: copy it with Ctrl+C.");
  }
}
