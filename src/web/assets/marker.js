// How far the reader has read. Moved only while the newest message is in view, and never more often than every
// ten seconds; what still waits is sent when the window is hidden or closed.

import { byAge, newer } from "./format.js";

const EVERY = 10_000;
/** The endpoint takes ten markers in one call. */
const MOST = 10;

export class ReadMarker {
  #api;
  /** What the server has confirmed. */
  #at = new Map();
  /** What it has not confirmed yet. */
  #wanted = new Map();
  #sentAt = 0;
  #timer = 0;

  constructor(api) {
    this.#api = api;
    addEventListener("pagehide", () => this.flush());
    // Phones end a hidden page without `pagehide`.
    document.addEventListener("visibilitychange", () => document.visibilityState === "hidden" && this.flush());
  }

  /** The server's own position of the marker. */
  learn(channel, id) {
    if (!id) return;
    this.#at.set(channel, id);
    if (this.#wanted.has(channel) && byAge(this.#wanted.get(channel), id) <= 0) this.#wanted.delete(channel);
  }

  /** Everything up to this message has been seen. */
  seen(channel, id) {
    const at = newer(this.#at.get(channel), this.#wanted.get(channel));
    if (!id || (at && byAge(id, at) <= 0)) return;
    this.#wanted.set(channel, id);
    const pause = Math.max(0, this.#sentAt + EVERY - Date.now());
    this.#timer ||= setTimeout(() => this.#send(), pause);
  }

  /** Sends at once what waits. */
  async flush() {
    clearTimeout(this.#timer);
    this.#timer = 0;
    const news = this.#news();
    if (!news.length || !this.#api.token) return;
    if (await this.#api.parting("POST", "/markers", { json: wire(news) })) this.#confirm(news);
  }

  clear() {
    clearTimeout(this.#timer);
    this.#timer = 0;
    this.#at.clear();
    this.#wanted.clear();
  }

  #news() {
    return [...this.#wanted].slice(0, MOST);
  }

  #send() {
    this.#timer = 0;
    const news = this.#news();
    if (!news.length) return;
    this.#sentAt = Date.now();
    // Still waiting under the same key: replaced, since `news` holds it too.
    this.#api.aside("markers", "POST", "/markers", { json: wire(news), reserve: 6, done: () => this.#confirm(news) });
  }

  #confirm(news) {
    for (const [channel, id] of news) this.learn(channel, newer(this.#at.get(channel), id));
  }
}

const wire = (news) => news.map(([channel, id]) => ({ name: `channel:${channel}`, id }));
