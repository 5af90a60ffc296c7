// What a refusal of the server means to the person at the page. The server's own texts are for developers of
// clients and name fields of the API; they are never shown.

const BY_SLUG = {
  "invalid_grant": "The username or the password is wrong.",
  "empty-text": "There is nothing to send: the text is empty.",
  "too-long": "The text is too long.",
  "body-too-large": "The text is too long.",
  "raw-too-large": "The text is too long.",
  "nul-character": "The text holds a character that cannot be sent.",
  "unknown-user": "Nobody here has that name.",
  "user-not-found": "Nobody here has that name.",
  "too-many-members": "A room cannot have that many people.",
  "reply-elsewhere": "The message that you reply to is not in this room.",
  "message-deleted": "The message that you reply to was deleted.",
  "only-yourself": "A private message needs another person.",
  "message-not-found": "This message no longer exists.",
  "channel-not-found": "This room does not exist.",
  "channel-inactive": "This room has been closed.",
  "channel-immutable": "A private conversation cannot be changed.",
  "blocked": "One of you has blocked the other.",
  "no-access": "You are not allowed to do that here.",
  "not-authorized": "You are not allowed to do that here.",
  "too-many-connections": "Too many windows are connected. Close one and try again.",
  "restarting": "The server is restarting. Try again in a moment.",
  "busy": "The server is busy. Try again in a moment.",
};

const BY_STATUS = {
  0: "The server cannot be reached.",
  401: "You are no longer signed in.",
  403: "You are not allowed to do that here.",
  404: "This no longer exists.",
  413: "The text is too long.",
  429: "That was too much at once. Wait a little and try again.",
  502: "The server cannot be reached at the moment.",
  503: "The server is busy. Try again in a moment.",
  504: "The server cannot be reached at the moment.",
};

/** A sentence for a refusal: by its slug, else by its HTTP status. */
export function sentence(slug, status) {
  if (Object.hasOwn(BY_SLUG, slug ?? "")) return BY_SLUG[slug];
  return BY_STATUS[status] ?? (status >= 500 ? "Something went wrong on the server. Try again in a moment." : "That was not possible.");
}
