// What the live connection delivers. An endpoint is subscribed by reading it once with `connection_id`;
// a connection holds sixteen. Event: `room` (one was given back, so another may be had).

const MOST = 16;

export class Subscriptions extends EventTarget {
  #api;
  #connection = "";
  #held = new Map();
  #asking = new Set();
  /** An answer was lost: whether its endpoint is subscribed is not known. */
  isUnsure = false;

  constructor(api) {
    super();
    this.#api = api;
  }

  /** A new connection starts with nothing. */
  begin(connection) {
    for (const { id } of this.#held.values()) this.#api.signs.cancel(`unsubscribe:${id}`);
    this.#connection = connection;
    this.#held.clear();
    this.#asking.clear();
    this.isUnsure = false;
  }

  /** The connection came back without these subscriptions. */
  drop(ids) {
    for (const [key, { id }] of this.#held) if (ids.includes(id)) this.#held.delete(key);
  }

  /** Reads an endpoint by `call(query)` and subscribes it, unless it is subscribed or there is no room. */
  async read(kind, channel, call) {
    const key = `${kind}:${channel}`;
    const connection = this.#connection;
    const held = this.#held.get(key);
    // Left a moment ago, and the server has not been told yet: keep it.
    if (held) this.#api.signs.cancel(`unsubscribe:${held.id}`);
    if (held || !connection || this.#asking.has(key) || this.#held.size + this.#asking.size >= MOST) return call({});
    this.#asking.add(key);
    try {
      const answer = await call({ connection_id: connection });
      const id = answer.meta.subscription_id;
      if (id && connection === this.#connection) this.#held.set(key, { id, kind, channel });
      return answer;
    } catch (error) {
      // The server counts otherwise than we do: then this endpoint is not live.
      if (error.code === 400) return await call({});
      this.isUnsure = true;
      throw error;
    } finally {
      if (connection === this.#connection) this.#asking.delete(key);
    }
  }

  /** Reads an endpoint of a room and subscribes it for as long as `isOpen()` holds. */
  async readRoom(channel, kind, query, isOpen) {
    const answer = await this.read(kind, channel, (live) => this.#api.get(`/channels/${channel}/${kind}`, { include_html: "0", ...query, ...live }));
    // The reader went elsewhere while this was on the way.
    if (!isOpen()) this.leave(channel);
    return answer;
  }

  /** The room is closed: its subscriptions go, as soon as the allowance lets them. */
  leave(channel) {
    for (const [key, held] of this.#held) {
      if (!channel || held.channel !== channel) continue;
      this.#api.aside(`unsubscribe:${held.id}`, "DELETE", `/users/me/streams/${this.#connection}/${held.id}`, {
        reserve: 10,
        after: 1500,
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
