// What has been written here and is on its way, room by room. Nothing that was typed gets lost: what fails, and
// what a reload interrupts, stays until it is sent again or discarded.
//
// Events: `change` (detail channel id), `sent` (detail message).

import { byAge } from "./format.js";

export class Outbox extends EventTarget {
  #api;
  #kept;
  #items = new Map();
  #lines = new Map();
  #next = 1;

  /** What is on its way is also in `kept`, so that it outlives a reload. */
  constructor(api, kept) {
    super();
    this.#api = api;
    this.#kept = kept;
  }

  /** Brings back what a reload interrupted. It is not sent by itself: the server may have taken it before. */
  restore() {
    const error = "Perhaps not sent: the page was closed before the server answered.";
    for (const item of this.#kept.get("unsent") ?? []) this.#add({ ...item, state: "failed", error, interrupted: true });
  }

  /** An own message that the server has. The same text as an interrupted one, and newer: it is that one. */
  found(message) {
    const isIt = (item) => item.interrupted && item.text === message.content?.text && byAge(message.id, item.after) > 0;
    const item = this.of(message.channel_id).find(isIt);
    if (item) this.drop(item);
  }

  of(channel) {
    return (this.#items.get(channel) ?? []).filter((item) => !item.seen);
  }

  /** `after` is the newest message of the room at this moment. */
  send({ channel, text, replyTo, after = "0" }) {
    this.#queue(this.#add({ channel, text, replyTo, after, state: "sending", error: "" }));
  }

  #add(item) {
    item.key = `p${this.#next}`;
    this.#next += 1;
    this.#items.set(item.channel, [...(this.#items.get(item.channel) ?? []), item]);
    this.#changed(item);
    return item;
  }

  retry(item) {
    item.state = "sending";
    item.interrupted = false;
    this.#changed(item);
    this.#queue(item);
  }

  drop(item) {
    this.#items.set(item.channel, (this.#items.get(item.channel) ?? []).filter((other) => other !== item));
    this.#changed(item);
  }

  clear() {
    this.#items.clear();
    this.#lines.clear();
  }

  /** An own message came over the live connection; its answer may still be on the way. */
  arrived(message) {
    const item = this.of(message.channel_id).find((one) => one.state !== "failed" && one.text === message.content?.text);
    if (!item) return;
    item.seen = true;
    this.#changed(item);
  }

  /** One after the other within a room, so that they arrive in the order in which they were written. */
  #queue(item) {
    const before = this.#lines.get(item.channel) ?? Promise.resolve();
    this.#lines.set(item.channel, before.then(() => this.#try(item)));
  }

  async #try(item) {
    if (!this.#items.get(item.channel)?.includes(item)) return;
    const json = { text: item.text };
    if (item.replyTo) json.reply_to = item.replyTo;
    const onWait = () => {
      if (item.state === "waiting") return;
      item.state = "waiting";
      this.#changed(item);
    };
    // A few lines on, the person may have signed out, and another one in.
    const token = this.#api.token;
    try {
      const { data } = await this.#api.write("POST", `/channels/${item.channel}/messages`, { query: { update_marker: "1", include_html: "0" }, json, onWait });
      if (token !== this.#api.token) return;
      this.drop(item);
      this.dispatchEvent(new CustomEvent("sent", { detail: data }));
    } catch (error) {
      if (token !== this.#api.token) return;
      if (item.seen) {
        this.drop(item);
        return;
      }
      item.state = "failed";
      item.error = error.code === 429 ? `Slow down: try again in ${error.retryIn ?? 60} s.` : `Not sent. ${error.message}`;
      this.#changed(item);
    }
  }

  #changed(item) {
    const unsent = [...this.#items.values()].flat().filter((one) => !one.seen);
    this.#kept.set("unsent", unsent.length ? unsent.map(({ channel, text, replyTo, after }) => ({ channel, text, replyTo, after })) : undefined);
    this.dispatchEvent(new CustomEvent("change", { detail: item.channel }));
  }
}
