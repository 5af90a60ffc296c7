// The messages that replies answer, fetched together when they are not on the page.

export class Quotes {
  #api;
  #log;
  #known = new Map();
  #wanted = new Map();
  #due = 0;

  constructor(api, log) {
    this.#api = api;
    this.#log = log;
  }

  /** The message, or `undefined` if the reader may not see it. */
  find(id) {
    const here = this.#log.find(id);
    if (here) return Promise.resolve(here);
    if (!this.#known.has(id)) {
      this.#known.set(id, new Promise((resolve) => this.#wanted.set(id, resolve)));
      this.#due ||= setTimeout(() => this.#fetch(), 60);
    }
    return this.#known.get(id);
  }

  clear() {
    this.#known.clear();
  }

  async #fetch() {
    this.#due = 0;
    const wanted = [...this.#wanted];
    this.#wanted.clear();
    const asked = [];
    for (const [id, resolve] of wanted) {
      // The page that holds it may have come meanwhile.
      const here = this.#log.find(id);
      if (here) resolve(here);
      else asked.push([id, resolve]);
    }
    for (let i = 0; i < asked.length; i += 100) await this.#some(asked.slice(i, i + 100));
  }

  async #some(asked) {
    const found = new Map();
    try {
      const { data } = await this.#api.get("/channels/messages", { ids: asked.map(([id]) => id).join(","), include_html: "0" });
      for (const message of data ?? []) found.set(message.id, message);
    } catch {
      for (const [id] of asked) this.#known.delete(id);
    }
    for (const [id, resolve] of asked) resolve(found.get(id));
  }
}
