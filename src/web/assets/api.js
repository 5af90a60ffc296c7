// Calls to the public API of this origin: envelope in, `{meta, data}` out, every failure an ApiError.

import { Allowance } from "./allowance.js";
import { sentence } from "./sentences.js";

/** Why a call did not succeed, in words for people. `code` is 0 if the server was not reached. */
export class ApiError extends Error {
  constructor(code, message, { retryIn, meta } = {}) {
    super(message);
    this.code = code;
    this.retryIn = retryIn;
    this.meta = meta;
  }
}

const SIGNS = /^\/markers$|^\/users\/me\/(?:presence|streams)\b/u;

export class Api extends EventTarget {
  /** For what a person asks for. */
  allowance = new Allowance();
  /** For presence, markers and ended subscriptions, which the server counts apart; a server that does not tells so in its answers. */
  signs = new Allowance();
  #token = "";

  /** From here on calls are made with this token (or without, if empty). */
  use(token) {
    this.#token = token;
    this.allowance.forget();
    this.signs.forget();
  }

  get token() {
    return this.#token;
  }

  get(path, query) {
    return this.#call("GET", path, { query });
  }

  /** A write that a person asked for. It waits if the allowance is used up. */
  async write(method, path, { query, json, form, onWait } = {}) {
    const token = this.#token;
    await this.allowance.turn((seconds) => {
      this.#slow(seconds);
      onWait?.(seconds);
    });
    // Meanwhile another person may have signed in here.
    if (token !== this.#token) throw new ApiError(0, "You signed out before this was done.");
    return this.#call(method, path, { query, json, form });
  }

  /**
   * A write that the page makes by itself, when there is room for it. Failures are not shown. `done` is called
   * after a success, `settled` after either end.
   */
  aside(key, method, path, { json, form, reserve, after, starts, done, settled } = {}) {
    const token = this.#token;
    this.#bucket(path).background(key, async () => {
      if (token !== this.#token) return;
      starts?.();
      try {
        const answer = await this.#call(method, path, { json, form });
        done?.(answer);
      } finally {
        settled?.();
      }
    }, { reserve, after });
  }

  /** A last write while the page is being closed; the browser finishes it. Tells whether it succeeded. */
  async parting(method, path, { json, form }) {
    const options = { method, keepalive: true, headers: this.#headers({ json, form }), body: bodyOf({ json, form }) };
    const answer = await fetch(`/v1${path}`, options).catch(() => undefined);
    return answer?.ok === true;
  }

  /** Gives the token back. Does not wait for its turn: leaving must always be possible. */
  bye() {
    return this.#call("DELETE", "/token", {});
  }

  /** This page as an app. It is public: a page keeps no secret. */
  get client() {
    return "groundnut-rooms-page-public-0001";
  }

  /** A token for a code, or for a password on a demo server. */
  async grant(fields) {
    const form = { client_id: this.client, ...fields };
    const { body } = await this.#fetch("POST", "/oauth/access_token", { form });
    if (!body.access_token) throw new ApiError(502, sentence("", 502));
    return body;
  }

  async #call(method, path, { query, json, form }) {
    const { status, body } = await this.#fetch(method, path, { query, json, form });
    return status === 204 ? { meta: { code: 204 }, data: undefined } : { meta: body.meta ?? {}, data: body.data };
  }

  async #fetch(method, path, { query, json, form }) {
    const token = this.#token;
    let answer;
    try {
      answer = await fetch(`/v1${path}${queryOf(query)}`, {
        method,
        cache: "no-store",
        headers: this.#headers({ json, form }),
        body: bodyOf({ json, form }),
      });
    } catch {
      throw new ApiError(0, sentence("", 0));
    }
    if (method !== "GET" && token) this.#bucket(path).learn(answer.headers);
    const body = await answer.json().catch(() => ({}));
    if (answer.ok) return { status: answer.status, body };
    throw this.#failure(method, path, answer, body, token);
  }

  #failure(method, path, answer, body, token) {
    const meta = body.meta ?? {};
    const retryIn = Number(meta.retry_in ?? answer.headers.get("Retry-After")) || undefined;
    const error = new ApiError(answer.status, sentence(meta.error_slug ?? body.error, answer.status), { retryIn, meta });
    if (answer.status === 429) {
      const bucket = this.#bucket(path);
      if (token && method !== "GET") bucket.shut(retryIn ?? 60);
      // Presence and markers may wait: messages can still be written.
      if (bucket !== this.signs) this.#slow(retryIn ?? 60);
    }
    if (answer.status === 401 && token && token === this.#token) this.dispatchEvent(new Event("refused"));
    return error;
  }

  #bucket(path) {
    return SIGNS.test(path) ? this.signs : this.allowance;
  }

  #slow(seconds) {
    this.dispatchEvent(new CustomEvent("slow", { detail: seconds }));
  }

  #headers({ json, form }) {
    const headers = {};
    if (this.#token) headers.Authorization = `Bearer ${this.#token}`;
    if (json) headers["Content-Type"] = "application/json";
    if (form) headers["Content-Type"] = "application/x-www-form-urlencoded";
    return headers;
  }
}

const bodyOf = ({ json, form }) => (json ? JSON.stringify(json) : form && new URLSearchParams(form));

function queryOf(query = {}) {
  const pairs = Object.entries(query).filter(([, value]) => value !== undefined && value !== "");
  return pairs.length ? `?${new URLSearchParams(pairs)}` : "";
}
