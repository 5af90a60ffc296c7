// The messages of the open room in order, newest at the bottom. Knows positions and scrolling, not the network.
//
// Events: `older` (the reader came near the top), `bottom` (detail true or false).

import { byId, fill, icon, make, spoken } from "./dom.js";
import { byAge, dayKey, dayName, many } from "./format.js";
import { unfoldShort } from "./fold.js";
import { article, authorOf, pendingArticle } from "./message.js";

const NEAR = 40;
const TOGETHER = 5 * 60_000;

export class Log extends EventTarget {
  #box = byId("log");
  #newest = byId("to-newest");
  #messages = new Map();
  #order = [];
  #options;
  #pending = make("div", { class: "pending" });
  #older = make("button", { type: "button", class: "older", hidden: true, onclick: () => this.#ask() }, "Show earlier messages");
  #bottom = true;
  #missed = 0;
  #fresh = "";

  constructor() {
    super();
    this.#box.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    this.#newest.append(icon("down"), make("span"));
    this.#newest.addEventListener("click", () => this.toBottom());
    new ResizeObserver(() => this.#bottom && this.toBottom()).observe(this.#box);
  }

  /** Empties the log for another room. `options` are those of `article`. */
  reset(options) {
    this.#options = options;
    this.#messages.clear();
    this.#order = [];
    this.#missed = 0;
    this.#fresh = "";
    this.#bottom = true;
    this.#older.hidden = true;
    fill(this.#pending);
    fill(this.#box, this.#older, this.#pending);
    this.#showMissed();
  }

  get atBottom() {
    return this.#bottom;
  }

  get newestId() {
    return this.#order[this.#order.length - 1];
  }

  get size() {
    return this.#order.length;
  }

  has(id) {
    return this.#messages.has(id);
  }

  find(id) {
    return this.#messages.get(id);
  }

  /** Nothing is read aloud while pages of history go in. */
  set busy(busy) {
    this.#box.setAttribute("aria-busy", String(busy));
    this.#older.disabled = busy;
  }

  /** Whether there is more above. */
  set more(more) {
    this.#older.hidden = !more;
  }

  /** A page of history, above or among what is there; what the reader looks at stays where it is. */
  addPage(messages) {
    const { scrollHeight, scrollTop } = this.#box;
    for (const message of messages) this.#put(message);
    if (this.#bottom) this.toBottom();
    else this.#box.scrollTop = scrollTop + this.#box.scrollHeight - scrollHeight;
  }

  /** A message of this moment. */
  add(message, mine) {
    const known = this.#messages.get(message.id);
    const stick = this.#bottom;
    this.#put(message);
    if (stick || (mine && !known)) this.toBottom();
    else if (!known && !message.is_deleted) {
      this.#missed += 1;
      this.#showMissed();
    }
  }

  /** This message was deleted; `message` is what is left of it. */
  tombstone(id, message) {
    const known = this.#messages.get(id);
    if (!known || known.is_deleted) return;
    this.#put({ ...known, ...message, content: undefined, is_deleted: true });
    for (const quote of this.#box.querySelectorAll(`[data-reply-to="${CSS.escape(id)}"] > span`)) quote.textContent = "Deleted message";
  }

  /** Shows what is on its way below everything else. */
  showPending(items, self, actions) {
    fill(this.#pending, items.map((item, i) => pendingArticle(item, { self, follows: i > 0, ...actions })));
    unfoldShort(this.#pending);
    if (this.#bottom) this.toBottom();
  }

  /** A line above the first message after the marker. */
  markNew(markerId) {
    const first = this.#order.find((id) => byAge(id, markerId) > 0 && authorOf(this.#messages.get(id)) !== this.#options.me);
    if (!first) return;
    this.#fresh = first;
    this.#node(first).classList.add("fresh");
    this.#node(first).scrollIntoView({ block: "center" });
    this.#scrolled();
  }

  /** Brings a message into view and says which one it is. */
  show(id) {
    const node = this.#node(id);
    if (!node) return false;
    node.scrollIntoView({ block: "center" });
    node.focus({ preventScroll: true });
    node.classList.add("shown");
    setTimeout(() => node.classList.remove("shown"), 1600);
    return true;
  }

  toBottom() {
    this.#box.scrollTop = this.#box.scrollHeight;
    this.#scrolled();
  }

  #put(message) {
    const known = this.#messages.has(message.id);
    const node = article(message, this.#options);
    node.classList.toggle("fresh", message.id === this.#fresh);
    const old = known && this.#node(message.id);
    this.#messages.set(message.id, message);
    if (old) {
      const focused = old.contains(document.activeElement);
      old.replaceWith(node);
      if (focused) node.focus({ preventScroll: true });
    } else {
      let at = this.#order.length;
      while (at > 0 && byAge(this.#order[at - 1], message.id) > 0) at -= 1;
      const next = this.#order[at];
      this.#order.splice(at, 0, message.id);
      let place = next ? this.#node(next) : this.#pending;
      if (next && place.previousElementSibling?.classList.contains("day")) place = place.previousElementSibling;
      place.before(node);
    }
    unfoldShort(node);
    this.#dress(node);
    const after = this.#neighbour(node, "nextElementSibling");
    if (after) this.#dress(after);
  }

  /** The day line above a message, and whether it continues what the same author said. */
  #dress(node) {
    const before = this.#neighbour(node, "previousElementSibling");
    const day = dayKey(node.dataset.created);
    const newDay = !before || dayKey(before.dataset.created) !== day;
    const line = node.previousElementSibling?.classList.contains("day") ? node.previousElementSibling : undefined;
    if (line && (!newDay || line.dataset.day !== String(day))) line.remove();
    if (newDay && line?.dataset.day !== String(day)) {
      node.before(make("div", { class: "day", role: "separator", "data-day": day }, make("span", {}, dayName(node.dataset.created))));
    }
    const together = !newDay && before.dataset.author === node.dataset.author && !node.querySelector(".quote")
      && Date.parse(node.dataset.created) - Date.parse(before.dataset.created) < TOGETHER;
    node.classList.toggle("together", together);
  }

  #neighbour(node, direction) {
    let other = node[direction];
    while (other && !other.dataset.messageId) other = other[direction];
    return other ?? undefined;
  }

  #node(id) {
    return this.#box.querySelector(`[data-message-id="${CSS.escape(id)}"]`);
  }

  #scrolled() {
    const { scrollHeight, scrollTop, clientHeight } = this.#box;
    const bottom = scrollHeight - scrollTop - clientHeight < NEAR;
    if (bottom !== this.#bottom) {
      this.#bottom = bottom;
      this.dispatchEvent(new CustomEvent("bottom", { detail: bottom }));
    }
    if (bottom) this.#missed = 0;
    this.#showMissed();
    if (scrollTop < clientHeight) this.#ask();
  }

  #ask() {
    if (!this.#older.hidden && !this.#older.disabled) this.dispatchEvent(new Event("older"));
  }

  #showMissed() {
    this.#newest.hidden = this.#bottom;
    fill(this.#newest.lastChild, this.#missed ? many(this.#missed, "new message") : spoken("To the newest message"));
  }
}
