// The rooms page: puts its parts together and runs one session after the other.

import { Api } from "./api.js";
import { Composer } from "./composer.js";
import { byId, face, fill, icon, sureButton } from "./dom.js";
import { join, setUpDialogs } from "./find.js";
import { closeDrawers, focusNewest, setUpKeys } from "./keys.js";
import { Log } from "./log.js";
import { ReadMarker } from "./marker.js";
import { hush, say, sayError, showConnection, slowDown } from "./notices.js";
import { OpenRoom } from "./open-room.js";
import { Outbox } from "./outbox.js";
import { People } from "./people.js";
import { OwnPresence } from "./presence.js";
import { Quotes } from "./quotes.js";
import { Rooms } from "./rooms.js";
import { RoomsView } from "./rooms-view.js";
import { drop, kept, signIn } from "./session.js";
import { Stream } from "./stream.js";
import { Subscriptions } from "./subscriptions.js";

/** Without a live connection after this long, the page shows what the API says by itself. */
const PATIENCE = 2500;

const api = new Api();
const subscriptions = new Subscriptions(api);
const rooms = new Rooms(api, subscriptions);
const view = new RoomsView(rooms, (id) => open(id));
const log = new Log();
const outbox = new Outbox(api);
const composer = new Composer();
const presence = new OwnPresence(api);
const marker = new ReadMarker(api);
const writeTo = setUpDialogs(api, rooms, (id) => open(id));
const people = new People(api, writeTo);
const quotes = new Quotes(api, log);
const app = { api, subscriptions, rooms, log, quotes, composer, people, presence, outbox, marker, me: { id: "" } };
const room = new OpenRoom(app);
const stream = new Stream(() => api.get("/token").catch(() => {}));

let alone = 0;
let finish = () => {};
let opening = "";

/** One session, from the first call to the reason why it ended. */
async function run(session) {
  const ended = new Promise((resolve) => { finish = resolve; });
  api.use(session.token);
  setMe(session);
  byId("door").hidden = true;
  byId("app").hidden = false;
  document.body.dataset.view = "rooms";
  welcome();
  api.get("/users/me", { include_html: "0" }).then(({ data }) => setMe(data)).catch(() => {});
  stream.open(session.token);
  alone = setTimeout(() => load(), PATIENCE);
  const reason = await ended;
  clearTimeout(alone);
  presence.stop();
  subscriptions.begin("");
  room.leave();
  stream.close();
  for (const part of [rooms, outbox, composer, marker]) part.clear();
  log.reset({});
  api.use("");
  drop();
  hush();
  closeDrawers();
  for (const dialog of document.querySelectorAll("dialog[open]")) dialog.close();
  history.replaceState(null, "", location.pathname);
  return reason;
}

function setMe(user) {
  app.me = user;
  rooms.me = user.id;
  people.me = user.id;
  people.remember(user);
  fill(byId("self-face"), face(user));
  byId("self-name").textContent = user.username;
  byId("foot-name").textContent = `Signed in as ${user.username}`;
  room.showPending();
}

/** Reads the rooms (live, if connected) and brings the open one up to date. */
async function load() {
  try {
    await Promise.all([rooms.load(), room.resume()]);
    if (!room.id && !opening) await openFirst();
  } catch (error) {
    sayError(error);
  }
}

function openFirst() {
  const wanted = /^#\/room\/(\d+)$/u.exec(location.hash)?.[1];
  const first = wanted ?? rooms.list[0]?.id;
  return first ? open(first) : welcome();
}

async function open(id) {
  closeDrawers();
  if (id === room.id || !id) return;
  opening = id;
  try {
    const channel = rooms.find(id)?.channel ?? await rooms.read(id);
    if (opening !== id) return;
    byId("welcome").hidden = true;
    for (const part of ["room-head", "log", "desk"]) byId(part).hidden = false;
    view.current = id;
    if (location.hash !== `#/room/${id}`) history.pushState(null, "", `#/room/${id}`);
    const entered = room.enter(channel);
    if (matchMedia("(hover: hover)").matches) composer.focus();
    await entered;
  } catch (error) {
    sayError(error);
    if (!room.id) openFirstOther(id);
  } finally {
    if (opening === id) opening = "";
  }
}

/** No room is open. */
function welcome() {
  for (const part of ["room-head", "log", "desk"]) byId(part).hidden = true;
  byId("welcome").hidden = false;
  view.current = "";
}

