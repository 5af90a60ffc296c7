// What the live connection says, handed to the parts of the page that it concerns.

/** Gives the function that takes one frame. `refresh(id)` reads a room again. */
export function listener({ subscriptions, rooms, room, people, outbox, me }, refresh) {
  const message = (one, kinds) => {
    room.heard(one, true);
    if (one.user?.id === me().id) outbox.arrived(one);
    if (kinds.includes("inbox") || rooms.find(one.channel_id)) rooms.heard(one, one.channel_id === room.id && room.watched);
  };
  const presence = (meta, data) => {
    if ((meta.channel_id ?? meta.id) === room.id && !room.isLost) for (const person of data) people.heard(person);
  };
  const subscription = (meta, data, kinds) => {
    if (kinds.includes("inbox")) meta.is_deleted ? rooms.drop(data.id) : refresh(data.id);
    if (kinds.includes("subscribers") && data.id === room.id) room.membersChanged();
  };
  return ({ meta, data }) => {
    const kinds = subscriptions.kinds(meta.subscription_ids);
    if (meta.type === "message") for (const one of data) message({ ...one, ...(meta.is_deleted && { is_deleted: true }) }, kinds);
    else if (meta.type === "user_channel_presence") presence(meta, data);
    else if (meta.type === "channel_subscription") subscription(meta, data, kinds);
    else if (meta.type === "channel") refresh(data.id);
  };
}
