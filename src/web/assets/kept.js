// What this window keeps over a reload: drafts and unsent messages. `sessionStorage` belongs to one window, so
// two windows of one person never overwrite each other; a person's own sign-out removes everything.

const PREFIX = "groundnut.kept.";

export class Kept {
  #user = "";

  /** This person is signed in. What another person left in this window is removed. */
  begin(user) {
    this.#user = user;
    for (const key of keys()) if (!key.startsWith(`${PREFIX}${user}.`)) sessionStorage.removeItem(key);
  }

  /** The value kept under this name, or `undefined`. */
  get(name) {
    try {
      return JSON.parse(sessionStorage.getItem(this.#key(name))) ?? undefined;
    } catch {
      return undefined;
    }
  }

  /** Keeps a value; `undefined` removes it. */
  set(name, value) {
    if (!this.#user) return;
    try {
      if (value === undefined) sessionStorage.removeItem(this.#key(name));
      else sessionStorage.setItem(this.#key(name), JSON.stringify(value));
    } catch {
      // The storage is full or forbidden: the text stays in the window, and a reload would lose it.
    }
  }

  /** The person signed out. */
  forget() {
    for (const key of keys()) sessionStorage.removeItem(key);
    this.#user = "";
  }

  #key(name) {
    return `${PREFIX}${this.#user}.${name}`;
  }
}

const keys = () => Object.keys(sessionStorage).filter((key) => key.startsWith(PREFIX));
