// Reads new messages to screen readers. The log itself is not a live region: it would read every button and time
// with each message, and the reader's own words again.

import { byId, make } from "./dom.js";
import { nameOf } from "./format.js";
import { oneLine } from "./richtext.js";

/** Lines that a slow voice has not reached yet stay this many. */
const MOST = 5;
const LENGTH = 300;

/** Says who wrote what. */
export function announce(message) {
  const box = byId("heard");
  box.append(make("p", {}, `${nameOf(message.user)}: ${oneLine(message, LENGTH)}`));
  while (box.children.length > MOST) box.firstChild.remove();
}
