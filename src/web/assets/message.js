// One message as an article.

import { face, icon, make, named, spoken, sureButton } from "./dom.js";
import { isolated, moment, nameOf, time } from "./format.js";
import { foldable } from "./fold.js";
import { oneLine, richText } from "./richtext.js";

/** Id of the author, who may be hidden or gone. */
export const authorOf = (message) => message.user?.id ?? message.user_id ?? "";

/** The article of a message that the server knows. */
export function article(message, { me, mayDelete, onreply, ondelete, quote }) {
  const head = make("header", {},
    make("b", { class: "author", title: message.user ? `@${message.user.username}` : undefined }, named(nameOf(message.user))),
    message.user?.name && make("span", { class: "handle" }, `@${message.user.username}`),
    make("time", { datetime: message.created_at, title: moment(message.created_at) }, time(message.created_at)),
    message.is_sticky && make("span", { class: "sticky" }, icon("pin"), "Sticky"));
  const node = make("article", { "data-message-id": message.id, "data-author": authorOf(message), "data-created": message.created_at, tabindex: -1 },
    face(message.user ?? { id: message.user_id }), head);
  if (message.is_sticky) node.classList.add("is-sticky");
  if (message.reply_to && !message.is_deleted) node.append(quoteNode(message.reply_to, quote));
  if (message.is_deleted) {
    node.classList.add("gone");
    node.append(make("p", { class: "text" }, message.deleted_by ? "This message was removed." : "This message was deleted."));
    return node;
  }
  const text = foldable(make("p", { class: "text", dir: "auto" }, richText(message.content, me)), message.content?.text);
  node.append(message.is_nsfw ? make("details", { class: "covered" }, make("summary", {}, "Not safe for work: show"), text) : text);
  const actions = make("div", { class: "actions" },
    make("button", { type: "button", tabindex: -1, "data-action": "reply", onclick: () => onreply(message) },
      icon("reply"), make("span", {}, "Reply", spoken(` to ${isolated(nameOf(message.user))}`))));
  if (mayDelete(message)) {
    const button = make("button", { type: "button", tabindex: -1, "data-action": "delete" }, icon("remove"), make("span", {}, "Delete"));
    actions.append(sureButton(button, "Delete for everybody?", () => ondelete(message)));
  }
  node.append(actions);
  return node;
}

/** What a reply answers: a line that leads to it. The text comes when it is known. */
function quoteNode(id, quote) {
  const line = make("button", { type: "button", class: "quote", "data-reply-to": id, onclick: () => quote.go(id) }, icon("reply"), make("span", {}, "…"));
  quote.find(id).then((answered) => fillQuote(line, answered));
  return line;
}

/** Puts the words of `answered` into a quote line; `undefined` if they cannot be had. */
export function fillQuote(line, answered) {
  const words = line.lastChild;
  if (!answered) words.textContent = "A message that cannot be shown";
  else words.replaceChildren(make("b", {}, named(nameOf(answered.user))), " ", named(oneLine(answered)));
}

/** The article of a message on its way, or one that did not get through. */
export function pendingArticle(item, { self, follows, onretry, ondrop }) {
  const failed = item.state === "failed";
  const status = failed ? item.error : item.state === "waiting" ? "Waiting for its turn…" : "Sending…";
  const node = make("article", { "data-pending": item.key, "data-state": failed ? "failed" : "sending", class: follows && "together", tabindex: -1 },
    face(self),
    make("header", {}, make("b", { class: "author" }, named(nameOf(self)))),
    foldable(make("p", { class: "text", dir: "auto" }, item.text), item.text),
    make("p", { class: "status" }, failed && spoken("Not sent: "), status));
  if (failed) {
    node.append(make("div", { class: "actions always" },
      make("button", { type: "button", "data-action": "retry", onclick: () => onretry(item) }, "Retry"),
      make("button", { type: "button", "data-action": "discard", onclick: () => ondrop(item) }, "Discard")));
  }
  return node;
}
