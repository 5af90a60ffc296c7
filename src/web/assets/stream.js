// The one websocket: connects, keeps itself alive, comes back by itself, and says in which state it is.
//
// Events: `state` (detail {state, seconds}), `hello` (detail {id, resumed, dropped}), `frame` (detail {meta, data}),
// `gap` (events were missed for good), `revoked` (the token is no longer good). A connection that comes back goes on where
// the last one was: resumed, with its subscriptions, and what was missed follows as frames.

const FIRST_WAIT = 1000;
const LONGEST_WAIT = 30_000;
const ANSWER_WITHIN = 15_000;
const STEADY_AFTER = 10_000;

export class Stream extends EventTarget {
  #socket;
  #token = "";
  #tries = 0;
  #retry = 0;
  #countdown = 0;
  #watchdog = 0;
  #steady = 0;
  #probe;
  /** The connection to go on with, and how far its frames were received. */
  #session = { id: "", cursor: "" };

  /** `probe()` finds out whether the token is still good when a connection was refused; it tells whether the server answered. */
  constructor(probe) {
    super();
    this.#probe = probe;
    const metronome = new Worker("/assets/metronome.js");
    metronome.onmessage = () => this.#beat();
    addEventListener("online", () => this.now());
    addEventListener("offline", () => this.#suspect());
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "visible" && this.#token) this.#socket ? this.#beat() : this.now();
    });
  }

  open(token) {
    this.#token = token;
    this.#tries = 0;
    this.#session = { id: "", cursor: "" };
    this.#connect();
  }

  close() {
    this.#token = "";
    this.#stopTimers();
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.close(1000);
    this.#state("offline");
  }

  /** The present or last connection. */
  get id() {
    return this.#session.id;
  }

  /** Does not wait for the countdown. */
  now() {
    if (this.#token && !this.#socket) this.#connect();
  }

  #connect() {
    this.#stopTimers();
    this.#state("connecting");
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    const query = new URLSearchParams({ access_token: this.#token, include_html: "0", auto_delete: "0", include_cursor: "1" });
    const { id, cursor } = this.#session;
    if (id && cursor) {
      query.set("connection_id", id);
      query.set("cursor", cursor);
    }
    const socket = new WebSocket(`${scheme}//${location.host}/v1/user?${query}`);
    this.#socket = socket;
    let greeted = false;
    socket.onmessage = ({ data }) => {
      if (socket !== this.#socket) return;
      clearTimeout(this.#watchdog);
      const frame = parse(data);
      if (!frame) return;
      if (frame.meta.cursor) this.#session.cursor = frame.meta.cursor;
      if (frame.meta.connection_id) {
        greeted = true;
        this.#session = { id: frame.meta.connection_id, cursor: frame.meta.cursor ?? "" };
        this.#steady = setTimeout(() => { this.#tries = 0; }, STEADY_AFTER);
        this.#state("live");
        const { resumed = false, dropped = [] } = frame.meta.stream ?? {};
        this.dispatchEvent(new CustomEvent("hello", { detail: { id: frame.meta.connection_id, resumed, dropped } }));
      } else if (frame.meta.gap) {
        this.dispatchEvent(new Event("gap"));
      } else if (frame.meta.subscription_ids) {
        this.dispatchEvent(new CustomEvent("frame", { detail: frame }));
      }
    };
    socket.onclose = ({ code }) => {
      if (socket === this.#socket) this.#closed(code, greeted);
    };
    this.#watchdog = setTimeout(() => this.#suspect(), ANSWER_WITHIN);
  }

  #closed(code, greeted) {
    this.#socket = undefined;
    this.#stopTimers();
    if (!this.#token) return;
    if (code === 4001) {
      this.dispatchEvent(new Event("revoked"));
      return;
    }
    // A refused upgrade looks like a network fault from here; asking once tells them apart.
    // A server that answers and refuses does not know the session, or not the cursor: the next connection begins anew.
    const known = this.#session;
    if (!greeted) this.#probe().then((answered) => { if (answered && known === this.#session) this.#session = { id: "", cursor: "" }; });
    const soon = (code === 1000 || code === 1001) && this.#tries === 0;
    const reach = soon ? 800 : Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** this.#tries);
    this.#tries += 1;
    const wait = reach / 2 + Math.random() * (reach / 2);
    const due = Date.now() + wait;
    const tell = () => this.#state("reconnecting", Math.max(1, Math.ceil((due - Date.now()) / 1000)));
    tell();
    this.#countdown = setInterval(tell, 1000);
    this.#retry = setTimeout(() => this.#connect(), wait);
  }

  /** Sends a sign of life and expects one back: each text is answered. */
  #beat() {
    if (this.#socket?.readyState !== WebSocket.OPEN) return;
    this.#socket.send(".");
    clearTimeout(this.#watchdog);
    this.#watchdog = setTimeout(() => this.#suspect(), ANSWER_WITHIN);
  }

  /** Nothing is heard: a dead network gives no close event for minutes, so the socket is given up here. */
  #suspect() {
    const socket = this.#socket;
    if (!socket) return;
    socket.onclose = null;
    socket.close();
    this.#closed(1006, true);
  }

  #stopTimers() {
    clearTimeout(this.#retry);
    clearTimeout(this.#watchdog);
    clearTimeout(this.#steady);
    clearInterval(this.#countdown);
  }

  #state(state, seconds) {
    this.dispatchEvent(new CustomEvent("state", { detail: { state, seconds } }));
  }
}

function parse(text) {
  try {
    const frame = JSON.parse(text);
    return frame?.meta ? frame : undefined;
  } catch {
    return undefined;
  }
}
