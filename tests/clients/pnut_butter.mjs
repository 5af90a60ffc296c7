// pnut-butter, a client library for pnut.io, against a running server: every method that it has. It was written for an
// older version of the API, whose paths are the same but for the version.

import assert from "node:assert/strict";
import { createRequire } from "node:module";

import { Server } from "../browser/server.mjs";

const SCOPES = "basic,files,follow,messages,polls,presence,stream,update_profile,write_post";
/** Its address of the API is fixed. */
const FIXED = "https://api.pnut.io/v0";
/** Methods that need a page's form, or ask nothing of a server. */
const NOT_DRIVEN = ["uploadAvatar", "uploadCover", "token"];

const server = await Server.start();
// Without one of the platform the library brings the one that it was written for.
delete globalThis.fetch;
const require = createRequire(import.meta.url);
const pnut = require("pnut-butter");
const brought = globalThis.fetch;
globalThis.fetch = (url, options) => {
  assert.ok(url.startsWith(FIXED), url);
  return brought(url.replace(FIXED, `${server.url}/v1`), options);
};

const client = server.run(["client", "create", "--name", "Butter"]);
const token = (...more) => server.run(["token", "create", "--client", client.client_id, ...more]).access_token;
const tokens = { app: token() };
for (const name of ["ada", "bob"]) tokens[name] = token("--user", name, "--scopes", SCOPES);

const driven = new Set();

/** Calls a method; its answer must be a success in the envelope. */
async function call(who, method, ...given) {
  driven.add(method);
  pnut.token = tokens[who];
  const answer = await pnut[method](...given);
  const { code } = answer.meta ?? {};
  assert.ok(code >= 200 && code < 300, `${method} answered ${JSON.stringify(answer)}`);
  return answer.data;
}

const ids = (list) => list.map((one) => one.id);

async function people() {
  assert.equal((await call("ada", "user", "me")).username, "ada");
  assert.deepEqual(ids(await call("ada", "users", 2, 1)), ["2", "1"]);
  const profile = { timezone: "Europe/Berlin", locale: "de_DE", name: "Ada" };
  assert.equal((await call("ada", "replaceProfile", profile)).name, "Ada");
  const text = { content: { text: "Hello" } };
  assert.equal((await call("ada", "updateProfile", text)).content.text, "Hello");
  for (const [on, off, list, flag] of [
    ["follow", "unfollow", "following", "you_follow"],
    ["mute", "unmute", "muted", "you_muted"],
    ["block", "unblock", "blocked", "you_blocked"],
  ]) {
    assert.equal((await call("ada", on, 2))[flag], true);
    const listed = list === "following" ? await call("ada", list, "me") : await call("ada", list);
    assert.deepEqual(ids(listed), ["2"], list);
    if (on === "follow") assert.deepEqual(ids(await call("ada", "followers", 2)), ["1"]);
    assert.equal((await call("ada", off, 2))[flag], false);
  }
  assert.equal((await call("ada", "updatePresence", "buttering")).presence, "buttering");
  assert.deepEqual(ids(await call("ada", "presence")), ["1"]);
  assert.equal((await call("ada", "presenceOf", 1)).presence, "buttering");
  assert.deepEqual(ids(await call("ada", "searchUsers", { q: "bob" })), ["2"]);
  for (const picture of ["avatar", "cover"]) {
    driven.add(picture);
    const bytes = await pnut[picture]("me");
    assert.equal(bytes.subarray(1, 4).toString(), "PNG", picture);
  }
}

async function posts() {
  const post = await call("ada", "createPost", "Hello #butter @bob", { nsfw: true, parseLinks: false });
  assert.equal(post.is_nsfw, true);
  const reply = await call("bob", "createPost", "Hi", { replyTo: post.id });
  assert.equal(reply.reply_to, post.id);
  const revised = await call("ada", "updatePost", post.id, "Hello again #butter @bob");
  assert.equal(revised.is_revised, true);
  assert.equal((await call("ada", "revisions", post.id)).length, 1);
  assert.equal((await call("ada", "post", post.id, { includeRaw: 1 })).id, post.id);
  assert.deepEqual(ids(await call("ada", "posts", post.id, reply.id)), [post.id, reply.id]);
  assert.equal((await call("bob", "repost", post.id)).you_reposted, true);
  assert.equal((await call("bob", "bookmark", post.id)).you_bookmarked, true);
  assert.deepEqual(ids(await call("ada", "bookmarks", 2)), [post.id]);
  const actions = (await call("ada", "actions", post.id)).map((one) => one.action);
  assert.deepEqual(actions.sort(), ["bookmark", "reply", "repost"]);
  assert.equal((await call("ada", "usersActions", { filters: ["bookmark"] })).length, 1);
  for (const [method, ...given] of [
    ["global"], ["personal"], ["unified"], ["postsTaggedWith", "butter"], ["thread", reply.id],
    ["mentions", 2], ["postsFrom", 1], ["searchPosts", { q: "butter" }],
  ]) {
    const found = await call("ada", method, ...given);
    assert.ok(ids(found).includes(post.id), `${method}: ${ids(found)}`);
  }
  assert.ok((await call("ada", "explore")).every((one) => one.slug && one.link));
  for (const slug of ["conversations", "photos", "trending", "missedConversations"]) {
    // Two of them hand on what they are given as it is.
    assert.ok(Array.isArray(await call("ada", slug, {})), slug);
  }
  assert.equal((await call("ada", "marker", "personal", post.id)).length, 1);
  assert.equal((await call("ada", "markers", [{ name: "global", id: post.id }])).length, 1);
  assert.equal((await call("bob", "deleteRepost", post.id)).you_reposted, false);
  assert.equal((await call("bob", "deleteBookmark", post.id)).you_bookmarked, false);
  assert.equal((await call("ada", "deletePost", post.id)).is_deleted, true);
}

