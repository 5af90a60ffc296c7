// The messages of one room while it is open: first page, what was missed, and older pages.

import { newer } from "./format.js";
import { authorOf } from "./message.js";
import { sayError } from "./notices.js";

const PAGE = 50;
const MOST = 200;
const AGAIN = 5000;
const MOST_PAGES_BACK = 20;
const QUERY = { include_html: "0" };

export class RoomPages {
  #app;
  #id;
  #isOpen;
  #ended = false;
  /** Everything up to this id is in the log; what comes by other ways than page and event does not move it. */
  #upTo = "";
  #oldest = "";
  #loading = false;
  /** Nothing is missing between `upTo` and now. */
  whole = false;

  /** `isOpen()` tells whether the room is still the open one, perhaps entered again. */
  constructor(app, id, isOpen) {
    this.#app = app;
    this.#id = id;
    this.#isOpen = isOpen;
  }

  get isLoading() {
    return this.#loading;
  }

  /** The room was left: answers on their way are dropped. */
  end() {
    this.#ended = true;
  }

  /** An event brought this message. */
  moveTo(id) {
    if (this.whole) this.#upTo = newer(this.#upTo, id);
  }

  /** What is missing: the first page, or what came since. */
  resume(heard) {
    return this.#upTo ? this.catchUp(heard) : this.first();
  }

  /** The first page, newest at the bottom. */
  async first() {
    const { log, marker, rooms } = this.#app;
    const room = rooms.find(this.#id);
    const wasUnread = room?.dot || room?.unread.size > 0;
    await this.#busy(async () => {
      const { meta, data } = await this.#read({ count: PAGE });
      if (this.#ended) return;
      this.#take(data, meta);
      this.#upTo = newer(this.#upTo, meta.max_id) ?? "";
      this.whole = true;
      marker.learn(this.#id, meta.marker?.id);
      if (wasUnread && meta.marker?.id) log.markNew(meta.marker.id);
      else log.toBottom();
    });
  }

  /** Everything that came after what is here, however much it is. `heard` is called with each message. */
  async catchUp(heard) {
    const range = { ...QUERY, since_id: this.#upTo, count: MOST };
    const { api, log } = this.#app;
    try {
      let answer = await this.#read(range);
      for (;;) {
        if (this.#ended) return;
        const { meta, data } = answer;
        for (const id of meta.deleted_ids ?? []) log.tombstone(id, {});
        for (const message of [...(data ?? [])].reverse()) heard(message);
        if (!meta.more || !meta.min_id) break;
        answer = await api.get(this.#path, { ...range, before_id: meta.min_id });
      }
      this.#upTo = log.newestId ?? this.#upTo;
      this.whole = true;
    } catch (error) {
      if (this.#ended) return;
      sayError(error);
      setTimeout(() => !this.#ended && !this.whole && this.catchUp(heard), AGAIN);
    }
  }

  /** A page of history. */
  async older() {
    if (this.#ended || this.#loading || !this.#oldest) return;
    await this.#busy(async () => {
      const { meta, data } = await this.#app.api.get(this.#path, { ...QUERY, before_id: this.#oldest, count: PAGE });
      if (!this.#ended) this.#take(data, meta);
    });
  }

  /** Shows a message, with as many older pages as that needs. */
  async goTo(id) {
    for (let pages = 0; pages < MOST_PAGES_BACK && !this.#ended && !this.#app.log.show(id); pages += 1) {
      const before = this.#oldest;
      await this.older();
      if (before === this.#oldest) return;
    }
  }

  async #busy(act) {
    const { log } = this.#app;
    this.#loading = true;
    log.busy = true;
    try {
      await act();
    } catch (error) {
      if (!this.#ended) sayError(error);
    } finally {
      this.#loading = false;
      if (!this.#ended) log.busy = false;
    }
  }

  #take(messages = [], meta) {
    const { people, log, outbox, me } = this.#app;
    for (const message of messages) {
      people.remember(message.user);
      if (authorOf(message) === me.id) outbox.found(message);
    }
    log.addPage([...messages].reverse());
    log.more = meta.more === true;
    if (meta.min_id) this.#oldest = meta.min_id;
  }

  get #path() {
    return `/channels/${this.#id}/messages`;
  }

  #read(query) {
    return this.#app.subscriptions.readRoom(this.#id, "messages", query, this.#isOpen);
  }
}
