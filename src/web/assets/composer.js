// Where messages are written: grows with the text, counts near the limit, keeps a draft for each room.
//
// Events: `send` (detail {text, replyTo}), `input` (detail true while there is text), `up` (arrow in an empty box).

import { byId } from "./dom.js";
import { isolated, lengthOf, nameOf } from "./format.js";
import { oneLine } from "./richtext.js";

/** Characters that fit into a message. */
export const MOST = 2048;
const COUNT_FROM = 200;

export class Composer extends EventTarget {
  #box = byId("composer");
  #kept;
  #channel = "";
  #replyTo;

  /** Drafts go to `kept`, so that they outlive a reload. */
  constructor(kept) {
    super();
    this.#kept = kept;
    byId("write").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#send();
    });
    byId("stop-answering").addEventListener("click", () => this.answer(undefined));
    this.#box.addEventListener("input", () => {
      this.#fit();
      this.#keepDraft();
      this.dispatchEvent(new CustomEvent("input", { detail: this.#box.value.trim() !== "" }));
    });
    this.#box.addEventListener("keydown", (event) => this.#key(event));
  }

  /** Another room: its own draft comes back. */
  enter(channel, mayWrite, title) {
    // Not `disabled`: that would take the focus, and with it a text that cannot be copied any more.
    this.#box.readOnly = !mayWrite;
    this.#box.placeholder = mayWrite ? `Write to ${title}` : "You cannot write here";
    if (channel !== this.#channel) {
      this.#channel = channel;
      const draft = this.#kept.get(`draft.${channel}`);
      this.#box.value = draft?.text ?? "";
      this.#showAnswer(draft?.replyTo);
    }
    this.#fit();
  }

  /** Takes no more text for this room; what is written stays, to be copied. */
  close() {
    this.#box.readOnly = true;
    this.#box.placeholder = "You cannot write here";
    this.#fit();
  }

  get text() {
    return this.#box.value;
  }

  /** Empties the box; the drafts stay where they are kept. */
  clear() {
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
    this.#keepDraft();
    this.focus();
  }

  get answering() {
    return this.#replyTo !== undefined;
  }

  #keepDraft() {
    if (!this.#channel) return;
    const draft = { text: this.#box.value, replyTo: this.#replyTo };
    this.#kept.set(`draft.${this.#channel}`, draft.text || draft.replyTo ? draft : undefined);
  }

  #showAnswer(message) {
    this.#replyTo = message;
    byId("answering").hidden = !message;
    byId("answering").firstElementChild.textContent = message ? `Reply to ${isolated(nameOf(message.user))}: ${isolated(oneLine(message, 90))}` : "";
  }

  #send() {
    const text = this.#box.value.trim();
    if (!text || lengthOf(text) > MOST || this.#box.readOnly) return;
    const replyTo = this.#replyTo?.id;
    this.#box.value = "";
    this.#showAnswer(undefined);
    this.#fit();
    this.#keepDraft();
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
      this.answer(undefined);
    }
  }

  #fit() {
    this.#box.style.height = "auto";
    this.#box.style.height = `${this.#box.scrollHeight + 2}px`;
    const left = MOST - lengthOf(this.#box.value);
    byId("left").textContent = left <= COUNT_FROM ? `${left} left` : "";
    byId("left").classList.toggle("over", left < 0);
    byId("send").disabled = left < 0 || !this.#box.value.trim() || this.#box.readOnly;
  }
}