/** One event of the live connection. */
function hear({ meta, data }) {
  const kinds = subscriptions.kinds(meta.subscription_ids);
  const type = meta.type ?? (kinds.includes("presence") ? "user_channel_presence" : Array.isArray(data) ? "message" : "channel_subscription");
  if (type === "message") for (const message of data) hearMessage({ ...message, ...(meta.is_deleted && { is_deleted: true }) }, kinds);
  else if (type === "user_channel_presence") {
    if ((meta.channel_id ?? meta.id) === room.id) for (const person of data) people.heard(person);
  } else if (type === "channel_subscription") {
    if (kinds.includes("inbox")) meta.is_deleted ? rooms.drop(data.id) : refresh(data.id);
    if (kinds.includes("subscribers") && data.id === room.id) room.membersChanged();
  } else if (type === "channel") refresh(data.id);
}

function hearMessage(message, kinds) {
  room.heard(message, true);
  if (message.user?.id === app.me.id) outbox.arrived(message);
  if (kinds.includes("inbox") || rooms.find(message.channel_id)) rooms.heard(message, message.channel_id === room.id && room.watched);
}

async function refresh(id) {
  await rooms.refresh(id);
  const known = rooms.find(id);
  if (known) room.update(known.channel);
}

async function leaveRoom() {
  const { id } = room;
  try {
    await api.write("DELETE", `/channels/${id}/subscribe`);
    rooms.drop(id);
  } catch (error) {
    sayError(error);
  }
}

async function joinRoom() {
  try {
    await join(api, rooms, room.id);
    await refresh(room.id);
    presence.enter(room.id);
  } catch (error) {
    sayError(error);
  }
}

async function signOut() {
  presence.stop();
  try {
    await api.bye();
    finish("");
  } catch (error) {
    finish(error.code === 401 ? "" : "Signed out here, but the server could not be told.");
  }
}

function wire() {
  for (const [id, drawing] of [["show-rooms", "rooms"], ["show-people", "people"], ["show-keys", "keys"], ["stop-answering", "close"]]) byId(id).prepend(icon(drawing));
  for (const button of document.querySelectorAll("[data-close], .close-drawer")) button.prepend(icon("close"));
  api.addEventListener("refused", () => finish("Your session has ended. Please sign in again."));
  api.addEventListener("slow", ({ detail }) => slowDown(detail));
  stream.addEventListener("state", ({ detail }) => {
    showConnection(detail);
    if (detail.state !== "live") room.interrupted();
  });
  stream.addEventListener("hello", ({ detail }) => {
    clearTimeout(alone);
    subscriptions.begin(detail);
    load();
  });
  stream.addEventListener("frame", ({ detail }) => hear(detail));
  stream.addEventListener("revoked", () => finish("Your session was ended. Please sign in again."));
  outbox.addEventListener("change", ({ detail }) => detail === room.id && room.showPending());
  outbox.addEventListener("sent", ({ detail }) => {
    marker.learn(detail.channel_id, detail.id);
    room.heard(detail);
    rooms.heard(detail, true);
  });
  composer.addEventListener("send", ({ detail }) => {
    outbox.send(room.id, detail.text, detail.replyTo);
    presence.sent();
    log.toBottom();
  });
  composer.addEventListener("input", ({ detail }) => (detail ? presence.typing() : presence.paused()));
  composer.addEventListener("up", () => focusNewest());
  rooms.addEventListener("gone", ({ detail }) => {
    if (detail !== room.id) return;
    room.leave();
    say(`You are no longer in ${byId("room-title").textContent}.`);
    openFirstOther(detail);
  });
  addEventListener("popstate", () => openFirst());
  byId("reconnect").addEventListener("click", () => stream.now());
  byId("join").addEventListener("click", joinRoom);
  sureButton(byId("leave"), "Leave this room?", leaveRoom);
  for (const id of ["sign-out", "sign-out-small"]) byId(id).addEventListener("click", signOut);
  setUpKeys({
    go: (step) => open(view.beside(step)),
    goUnread: () => open(view.nextUnread()),
    reply: (id) => composer.answer(log.find(id)),
    write: () => composer.focus(),
  });
}

function openFirstOther(gone) {
  const next = rooms.list.find((other) => other.id !== gone);
  return next ? open(next.id) : welcome();
}

wire();
let reason = "";
for (;;) reason = await run(kept() ?? await signIn(api, reason));
