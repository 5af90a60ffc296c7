// The room that is open: reads its messages, keeps them up to date, and takes part in it.

import { byId } from "./dom.js";
import { newer } from "./format.js";
import { authorOf } from "./message.js";
import { isPrivateMessage, settingsOf, titleOf } from "./rooms.js";
import { sayError } from "./notices.js";

const PAGE = 50;
const MOST = 200;
const AGAIN = 5000;
const QUERY = { include_html: "0" };

export class OpenRoom {
  #app;
  #channel;
  /** Everything up to this id is here; what comes by other ways than page and event does not move it. */
  #upTo = "";
  #whole = false;
  #oldest = "";
  #loading = false;
  #members = 0;
  #entry = 0;

  /** `app` holds the parts of the page: api, subscriptions, rooms, log, quotes, composer, people, presence, outbox, marker. */
  constructor(app) {
    this.#app = app;
    app.log.addEventListener("older", () => this.#older());
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

  /** Whether somebody looks at the newest messages. */
  get watched() {
    return this.#channel && this.#app.log.atBottom && document.visibilityState === "visible" && document.hasFocus();
  }

  async enter(channel) {
    const app = this.#app;
    this.leave();
    this.#channel = channel;
    this.#upTo = "";
    this.#whole = false;
    this.#oldest = "";
    this.#loading = false;
    const me = app.me.id;
    app.log.reset({
      me,
      mayDelete: (message) => authorOf(message) === me || (!isPrivateMessage(channel) && (channel.user?.id === me || channel.acl?.full?.you === true)),
      onreply: (message) => app.composer.answer(message),
      ondelete: (message) => this.#remove(message),
      quote: { find: (id) => app.quotes.find(id), go: (id) => this.#goTo(id) },
    });
    app.people.enter(channel.id);
    this.showHead();
    this.showPending();
    await this.#load();
    if (channel === this.#channel && channel.you_subscribed !== false) app.presence.enter(channel.id);
  }

  leave() {
    if (!this.#channel) return;
    const { id } = this.#channel;
    this.#channel = undefined;
    this.#entry += 1;
    this.#app.presence.leave();
    this.#app.people.leave();
    this.#app.quotes.clear();
    this.#app.subscriptions.leave(id);
  }

  /** Title, description and what may be done with the room. */
  showHead() {
    const channel = this.#channel;
    const me = this.#app.me.id;
    const title = titleOf(channel, me);
    byId("room-title").textContent = title;
    const about = settingsOf(channel).description?.text;
    byId("room-about").textContent = about ?? (isPrivateMessage(channel) ? "Private messages" : "");
    byId("join").hidden = channel.you_subscribed !== false;
    byId("leave").hidden = channel.you_subscribed === false || isPrivateMessage(channel);
    byId("log").setAttribute("aria-label", `Messages in ${title}`);
    this.#app.composer.enter(channel.id, channel.acl?.write?.you !== false && channel.is_active !== false, title);
  }

  /** The channel object changed: joined, left, renamed. */
  update(channel) {
    if (channel.id !== this.id) return;
    this.#channel = channel;
    this.showHead();
  }

  showPending() {
    const { outbox, log, me } = this.#app;
    if (!this.#channel) return;
    log.showPending(outbox.of(this.id), me, { onretry: (item) => outbox.retry(item), ondrop: (item) => outbox.drop(item) });
  }

  /** A message of this room, by whichever way it came; `live` if as an event. */
  heard(message, live = false) {
    const { log, people } = this.#app;
    if (message.channel_id !== this.id) return;
    if (live && this.#whole) this.#upTo = newer(this.#upTo, message.id);
    if (message.is_deleted) {
      log.tombstone(message.id, message);
      return;
    }
    people.remember(message.user);
    people.quiet(authorOf(message));
    // One message comes up to three times: by event, as the answer to its own sending, and with a page.
    if (!log.has(message.id)) log.add(message, authorOf(message) === this.#app.me.id);
    this.look();
  }

  /** The live connection is gone: from here on there may be a hole. */
  interrupted() {
    this.#whole = false;
  }

  /** The live connection is there again: subscribes anew and fetches what was missed. */
  async resume() {
    if (!this.#channel) return;
    this.#app.presence.again();
    if (this.#upTo) await this.#catchUp();
    else await this.#load();
  }

  /** Moves the marker if somebody is looking. */
  look() {
    if (!this.watched || this.#loading) return;
    this.#app.rooms.wasRead(this.id);
    this.#app.marker.seen(this.id, this.#app.log.newestId);
  }

  /** The first page, newest at the bottom. */
  async #load() {
    const { log, marker } = this.#app;
    const entry = this.#entry;
    const wasUnread = this.#app.rooms.find(this.id)?.dot || this.#app.rooms.find(this.id)?.unread.size;
    this.#loading = true;
    log.busy = true;
    try {
      const { meta, data } = await this.#read("messages", { count: PAGE });
      if (entry !== this.#entry) return;
      this.#take(data, meta);
      this.#upTo = newer(this.#upTo, meta.max_id) ?? "";
      this.#whole = true;
      log.more = meta.more === true;
      marker.learn(this.id, meta.marker?.id);
      if (wasUnread && meta.marker?.id) log.markNew(meta.marker.id);
      else log.toBottom();
      this.#follow();
    } catch (error) {
      if (entry === this.#entry) sayError(error);
    } finally {
      if (entry === this.#entry) {
        this.#loading = false;
        log.busy = false;
        this.look();
      }
    }
  }

  /** Everything that came after what is here, however much it is. */
  async #catchUp() {
    const entry = this.#entry;
    const path = `/channels/${this.id}/messages`;
    const range = { ...QUERY, since_id: this.#upTo, count: MOST };
    try {
      let answer = await this.#read("messages", range);
      for (;;) {
        if (entry !== this.#entry) return;
        const { meta, data } = answer;
        for (const id of meta.deleted_ids ?? []) this.#app.log.tombstone(id, {});
        for (const message of [...(data ?? [])].reverse()) this.heard(message);
        if (!meta.more || !meta.min_id) break;
        answer = await this.#app.api.get(path, { ...range, before_id: meta.min_id });
      }
      this.#upTo = this.#app.log.newestId ?? this.#upTo;
      this.#whole = true;
      this.#follow();
    } catch (error) {
      if (entry !== this.#entry) return;
      sayError(error);
      setTimeout(() => entry === this.#entry && !this.#whole && this.#catchUp(), AGAIN);
    }
  }

  /** A page of history. */
  async #older() {
    if (this.#loading || !this.#oldest) return;
    const { log, api } = this.#app;
    const entry = this.#entry;
    this.#loading = true;
    log.busy = true;
    try {
      const { meta, data } = await api.get(`/channels/${this.id}/messages`, { ...QUERY, before_id: this.#oldest, count: PAGE });
      if (entry !== this.#entry) return;
      this.#take(data, meta);
      log.more = meta.more === true;
    } catch (error) {
      if (entry === this.#entry) sayError(error);
    } finally {
      if (entry === this.#entry) {
        this.#loading = false;
        log.busy = false;
      }
    }
  }

  #take(messages = [], meta) {
    for (const message of messages) this.#app.people.remember(message.user);
    this.#app.log.addPage([...messages].reverse());
    if (meta.min_id) this.#oldest = meta.min_id;
  }

  /** Who is here and who belongs here, live if the connection has room for it. */
  async #follow() {
    const entry = this.#entry;
    const { people } = this.#app;
    if (!this.#channel) return;
    const jobs = [["presence", { include_not_followed: "1" }, (data) => people.put(data)], ["subscribers", { count: MOST, include_html: "0" }, (data) => people.putMembers(data)]];
    await Promise.all(jobs.map(async ([kind, query, use]) => {
      try {
        const { data } = await this.#read(kind, query);
        if (entry === this.#entry && this.#channel) use(data);
      } catch {
        // A room may be readable without showing its people.
      }
    }));
  }

  /** Reads an endpoint of the room and subscribes it. */
  async #read(kind, query) {
    const { api, subscriptions } = this.#app;
    const { id } = this;
    const answer = await subscriptions.read(kind, id, (live) => api.get(`/channels/${id}/${kind}`, { ...QUERY, ...query, ...live }));
    // The reader went elsewhere while this was on the way.
    if (id !== this.id) subscriptions.leave(id);
    return answer;
  }

  /** A subscription became free: takes what could not be had before. */
  #complete() {
    if (!this.#channel) return;
    const { subscriptions } = this.#app;
    if (!subscriptions.has("messages", this.id)) this.#catchUp();
    else if (!subscriptions.has("presence", this.id) || !subscriptions.has("subscribers", this.id)) this.#follow();
  }

  /** People came or went for good; when many do, one look is enough. */
  membersChanged() {
    const entry = this.#entry;
    this.#members ||= setTimeout(() => {
      this.#members = 0;
      if (entry === this.#entry) this.#follow();
    }, 1500);
  }

  async #goTo(id) {
    const entry = this.#entry;
    for (let pages = 0; pages < 20 && entry === this.#entry && !this.#app.log.show(id); pages += 1) {
      const before = this.#oldest;
      await this.#older();
      if (before === this.#oldest) return;
    }
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
