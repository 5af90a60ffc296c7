// Short messages above the log, where they cover nothing, and the state of the connection at its head.

import { byId, fill, icon, make, spoken } from "./dom.js";

let slowUntil = 0;
let slowTimer = 0;

/** Says something for a few seconds; errors stay a little longer. */
export function say(words, kind = "note") {
  const line = make("p", { class: `notice ${kind}` }, words);
  line.append(make("button", { type: "button", class: "icon", onclick: () => line.remove() }, icon("close"), spoken("Dismiss")));
  byId("notices").append(line);
  while (byId("notices").children.length > 3) byId("notices").firstChild.remove();
  setTimeout(() => line.remove(), kind === "error" ? 9000 : 5000);
}

/** Shows an error of a call, unless it is one that is shown in its own way. */
export function sayError(error) {
  if (error?.code === 401) return;
  if (error?.code === 429) slowDown(error.retryIn ?? 60);
  else say(error?.message ?? "That did not work.", "error");
}

/** The server takes no more writes for a while: counts down until it does. */
export function slowDown(seconds) {
  slowUntil = Math.max(slowUntil, Date.now() + seconds * 1000);
  if (slowTimer) return;
  const left = make("span", { "aria-hidden": "true" });
  const line = make("p", { class: "notice slow", id: "slow-down" }, left, spoken(`Slow down: writing is possible again in ${seconds} seconds.`));
  byId("notices").append(line);
  const tick = () => {
    const rest = Math.ceil((slowUntil - Date.now()) / 1000);
    if (rest > 0) {
      left.textContent = `Slow down, ${rest} s`;
      return;
    }
    clearInterval(slowTimer);
    slowTimer = 0;
    line.remove();
  };
  slowTimer = setInterval(tick, 500);
  tick();
}

/** The session is over: what was said no longer matters. */
export function hush() {
  slowUntil = 0;
  clearInterval(slowTimer);
  slowTimer = 0;
  fill(byId("notices"));
}

const WORDS = { live: "Live", connecting: "Connecting", reconnecting: "Reconnecting", offline: "Signed out" };
let spokenState = "";

/** Shows the state of the live connection; says it aloud only when it changes. */
export function showConnection({ state, seconds }) {
  byId("connection-state").dataset.state = state;
  byId("connection-text").textContent = state === "reconnecting" ? `Reconnecting in ${seconds} s` : WORDS[state];
  byId("reconnect").hidden = state !== "reconnecting";
  if (state === spokenState) return;
  spokenState = state;
  byId("connection-spoken").textContent = `Connection: ${WORDS[state]}`;
}
