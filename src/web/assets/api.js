// Calls to the public API of this origin: envelope in, `{meta, data}` out, every failure an ApiError.

import { Allowance } from "./allowance.js";

/** Why a call did not succeed. `code` is 0 if the server was not reached. */
export class ApiError extends Error {
  constructor(code, message, { retryIn, meta } = {}) {
    super(message);
    this.code = code;
    this.retryIn = retryIn;
    this.meta = meta;
  }
}

export class Api extends EventTarget {
  allowance = new Allowance();
  #token = "";

  /** From here on calls are made with this token (or without, if empty). */
  use(token) {
    this.#token = token;
    this.allowance.forget();
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
    // Meanwhile somebody else may have signed in here.
    if (token !== this.#token) throw new ApiError(0, "You signed out before this was done.");
    return this.#call(method, path, { query, json, form });
  }

  /** A write that the page makes by itself, when there is room for it. Failures are not shown. */
  aside(key, method, path, { json, form, reserve, after, starts, done } = {}) {
    const token = this.#token;
    this.allowance.background(key, async () => {
      if (token !== this.#token) return;
      starts?.();
      const answer = await this.#call(method, path, { json, form });
      done?.(answer);
    }, { reserve, after });
  }

  /** A last write while the page is being closed. */
  parting(method, path, form) {
    const options = { method, keepalive: true, headers: this.#headers({ form }), body: new URLSearchParams(form) };
    fetch(`/v1${path}`, options).catch(() => {});
  }

  /** Gives the token back. Does not wait for its turn: leaving must always be possible. */
  bye() {
    return this.#call("DELETE", "/token", {});
  }

  /** A token for a username and a password. This client is public and has no secret. */
  async grant(username, password) {
    const form = {
      grant_type: "password",
      client_id: "groundnut-rooms-page-public-0001",
      username,
      password,
      scope: "basic,messages,presence,follow",
    };
    const { body } = await this.#fetch("POST", "/oauth/access_token", { form });
    if (!body.access_token) throw new ApiError(502, "The server gave no token.");
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
        body: json ? JSON.stringify(json) : form ? new URLSearchParams(form) : undefined,
      });
    } catch {
      throw new ApiError(0, "The server cannot be reached.");
    }
    if (method !== "GET" && token) this.allowance.learn(answer.headers);
    const body = await answer.json().catch(() => ({}));
    if (answer.ok) return { status: answer.status, body };
    throw this.#failure(method, answer, body, token);
  }

  #failure(method, answer, body, token) {
    const meta = body.meta ?? {};
    const words = meta.error_message ?? body.error_message ?? body.error_description;
    const retryIn = Number(meta.retry_in ?? answer.headers.get("Retry-After")) || undefined;
    const known = { 502: "The server is not available.", 503: "The server is busy.", 504: "The server is not available." };
    const error = new ApiError(answer.status, words ?? known[answer.status] ?? `The server answered ${answer.status}.`, { retryIn, meta });
    if (answer.status === 429) {
      if (token && method !== "GET") this.allowance.shut(retryIn ?? 60);
      this.#slow(retryIn ?? 60);
    }
    if (answer.status === 401 && token && token === this.#token) this.dispatchEvent(new Event("refused"));
    return error;
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

function queryOf(query = {}) {
  const pairs = Object.entries(query).filter(([, value]) => value !== undefined && value !== "");
  return pairs.length ? `?${new URLSearchParams(pairs)}` : "";
}
