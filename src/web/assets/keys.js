// Keyboard shortcuts, drawers and dialogs: everything that moves the reader around.

import { byId } from "./dom.js";

/** Wires the shortcuts. `actions`: go(step), goUnread(), reply(message id), write(). */
export function setUpKeys(actions) {
  document.addEventListener("keydown", (event) => {
    if (byId("app").hidden || event.isComposing || document.querySelector("dialog[open]")) return;
    if (event.altKey && !event.ctrlKey && !event.metaKey && altKey(event, actions)) event.preventDefault();
    else if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
      event.preventDefault();
      openDrawer("rooms");
      byId("room-filter").focus();
    } else if (event.key === "Escape") escape(actions);
    else if (!isField(event.target) && !event.ctrlKey && !event.metaKey && !event.altKey && plainKey(event, actions)) event.preventDefault();
  });
  setUpStops();
  byId("show-keys").addEventListener("click", () => byId("keys-dialog").showModal());
  byId("show-rooms").addEventListener("click", () => toggleDrawer("rooms"));
  byId("show-people").addEventListener("click", () => toggleDrawer("people"));
  // Where a pane has a place of its own again, there is nothing to close, and the room must not stay inert.
  addEventListener("resize", () => {
    const { drawer } = document.body.dataset;
    if (drawer && !isOverlay(byId(`${drawer}-pane`))) closeDrawers();
  });
  byId("scrim").addEventListener("click", () => closeDrawers());
  for (const button of document.querySelectorAll(".close-drawer")) button.addEventListener("click", () => closeDrawers());
  document.querySelector(".skip").addEventListener("click", (event) => {
    event.preventDefault();
    actions.write();
  });
  for (const dialog of document.querySelectorAll("dialog")) {
    dialog.querySelector("[data-close]").addEventListener("click", () => dialog.close());
    dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  }
}

/** The buttons of a message are stops of the Tab key only while it has the focus, so that the way through the log is short. */
function setUpStops() {
  const set = ({ target }, stop) => {
    for (const button of target.closest("article")?.querySelectorAll(".actions:not(.always) button") ?? []) button.tabIndex = stop;
  };
  byId("log").addEventListener("focusin", (event) => set(event, 0));
  byId("log").addEventListener("focusout", (event) => set(event, -1));
}

function altKey(event, actions) {
  if (event.key === "ArrowUp") actions.go(-1);
  else if (event.key === "ArrowDown") actions.go(1);
  else if (event.code === "KeyU") actions.goUnread();
  else return false;
  return true;
}

function plainKey(event, actions) {
  const message = event.target.closest?.("#log article");
  if (event.key === "?") byId("keys-dialog").showModal();
  else if (event.key === "/") actions.write();
  else if (message && event.key === "ArrowUp") focusMessage(message, -1);
  else if (message && event.key === "ArrowDown") focusMessage(message, 1) || actions.write();
  else if (message && event.key === "End") focusNewest();
  else if (message?.dataset.messageId && event.key.toLowerCase() === "r") actions.reply(message.dataset.messageId);
  else return false;
  return true;
}

function focusMessage(message, step) {
  const all = [...byId("log").querySelectorAll("article")];
  const next = all[all.indexOf(message) + step];
  next?.focus();
  next?.scrollIntoView({ block: "nearest" });
  return next !== undefined;
}

/** Puts the focus on the newest message. */
export function focusNewest() {
  const all = byId("log").querySelectorAll("article");
  all[all.length - 1]?.focus();
}

function escape(actions) {
  if (document.body.dataset.drawer) closeDrawers();
  else actions.write();
}

const isField = (node) => node.closest?.("input, textarea, select, [contenteditable]") !== null;

const isOverlay = (pane) => getComputedStyle(pane).position === "fixed";

function toggleDrawer(name) {
  if (document.body.dataset.drawer === name) closeDrawers();
  else openDrawer(name);
}

/** Opens a pane that has no place of its own on this screen. */
function openDrawer(name) {
  const pane = byId(`${name}-pane`);
  if (!isOverlay(pane)) return;
  closeDrawers();
  document.body.dataset.drawer = name;
  byId(`show-${name}`).setAttribute("aria-expanded", "true");
  byId("scrim").hidden = false;
  byId("room").inert = true;
  (pane.querySelector("[aria-current]") ?? pane.querySelector(".close-drawer")).focus();
}

/** Closes whatever is drawn over the room. */
export function closeDrawers() {
  const { drawer } = document.body.dataset;
  if (!drawer) return;
  delete document.body.dataset.drawer;
  byId(`show-${drawer}`).setAttribute("aria-expanded", "false");
  byId("scrim").hidden = true;
  byId("room").inert = false;
  byId(`show-${drawer}`).focus();
}
