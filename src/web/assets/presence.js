// Tells the room that we are here, that we write, and that we left. Writes are dear (20 per minute for
// everything), so each of these gives way to messages.

const REFRESH = 5 * 60_000;
const TYPING_EVERY = 8000;
const TYPING_ENDS = 5000;
/** Who only passes through a room is not announced in it. */
const GLANCE = 700;

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
    this.again(GLANCE);
  }

  /** Says it once more: after a reconnect the server may have forgotten. */
  again(after = 0) {
    clearInterval(this.#refresh);
    if (!this.#channel) return;
    this.#put("here", 6, after);
    this.#refresh = setInterval(() => this.#put("here", 6), REFRESH);
  }

  leave() {
    if (this.#channel && !this.#api.allowance.cancel(this.#key())) this.#put("offline", 10);
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
    if (now - this.#typedAt >= TYPING_EVERY && this.#api.allowance.left > 10) {
      this.#typedAt = now;
      this.#typing = true;
      this.#put("typing…", 9);
    }
    this.#endsIn(TYPING_ENDS);
  }

  /** The message box is empty again: given up. */
  paused() {
    this.#endsIn(1500);
  }

  /** A message was sent. It ends what the others see of our typing, so the next key is news again. */
  sent() {
    this.#typedAt = 0;
    if (this.#typing && this.#api.allowance.cancel(this.#key())) {
      // It was not announced yet, and need not be.
      clearTimeout(this.#idle);
      this.#typing = false;
      this.#put("here", 6);
    } else this.#endsIn(1500);
  }

  #endsIn(pause) {
    clearTimeout(this.#idle);
    if (!this.#typing) return;
    this.#idle = setTimeout(() => {
      this.#typing = false;
      this.#put("here", 6);
    }, pause);
  }

  #key() {
    return `presence:${this.#channel}`;
  }

  #put(presence, reserve, after) {
    this.#api.aside(this.#key(), "PUT", `/users/me/presence/channels/${this.#channel}`, { form: { presence }, reserve, after });
  }

  #part() {
    if (!this.#channel || !this.#api.token) return;
    this.#api.parting("PUT", `/users/me/presence/channels/${this.#channel}`, { presence: "offline" });
  }
}
