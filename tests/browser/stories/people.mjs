// What others see of a person: typing that ends with the message, and presence over several windows.

import { must, until } from "../check.mjs";

const PRESENCE = "**/presence/channels/*";

export async function story({ server, open, step }) {
  const cafe = await server.room("Café");
  const ada = await open("ada");
  const bob = await open("bob");
  await bob.context.clearCookies();
  await bob.page.clock.install();
  for (const window of [ada, bob]) {
    await window.signIn({ stay: true });
    await window.enter(cafe);
  }
  await ada.seesPerson("2");
  const typing = ada.page.locator("#typing", { hasText: "bob" });

  step("typing ends with the message, and the next word shows again");
  await bob.typesUntil("one", ada.seesTyping("bob"));
  await bob.says("one, done");
  await ada.sees("one, done");
  must((await typing.count()) === 0, "nobody types after the message");
  await bob.typesUntil("two", ada.seesTyping("bob"));

  step("a slow word of presence does not overtake the next one");
  await bob.says("two, done");
  let held = 0;
  await bob.page.route(PRESENCE, async (route) => {
    const isRest = route.request().postData()?.includes("here");
    held += 1;
    // What ends typing is slow, what starts it is quick.
    if (isRest) await until("the next word was written", async () => (await bob.page.inputValue("#composer")) !== "");
    await route.continue();
  });
  await until("the page says that bob rests", () => held > 0);
  await bob.types("three");
  await ada.seesTyping("bob");

  step("after a pause the next key shows at once");
  await bob.page.unroute(PRESENCE);
  await bob.page.clock.fastForward(6000);
  await typing.waitFor({ state: "detached" });
  await bob.types("!");
  await ada.seesTyping("bob");
  await bob.page.fill("#composer", "");

  step("with two windows of one person, closing one leaves the person present");
  const isThere = async () => (await server.call("ada", "GET", `/channels/${cafe}/presence`)).some((one) => one.username === "bob");
  const twin = await bob.twin();
  await twin.state("live");
  await twin.enter(cafe);
  await twin.says("from the second window");
  await until("the second window has said so", isThere);
  await twin.close();
  await bob.says("still here");
  await ada.sees("still here");
  must(await isThere(), "bob is present while one window is open");
  await bob.close();
  await until("bob is absent after the last window", async () => !(await isThere()));
}
