// The session of this window: where it is kept.

const KEY = "groundnut.session";

/** The session kept in this tab, or on this device if the person wanted that. */
export function kept() {
  for (const place of [sessionStorage, localStorage]) {
    try {
      const session = JSON.parse(place.getItem(KEY));
      if (session?.token && session?.id) return session;
    } catch {
      place.removeItem(KEY);
    }
  }
  return undefined;
}

/** Keeps what the token endpoint granted: in this tab, or on this device. */
export function keep(grant, stay) {
  const session = { token: grant.access_token, id: String(grant.user_id), username: grant.username };
  drop();
  (stay ? localStorage : sessionStorage).setItem(KEY, JSON.stringify(session));
  return session;
}

/** Forgets the token here; the server is told elsewhere. */
export function drop() {
  sessionStorage.removeItem(KEY);
  localStorage.removeItem(KEY);
}
