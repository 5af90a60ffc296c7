// An app asks a person: sign up with an invite, allow with one box unticked, say no, and come straight back the next time.
// The app is a listener of its own, so the browser's rules about redirects behind forms hold.

import { createServer } from "node:http";
import { once } from "node:events";
import { accessible, must } from "../check.mjs";
import { PASSWORD } from "../server.mjs";

const PHONE = { viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true, deviceScaleFactor: 2 };

/** The app: answers everywhere with an empty page. */
async function listen() {
  const app = createServer((_, answer) => { answer.setHeader("Content-Type", "text/html").end("<title>app</title>"); });
  app.listen(0, "127.0.0.1");
  await once(app, "listening");
  return { app, back: `http://127.0.0.1:${app.address().port}/cb` };
}

async function looks(window, title) {
  await accessible(window, title);
  await window.has(`${title} is no wider than the window`, () => document.documentElement.scrollWidth <= innerWidth);
  await window.picture(`authorize-${title}-${window.name}`);
}

const press = (window, role, name) => window.page.getByRole(role, { name, exact: true }).click();

async function fill(window, fields) {
  for (const [id, value] of Object.entries(fields)) await window.page.fill(`#${id}`, value);
}

/** Waits until the browser is at the app; gives what it brought. */
async function arrives(window, back) {
  await window.page.waitForURL((url) => url.href.startsWith(back));
  return new URL(window.page.url());
}

export async function story({ server, open, step }) {
  const { app, back } = await listen();
  const client = server.run(["client", "create", "--name", "Lamplight", "--redirect-uri", back]);
  const asks = (page, scope, type = "code") => {
    const fields = { client_id: client.client_id, redirect_uri: back, response_type: type, scope, state: "s 1" };
    return `${server.url}/oauth/${page}?${new URLSearchParams(fields)}`;
  };
  const exchange = async (code) => {
    const fields = { grant_type: "authorization_code", client_id: client.client_id, client_secret: client.client_secret, code, redirect_uri: back };
    const answer = await fetch(`${server.url}/v1/oauth/access_token`, { method: "POST", body: new URLSearchParams(fields) });
    return answer.json();
  };
  try {
    step("a person signs up with an invite, unticks a box and allows the rest");
    const zoe = await open("zoe");
    const { code: invite } = server.run(["invite", "create"]);
    await zoe.page.goto(asks("authorize", "stream,write_post,messages:io.pnut.core.pm"));
    await press(zoe, "link", "Sign up");
    await fill(zoe, { invite: "guess", username: "zoe", password: PASSWORD });
    await press(zoe, "button", "Make the account");
    await zoe.page.getByRole("alert").filter({ hasText: "used up" }).waitFor();
    await fill(zoe, { invite, password: PASSWORD });
    await press(zoe, "button", "Make the account");
    await zoe.page.getByLabel("Write, change and delete posts for you", { exact: false }).uncheck();
    await press(zoe, "button", "Allow Lamplight");
    const allowed = await arrives(zoe, back);
    must(allowed.searchParams.get("state") === "s 1", "the state comes back");
    const granted = await exchange(allowed.searchParams.get("code"));
    must(granted.token.scopes.join() === "basic,stream,messages:io.pnut.core.pm", `granted: ${granted.token.scopes}`);
    must(granted.username === "zoe", "it is hers");

    step("the next time the sign-in leads straight back, through the redirects behind its form");
    await zoe.page.goto(`${server.url}/sign-out`);
    await zoe.page.getByRole("main").getByRole("button", { name: "Sign out" }).click();
    await zoe.page.goto(asks("authenticate", "stream"));
    await fill(zoe, { username: "zoe", password: PASSWORD });
    await press(zoe, "button", "Sign in");
    must((await arrives(zoe, back)).searchParams.has("code"), "no question was asked");
    // A token to an address without https is never given unasked.
    await zoe.page.goto(asks("authenticate", "stream", "token"));
    await press(zoe, "button", "Allow Lamplight");
    must((await arrives(zoe, back)).hash.startsWith("#access_token="), "a token in the fragment");

    step("a person says no");
    await zoe.page.goto(asks("authorize", "email"));
    await press(zoe, "button", "Do not allow");
    must((await arrives(zoe, back)).searchParams.get("error") === "access_denied", "the app is told");

    step("the pages are accessible, in light and dark, and on a phone");
    const ada = await open("ada", { bypassCSP: true });
    const bob = await open("bob", { bypassCSP: true, colorScheme: "dark", ...PHONE });
    for (const window of [ada, bob]) {
      await window.page.goto(`${server.url}/sign-up`);
      await looks(window, "sign-up");
      await fill(window, { invite: "guess", username: "zoe", password: PASSWORD });
      await press(window, "button", "Make the account");
      await looks(window, "sign-up-refused");
      await window.page.goto(asks("authorize", "email,follow,messages,write_post,files:core_image"));
      await looks(window, "sign-in");
      await fill(window, { username: window.name, password: "guess guess" });
      await press(window, "button", "Sign in");
      await looks(window, "sign-in-refused");
      await fill(window, { password: PASSWORD });
      await window.page.press("#password", "Enter");
      await window.page.getByRole("button", { name: "Allow Lamplight" }).waitFor();
      await looks(window, "consent");
      await window.page.goto(asks("authorize", "stream").replace("%2Fcb", "%2Fcbx"));
      await looks(window, "stranger");
    }
  } finally {
    app.close();
  }
}
