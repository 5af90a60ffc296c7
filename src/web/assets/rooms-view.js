// The list of rooms at the side.

import { byId, face, icon, make, named, spoken } from "./dom.js";
import { brief, many, nameOf, plainName } from "./format.js";
import { oneLine } from "./richtext.js";

export class RoomsView {
  #rooms;
  #open;
  #current = "";
  #drawn = new Map();
  #due = 0;

  /** `open(id)` is called when a room is chosen. */
  constructor(rooms, open) {
    this.#rooms = rooms;
    this.#open = open;
    rooms.addEventListener("change", () => this.#soon());
    byId("room-filter").addEventListener("input", () => this.#soon());
    byId("room-filter").addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      // The focus moves to the message box before the key acts: there it would make a new line.
      event.preventDefault();
      // Not the first of the drawn list: that one may lag behind the typing.
      const [first] = this.#shown();
      if (first) this.#choose(first.id);
    });
  }

  /** Marks the open room. */
  set current(id) {
    this.#current = id;
    this.#soon();
  }

  /** The room before (-1) or after (1) the open one. */
  beside(step) {
    const ids = this.#shown().map((room) => room.id);
    const at = ids.indexOf(this.#current);
    return at < 0 ? ids[0] : ids[(at + step + ids.length) % ids.length];
  }

  nextUnread() {
    return this.#shown().find((room) => room.id !== this.#current && (room.unread.size || room.dot))?.id;
  }

  #choose(id) {
    byId("room-filter").value = "";
    this.#soon();
    this.#open(id);
  }

  #shown() {
    const words = byId("room-filter").value.trim().toLowerCase();
    return this.#rooms.list.filter((room) => !words || plainName(room.title).toLowerCase().includes(words));
  }

  /** Many changes of one turn are drawn once. */
  #soon() {
    if (this.#due) return;
    this.#due = setTimeout(() => {
      this.#due = 0;
      this.#draw();
    });
  }

  #draw() {
    const list = byId("rooms");
    const shown = this.#shown();
    const drawn = new Map();
    let place = list.firstElementChild;
    for (const room of shown) {
      const item = this.#item(room, this.#drawn.get(room.id));
      drawn.set(room.id, item);
      // Moving a node takes the focus away from it, so what is in place stays.
      if (item.node === place) place = place.nextElementSibling;
      else list.insertBefore(item.node, place);
    }
    for (const [id, item] of this.#drawn) if (drawn.get(id)?.node !== item.node) item.node.remove();
    this.#drawn = drawn;
    const filtering = byId("room-filter").value.trim() !== "";
    byId("rooms-empty").hidden = shown.length > 0;
    byId("rooms-empty").textContent = filtering ? "No room of that name." : "No rooms yet. Find one, or make your own.";
    byId("elsewhere").hidden = this.#rooms.unread === 0;
    const open = this.#rooms.find(this.#current);
    const title = open ? `${plainName(open.title)} – Groundnut` : "Groundnut rooms";
    document.title = this.#rooms.unread ? `(${this.#rooms.unread}) ${title}` : title;
  }

  #item(room, old) {
    const state = JSON.stringify([room.title, room.unread.size, room.dot, room.last?.id, room.last?.is_deleted, room.channel.is_active, room.id === this.#current, room.active]);
    if (old?.state === state) return old;
    const node = old?.node ?? make("li", { "data-channel-id": room.id });
    const hadFocus = node.contains(document.activeElement);
    const button = make("button", { type: "button", class: "room", "aria-current": room.id === this.#current && "page", onclick: () => this.#choose(room.id) },
      this.#mark(room),
      make("span", { class: "name", title: plainName(room.title) }, named(room.title), room.isPrivate && spoken(", private")),
      make("span", { class: "when" }, brief(new Date(room.active).toISOString())),
      make("span", { class: "second" }, make("span", { class: "last" }, this.#lastWords(room)), this.#badge(room)));
    node.replaceChildren(button);
    if (hadFocus) button.focus();
    return { node, state };
  }

  #mark(room) {
    if (room.isPrivate) {
      const other = room.channel.acl?.write?.users?.find((user) => user.id !== this.#rooms.me);
      return face(other ? { ...other, avatar_image: undefined } : { username: room.title });
    }
    const closed = !(room.channel.acl?.read?.public || room.channel.acl?.read?.any_user);
    return make("span", { class: "face hash", "aria-hidden": "true" }, closed ? icon("lock") : "#");
  }

  #lastWords(room) {
    if (!room.last) return "Nothing written yet";
    const words = named(oneLine(room.last, 80));
    if (room.last.is_deleted) return words;
    const isMine = (room.last.user?.id ?? room.last.user_id) === this.#rooms.me;
    return isMine ? ["You: ", words] : [named(nameOf(room.last.user)), ": ", words];
  }

  #badge(room) {
    const count = room.unread.size;
    if (count) return make("span", { class: "badge", "data-unread": count }, make("span", { "aria-hidden": "true" }, count > 99 ? "99+" : count), spoken(many(count, "new message")));
    return room.dot && make("span", { class: "badge dot", "data-unread": "some" }, spoken("Unread messages"));
  }
}
