// What others see of a person: typing that ends with the message, and presence over several windows.

import { must, signal, until } from "../check.mjs";

const PRESENCE = "**/presence/channels/*";

export async function story({ server, open, step }) {
  const cafe = await server.room("Café");
  const ada = await open("ada", { signedIn: true });
  const bob = await open("bob", { signedIn: true });
  await bob.page.clock.install();
  await bob.reload();
  for (const window of [ada, bob]) await window.enter(cafe);
  await ada.seesPerson("2");
  const typing = ada.page.locator("#typing", { hasText: "bob" });

  step("typing ends with the message, and the next word shows again");
  await bob.typesUntil("one", ada.seesTyping("bob"));
  await bob.says("one, done");
  await ada.sees("one, done");
  must((await typing.count()) === 0, "nobody types after the message");
  await bob.typesUntil("two", ada.seesTyping("bob"));

  step("a slow word of presence does not overtake the next one");
  const [resting, typed, released, rested] = [signal(), signal(), signal(), signal()];
  // What ends typing is slow; what starts it again is quick, and overtakes it if it is not held back by the page.
  await bob.page.route(PRESENCE, async (route) => {
    const isRest = route.request().postData()?.includes("here");
    if (isRest) {
      resting.fire();
      await Promise.race([typed.fired, released.fired]);
    }
    await route.fulfill({ response: await route.fetch() });
    (isRest ? rested : typed).fire();
  });
  await bob.says("two, done");
  await resting.fired;
  await bob.types("three");
  // A page that did not hold the next word back would have sent it by then.
  await Promise.race([typed.fired, new Promise((done) => { setTimeout(done, 200); })]);
  released.fire();
  await rested.fired;
  await ada.seesTyping("bob");

  step("after a pause the next key shows at once");
  await bob.page.unrouteAll({ behavior: "wait" });
  await bob.typesUntil("four", ada.seesTyping("bob"));
  await bob.page.clock.fastForward(6000);
  await typing.waitFor({ state: "detached" });
  await bob.types("!");
  await ada.seesTyping("bob");
  await bob.page.fill("#composer", "");

  step("with two windows of one person, closing one leaves the person present");
  const isThere = async () => (await server.call("ada", "GET", `/channels/${cafe}/presence`)).some((one) => one.username === "bob");
  const twin = await bob.twin();
  const told = twin.page.waitForResponse(PRESENCE);
  await twin.state("live");
  await twin.enter(cafe);
  await told;
  await twin.close();
  await ada.says("is bob still here?");
  must(await isThere(), "bob is present while one window is open");
  await bob.close();
  await until("bob is absent after the last window", async () => !(await isThere()));
}
