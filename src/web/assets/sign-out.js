// Signing out: of the rooms, and of this browser if the person wants that. Its cookie is out of reach of this page.

import { byId } from "./dom.js";

/** Wires the buttons and their question; `act` is called with the answer. */
export function setUpSignOut(act) {
  const dialog = byId("sign-out-dialog");
  for (const id of ["sign-out", "sign-out-small"]) byId(id).addEventListener("click", () => dialog.showModal());
  byId("sign-out-form").addEventListener("submit", (event) => {
    event.preventDefault();
    const browserToo = byId("sign-out-browser").checked;
    dialog.close();
    act(browserToo);
  });
}

/** Signs this browser out by the form that people use for it. */
export async function signBrowserOut() {
  const page = await fetch("/sign-out", { cache: "no-store" });
  const form = new DOMParser().parseFromString(await page.text(), "text/html").querySelector("main form");
  const answer = await fetch("/sign-out", { method: "POST", cache: "no-store", body: new URLSearchParams(new FormData(form)) });
  if (!answer.ok) throw new Error("The server did not sign this browser out.");
}
