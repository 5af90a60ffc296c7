// The pages of an account: filled in as people do, by mouse and by keys, in light and dark, and on a phone.

import { accessible, must } from "../check.mjs";
import { PASSWORD } from "../server.mjs";

const PHONE = { viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true, deviceScaleFactor: 2 };

/** Signs in on the page that another one led to. */
async function signIn(window, next) {
  await window.page.goto(`${window.server.url}${next}`);
  await window.page.fill("#username", window.name);
  await window.page.fill("#password", PASSWORD);
  await window.page.press("#password", "Enter");
  await window.page.waitForURL((url) => url.pathname === next);
}

/** The page fits into the window, and no thing on it is beyond its edge. */
async function fits(window, what) {
  await window.has(`${what} is no wider than the window`, () => document.documentElement.scrollWidth <= innerWidth);
}

async function looks(window, title) {
  await accessible(window, title);
  await fits(window, title);
  await window.picture(`account-${title}-${window.name}`);
}

async function notice(window, text) {
  await window.page.locator("[role=status]", { hasText: text }).waitFor();
}

/** The link or button whose name for screen readers holds these words. */
function press(window, role, name) {
  return window.page.getByRole(role, { name }).first().click();
}

export async function story({ server, open, step }) {
  const ada = await open("ada", { bypassCSP: true });
  const bob = await open("bob", { bypassCSP: true, colorScheme: "dark", ...PHONE });

  step("a profile is saved, and what is wrong with it is said beside the field");
  await signIn(ada, "/account");
  await signIn(bob, "/account");
  for (const window of [ada, bob]) await looks(window, "profile");
  await ada.page.fill("#name", "Ada Lovelace");
  await ada.page.fill("#text", "I write programs.\nAsk @bob.");
  await ada.page.selectOption("#timezone", "Europe/London");
  await press(ada, "button", "Save the profile");
  await notice(ada, "Your profile is saved.");
  await looks(ada, "profile-saved");
  await bob.page.fill("#locale", "english");
  await press(bob, "button", "Save the profile");
  await bob.page.locator("#problem-locale").waitFor();
  await bob.has("the field names its problem", () => document.querySelector("#locale").getAttribute("aria-describedby").includes("problem-locale"));
  await looks(bob, "profile-refused");
  const user = await server.call("bob", "GET", "/users/1");
  must(user.name === "Ada Lovelace" && user.content.text === "I write programs.\nAsk @bob.", "others see the profile");

  step("an avatar and a cover are chosen, shown, refused in words, and removed after a question");
  const photo = { name: "me.png", mimeType: "image/png", buffer: await ada.page.screenshot() };
  for (const which of ["avatar", "cover"]) {
    await ada.page.setInputFiles(`#${which}`, photo);
    await press(ada, "button", `Show this ${which}`);
    await notice(ada, "Your picture is shown from now on.");
    await ada.page.waitForFunction((name) => document.querySelector(`.${name} img`).naturalWidth > 0, which);
  }
  await looks(ada, "pictures");
  await bob.page.setInputFiles("#avatar", { name: "me.png", mimeType: "image/png", buffer: Buffer.from("words") });
  await press(bob, "button", "Show this avatar");
  await bob.page.locator("#problem-avatar").waitFor();
  await looks(bob, "picture-refused");
  const { content } = await server.call("bob", "GET", "/users/1");
  must(!content.avatar_image.is_default && !content.cover_image.is_default, "others see both");
  await press(ada, "link", "Remove the avatar");
  await looks(ada, "picture-question");
  await press(ada, "button", "Remove the picture");
  await notice(ada, "Your picture is removed.");
  await press(ada, "link", "@ada");
  await ada.page.waitForURL("**/account");

  step("the pages are reached by keys, each by its name");
  await ada.page.getByRole("link", { name: "Profile" }).focus();
  await ada.page.keyboard.press("Tab");
  await ada.page.keyboard.press("Enter");
  await ada.page.waitForURL("**/account/email");
  await ada.page.fill("#email", "ada@example.org");
  await ada.page.press("#email", "Enter");
  await notice(ada, "Your e-mail address is saved.");
  await press(ada, "link", "Password");
  await looks(ada, "password");

  step("apps and browsers are listed and signed out, after a question");
  for (const window of [ada, bob]) {
    await press(window, "link", "Apps and devices");
    await looks(window, "apps");
  }
  await press(bob, "link", "Sign out Browser");
  await looks(bob, "question");
  await press(bob, "link", "Cancel");
  await press(bob, "link", "Sign out Browser");
  await press(bob, "button", "Sign out");
  // The first button of that name is the one in the bar: it ends the session of this browser.
  await bob.page.waitForURL("**/sign-in");
  await signIn(bob, "/account/apps");
  await press(bob, "link", "Sign out Browser");
  await bob.page.locator("main button", { hasText: "Sign out" }).click();
  await notice(bob, "The app does not act for you any more.");

  step("an app is registered, gets a secret and a token, and is deleted");
  await press(ada, "link", "Developer");
  await looks(ada, "no-app");
  await press(ada, "link", "Register an app");
  await press(ada, "button", "Register the app");
  await ada.page.locator("#problem-name").waitFor();
  await ada.page.fill("#name", "Analytical engine");
  await ada.page.fill("#redirect_uris", "https://engine.example/back\nengine://back");
  await press(ada, "button", "Register the app");
  await notice(ada, "The app is registered.");
  await looks(ada, "app");
  await press(ada, "link", "Secret");
  await press(ada, "button", "Replace the secret");
  await ada.page.locator(".secret").waitFor();
  await looks(ada, "secret");
  await press(ada, "link", "Tokens");
  await press(ada, "button", "Make a token");
  await ada.page.locator(".secret").waitFor();
  await looks(ada, "tokens");
  await press(ada, "link", "Streams");
  await looks(ada, "streams");
  await ada.page.fill("#key", "two words");
  await press(ada, "button", "Make the stream");
  await ada.page.locator("#problem-key").waitFor();
  await ada.has("what was typed is kept", () => document.querySelector("#key").value === "two words");
  await looks(ada, "stream-refused");
  await ada.page.fill("#key", "letters");
  await press(ada, "button", "Make the stream");
  await ada.page.locator("#problem-object_types").waitFor();
  await looks(ada, "stream-without-types");
  await ada.page.check("[value=message]");
  await ada.page.check("[value=post]");
  await press(ada, "button", "Make the stream");
  await notice(ada, "The stream is made.");
  await looks(ada, "stream-made");
  await press(ada, "link", "Description");
  await press(ada, "link", "Delete the app");
  await looks(ada, "delete");
  await press(ada, "button", "Delete the app");
  await notice(ada, "The app is deleted");
  await press(bob, "link", "Developer");
  await press(bob, "link", "Register an app");
  await looks(bob, "new-app");
}
