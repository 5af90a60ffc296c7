// What this window says of its person in one room: one write after the other, so that the server reads them in
// the order in which they were meant. Two at once travel on two connections and may overtake each other.

export class Voice {
  #api;
  #waiting;
  channel;
  /** A write is on its way. */
  isSpeaking = false;
  /** The server has been told anything at all. */
  spoken = false;

  constructor(api, channel) {
    this.#api = api;
    this.channel = channel;
  }

  get path() {
    return `/users/me/presence/channels/${this.channel}`;
  }

  /** Says it when there is room for it; a later word replaces one that was not said yet. */
  say(words, { reserve, after = 0 }) {
    if (this.isSpeaking) {
      this.#waiting = { words, reserve };
      return;
    }
    this.#api.aside(this.#key, "PUT", this.path, {
      form: { presence: words },
      reserve,
      after,
      starts: () => {
        this.isSpeaking = true;
        this.spoken = true;
      },
      settled: () => this.#settled(),
    });
  }

  /** Takes back what was not said yet; tells whether there was something. */
  cancel() {
    const waited = this.#waiting !== undefined;
    this.#waiting = undefined;
    return this.#api.signs.cancel(this.#key) || waited;
  }

  get #key() {
    return `presence:${this.channel}`;
  }

  #settled() {
    this.isSpeaking = false;
    const next = this.#waiting;
    this.#waiting = undefined;
    if (next) this.say(next.words, next);
  }
}
