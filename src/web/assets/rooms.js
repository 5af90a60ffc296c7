// The rooms and private conversations of the person who is signed in.
//
// Events: `change` (something to draw), `gone` (detail channel id: no longer in the list).

import { byAge, listNames, nameOf, newer } from "./format.js";

const SETTINGS = "io.pnut.core.chat-settings";
const PM = "io.pnut.core.pm";

/** The type of a chat room. */
export const CHAT = "io.pnut.core.chat";

const MOST_PAGES = 5;

/** What every call that returns channels asks for. */
export const CHANNEL_QUERY = { include_channel_raw: "1", include_limited_users: "1", include_recent_message: "1", include_html: "0" };

/** Settings of a chat room, or an empty object. */
export const settingsOf = (channel) => channel.raw?.[SETTINGS]?.[0] ?? {};

export const isPrivateMessage = (channel) => channel.type === PM;

/** A room's name; that of a private conversation is made of the others in it. */
export function titleOf(channel, me) {
  const { name } = settingsOf(channel);
  if (name) return name;
  const others = (channel.acl?.write?.users ?? []).filter((user) => user.id !== me).map(nameOf);
  if (isPrivateMessage(channel) && others.length) return listNames(others, 4);
  return isPrivateMessage(channel) ? "Private conversation" : `Room ${channel.id}`;
}

const isUpTo = (id, end) => end !== undefined && byAge(id ?? "0", end) <= 0;

export class Rooms extends EventTarget {
  #api;
  #subscriptions;
  #rooms = new Map();
  me = "";

  constructor(api, subscriptions) {
    super();
    this.#api = api;
    this.#subscriptions = subscriptions;
  }

  /** Newest activity first. */
  get list() {
    return [...this.#rooms.values()].sort((a, b) => b.active - a.active || byAge(b.recent ?? "0", a.recent ?? "0") || byAge(b.id, a.id));
  }

  get unread() {
    return this.list.filter((room) => room.unread.size || room.dot).length;
  }

  find(id) {
    return this.#rooms.get(id);
  }

  clear() {
    this.#rooms.clear();
    this.#changed();
  }

  /** Reads the whole list; the first call on a connection subscribes it. */
  async load() {
    const known = new Set(this.#rooms.keys());
    const seen = new Set();
    let before;
    let whole = false;
    for (let page = 0; page < MOST_PAGES; page += 1) {
      const call = (live) => this.#api.get("/users/me/channels/subscribed", { ...CHANNEL_QUERY, count: 200, before_id: before, ...live });
      const { meta, data } = page === 0 ? await this.#subscriptions.read("inbox", "", call) : await call({});
      for (const channel of data ?? []) {
        seen.add(channel.id);
        this.put(channel);
      }
      before = meta.min_id;
      whole = !meta.more || !before;
      if (whole) break;
    }
    // A room that was joined while the list was on its way is not in it.
    if (whole) for (const id of known) if (!seen.has(id)) this.drop(id);
    this.#changed();
  }

  /** Adds a room or brings it up to date. */
  put(channel) {
    const old = this.#rooms.get(channel.id);
    const last = channel.recent_message;
    const room = {
      id: channel.id,
      channel,
      title: titleOf(channel, this.me),
      isPrivate: isPrivateMessage(channel),
      unread: old?.unread ?? new Set(),
      read: old?.read,
      dot: channel.has_unread === true && !isUpTo(channel.recent_message_id, old?.read),
      recent: newer(old?.recent, channel.recent_message_id),
      last: old?.last && byAge(old.last.id, channel.recent_message_id ?? "0") > 0 ? old.last : last,
      active: Math.max(old?.active ?? 0, Date.parse(last?.created_at ?? channel.created_at)),
    };
    if (channel.has_unread === false) this.#forgetUnread(room, channel.recent_message_id);
    this.#rooms.set(channel.id, room);
    this.#changed();
    return room;
  }

  /** Reads one room, subscribed or not, without adding it to the list. */
  async read(id) {
    const { data } = await this.#api.get(`/channels/${id}`, CHANNEL_QUERY);
    return data;
  }

  /** A room has been joined, or has changed. */
  async refresh(id) {
    try {
      const channel = await this.read(id);
      if (channel.you_subscribed === false || channel.is_active === false) this.drop(id);
      else this.put(channel);
    } catch (error) {
      if (error.code === 403 || error.code === 404) this.drop(id);
    }
  }

  drop(id) {
    if (!this.#rooms.delete(id)) return;
    this.#changed();
    this.dispatchEvent(new CustomEvent("gone", { detail: id }));
  }

  /** A message was written or deleted somewhere. `seen`: the reader is looking at it. */
  heard(message, seen) {
    const room = this.#rooms.get(message.channel_id);
    if (!room) {
      if (!message.is_deleted) this.refresh(message.channel_id).then(() => !seen && this.#count(message));
      return;
    }
    if (message.is_deleted) {
      room.unread.delete(message.id);
      if (room.last?.id === message.id) room.last = message;
    } else {
      if (!room.last || byAge(message.id, room.last.id) > 0) room.last = message;
      room.recent = newer(room.recent, message.id);
      room.active = Math.max(room.active, Date.parse(message.created_at));
      if (!seen) this.#count(message);
    }
    this.#changed();
  }

  /** The room has been read up to this message, here or in another window. */
  wasRead(id, upTo) {
    const room = this.#rooms.get(id);
    if (!room) return;
    room.read = newer(room.read, upTo);
    if (!room.dot && !room.unread.size) return;
    room.dot &&= !isUpTo(room.recent, room.read);
    this.#forgetUnread(room, room.read);
    this.#changed();
  }

  /** Messages up to this one no longer count; later ones came while the answer was on its way. */
  #forgetUnread(room, upTo) {
    for (const id of room.unread) if (!upTo || isUpTo(id, upTo)) room.unread.delete(id);
  }

  #count(message) {
    const author = message.user?.id ?? message.user_id;
    const room = this.#rooms.get(message.channel_id);
    if (!room || author === this.me || isUpTo(message.id, room.read)) return;
    room.unread.add(message.id);
    this.#changed();
  }

  #changed() {
    this.dispatchEvent(new Event("change"));
  }
}
