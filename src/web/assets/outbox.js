// What has been written here and is on its way, room by room. Nothing that was typed gets lost: what fails
// stays until it is sent again or discarded.
//
// Events: `change` (detail channel id), `sent` (detail message).

export class Outbox extends EventTarget {
  #api;
  #items = new Map();
  #lines = new Map();
  #next = 1;

  constructor(api) {
    super();
    this.#api = api;
  }

  of(channel) {
    return (this.#items.get(channel) ?? []).filter((item) => !item.seen);
  }

  send(channel, text, replyTo) {
    const item = { key: `p${this.#next}`, channel, text, replyTo, state: "sending", error: "" };
    this.#next += 1;
    this.#items.set(channel, [...(this.#items.get(channel) ?? []), item]);
    this.#changed(item);
    this.#queue(item);
  }

  retry(item) {
    item.state = "sending";
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
    // A few lines on, nobody may be signed in any more, or somebody else.
    const token = this.#api.token;
    try {
      const { data } = await this.#api.write("POST", `/channels/${item.channel}/messages`, { query: { update_marker: "1", include_html: "0" }, json, onWait });
      this.drop(item);
      if (token !== this.#api.token) return;
      this.dispatchEvent(new CustomEvent("sent", { detail: data }));
    } catch (error) {
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
    this.dispatchEvent(new CustomEvent("change", { detail: item.channel }));
  }
}
