// Which room is open: chosen in the list, named by the address, or the first one at the start. The focus goes to
// another message box only by an act of the person, so that words never go to a room that opened by itself.

import { byId } from "./dom.js";
import { closeDrawers } from "./keys.js";
import { say, sayError } from "./notices.js";

const PARTS = ["room-head", "log", "desk"];
const addressOf = (id) => `#/room/${id}`;

export class Navigation {
  #rooms;
  #view;
  #room;
  #composer;
  #opening = "";

  constructor({ rooms, view, room, composer }) {
    this.#rooms = rooms;
    this.#view = view;
    this.#room = room;
    this.#composer = composer;
    addEventListener("popstate", () => this.#back());
  }

  /** The person chose a room. */
  async choose(id) {
    closeDrawers();
    if (!id) return;
    if (id === this.#room.id && !this.#room.isLost) {
      this.#focus();
      return;
    }
    await this.#open(id, () => {
      if (location.hash !== addressOf(id)) history.pushState(null, "", addressOf(id));
      this.#focus();
    });
  }

  /** The session begins: the room of the address, else the first, unless one is open already. */
  async start() {
    if (this.#room.id || this.#opening) return;
    const wanted = this.#wanted;
    const hadFocus = document.activeElement !== document.body;
    if (wanted && await this.#open(wanted, () => !hadFocus && this.#focus())) return;
    const first = this.#rooms.list.find((room) => room.id !== wanted)?.id;
    // Replaced and not added: else the way back would lead here again, and no further.
    if (first) await this.#open(first, () => history.replaceState(null, "", addressOf(first)));
    else this.welcome();
  }

  /** No room is open. */
  welcome() {
    for (const part of PARTS) byId(part).hidden = true;
    byId("welcome").hidden = false;
    this.#view.current = "";
  }

  get #wanted() {
    return /^#\/room\/(\d+)$/u.exec(location.hash)?.[1];
  }

  async #back() {
    const wanted = this.#wanted;
    if (byId("app").hidden || wanted === this.#room.id) return;
    closeDrawers();
    if (!wanted) {
      this.#opening = "";
      this.#room.leave();
      this.welcome();
      return;
    }
    const opened = await this.#open(wanted, () => this.#focus());
    if (!opened && this.#room.id) history.replaceState(null, "", addressOf(this.#room.id));
  }

  /** Opens a room and calls `shown` as soon as its box is there. Tells whether it could be opened. */
  async #open(id, shown) {
    this.#opening = id;
    try {
      const channel = this.#rooms.find(id)?.channel ?? await this.#rooms.read(id);
      if (this.#opening !== id) return true;
      byId("welcome").hidden = true;
      for (const part of PARTS) byId(part).hidden = false;
      this.#view.current = id;
      const entered = this.#room.enter(channel);
      shown();
      await entered;
      return true;
    } catch (error) {
      if (error.code === 403 || error.code === 404) say("This room does not exist, or you may not enter it.", "error");
      else sayError(error);
      return false;
    } finally {
      if (this.#opening === id) this.#opening = "";
    }
  }

  /** A screen keyboard would cover half of the room that was just opened. */
  #focus() {
    if (matchMedia("(hover: hover)").matches) this.#composer.focus();
  }
}
