// The windows of one person in one browser: each tells the others which room it shows and what was read in it.
//
// Event: `read` (detail {channel, id}: another window showed everything up to this message).

/** A window that ended without a word counts this long; longer than the pause between two signs of life. */
const STALE = 6 * 60_000;

export class Windows extends EventTarget {
  #bus = new BroadcastChannel("groundnut.windows");
  #own = `${Date.now()}-${Math.random()}`;
  #user = "";
  #room = "";
  #others = new Map();

  constructor() {
    super();
    this.#bus.onmessage = ({ data }) => this.#hear(data);
    addEventListener("pagehide", () => this.#post({ room: "" }));
  }

  begin(user) {
    this.#user = user;
    this.#post({ room: "", asks: true });
  }

  end() {
    this.show("");
    this.#user = "";
    this.#others.clear();
  }

  /** This window shows a room, or none. Repeated now and then as a sign of life. */
  show(room) {
    this.#room = room;
    this.#post({ room });
  }

  /** Everything up to this message was shown here. */
  read(channel, id) {
    this.#post({ read: { channel, id } });
  }

  /** Whether another window of this person shows the room. */
  alsoShows(room) {
    const since = Date.now() - STALE;
    return [...this.#others.values()].some((other) => other.room === room && other.at > since);
  }

  #hear({ from, user, room, asks, read }) {
    if (!this.#user || user !== this.#user) return;
    if (read) this.dispatchEvent(new CustomEvent("read", { detail: read }));
    if (room !== undefined) this.#others.set(from, { room, at: Date.now() });
    if (asks) this.#post({ room: this.#room });
  }

  #post(words) {
    if (this.#user) this.#bus.postMessage({ from: this.#own, user: this.#user, ...words });
  }
}
