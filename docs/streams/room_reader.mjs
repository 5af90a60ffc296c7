#!/usr/bin/env node
// Prints the messages of a room, each once and in order, over lost connections and restarts of the server.
//
//     node room_reader.mjs http://127.0.0.1:8080 TOKEN ROOM      (Node 22; Node 20 with --experimental-websocket)

const [server, token, room] = process.argv.slice(2);
const headers = { Authorization: `Bearer ${token}` };

let session, cursor; // What a client keeps: the id of its stream, and the cursor of the last frame.
let last = 0; // The newest message that was printed.

function show(messages) {
  for (const message of messages.toSorted((one, other) => one.id - other.id)) {
    if (Number(message.id) > last) {
      last = Number(message.id);
      console.log(message.content?.text ?? "(deleted)");
    }
  }
}

async function page(query) {
  const address = `${server}/v1/channels/${room}/messages?${new URLSearchParams(query)}`;
  const answer = await fetch(address, { headers });
  if (!answer.ok) throw new Error(`no page: ${answer.status}`);
  return answer.json();
}

// What REST has behind the last message; the first page subscribes, if a connection is named.
async function catchUp(query) {
  let { meta, data } = await page({ since_id: last, count: 200, ...query });
  const missed = data;
  while (meta.more) {
    ({ meta, data } = await page({ since_id: last, before_id: meta.min_id, count: 200 }));
    missed.push(...data);
  }
  show(missed);
}

async function hear({ meta, data }) {
  if (meta.connection_id && !meta.stream.resumed) await catchUp({ connection_id: meta.connection_id });
  if (meta.gap) await catchUp();
  if (meta.type === "message" && !meta.is_deleted) show(data);
  // Only now: what failed is heard again.
  session = meta.connection_id ?? session;
  cursor = meta.cursor ?? cursor;
}

// Until the stream ends. Says whether it was opened.
function follow() {
  const query = { include_cursor: 1, auto_delete: 0, ...(cursor && { connection_id: session, cursor }) };
  const address = `${server.replace("http", "ws")}/v1/user?${new URLSearchParams(query)}`;
  const stream = new WebSocket(address, ["groundnut", `bearer.${token}`]);
  const beat = setInterval(() => stream.readyState === 1 && stream.send("."), 30_000);
  let heard; // One frame after another, and none behind one that failed.
  stream.onmessage = ({ data }) => {
    heard = Promise.resolve(heard).then(() => hear(JSON.parse(data)));
    heard.catch(() => stream.close());
  };
  return new Promise((done) => {
    stream.onclose = stream.onerror = async () => {
      clearInterval(beat);
      await heard?.catch(() => {});
      done(heard !== undefined);
    };
  });
}

// A websocket does not say why it was refused: asks where an answer can be read.
async function refused() {
  const answer = await fetch(`${server}/v1/token`, { headers }).catch(() => undefined);
  if (answer?.status === 401) throw new Error("the token is not valid (any more)");
  return answer?.ok;
}

for (let pause = 1, times = 0; ; pause = Math.min(pause * 2, 30)) {
  if (await follow()) pause = 1;
  else times = (await refused()) ? times + 1 : 0;
  if (times > 1) cursor = undefined; // The log may be another one: begin anew.
  await new Promise((done) => setTimeout(done, pause * (500 + 1000 * Math.random())));
}
