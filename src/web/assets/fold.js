// Long messages are shown folded, with a button for the rest: one message must not push all others off the screen.

import { make } from "./dom.js";

/** Only texts beyond one of these can be higher than the fold (`.fold` in log.css); only they are measured. */
const LINES = 9;
const LENGTH = 500;
/** A fold that would hide less than this, in pixels, is not worth a button. */
const LITTLE = 60;

/** `node` itself if `text` is short, else folded. */
export function foldable(node, text = "") {
  if (text.length < LENGTH && text.split("\n").length <= LINES) return node;
  const fold = make("div", { class: "fold" }, node);
  const button = make("button", { type: "button", class: "more", "aria-expanded": "false" }, "Show more");
  const set = (open) => {
    fold.classList.toggle("open", open);
    button.setAttribute("aria-expanded", String(open));
    button.textContent = open ? "Show less" : "Show more";
  };
  button.addEventListener("click", () => {
    set(!fold.classList.contains("open"));
    if (!fold.classList.contains("open")) fold.scrollIntoView({ block: "nearest" });
  });
  // A link in the hidden part got the focus by the keyboard.
  fold.addEventListener("focusin", () => set(true));
  return make("div", { class: "folding" }, fold, button);
}

/** Takes the folds away that hide nothing or almost nothing, once their place on the page is known. */
export function unfoldShort(parent) {
  for (const fold of parent.querySelectorAll(".fold:not(.open)")) {
    // Inside a closed cover there is no height yet.
    if (!fold.clientHeight || fold.scrollHeight > fold.clientHeight + LITTLE) continue;
    fold.classList.add("open");
    fold.nextElementSibling?.remove();
  }
}
