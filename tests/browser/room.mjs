// The room page in Chromium, as people use it: each story opens windows of its own on one server.
// `node room.mjs chat text` tells only these.

import { chromium } from "playwright-core";
import { Server } from "./server.mjs";
import { Window } from "./window.mjs";

// The first has to be told of people who never allowed the rooms; the account story takes their tokens away.
const STORIES = ["door", "chat", "places", "reading", "people", "text", "layout", "events", "account", "authorize", "demo"];

/** Tells one story; its windows are closed afterwards, and photographed before if it failed. */
async function tell(name, server, browser) {
  const { story } = await import(`./stories/${name}.mjs`);
  const windows = [];
  const began = Date.now();
  const open = async (person, options) => {
    const window = await Window.open(browser, server, person, options);
    windows.push(window);
    return window;
  };
  console.log(` ${name}`);
  try {
    await story({ server, open, step: (text) => console.log(`  ${text}`) });
    for (const window of windows) await window.check();
  } catch (error) {
    const shown = [];
    for (const [i, window] of windows.entries()) {
      shown.push(await window.describe().catch(({ message }) => `${window.name}: ${message}`));
      await window.picture(`failure-${name}-${i}-${window.name}`).catch(() => {});
    }
    const seconds = ((Date.now() - began) / 1000).toFixed(1);
    throw new Error(`${name}, after ${seconds} s; the windows:\n${shown.join("\n")}`, { cause: error });
  } finally {
    for (const window of windows) await window.context.close();
  }
}

const server = await Server.start();
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  // A second name of the server: no secure context, as over plain http in a local network.
  args: ["--no-sandbox", "--disable-dev-shm-usage", "--host-resolver-rules=MAP rooms.test 127.0.0.1"],
});
try {
  const chosen = process.argv.slice(2);
  for (const name of chosen.length ? chosen : STORIES) await tell(name, server, browser);
  await browser.close();
  await server.end();
  console.log("browser: all stories came true");
} catch (error) {
  // The error last: of a long output the end is read.
  console.error(`--- log of the server ---\n${server.log}`);
  console.error(error);
  await browser.close();
  await server.stop();
  process.exitCode = 1;
}
