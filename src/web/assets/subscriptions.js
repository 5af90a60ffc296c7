// What the live connection delivers. An endpoint is subscribed by reading it once with `connection_id`;
// a connection holds sixteen. Event: `room` (one was given back, so another may be had).

const MOST = 16;

export class Subscriptions extends EventTarget {
  #api;
  #connection = "";
  #held = new Map();

  constructor(api) {
    super();
    this.#api = api;
  }

  get connection() {
    return this.#connection;
  }

  /** A new connection starts with nothing. */
  begin(connection) {
    for (const { id } of this.#held.values()) this.#api.allowance.cancel(`unsubscribe:${id}`);
    this.#connection = connection;
    this.#held.clear();
  }

  /** Query parameters that subscribe this endpoint; none if it is subscribed already or there is no room. */
  query(kind, channel = "") {
    const key = `${kind}:${channel}`;
    const held = this.#held.get(key);
    if (held) {
      // Left a moment ago, and the server has not been told: keep it.
      this.#api.allowance.cancel(`unsubscribe:${held.id}`);
      return {};
    }
    return this.#connection && this.#held.size < MOST ? { connection_id: this.#connection } : {};
  }

  /** Takes note of what an answer says. `asked` is the connection that was given in the call. */
  note(kind, channel, asked, meta) {
    if (!meta.subscription_id || asked !== this.#connection) return;
    this.#held.set(`${kind}:${channel}`, { id: meta.subscription_id, kind, channel });
  }

  /** The room is closed: its subscriptions go, as soon as the allowance lets them. */
  leave(channel) {
    for (const [key, held] of this.#held) {
      if (!channel || held.channel !== channel) continue;
      this.#api.aside(`unsubscribe:${held.id}`, "DELETE", `/users/me/streams/${this.#connection}/${held.id}`, {
        reserve: 3,
        starts: () => this.#held.delete(key),
        done: () => this.dispatchEvent(new Event("room")),
      });
    }
  }

  /** Whether this endpoint is subscribed on the present connection. */
  has(kind, channel = "") {
    return this.#held.has(`${kind}:${channel}`);
  }

  /** Which kinds of subscription a frame came for. */
  kinds(ids = []) {
    return [...this.#held.values()].filter((held) => ids.includes(held.id)).map((held) => held.kind);
  }
}
