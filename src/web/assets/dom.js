// Building blocks for the document. Text always becomes text nodes; nothing here parses markup.

const SVG = "http://www.w3.org/2000/svg";

const ICONS = {
  rooms: ["M4 6h16M4 12h16M4 18h10"],
  people: ["M9 11a3.500 3.500 0 1 0 0-7 3.500 3.500 0 0 0 0 7ZM2.500 20c.4-3.600 3-5.500 6.500-5.500s6.100 1.900 6.500 5.500", "M16 4.300a3.500 3.500 0 0 1 0 6.400M18 14.900c2 .8 3.200 2.500 3.500 5.100"],
  close: ["M6 6l12 12M18 6 6 18"],
  keys: ["M3 7.500h18v9.500H3zM7 11h.01M11 11h.01M15 11h.01M17.500 14h.01M6.500 14h.01M9.500 14h5"],
  reply: ["M9 7 4 12l5 5M4.500 12H14c3.500 0 6 2 6 6"],
  remove: ["M5 7h14M10 7V4.500h4V7M7 7l1 12.500h8L17 7M10.500 10.500v6M13.500 10.500v6"],
  pin: ["M9 4h6l-1 6 3 3.500H7L10 10 9 4ZM12 13.500V20"],
  write: ["M4 20l1-4.500L16.500 4 20 7.500 8.500 19 4 20ZM14 6.500 17.500 10"],
  down: ["M12 5v14M6 13l6 6 6-6"],
  about: ["M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18ZM12 11v5.500M12 7.500h.01"],
  lock: ["M6 11h12v9H6zM8.500 11V8a3.500 3.500 0 0 1 7 0v3"],
};

/** The element with this id. */
export const byId = (id) => document.getElementById(id);

/** An element with attributes, listeners (`onclick` and so on) and children (nodes or text). */
export function make(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "class") node.className = value;
    else node.setAttribute(name, value === true ? "" : String(value));
  }
  node.append(...children.flat().filter((child) => child !== undefined && child !== null && child !== false));
  return node;
}

/** A line drawing, hidden from screen readers: its button also has a name in words. */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", "line");
  svg.setAttribute("aria-hidden", "true");
  for (const d of ICONS[name]) {
    const path = document.createElementNS(SVG, "path");
    path.setAttribute("d", d);
    svg.append(path);
  }
  return svg;
}

/** Text for screen readers only. */
export const spoken = (text) => make("span", { class: "sr" }, text);

/** What a person wrote, inside a line of ours: its direction of writing does not turn the rest of the line. */
export const named = (text) => make("bdi", {}, text);

/** Puts `nodes` in place of whatever `parent` held. */
export const fill = (parent, ...nodes) => parent.replaceChildren(...nodes.flat());

/** A face: the avatar if this origin may show it, else the initial on a colour of the person's own. */
export function face(person) {
  const name = person?.name || person?.username || "?";
  const initial = [...name][0].toUpperCase();
  const hue = [...String(person?.username ?? person?.id ?? name)].reduce((sum, c) => (Math.imul(sum, 33) ^ c.codePointAt(0)) >>> 0, 5381) % 8;
  const tile = make("span", { class: `face hue-${hue}`, "aria-hidden": "true" }, initial);
  const url = avatarOf(person);
  if (url) {
    const image = make("img", { src: url, alt: "", loading: "lazy", width: 36, height: 36 });
    image.addEventListener("error", () => image.remove());
    tile.append(image);
  }
  return tile;
}

function avatarOf(person) {
  const image = person?.content?.avatar_image ?? person?.avatar_image;
  if (!image || image.is_default) return undefined;
  const link = typeof image === "string" ? image : image.url ?? image.link;
  try {
    const url = new URL(link, location.href);
    return url.origin === location.origin || url.protocol === "data:" ? url.href : undefined;
  } catch {
    return undefined;
  }
}

/** A button that asks once more before it acts: the first press changes its words, the second does it. */
export function sureButton(button, question, act) {
  const words = button.lastChild.textContent;
  let timer = 0;
  const calm = () => {
    clearTimeout(timer);
    timer = 0;
    button.lastChild.textContent = words;
    delete button.dataset.sure;
  };
  button.addEventListener("click", () => {
    if (timer) {
      calm();
      act();
      return;
    }
    button.lastChild.textContent = question;
    button.dataset.sure = "";
    timer = setTimeout(calm, 4000);
  });
  button.addEventListener("blur", () => timer && calm());
  return button;
}
