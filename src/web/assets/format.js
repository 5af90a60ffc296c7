// Ids, dates and names in the form in which people read them.

/** Compares two decimal ids of any length: negative if `a` is older. */
export function byAge(a, b) {
  if (a === b) return 0;
  if (a.length !== b.length) return a.length - b.length;
  return a < b ? -1 : 1;
}

/** The newer of two ids, either of which may be missing. */
export const newer = (a, b) => (!a ? b : !b ? a : byAge(a, b) < 0 ? b : a);

const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const full = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "medium" });
const weekday = new Intl.DateTimeFormat(undefined, { weekday: "long" });
const date = new Intl.DateTimeFormat(undefined, { weekday: "long", day: "numeric", month: "long", year: "numeric" });
const short = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });

const dayOf = (when) => new Date(when.getFullYear(), when.getMonth(), when.getDate());
const daysAgo = (when) => Math.round((dayOf(new Date()) - dayOf(when)) / 86400000);

/** `14:05` */
export const time = (iso) => clock.format(new Date(iso));

/** The day in full. */
export const fullDate = (iso) => date.format(new Date(iso));

/** Date and time in full, for titles. */
export const moment = (iso) => full.format(new Date(iso));

/** A key that is equal for two dates of one day. */
export const dayKey = (iso) => dayOf(new Date(iso)).getTime();

/** `Today`, `Yesterday`, a weekday, or the date. */
export function dayName(iso) {
  const when = new Date(iso);
  const ago = daysAgo(when);
  if (ago === 0) return "Today";
  if (ago === 1) return "Yesterday";
  return ago > 1 && ago < 6 ? weekday.format(when) : date.format(when);
}

/** The shortest form that still says when: time today, else the date. */
export function brief(iso) {
  const when = new Date(iso);
  return daysAgo(when) === 0 ? clock.format(when) : short.format(when);
}

/** What a person is called. */
export const nameOf = (person) => person?.name || (person?.username ? person.username : "Someone");

/** A name inside a sentence: its direction of writing does not turn the words around it (as `<bdi>` does). */
export const isolated = (name) => `\u2068${name}\u2069`;

/** A name without the marks that `isolated` added, to compare it and to show it outside the page. */
export const plainName = (name) => name.replace(/[\u2068\u2069]/gu, "");

/** `ada`, `ada and bob`, `ada, bob and 2 more` */
export function listNames(plain, most = 3) {
  const names = plain.map(isolated);
  if (names.length <= 1) return names[0] ?? "";
  const shown = names.length > most ? names.slice(0, most - 1) : names.slice(0, -1);
  const rest = names.length - shown.length;
  return `${shown.join(", ")} and ${rest === 1 ? names[names.length - 1] : `${rest} more`}`;
}

/** `1 message`, `2 messages` */
export const many = (n, one, more = `${one}s`) => `${n} ${n === 1 ? one : more}`;

/** How long a text is for the server: code points, without the address part of markdown links. */
export function lengthOf(text) {
  return [...text.trim().replace(/\[([^\]\n]+)\]\([^)\s]+(?:\s+"[^"\n]*")?\)/gu, "$1")].length;
}

/** `@ada, bob` as a list of `@name`. */
export function namesIn(text) {
  return text.split(/[\s,;]+/u).filter(Boolean).map((name) => `@${name.replace(/^@/u, "")}`);
}
