// A demo is entered by one click on a name.

import { accessible } from "../check.mjs";
import { Server } from "../server.mjs";

export async function story({ open, step }) {
  const demo = await Server.demo();
  try {
    step("two people come in by a click, and chat");
    const windows = [await open("grace", { bypassCSP: true }), await open("mary")];
    for (const window of windows) {
      await window.page.goto(demo.url);
      await window.page.click(`#demo-people [data-username="${window.name}"]`);
      await window.state("live");
      await window.page.locator("#rooms a, #rooms button").filter({ hasText: "Lounge" }).first().click();
    }
    const [grace, mary] = windows;
    await grace.says("hello mary");
    await mary.sees("hello mary");

    step("a person who leaves may be another one");
    await grace.signOut();
    await accessible(grace, "the door of a demo");
    await grace.page.click('#demo-people [data-username="linus"]');
    await grace.state("live");
    await grace.has("it is another person", () => document.querySelector("#self-name").textContent === "linus");
  } finally {
    await demo.end();
  }
}
