// The people of the open room: present, typing at this moment, and members.
//
// Events: `write` (detail username: a private message to this person is wanted), `unseen` (the list of the room
// does not hold the reader).

import { byId, face, fill, icon, make, named, spoken } from "./dom.js";
import { isolated, listNames, nameOf } from "./format.js";

const TYPING_LASTS = 10_000;
const LOOK_AGAIN = 60_000;
/** Rows that are drawn; the count beside the title tells how many there are. */
const MOST = 200;
const PLAIN = ["here", "online", "offline", "1", ""];

export class People extends EventTarget {
  #api;
  #channel = "";
  #here = new Map();
  #self;
  #more = false;
  #members = [];
  #typing = new Map();
  #users = new Map();
  #timer = 0;
  #due = 0;
  me = "";

  constructor(api) {
    super();
    this.#api = api;
  }

  enter(channel) {
    this.leave();
    this.#channel = channel;
    // Going offline is not announced, so the list is read again now and then.
    this.#timer = setInterval(() => this.#reload(), LOOK_AGAIN);
  }

  leave() {
    this.#channel = "";
    clearInterval(this.#timer);
    for (const timer of this.#typing.values()) clearTimeout(timer);
    this.#typing.clear();
    this.#here.clear();
    this.#self = undefined;
    this.#more = false;
    this.#members = [];
    this.#draw();
  }

  /** The reader takes part: shown at once, before the others have been told. */
  attend(self) {
    this.#self = { ...self, presence: "here" };
    this.heard(this.#self);
  }

  /** Full user objects seen anywhere: presence objects say less. */
  remember(user) {
    if (user?.id && user.content) this.#users.set(user.id, user);
  }

  /** The people that are present; `more` if the list is only the first page of them. */
  put(list, more = false) {
    this.#more = more;
    this.#here.clear();
    for (const person of list ?? []) if (person.presence !== "offline") this.#here.set(person.id, person);
    if (this.#self && !this.#here.has(this.me)) {
      this.#here.set(this.me, this.#self);
      if (!more) this.dispatchEvent(new Event("unseen"));
    }
    this.#draw();
  }

  putMembers(users) {
    this.#members = (users ?? []).filter((user) => typeof user === "object");
    for (const user of this.#members) this.remember(user);
    this.#draw();
  }

  /** A person said something about themselves. */
  heard(person) {
    if (person.presence === "offline") this.#here.delete(person.id);
    else this.#here.set(person.id, person);
    this.quiet(person.id);
    if (person.presence?.startsWith("typing") && person.id !== this.me) {
      this.#typing.set(person.id, setTimeout(() => this.quiet(person.id), TYPING_LASTS));
      this.#drawTyping();
    }
    this.#draw();
  }

  /** This person writes no more: time is over, or the message came. */
  quiet(id) {
    if (!this.#typing.has(id)) return;
    clearTimeout(this.#typing.get(id));
    this.#typing.delete(id);
    this.#drawTyping();
  }

  async #reload() {
    const channel = this.#channel;
    try {
      const { data, meta } = await this.#api.get(`/channels/${channel}/presence`);
      if (channel === this.#channel) this.put(data, meta.more === true);
    } catch {
      // The next look will do.
    }
  }

  /** In a busy room people come and go in bursts: drawn once for all of them. */
  #draw() {
    this.#due ||= setTimeout(() => {
      this.#due = 0;
      this.#drawNow();
    }, 60);
  }

  #drawNow() {
    const people = [...this.#here.values()].sort((a, b) => nameOf(a).localeCompare(nameOf(b)));
    fill(byId("people"), people.slice(0, MOST).map((person) => this.#row(person, this.#words(person))));
    byId("people-count").textContent = this.#more ? `${people.length}+` : people.length || "";
    const others = this.#members.filter((user) => !this.#here.has(user.id)).sort((a, b) => nameOf(a).localeCompare(nameOf(b)));
    fill(byId("members"), others.slice(0, MOST).map((user) => this.#row(user)));
    byId("members-title").hidden = others.length === 0;
    byId("members-count").textContent = others.length || "";
  }

  #words(person) {
    const words = person.presence ?? "";
    return PLAIN.includes(words) || words.startsWith("typing") ? undefined : words;
  }

  #row(person, words) {
    const known = this.#users.get(person.id) ?? { ...person, avatar_image: person.content ? person.avatar_image : undefined };
    const self = person.id === this.me;
    return make("li", { "data-user-id": person.id },
      face(known),
      make("span", { class: "name", title: `@${person.username}` }, named(nameOf(person)), self && make("span", { class: "quiet" }, " (you)")),
      words && make("span", { class: "words", dir: "auto" }, words),
      !self && person.username && make("button", { type: "button", class: "icon", title: "Write a private message", onclick: () => this.dispatchEvent(new CustomEvent("write", { detail: person.username })) },
        icon("write"), spoken(`Write a private message to ${isolated(nameOf(person))}`)));
  }

  #drawTyping() {
    const names = [...this.#typing.keys()].map((id) => nameOf(this.#here.get(id) ?? this.#users.get(id)));
    byId("typing").textContent = names.length ? `${listNames(names)} ${names.length === 1 ? "is" : "are"} typing` : "";
  }
}
