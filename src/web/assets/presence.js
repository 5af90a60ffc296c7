// Tells the room that we are here, that we write, and that we left. Writes are dear (20 per minute for
// everything), so each of these gives way to messages.

const REFRESH = 5 * 60_000;
const TYPING_EVERY = 8000;
const TYPING_ENDS = 5000;

export class OwnPresence {
  #api;
  #channel = "";
  #refresh = 0;
  #idle = 0;
  #typedAt = 0;
  #typing = false;

  constructor(api) {
    this.#api = api;
    addEventListener("pagehide", () => this.#part());
    addEventListener("pageshow", (event) => event.persisted && this.again());
  }

  enter(channel) {
    this.#channel = channel;
    this.again();
  }

  /** Says it once more: after a reconnect the server may have forgotten. */
  again() {
    clearInterval(this.#refresh);
    if (!this.#channel) return;
    this.#put("here", 4);
    this.#refresh = setInterval(() => this.#put("here", 4), REFRESH);
  }

  leave() {
    if (this.#channel && !this.#api.allowance.cancel(this.#key())) this.#put("offline", 6);
    this.stop();
  }

  /** Signed out: nothing is said any more. */
  stop() {
    clearInterval(this.#refresh);
    clearTimeout(this.#idle);
    this.#typing = false;
    this.#typedAt = 0;
    this.#channel = "";
  }

  /** A key was pressed in the message box. */
  typing() {
    if (!this.#channel) return;
    const now = Date.now();
    if (now - this.#typedAt >= TYPING_EVERY && this.#api.allowance.left > 9) {
      this.#typedAt = now;
      this.#typing = true;
      this.#put("typing…", 8);
    }
    this.#endsIn(TYPING_ENDS);
  }

  /** The message box is empty again: sent or given up. */
  paused() {
    this.#endsIn(1500);
  }

  #endsIn(pause) {
    clearTimeout(this.#idle);
    if (!this.#typing) return;
    this.#idle = setTimeout(() => {
      this.#typing = false;
      this.#put("here", 5);
    }, pause);
  }

  #key() {
    return `presence:${this.#channel}`;
  }

  #put(presence, reserve) {
    this.#api.aside(this.#key(), "PUT", `/users/me/presence/channels/${this.#channel}`, { form: { presence }, reserve });
  }

  #part() {
    if (!this.#channel || !this.#api.token) return;
    this.#api.parting("PUT", `/users/me/presence/channels/${this.#channel}`, { presence: "offline" });
  }
}
