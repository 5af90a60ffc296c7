// The browser's own EventSource on a user stream: from a page of another origin, over a crash of the server.

import { must } from "../check.mjs";

/** Opens the stream in the page, and keeps what it says there. */
function listen(address) {
  const heard = { frames: [], ids: [], closes: [], opened: 0 };
  const source = new EventSource(address);
  source.onopen = () => { heard.opened += 1; };
  source.onmessage = ({ data, lastEventId }) => {
    heard.frames.push(JSON.parse(data));
    heard.ids.push(lastEventId);
  };
  source.addEventListener("close", ({ data }) => {
    heard.closes.push(JSON.parse(data).meta.code);
    source.close();
  });
  Object.assign(window, { heard, source });
}

export async function story({ server, open, step }) {
  const room = await server.room("Radio");
  const { page } = await open("ada");
  // A page of another origin than the stream's, without a policy of its own.
  await page.goto(`${server.url.replace("127.0.0.1", "localhost")}/healthz`);
  const subscribe = async () => {
    const hellos = () => page.evaluate(() => heard.frames.filter(({ meta }) => meta.connection_id));
    const id = (await hellos()).at(-1).meta.connection_id;
    await server.call("ada", "GET", `/channels/${room}/messages?connection_id=${id}`);
  };
  const hears = (text) => page.waitForFunction((said) => heard.frames.some(({ data }) => data?.[0]?.content.text === said), text);

  step("an EventSource hears what happens in a room");
  await page.evaluate(listen, `${server.url}/v1/user?access_token=${server.tokens.ada}`);
  await page.waitForFunction(() => heard.frames.length === 1);
  await subscribe();
  await server.say("bob", room, "good evening");
  await hears("good evening");

  step("after a crash of the server it comes back by itself");
  const { host } = new URL(server.url);
  server.process.kill("SIGKILL");
  await server.ended;
  await server.serve(host);
  await page.waitForFunction(() => heard.opened === 2 && heard.frames.at(-1).meta.connection_id);
  await subscribe();
  await server.say("bob", room, "and good night");
  await hears("and good night");

  step("a deleted stream says that it was closed as asked");
  const last = await page.evaluate(() => heard.frames.findLast(({ meta }) => meta.connection_id).meta.connection_id);
  const token = server.tokens.ada;
  await fetch(`${server.url}/v1/users/me/streams/${last}`, { method: "DELETE", headers: { Authorization: `Bearer ${token}` } });
  await page.waitForFunction(() => heard.closes.length === 1);
  must((await page.evaluate(() => heard.closes[0])) === 1000, "the code of the close");
  must((await page.evaluate(() => source.readyState)) === 2, "the source stays closed");
}
