// Where messages are written: grows with the text, counts near the limit, remembers drafts room by room.
//
// Events: `send` (detail {text, replyTo}), `input` (detail true while there is text), `up` (arrow in an empty box).

import { byId } from "./dom.js";
import { lengthOf, nameOf } from "./format.js";
import { oneLine } from "./richtext.js";

const MOST = 2048;
const COUNT_FROM = 200;

export class Composer extends EventTarget {
  #box = byId("composer");
  #drafts = new Map();
  #channel = "";
  #replyTo;

  constructor() {
    super();
    byId("write").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#send();
    });
    byId("stop-answering").addEventListener("click", () => this.answer(undefined));
    this.#box.addEventListener("input", () => {
      this.#fit();
      this.dispatchEvent(new CustomEvent("input", { detail: this.#box.value.trim() !== "" }));
    });
    this.#box.addEventListener("keydown", (event) => this.#key(event));
  }

  /** Another room: its own draft comes back. */
  enter(channel, mayWrite, title) {
    this.#box.disabled = !mayWrite;
    this.#box.placeholder = mayWrite ? `Write to ${title}` : "Only some may write here";
    if (channel !== this.#channel) {
      this.#keepDraft();
      this.#channel = channel;
      const draft = this.#drafts.get(channel);
      this.#box.value = draft?.text ?? "";
      this.#showAnswer(draft?.replyTo);
    }
    this.#fit();
  }

  clear() {
    this.#drafts.clear();
    this.#channel = "";
    this.#box.value = "";
    this.#showAnswer(undefined);
  }

  focus() {
    this.#box.focus({ preventScroll: true });
  }

  /** The next message answers this one (or none). */
  answer(message) {
    this.#showAnswer(message);
    this.focus();
  }

  get answering() {
    return this.#replyTo !== undefined;
  }

  #keepDraft() {
    if (!this.#channel) return;
    if (this.#box.value || this.#replyTo) this.#drafts.set(this.#channel, { text: this.#box.value, replyTo: this.#replyTo });
    else this.#drafts.delete(this.#channel);
  }

  #showAnswer(message) {
    this.#replyTo = message;
    byId("answering").hidden = !message;
    byId("answering").firstElementChild.textContent = message ? `Reply to ${nameOf(message.user)}: ${oneLine(message, 90)}` : "";
  }

  #send() {
    const text = this.#box.value.trim();
    if (!text || lengthOf(text) > MOST || this.#box.disabled) return;
    const replyTo = this.#replyTo?.id;
    this.#box.value = "";
    this.#showAnswer(undefined);
    this.#fit();
    this.#drafts.delete(this.#channel);
    this.dispatchEvent(new CustomEvent("send", { detail: { text, replyTo } }));
    this.focus();
  }

  #key(event) {
    if (event.isComposing) return;
    if (event.key === "Enter" && !event.shiftKey && !event.altKey) {
      event.preventDefault();
      this.#send();
    } else if (event.key === "ArrowUp" && !this.#box.value && !event.altKey) {
      event.preventDefault();
      this.dispatchEvent(new Event("up"));
    } else if (event.key === "Escape" && this.#replyTo) {
      event.stopPropagation();
      this.#showAnswer(undefined);
    }
  }

  #fit() {
    this.#box.style.height = "auto";
    this.#box.style.height = `${this.#box.scrollHeight + 2}px`;
    const left = MOST - lengthOf(this.#box.value);
    byId("left").textContent = left <= COUNT_FROM ? `${left} left` : "";
    byId("left").classList.toggle("over", left < 0);
    byId("send").disabled = left < 0 || !this.#box.value.trim() || this.#box.disabled;
  }
}
