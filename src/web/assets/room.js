// The rooms page: puts its parts together and runs one session after the other.

import { Api } from "./api.js";
import { arrive } from "./authorize.js";
import { Composer } from "./composer.js";
import { setUpDialogs } from "./dialogs.js";
import { door } from "./door.js";
import { byId, face, fill, icon } from "./dom.js";
import { listener } from "./events.js";
import { setUpFinding } from "./find.js";
import { isolated } from "./format.js";
import { Kept } from "./kept.js";
import { closeDrawers, focusNewest, setUpKeys } from "./keys.js";
import { Log } from "./log.js";
import { ReadMarker } from "./marker.js";
import { setUpMembership } from "./membership.js";
import { Navigation } from "./navigation.js";
import { hush, sayError, showConnection, slowDown } from "./notices.js";
import { OpenRoom } from "./open-room.js";
import { Outbox } from "./outbox.js";
import { People } from "./people.js";
import { OwnPresence } from "./presence.js";
import { Quotes } from "./quotes.js";
import { showAbout } from "./room-head.js";
import { RoomsView } from "./rooms-view.js";
import { Rooms } from "./rooms.js";
import { drop, kept as keptSession } from "./session.js";
import { setUpSignOut, signBrowserOut } from "./sign-out.js";
import { Stream } from "./stream.js";
import { Subscriptions } from "./subscriptions.js";
import { Windows } from "./windows.js";

/** Without a live connection after this long, the page shows what the API says by itself. */
const PATIENCE = 2500;
/** Coming back to the window reads the list again, at most this often. */
const LOOK_AGAIN = 1000;
/** How long signing out waits for the last writes. */
const GOODBYE = 1000;

const kept = new Kept();
const windows = new Windows();
const api = new Api();
const subscriptions = new Subscriptions(api);
const rooms = new Rooms(api, subscriptions);
const log = new Log();
const outbox = new Outbox(api, kept);
const composer = new Composer(kept);
const presence = new OwnPresence(api, windows);
const marker = new ReadMarker(api);
const people = new People(api);
const quotes = new Quotes(api, log);
const app = { api, subscriptions, rooms, log, quotes, composer, people, presence, outbox, marker, windows, me: { id: "" } };
const room = new OpenRoom(app);
const view = new RoomsView(rooms, (id) => navigation.choose(id));
const navigation = new Navigation({ rooms, view, room, composer });
const stream = new Stream(() => api.get("/token").then(() => true, () => false));
const hear = listener({ ...app, room, me: () => app.me }, refresh);

let alone = 0;
let finish = () => {};
let isLive = false;
let isLeaving = false;
let loadedAt = 0;
/** What the page shows was not read, or not whole. */
let isOwed = true;

/** One session, from the first call to the reason why it ended. */
async function run(session) {
  const ended = new Promise((resolve) => { finish = resolve; });
  isLeaving = false;
  api.use(session.token);
  kept.begin(session.id);
  windows.begin(session.id);
  outbox.restore();
  setMe(session);
  byId("door").hidden = true;
  byId("app").hidden = false;
  document.body.dataset.view = "rooms";
  navigation.welcome();
  api.get("/users/me", { include_html: "0" }).then(({ data }) => setMe(data)).catch(() => {});
  stream.open(session.token);
  alone = setTimeout(() => load(), PATIENCE);
  const end = await ended;
  tidy();
  if (end.byChoice) {
    kept.forget();
    history.replaceState(null, "", location.pathname);
  }
  return end.reason;
}

/** The session is over: nothing of it may show in the next one. */
function tidy() {
  isOwed = true;
  clearTimeout(alone);
  presence.stop();
  subscriptions.begin("");
  room.leave();
  stream.close();
  for (const part of [rooms, outbox, composer, marker]) part.clear();
  log.reset({});
  windows.end();
  api.use("");
  drop();
  hush();
  closeDrawers();
  for (const dialog of document.querySelectorAll("dialog[open]")) dialog.close();
  for (const form of document.querySelectorAll("dialog form")) form.reset();
}

function setMe(user) {
  app.me = user;
  rooms.me = user.id;
  people.me = user.id;
  people.remember(user);
  fill(byId("self-face"), face(user));
  byId("self-name").textContent = user.username;
  byId("foot-name").textContent = `Signed in as ${isolated(user.username)}`;
  room.showPending();
}

/** Reads the rooms (live, if connected) and brings the open one up to date. */
async function load() {
  loadedAt = Date.now();
  isOwed = true;
  try {
    await Promise.all([rooms.load(), room.resume()]);
    room.look();
    await navigation.start();
    isOwed = false;
  } catch (error) {
    sayError(error);
  }
}

/** The connection is there: a new one, or the last one, whose missed events follow. */
function greet({ id, resumed, dropped }) {
  clearTimeout(alone);
  if (!resumed) subscriptions.begin(id);
  subscriptions.drop(dropped.map((one) => one.subscription_id));
  if (!resumed || dropped.length || subscriptions.isUnsure || isOwed) afresh();
  else room.goOn().catch(sayError);
}

