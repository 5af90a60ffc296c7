// Tells the room that this person is here, types, and has left. Writes are limited, so each of these gives way
// to messages.

import { Voice } from "./voice.js";

/** A presence lasts fifteen minutes on the server. */
const REFRESH = 5 * 60_000;
/** The others show typing for ten seconds. */
const TYPING_EVERY = 8000;
const TYPING_ENDS = 5000;
const PAUSE_ENDS = 1500;
/** A room that was only passed is not told of the visit. */
const GLANCE = 700;

export class OwnPresence {
  #api;
  #windows;
  #voice;
  #refresh = 0;
  #idle = 0;
  #typedAt = 0;
  /** The others have been told, and nothing has ended it since. */
  #typing = false;

  constructor(api, windows) {
    this.#api = api;
    this.#windows = windows;
    addEventListener("pagehide", () => this.part());
    addEventListener("pageshow", (event) => event.persisted && this.#return());
  }

  enter(channel) {
    this.#voice = new Voice(this.#api, channel);
    this.#windows.show(channel);
    this.again(GLANCE);
  }

  /** The browser kept the whole page and brings it back. */
  #return() {
    if (!this.#voice) return;
    this.#windows.show(this.#voice.channel);
    this.again();
  }

  /** Says it once more: after a reconnect the server may have forgotten it. */
  again(after = 0) {
    clearInterval(this.#refresh);
    if (!this.#voice) return;
    this.#voice.say("here", { reserve: 6, after });
    this.#refresh = setInterval(() => {
      this.#windows.show(this.#voice.channel);
      this.#voice.say(this.#typing ? "typing…" : "here", { reserve: 6 });
    }, REFRESH);
  }

  /** The list of the room does not hold this person: another window or device has said goodbye for all. */
  missed() {
    if (this.#voice?.spoken) this.again();
  }

  leave() {
    const voice = this.#voice;
    this.stop();
    this.#windows.show("");
    if (!voice) return;
    voice.cancel();
    if (voice.spoken && !this.#windows.alsoShows(voice.channel)) voice.say("offline", { reserve: 10 });
  }

  /** Nothing is said any more. */
  stop() {
    clearInterval(this.#refresh);
    clearTimeout(this.#idle);
    this.#typing = false;
    this.#voice = undefined;
  }

  /** A key was pressed in the message box. */
  typing() {
    if (!this.#voice) return;
    const now = Date.now();
    const isKnown = this.#typing && now - this.#typedAt < TYPING_EVERY;
    if (!isKnown && this.#api.signs.left > 10) {
      this.#typedAt = now;
      this.#typing = true;
      this.#voice.say("typing…", { reserve: 9 });
    }
    this.#endsIn(TYPING_ENDS);
  }

  /** The message box is empty again: given up. */
  paused() {
    this.#endsIn(PAUSE_ENDS);
  }

  /** A message was sent. It ends what the others see of the typing, so the next key is news again. */
  sent() {
    if (!this.#typing) return;
    const voice = this.#voice;
    if (voice.cancel()) {
      // Not told yet, and now it need not be.
      this.#rest();
      if (!voice.spoken) voice.say("here", { reserve: 6 });
    } else if (voice.isSpeaking) {
      // May arrive after the message; what is said next takes it back.
      this.#rest();
      voice.say("here", { reserve: 6 });
    } else {
      // The message itself has ended it; only the list of the room still has to be told.
      this.#endsIn(PAUSE_ENDS);
      this.#typing = false;
    }
  }

  #endsIn(pause) {
    if (!this.#typing) return;
    clearTimeout(this.#idle);
    this.#idle = setTimeout(() => {
      this.#typing = false;
      this.#voice?.say("here", { reserve: 6 });
    }, pause);
  }

  #rest() {
    clearTimeout(this.#idle);
    this.#typing = false;
  }

  /** The last word before the window closes or, `forAll` of this browser, the person signs out. */
  async part(forAll = false) {
    const voice = this.#voice;
    if (!voice?.spoken || !this.#api.token || (!forAll && this.#windows.alsoShows(voice.channel))) return;
    await this.#api.parting("PUT", voice.path, { form: { presence: "offline" } });
  }
}
