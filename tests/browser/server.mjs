// Starts the program on a database of its own, with two people and two rooms in it.

import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import readline from "node:readline";
import { fileURLToPath } from "node:url";

export const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../..");
export const PASSWORD = "correct horse battery";
const PROGRAM = process.env.PROGRAM_UNDER_TEST ?? path.join(ROOT, "target/debug/groundnut");
const OPEN = { write: { any_user: true }, read: { public: true } };
/** In this order they get the ids 1 and 2. */
const NAMES = ["ada", "bob"];
const SCOPES = "basic,follow,messages,presence,stream,update_profile";

export class Server {
  static async #begin(more) {
    const server = new Server();
    server.folder = mkdtempSync(path.join(tmpdir(), "groundnut-"));
    server.database = `sqlite://${path.join(server.folder, "groundnut.db")}`;
    await server.serve("127.0.0.1:0", more);
    return server;
  }

  /** One with the people and rooms of the demo. */
  static async demo() {
    return Server.#begin(["--demo"]);
  }

  static async start() {
    const server = await Server.#begin();
    const client = server.run(["client", "create", "--name", "Browser"]).client_id;
    server.tokens = {};
    for (const name of NAMES) {
      server.run(["user", "create", name, "--password-stdin"], `${PASSWORD}\n`);
      const arguments_ = ["token", "create", "--client", client, "--user", name, "--scopes", SCOPES];
      server.tokens[name] = server.run(arguments_).access_token;
    }
    return server;
  }

  /** What the page keeps of a person who signed in. */
  session(name) {
    return JSON.stringify({ token: this.tokens[name], id: String(NAMES.indexOf(name) + 1), username: name });
  }

  /** One command of the program; gives the object that it prints. */
  run(command, input = "") {
    const all = [...command, "--json", "--database-url", this.database];
    return JSON.parse(execFileSync(PROGRAM, all, { input, encoding: "utf8" }));
  }

  /** Listens; the same address can be taken again after a stop. */
  async serve(bind, more = []) {
    const all = ["serve", "--bind", bind, "--database-url", this.database, ...more];
    const env = { ...process.env, GROUNDNUT_RATE_LIMITS_ENABLED: "false", GROUNDNUT_SERVER_WORKERS: "2", GROUNDNUT_ACCOUNTS_SIGN_UP: "invite" };
    this.process = spawn(PROGRAM, all, { cwd: this.folder, env, stdio: ["ignore", "pipe", "pipe"] });
    this.log ??= "";
    this.process.stderr.on("data", (text) => { this.log += text; });
    this.ended = new Promise((resolve) => { this.process.on("exit", resolve); });
    for await (const line of readline.createInterface({ input: this.process.stdout })) {
      if (!line.startsWith("listening on ")) continue;
      this.url = line.slice("listening on ".length).trim().replace(/\/$/u, "");
      return;
    }
    throw new Error(`the server did not start:\n${this.log}`);
  }

  /** Ends the process; what it knows stays. */
  async stop() {
    this.process.kill("SIGTERM");
    return this.ended;
  }

  async end() {
    const code = await this.stop();
    rmSync(this.folder, { recursive: true, force: true });
    if (code !== 0) throw new Error(`the server ended with ${code}:\n${this.log}`);
    if (/panicked|ERROR/u.test(this.log)) throw new Error(`the server logged:\n${this.log}`);
  }

  /** One REST call by one of the people; gives `data`. */
  async call(name, method, address, body) {
    const answer = await fetch(`${this.url}/v1${address}`, {
      method,
      headers: { Authorization: `Bearer ${this.tokens[name]}`, "Content-Type": "application/json" },
      body: body && JSON.stringify(body),
    });
    const json = await answer.json();
    if (!answer.ok) throw new Error(`${method} ${address}: ${JSON.stringify(json)}`);
    return json.data;
  }

  /** A room, public unless `acl` says otherwise, with its members in it; `owner` made it. */
  async room(title, { owner = "ada", members = ["ada", "bob"], about = "where we meet", acl = OPEN } = {}) {
    const { id } = await this.call(owner, "POST", "/channels", {
      type: "io.pnut.core.chat",
      acl,
      raw: { "io.pnut.core.chat-settings": [{ name: title, description: { text: about } }] },
    });
    for (const name of members) await this.call(name, "PUT", `/channels/${id}/subscribe`);
    return id;
  }

  /** A private room of bob's that ada is in. */
  async closedRoom(title) {
    return this.room(title, { owner: "bob", acl: { write: { user_ids: ["@ada"] }, read: {} } });
  }

  async say(name, room, text, more = {}) {
    return this.call(name, "POST", `/channels/${room}/messages`, { text, ...more });
  }
}
