// How far the reader has read. Moved only while somebody looks at the newest message, and never more often
// than every ten seconds.

import { byAge } from "./format.js";

const EVERY = 10_000;

export class ReadMarker {
  #api;
  #at = new Map();
  #wanted = new Map();
  #sentAt = 0;
  #timer = 0;

  constructor(api) {
    this.#api = api;
  }

  /** The server's own word on where the marker stands. */
  learn(channel, id) {
    if (id) this.#at.set(channel, id);
  }

  /** Everything up to this message has been seen. */
  seen(channel, id) {
    const at = this.#at.get(channel);
    if (!id || (at && byAge(id, at) <= 0)) return;
    this.#wanted.set(channel, id);
    const pause = Math.max(0, this.#sentAt + EVERY - Date.now());
    this.#timer ||= setTimeout(() => this.#send(), pause);
  }

  clear() {
    clearTimeout(this.#timer);
    this.#timer = 0;
    this.#at.clear();
    this.#wanted.clear();
  }

  /** All that waits goes in one call: the endpoint takes ten. */
  #send() {
    this.#timer = 0;
    const news = [...this.#wanted].filter(([channel, id]) => !this.#at.has(channel) || byAge(id, this.#at.get(channel)) > 0).slice(0, 10);
    this.#wanted.clear();
    if (!news.length) return;
    this.#sentAt = Date.now();
    for (const [channel, id] of news) this.#at.set(channel, id);
    this.#api.aside(`markers:${this.#sentAt}`, "POST", "/markers", {
      json: news.map(([channel, id]) => ({ name: `channel:${channel}`, id })),
      reserve: 6,
    });
  }
}