async function channels() {
  const made = { type: "io.pnut.core.chat", raw: { "io.pnut.core.chat-settings": [{ name: "Butter" }] },
    acl: { write: { any_user: true }, read: { public: true } } };
  const room = await call("ada", "custom", "channels", "POST", made);
  assert.equal((await call("bob", "channel", room.id)).id, room.id);
  assert.deepEqual(ids(await call("bob", "channels", room.id)), [room.id]);
  assert.deepEqual(ids(await call("ada", "usersChannels")), [room.id]);
  assert.equal((await call("bob", "subscribe", room.id)).you_subscribed, true);
  assert.deepEqual(ids(await call("bob", "subscribed")), [room.id]);
  assert.deepEqual(ids(await call("bob", "subscribers", room.id)), ["2"]);
  assert.equal((await call("bob", "unsubscribe", room.id)).you_subscribed, false);
  assert.equal((await call("bob", "muteChannel", room.id)).you_muted, true);
  assert.deepEqual(ids(await call("bob", "mutedChannels")), [room.id]);
  assert.equal((await call("bob", "unmuteChannel", room.id)).you_muted, false);
  assert.deepEqual(ids(await call("ada", "searchChannels", { isPublic: 1 })), [room.id]);

  const said = await call("bob", "createMessage", room.id, "Hello butter");
  assert.equal((await call("ada", "message", room.id, said.id)).content.text, "Hello butter");
  for (const [method, ...given] of [
    ["messageThread", room.id, said.id], ["messages", said.id], ["channelMessages", room.id],
    ["searchMessages", { channelIds: [room.id] }],
  ]) {
    assert.deepEqual(ids(await call("ada", method, ...given)), [said.id], method);
  }
  assert.ok(ids(await call("bob", "personalMessages")).includes(said.id));
  assert.equal((await call("ada", "sticky", room.id, said.id)).is_sticky, true);
  assert.deepEqual(ids(await call("ada", "stickies", room.id)), [said.id]);
  await call("ada", "unsticky", room.id, said.id);
  assert.equal((await call("bob", "deleteMessage", room.id, said.id)).is_deleted, true);

  const whispered = await call("ada", "sendMessage", "@bob", "psst");
  assert.equal((await call("ada", "pmChannelFor", 2)).id, whispered.channel_id);
  assert.equal(await call("bob", "unread"), 1);
  await call("bob", "markAllAsRead");
  assert.equal(await call("bob", "unread"), 0);
  assert.equal((await call("ada", "deactivateChannel", room.id)).is_active, false);
}

async function rest() {
  const file = await call("ada", "custom", "/files", "POST", { type: "a.b", kind: "other", name: "x" });
  assert.deepEqual(ids(await call("ada", "fileList")), [file.id]);
  assert.equal((await call("ada", "file", file.id)).id, file.id);
  assert.deepEqual(ids(await call("ada", "files", file.id)), [file.id]);

  const made = await call("app", "createStream", { key: "butter", objectTypes: ["post"] });
  assert.equal(made.key, "butter");
  assert.equal((await call("app", "streams")).length, 1);
  assert.equal((await call("app", "stream", "butter")).key, "butter");
  const changed = await call("app", "updateStream", { key: "butter", objectTypes: ["message"] });
  assert.deepEqual(changed.object_types, ["message"]);
  assert.equal((await call("app", "deleteStream", "butter")).is_deleted, true);
  assert.deepEqual(await call("app", "deleteStreams"), []);

  assert.ok((await call("ada", "config")).post.max_length);
  assert.ok((await call("ada", "stats")).posts.created);
  assert.equal((await call("ada", "client", client.client_id)).name, "Butter");
  assert.ok(Array.isArray(await call("ada", "clientsByUser", "me")));
  driven.add("requestAppAccessToken").add("authenticateClientURL");
  const granted = await pnut.requestAppAccessToken(client.client_id, client.client_secret);
  assert.ok(granted.access_token, JSON.stringify(granted));
  assert.match(pnut.authenticateClientURL("a", "b"), /\/oauth\/authenticate\?/u);
}

try {
  for (const part of [people, posts, channels, rest]) await part();
  const known = Object.keys(pnut).filter((name) => !NOT_DRIVEN.includes(name));
  assert.deepEqual(known.filter((name) => !driven.has(name)), [], "every method is driven");
  console.log(`pnut-butter: ${driven.size} methods`);
} finally {
  await server.end();
}
