// The text of a message with its links, mentions and tags, as nodes. Positions count code points.

import { make } from "./dom.js";

/** Fragment for a content object. `me` is the reader's user id: being named oneself looks different. */
export function richText(content, me) {
  const points = [...(content?.text ?? "")];
  const out = document.createDocumentFragment();
  let at = 0;
  for (const piece of piecesOf(content?.entities)) {
    const end = piece.pos + piece.len;
    if (!(piece.pos >= at && piece.len > 0 && end <= points.length)) continue; // overlapping or out of range
    plain(out, points.slice(at, piece.pos));
    const words = points.slice(piece.pos, end).join("");
    out.append(piece.node(words, me));
    at = end;
    const amended = Math.min(piece.pos + (piece.amended_len ?? piece.len), points.length);
    if (amended > at) {
      out.append(make("span", { class: "domain" }, points.slice(at, amended).join("")));
      at = amended;
    }
  }
  plain(out, points.slice(at));
  return out;
}

function plain(out, points) {
  if (points.length) out.append(points.join(""));
}

function piecesOf(entities) {
  const links = (entities?.links ?? []).map((link) => ({ ...link, node: (words) => linkNode(link, words) }));
  const mentions = (entities?.mentions ?? []).map((mention) => ({ ...mention, node: (words, me) => mentionNode(mention, words, me) }));
  const tags = (entities?.tags ?? []).map((tag) => ({ ...tag, node: (words) => make("span", { class: "tag" }, words) }));
  return [...links, ...mentions, ...tags].sort((a, b) => a.pos - b.pos);
}

function linkNode(link, words) {
  let url;
  try {
    url = new URL(link.url);
  } catch {
    return document.createTextNode(words);
  }
  if (!["http:", "https:", "mailto:"].includes(url.protocol)) return document.createTextNode(words);
  return make("a", { href: url.href, title: link.title || url.href, target: "_blank", rel: "noopener noreferrer nofollow" }, words);
}

function mentionNode(mention, words, me) {
  return make("span", { class: mention.id === me ? "mention me" : "mention" }, words);
}

/** One line of plain text for previews and quotes. Words that the log covers are not in it either. */
export function oneLine(message, most = 120) {
  if (!message) return "";
  if (message.is_deleted) return "Deleted message";
  if (message.user?.you_muted) return "A message of a muted person";
  if (message.is_nsfw) return "Not safe for work";
  const points = [...(message.content?.text ?? "").replace(/\s+/gu, " ").trim()];
  return points.length > most ? `${points.slice(0, most - 1).join("")}…` : points.join("");
}