/** Events are missing: reads what the page shows. */
function afresh() {
  subscriptions.isUnsure = false;
  room.interrupted();
  followMarkers();
  load();
}

/** Follows what is read in other windows and on other devices. What was read before this is in the list of rooms. */
function followMarkers() {
  return subscriptions.read("markers", "", (live) => api.get("/markers", { names: "global", ...live })).catch(() => {});
}

/** A marker was moved, here or elsewhere. */
function markerMoved({ marker: { name, id } }) {
  const channel = name.startsWith("channel:") && name.slice("channel:".length);
  if (!channel) return;
  rooms.wasRead(channel, id);
  marker.learn(channel, id);
}

/** What was read on another device meanwhile no longer counts here, even where markers are not followed. */
async function readAgain() {
  if (!isLive || subscriptions.has("markers") || !rooms.unread || Date.now() - loadedAt < LOOK_AGAIN) return;
  loadedAt = Date.now();
  await rooms.load().catch(() => {});
  room.look();
}

async function refresh(id) {
  await rooms.refresh(id);
  const known = rooms.find(id);
  if (known) room.update(known.channel);
}

/** The server no longer takes the token. Signing out causes that too, and then it is no news. */
function endedByServer(reason) {
  if (!isLeaving) finish({ reason });
}

async function signOut(browserToo) {
  isLeaving = true;
  const last = Promise.all([presence.part(true), marker.flush()]);
  presence.stop();
  // Signing out does not wait for a server that does not answer.
  await Promise.race([last, new Promise((done) => { setTimeout(done, GOODBYE); })]);
  const [told, browser] = await Promise.allSettled([api.bye(), browserToo && signBrowserOut()]);
  let reason = "";
  if (told.status === "rejected" && told.reason.code !== 401) reason = "Signed out here, but the server could not be told.";
  else if (browser.status === "rejected") reason = "You left the rooms, but this browser is still signed in to your account.";
  finish({ byChoice: true, reason });
}

function wireConnection() {
  api.addEventListener("refused", () => endedByServer("Your session has ended. Please sign in again."));
  api.addEventListener("slow", ({ detail }) => slowDown(detail));
  stream.addEventListener("state", ({ detail }) => {
    isLive = detail.state === "live";
    showConnection(detail);
  });
  stream.addEventListener("hello", ({ detail }) => greet(detail));
  stream.addEventListener("gap", () => afresh());
  stream.addEventListener("frame", ({ detail }) => (detail.meta.type === "stream_marker" ? markerMoved(detail.data) : hear(detail)));
  stream.addEventListener("revoked", () => endedByServer("Your session was ended. Please sign in again."));
  windows.addEventListener("read", ({ detail }) => {
    rooms.wasRead(detail.channel, detail.id);
    marker.learn(detail.channel, detail.id);
  });
  // The server need not keep what this page would have come back for.
  addEventListener("pagehide", ({ persisted }) => {
    if (!persisted && stream.id) api.parting("DELETE", `/users/me/streams/${stream.id}`, {});
  });
  addEventListener("focus", () => readAgain());
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && readAgain());
  byId("reconnect").addEventListener("click", () => stream.now());
}

function wireWriting() {
  outbox.addEventListener("change", ({ detail }) => detail === room.id && room.showPending());
  outbox.addEventListener("sent", ({ detail }) => {
    marker.learn(detail.channel_id, detail.id);
    room.heard(detail);
    rooms.heard(detail, true);
  });
  composer.addEventListener("send", ({ detail }) => {
    outbox.send({ channel: room.id, after: log.newestId, ...detail });
    presence.sent();
    log.toBottom();
  });
  composer.addEventListener("input", ({ detail }) => (detail ? presence.typing() : presence.paused()));
  composer.addEventListener("up", () => focusNewest());
  people.addEventListener("unseen", () => presence.missed());
}

function wire() {
  const icons = [["show-rooms", "rooms"], ["show-people", "people"], ["show-keys", "keys"], ["stop-answering", "close"], ["show-about", "about"]];
  for (const [id, drawing] of icons) byId(id).prepend(icon(drawing));
  for (const button of document.querySelectorAll("[data-close], .close-drawer")) button.prepend(icon("close"));
  wireConnection();
  wireWriting();
  setUpMembership({ ...app, room });
  const choose = (id) => navigation.choose(id);
  setUpFinding(api, rooms, choose);
  const writeTo = setUpDialogs(api, rooms, choose);
  people.addEventListener("write", ({ detail }) => writeTo(detail));
  byId("show-about").addEventListener("click", () => showAbout(room.channel, app.me.id));
  setUpSignOut(signOut);
  setUpKeys({
    go: (step) => navigation.choose(view.beside(step)),
    goUnread: () => navigation.choose(view.nextUnread()),
    reply: (id) => composer.answer(log.find(id)),
    write: () => composer.focus(),
  });
}

wire();
let reason = await arrive(api);
for (;;) reason = await run(keptSession() ?? await door(api, reason));
