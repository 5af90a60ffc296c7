// The way to a session: over the sign-in pages of this server and back, as any app goes (OAuth 2 with PKCE, RFC 7636).
// What this window has to know when it comes back waits in `sessionStorage`, which belongs to this window alone.

import { keep, kept } from "./session.js";

const WAITING = "groundnut.sign-in";
/** Stands for this page, by whatever name the browser knows the server. Only the page's own client may go there. */
const BACK = "/";
/** What the page does for the person. */
export const SCOPES = "basic,messages,presence,follow";

const NOT_ALLOWED = "You did not allow the rooms to act for you, so nothing was opened.";
const ELSEWHERE = "That sign-in was begun in another window, or is over. Sign in here.";
const TOO_LATE = "That sign-in took too long. Sign in again.";

/** Leaves for the page that signs in, or for the one that makes an account first. */
export async function leave(api, first) {
  const [state, verifier] = [random(), random()];
  const room = location.hash;
  sessionStorage.setItem(WAITING, JSON.stringify({ state, verifier, room }));
  const query = new URLSearchParams({
    client_id: api.client,
    redirect_uri: BACK,
    response_type: "code",
    scope: SCOPES,
    state,
    ...await challengeOf(verifier),
  });
  const question = `/oauth/authenticate?${query}`;
  location.assign(first ? `${first}?${new URLSearchParams({ next: question })}` : question);
}

/**
 * What the sign-in pages brought back: becomes a session. Gives the reason if it does not. The address forgets it before
 * anything else is done, so no reload and no bookmark brings it again.
 */
export async function arrive(api) {
  const came = new URLSearchParams(location.search);
  if (!came.has("state") || !(came.has("code") || came.has("error"))) return "";
  const waiting = taken();
  const isOurs = waiting?.state === came.get("state");
  history.replaceState(null, "", location.pathname + (isOurs ? waiting.room : location.hash));
  if (!isOurs) {
    // A step back in the history leads here too, when all is done.
    return kept() ? "" : ELSEWHERE;
  }
  if (came.has("error")) return came.get("error") === "access_denied" ? NOT_ALLOWED : "That sign-in did not work. Try again.";
  try {
    const grant = await api.grant({
      grant_type: "authorization_code",
      code: came.get("code"),
      redirect_uri: BACK,
      code_verifier: waiting.verifier,
    });
    keep(grant, came.get("stay") === "1");
    return "";
  } catch (error) {
    if (error.retryIn) return `Slow down: try again in ${error.retryIn} s.`;
    return error.code === 400 ? TOO_LATE : error.message;
  }
}

/** Good for one arrival. */
function taken() {
  try {
    return JSON.parse(sessionStorage.getItem(WAITING)) ?? undefined;
  } catch {
    return undefined;
  } finally {
    sessionStorage.removeItem(WAITING);
  }
}

function random() {
  return base64url(crypto.getRandomValues(new Uint8Array(32)));
}

/** Browsers hash on secure pages only. On others all can be read on the way, hashed or not. */
async function challengeOf(verifier) {
  if (!crypto.subtle) return { code_challenge: verifier, code_challenge_method: "plain" };
  const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier));
  return { code_challenge: base64url(new Uint8Array(hash)), code_challenge_method: "S256" };
}

const base64url = (bytes) => btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/u, "");
