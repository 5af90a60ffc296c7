// One window: what a person does on the rooms page, and what they see there.

import { mkdirSync } from "node:fs";
import path from "node:path";
import { PASSWORD, ROOT } from "./server.mjs";

const ARTIFACTS = path.join(ROOT, "artifacts");
/** How long anything may take on the page, in milliseconds. */
const DEADLINE = 30_000;

export class Window {
  /** A window of its own browser profile. `signedIn` spares the form: hashing a password takes a second in a debug build. */
  static async open(browser, server, name, { signedIn = false, ...options } = {}) {
    const window = new Window();
    window.name = name;
    window.context = await browser.newContext({ viewport: { width: 1200, height: 800 }, ...options });
    window.server = server;
    window.faults = [];
    // An empty page has no storage.
    const keep = (session) => location.protocol === "http:" && sessionStorage.setItem("groundnut.session", session);
    if (signedIn) await window.context.addInitScript(keep, server.session(name));
    await window.#load();
    if (signedIn) await window.state("live");
    return window;
  }

  /** Another window of the same person in the same browser; it shares storage, and signs in by itself. */
  async twin() {
    const twin = new Window();
    Object.assign(twin, { name: this.name, context: this.context, server: this.server, faults: this.faults });
    await twin.#load();
    return twin;
  }

  async #load() {
    this.page = await this.context.newPage();
    this.page.setDefaultTimeout(DEADLINE);
    // A script that fails is a fault; a connection that is lost on purpose is not.
    this.page.on("pageerror", (error) => this.faults.push(String(error)));
    await this.page.goto(this.server.url);
  }

  /** From the door over the sign-in page and the question, as far as they are shown, into the rooms. */
  async signIn({ stay = false } = {}) {
    const [question, live] = ["button[value=allow]", "#connection-state[data-state=live]"];
    const waits = (...any) => this.page.waitForSelector(any.join(","), { state: "attached" });
    await this.page.click("#sign-in");
    await waits("#username", question, live);
    if (await this.page.locator("#username").count()) {
      await this.page.fill("#username", this.name);
      await this.page.fill("#password", PASSWORD);
      if (stay) await this.page.check("[name=stay]");
      await this.page.press("#password", "Enter");
      await waits(question, live);
    }
    if (await this.page.locator(question).count()) await this.page.click(question);
    await this.state("live");
  }

  /** Out of the rooms, and out of the browser unless it is to stay signed in. */
  async signOut({ browserToo = true } = {}) {
    await this.page.click("#sign-out");
    await this.page.setChecked("#sign-out-browser", browserToo);
    await this.page.click("#sign-out-form [type=submit]");
    await this.page.waitForSelector("#door:visible");
  }

  async reload() {
    await this.page.reload();
    await this.state("live");
  }

  /** Leaves the page as a closed window does. */
  async close() {
    await this.page.goto("about:blank");
  }

  /** The connection is shown in this state. */
  async state(...states) {
    const any = states.map((state) => `#connection-state[data-state=${state}]`).join(",");
    await this.page.waitForSelector(any, { state: "attached" });
  }

  async enter(room) {
    await this.page.click(`#rooms [data-channel-id="${room}"] :is(a,button)`);
    await this.page.waitForFunction((id) => location.hash.includes(id), room);
    await this.page.waitForSelector("#composer:visible");
  }

  /** Types without sending. */
  async types(text) {
    await this.page.click("#composer");
    await this.page.keyboard.type(text);
  }

  async seesText(selector, text) {
    await this.page.locator(selector, { hasText: text }).first().waitFor();
  }

  /** The message box holds this text. */
  async holds(text) {
    await this.page.waitForFunction((wanted) => document.querySelector("#composer").value === wanted, text);
  }

  /** A condition of the page that must hold now. */
  async has(what, condition, argument) {
    if (!(await this.page.evaluate(condition, argument))) throw new Error(`${this.name}: not so: ${what}`);
  }

  async says(text) {
    await this.page.fill("#composer", text);
    await this.page.click("#send");
    await this.sees(text);
  }

  /** Types, and goes on with dots until this has come about: the others see typing only while it goes on. */
  async typesUntil(text, cameAbout) {
    await this.page.click("#composer");
    await this.page.keyboard.type(text);
    let waits = true;
    const awaited = cameAbout.finally(() => { waits = false; });
    while (waits) {
      await this.page.keyboard.type(".");
      await Promise.race([awaited, new Promise((tick) => { setTimeout(tick, 500); })]);
    }
    await awaited;
  }

  /** A message of the log (not one that is still on its way) holds this text, exactly once. */
  async sees(text) {
    const found = this.page.locator("#log article[data-message-id]", { hasText: text });
    await found.first().waitFor();
    const count = await found.count();
    if (count !== 1) throw new Error(`${this.name} sees "${text}" ${count} times`);
  }

  async seesNo(text) {
    const found = this.page.locator("#log article[data-message-id]", { hasText: text });
    await found.first().waitFor({ state: "detached" });
  }

  /** This person is shown as present in the room. */
  async seesPerson(id) {
    await this.page.waitForSelector(`#people [data-user-id="${id}"]`, { state: "attached" });
  }

  async seesTyping(name) {
    const typing = this.page.locator("#typing", { hasText: name });
    await typing.waitFor();
  }

  async seesUnread(room) {
    await this.page.waitForSelector(`#rooms [data-channel-id="${room}"] [data-unread], #rooms [data-channel-id="${room}"][data-unread]`);
  }

  async seesAllRead(room) {
    const badge = `#rooms [data-channel-id="${room}"] [data-unread], #rooms [data-channel-id="${room}"][data-unread]`;
    await this.page.waitForSelector(badge, { state: "detached" });
  }

  async picture(title) {
    mkdirSync(ARTIFACTS, { recursive: true });
    await this.page.screenshot({ path: path.join(ARTIFACTS, `${title}.png`) });
  }

  /** For the report of a failure: where it is, what it shows, what went wrong in it. */
  async describe() {
    const shown = await this.page.evaluate(() => {
      const state = document.querySelector("#connection-state")?.dataset.state;
      return `${state ?? "no connection"} | ${document.body.innerText.replaceAll(/\s+/gu, " ").slice(0, 600)}`;
    });
    return `${this.name} at ${this.page.url()}: ${shown}\n  faults: ${this.faults.join("; ")}`;
  }

  /** Nothing went wrong in the scripts, and no value without words reached the page. */
  async check() {
    const slip = await this.page.evaluate(() => /.{0,30}(undefined|\[object |NaN).{0,30}/u.exec(document.body.textContent)?.[0]);
    if (slip) this.faults.push(`the page shows "${slip}"`);
    if (this.faults.length > 0) throw new Error(`${this.name}: ${this.faults.join("; ")}`);
  }
}
