// The room that is open: shows it, keeps it up to date, and takes part in it.

import { announce } from "./announcer.js";
import { byId } from "./dom.js";
import { isolated, newer } from "./format.js";
import { authorOf } from "./message.js";
import { sayError } from "./notices.js";
import { showHead } from "./room-head.js";
import { RoomPages } from "./room-pages.js";
import { RoomPeople } from "./room-people.js";
import { isPrivateMessage, titleOf } from "./rooms.js";

export class OpenRoom {
  #app;
  #channel;
  #pages;
  #people;
  #isLost = false;

  /** `app` holds the parts of the page: api, subscriptions, rooms, log, quotes, composer, people, presence, outbox, marker, windows. */
  constructor(app) {
    this.#app = app;
    app.log.addEventListener("older", () => this.#pages?.older());
    app.log.addEventListener("bottom", () => this.look());
    app.subscriptions.addEventListener("room", () => this.#complete());
    for (const event of ["focus", "blur"]) addEventListener(event, () => this.look());
    document.addEventListener("visibilitychange", () => this.look());
  }

  get id() {
    return this.#channel?.id ?? "";
  }

  get channel() {
    return this.#channel;
  }

  get title() {
    return this.#channel ? titleOf(this.#channel, this.#app.me.id) : "";
  }

  /** The person no longer belongs to this room: it is shown as it was, and takes no more words. */
  get isLost() {
    return this.#isLost;
  }

  /** Whether the newest messages are looked at. */
  get watched() {
    return this.#channel && !this.#isLost && this.#app.log.atBottom && document.visibilityState === "visible" && document.hasFocus();
  }

  async enter(channel) {
    const app = this.#app;
    this.leave();
    this.#channel = channel;
    const { id } = channel;
    const isOpen = () => id === this.id && !this.#isLost;
    const pages = new RoomPages(app, id, isOpen);
    this.#pages = pages;
    this.#people = new RoomPeople(app, id, isOpen);
    const me = app.me.id;
    app.log.reset({
      me,
      mayDelete: (message) => authorOf(message) === me || (!isPrivateMessage(channel) && (channel.user?.id === me || channel.acl?.full?.you === true)),
      onreply: (message) => app.composer.answer(message),
      ondelete: (message) => this.#remove(message),
      quote: { find: (one) => app.quotes.find(one), go: (one) => pages.goTo(one) },
    });
    app.people.enter(id);
    this.#showHead();
    this.showPending();
    await pages.first();
    if (pages !== this.#pages) return;
    if (channel.you_subscribed !== false) this.attend();
    this.look();
    await this.#people.read();
  }

  leave() {
    if (!this.#channel) return;
    if (!this.#isLost) this.#part();
    this.#channel = undefined;
    this.#isLost = false;
    byId("lost").hidden = true;
    byId("heard").replaceChildren();
    this.#app.people.leave();
    this.#app.quotes.clear();
  }

  /** The reader belongs to this room: the others see them in it. */
  attend() {
    this.#app.people.attend(this.#app.me);
    this.#app.presence.enter(this.id);
  }

  /** The person no longer belongs here. Whatever is being written stays in its box, which is closed. */
  lose(words) {
    if (!this.#channel) return;
    if (!this.#isLost) this.#part();
    this.#isLost = true;
    const { composer, people } = this.#app;
    byId("heard").replaceChildren();
    composer.close();
    people.leave();
    byId("lost").hidden = false;
    byId("lost").firstElementChild.textContent = words;
    byId("lost-copy").hidden = !composer.text.trim();
    byId("lost-join").hidden = true;
    byId("join").hidden = true;
    byId("leave").hidden = true;
  }

  /** The room can be entered again. */
  mayReturn() {
    byId("lost-join").hidden = false;
  }

  /** The channel object changed: joined, left, renamed, closed. */
  update(channel) {
    if (channel.id !== this.id) return;
    if (this.#isLost) {
      this.enter(channel);
      return;
    }
    this.#channel = channel;
    this.#showHead();
    this.look();
  }

  showPending() {
    const { outbox, log, me } = this.#app;
    if (!this.#channel) return;
    log.showPending(outbox.of(this.id), me, { onretry: (item) => outbox.retry(item), ondrop: (item) => outbox.drop(item) });
  }

  /** A message of this room, by whichever way it came; `live` if as an event. */
  heard(message, live = false) {
    const { log, people, outbox, me } = this.#app;
    if (message.channel_id !== this.id || this.#isLost) return;
    if (live) this.#pages.moveTo(message.id);
    if (message.is_deleted) {
      log.tombstone(message.id, message);
      return;
    }
    const isMine = authorOf(message) === me.id;
    people.remember(message.user);
    people.quiet(authorOf(message));
    if (isMine) outbox.found(message);
    // One message comes up to three times: by event, as the answer to its own sending, and with a page.
    if (!log.has(message.id)) {
      log.add(message, isMine);
      if (live && !isMine) announce(message);
    }
    this.look();
  }

  /** Events were missed for good: from here on there may be a hole. */
  interrupted() {
    if (this.#pages) this.#pages.whole = false;
  }

  /** The live connection is there again: subscribes again and fetches what was missed. */
  async resume() {
    if (!this.#channel || this.#isLost) return;
    this.#app.presence.again();
    await this.#pages.resume((message) => this.heard(message));
    this.look();
    await this.#people.read();
  }

  /** The live connection goes on where it was. Presence is not replayed. */
  async goOn() {
    if (!this.#channel || this.#isLost) return;
    this.#app.presence.again();
    await this.#people.read();
  }

  /** Moves the marker while the newest message is looked at. */
  look() {
    if (!this.watched || this.#pages.isLoading) return;
    const { rooms, log, marker, windows } = this.#app;
    const room = rooms.find(this.id);
    // The newest of all may be hidden here: its author is muted, or it was deleted.
    const upTo = this.#pages.whole ? newer(log.newestId, room?.recent) : log.newestId;
    if (!upTo || (upTo === room?.read && !room.dot && !room.unread.size)) return;
    rooms.wasRead(this.id, upTo);
    marker.seen(this.id, upTo);
    windows.read(this.id, upTo);
  }

  /** People joined or left. */
  membersChanged() {
    this.#people?.changed();
  }

  #showHead() {
    const channel = this.#channel;
    const title = showHead(channel, this.#app.me.id);
    this.#app.composer.enter(channel.id, channel.acl?.write?.you !== false && channel.is_active !== false, isolated(title));
  }

  /** Ends what keeps the room alive: reading, presence and subscriptions. */
  #part() {
    this.#pages.end();
    this.#people.end();
    this.#app.presence.leave();
    this.#app.subscriptions.leave(this.id);
  }

  /** A subscription became free: takes what could not be had before. */
  #complete() {
    if (!this.#channel || this.#isLost) return;
    const { subscriptions } = this.#app;
    if (!subscriptions.has("messages", this.id)) this.#pages.resume((message) => this.heard(message));
    else if (!subscriptions.has("presence", this.id) || !subscriptions.has("subscribers", this.id)) this.#people.read();
  }

  async #remove(message) {
    try {
      const { data } = await this.#app.api.write("DELETE", `/channels/${message.channel_id}/messages/${message.id}`);
      const left = { ...data, is_deleted: true, channel_id: message.channel_id, id: message.id };
      this.heard(left);
      this.#app.rooms.heard(left, true);
    } catch (error) {
      sayError(error);
    }
  }
}
