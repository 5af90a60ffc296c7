// The people of one room while it is open: who is present and who belongs to it.

const MOST = 200;
/** When many come and go, one look is enough. */
const SETTLES = 1500;

export class RoomPeople {
  #app;
  #id;
  #isOpen;
  #ended = false;
  #due = 0;

  constructor(app, id, isOpen) {
    this.#app = app;
    this.#id = id;
    this.#isOpen = isOpen;
  }

  end() {
    this.#ended = true;
    clearTimeout(this.#due);
  }

  /** Reads both lists, live if the connection has room for it. */
  async read() {
    const { people } = this.#app;
    await Promise.all([
      this.#one("presence", { include_not_followed: "1" }, ({ data, meta }) => people.put(data, meta.more === true)),
      this.#one("subscribers", { count: MOST }, ({ data }) => people.putMembers(data)),
    ]);
  }

  /** People joined or left. Both lists are read: going offline is not announced, so who left may still be shown as present. */
  changed() {
    this.#due ||= setTimeout(() => {
      this.#due = 0;
      this.read();
    }, SETTLES);
  }

  async #one(kind, query, use) {
    try {
      const answer = await this.#app.subscriptions.readRoom(this.#id, kind, query, this.#isOpen);
      if (!this.#ended) use(answer);
    } catch {
      // A room may be readable without showing its people.
    }
  }
}
