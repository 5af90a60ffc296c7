// The server lets a token write a number of times per minute, and may shut it out for a while when it goes
// over. This keeps the page below: what a person does waits if it must, what the page does by itself
// (presence, markers, tidying) gives way first.

const WINDOW = 60_000;
const PATROL = 1000;
/** The server's default, until it has told its own. */
const FIRST_LIMIT = 20;

export class Allowance {
  #limit = FIRST_LIMIT;
  #stamps = [];
  #shutUntil = 0;
  #background = new Map();
  #timer = 0;

  /** Writes that may be made at this moment. */
  get left() {
    const now = Date.now();
    if (now < this.#shutUntil) return 0;
    this.#stamps = this.#stamps.filter((stamp) => stamp > now - WINDOW);
    // The last one is never used: another tab of the same token may be writing too.
    return Math.max(0, this.#limit - 1 - this.#stamps.length);
  }

  /** Milliseconds until a write may be made. */
  get wait() {
    const now = Date.now();
    if (now < this.#shutUntil) return this.#shutUntil - now;
    return this.left > 0 ? 0 : Math.max(250, this.#stamps[0] + WINDOW - now + 50);
  }

  /** A write is about to be made. */
  spend() {
    this.#stamps.push(Date.now());
  }

  /** Reads what the server says about the bucket in the answer to a write. */
  learn(headers) {
    const limit = Number(headers.get("X-RateLimit-Limit"));
    const remaining = headers.get("X-RateLimit-Remaining");
    // A server without these headers counts nothing.
    this.#limit = limit > 0 ? limit : Infinity;
    if (remaining === null || !(Number(remaining) >= 0)) return;
    // Another window writes with our token: its writes count as ours.
    const foreign = this.left - Math.max(0, Number(remaining) - 1);
    for (let i = 0; i < foreign; i += 1) this.#stamps.push(Date.now());
  }

  /** The server refused to hear more for so many seconds. */
  shut(seconds) {
    this.#shutUntil = Math.max(this.#shutUntil, Date.now() + seconds * 1000);
  }

  /** Resolves when a person's write may be made; `onWait(seconds)` is told if that is not now. */
  async turn(onWait) {
    while (this.wait > 0) {
      const pause = this.wait;
      onWait?.(Math.ceil(pause / 1000));
      await new Promise((done) => setTimeout(done, Math.min(pause, 5000)));
    }
    this.spend();
  }

  /**
   * Runs `write` once at least `reserve` writes stay free, not before `after` milliseconds: a quick change of
   * mind then costs nothing. A later one of the same key replaces it.
   */
  background(key, write, { reserve = 6, after = 0 } = {}) {
    this.#background.delete(key);
    this.#background.set(key, { write, reserve, due: Date.now() + after });
    this.#pump(Math.min(after, PATROL) + 50);
  }

  /** Takes back what has not run yet; tells whether there was something. */
  cancel(key) {
    return this.#background.delete(key);
  }

  /** Signed out: what waits is dropped. */
  forget() {
    this.#limit = FIRST_LIMIT;
    this.#background.clear();
    clearTimeout(this.#timer);
    this.#timer = 0;
    this.#stamps = [];
    this.#shutUntil = 0;
  }

  #pump(pause) {
    this.#timer ||= setTimeout(() => {
      this.#timer = 0;
      for (const [key, { write, reserve, due }] of [...this.#background]) {
        if (due > Date.now() || this.left <= reserve) continue;
        this.#background.delete(key);
        this.spend();
        Promise.resolve(write()).catch(() => {});
      }
      if (this.#background.size) this.#pump(PATROL / 4);
    }, pause);
  }
}
