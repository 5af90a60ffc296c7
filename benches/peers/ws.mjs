// A room on `ws`, as fast as that library can be made: no compression, and each event framed once for all
// sockets by its own `Sender.frame`, instead of once per socket by `socket.send()`. It implements the part of the
// protocol that `groundnut loadtest` needs, like the raw loop, with frames of a fixed length.
//
// node ws.mjs PORT FRAME_BYTES [send]     with `send`, the documented socket.send(buffer) per socket

import { createServer } from 'node:http';
import { Sender, WebSocketServer } from 'ws';

const [port, frameBytes, way] = process.argv.slice(2);
const text = { fin: true, rsv1: false, opcode: 1, mask: false, readOnly: true };
const server = createServer();
const streams = new WebSocketServer({ noServer: true, perMessageDeflate: false, clientTracking: false });
const connections = new Map();
const rooms = [];
let next = 0;

server.keepAliveTimeout = 600_000;
server.on('upgrade', (request, socket, head) => {
  streams.handleUpgrade(request, socket, head, (stream) => {
    const id = String((next += 1));
    connections.set(id, stream);
    stream.on('close', () => {
      connections.delete(id);
      stream.room?.delete(stream);
    });
    stream.send(JSON.stringify({ meta: { stream: {}, connection_id: id } }));
  });
});

server.on('request', (request, response) => {
  const url = new URL(request.url, 'http://localhost');
  const messages = url.pathname.match(/^\/v1\/channels\/(\d+)\/messages$/);
  const room = messages && rooms[messages[1] - 1];
  if (request.method === 'POST' && url.pathname === '/v1/channels') {
    rooms.push(new Set());
    answer(response, { data: { id: String(rooms.length) } });
  } else if (room && request.method === 'GET') {
    const stream = connections.get(url.searchParams.get('connection_id'));
    stream.room = room.add(stream);
    answer(response, { meta: { code: 200, subscription_id: '1' }, data: [] });
  } else if (room && request.method === 'POST') {
    let body = '';
    request.setEncoding('utf8');
    request.on('data', (piece) => (body += piece));
    request.on('end', () => {
      publish(room, body);
      answer(response, { meta: { code: 201 } });
    });
  } else {
    response.writeHead(404).end();
  }
});

function publish(room, body) {
  const [head, tail] = [`{"data":[${body}],"pad":"`, '"}'];
  const pad = frameBytes - 4 - head.length - tail.length;
  const payload = Buffer.from(head + 'x'.repeat(Math.max(pad, 0)) + tail);
  if (way === 'send') {
    for (const stream of room) stream.send(payload, { binary: false });
    return;
  }
  const framed = [Buffer.concat(Sender.frame(payload, text))];
  for (const stream of room) stream._sender.sendFrame(framed);
}

function answer(response, object) {
  const body = JSON.stringify(object);
  response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': body.length });
  response.end(body);
}

server.listen({ port: Number(port), host: '127.0.0.1', backlog: 4096 }, () => {
  console.log(`listening on http://127.0.0.1:${server.address().port}`);
});
