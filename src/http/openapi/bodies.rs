//! What bodies hold. One JSON object, or a form with the same names (dotted for what lies deeper).

use crate::model::Refusal;

use super::params::REASONS;

/// How a body may be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    /// JSON, or a form of either kind.
    AnyWay,
    /// JSON alone.
    JsonOnly,
    /// A form with parts: something in it is no text.
    Parts,
    /// A form with parts, or JSON for what is sent later.
    PartsOrJson,
    /// A form with parts, or the bytes alone.
    PartsOrBytes,
}

/// What a field looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A text.
    Text,
    /// A boolean; `0`, `1`, `"true"` and the like are taken too.
    Flag,
    /// A whole number, or a text of digits.
    Number,
    /// An id, as a text or as a number.
    Id,
    /// A user: an id or `@name`.
    User,
    /// A list of users.
    Users,
    /// A list of texts.
    Texts,
    /// A list of whole numbers.
    Numbers,
    /// Values of apps.
    Raw,
    /// Links and how the text is read.
    Entities,
    /// Who may do what in a channel.
    Acl,
    /// The text of a profile.
    Content,
    /// What may be answered.
    Options,
    /// Which events a filter is about.
    Clauses,
    /// Files that will come.
    Announced,
    /// A date.
    Moment,
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// Bytes.
    Bytes,
}

impl Kind {
    /// For people.
    pub fn in_words(self) -> String {
        let words = match self {
            Self::Text => "text",
            Self::Flag => "1 or 0",
            Self::Number => "number",
            Self::Id => "id",
            Self::User => "user",
            Self::Users => "list of users",
            Self::Texts => "list of texts",
            Self::Numbers => "list of numbers",
            Self::Raw => "lists by type, or a list of type and value",
            Self::Entities => "links, parse_links, parse_markdown_links",
            Self::Acl => "full, write, read",
            Self::Content => "text, entities",
            Self::Options => "list of text and position",
            Self::Clauses => "list of object_type, operator, field, value",
            Self::Announced => "list of key, size, name, is_public, raw",
            Self::Moment => "date",
            Self::Bytes => "bytes",
            Self::OneOf(words) => return words.join(", "),
        };
        words.to_owned()
    }
}

/// A field of a body.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// Its name.
    pub name: &'static str,
    /// What it looks like.
    pub kind: Kind,
    /// What it is.
    pub text: &'static str,
    /// The call is refused without it.
    pub is_required: bool,
}

/// A kind of body.
#[derive(Clone, Copy, Debug)]
pub struct BodyForm {
    /// How it may be written.
    pub written: Written,
    /// What it is.
    pub text: &'static str,
    /// It may be a list of such objects too.
    pub may_be_list: bool,
    /// It may be anything else instead: clients send all sorts with an action.
    pub may_be_anything: bool,
    /// Its fields.
    pub fields: &'static [Field],
    /// What is refused of it, beside what is refused of every body.
    pub refuses: &'static [Refusal],
}

macro_rules! need {
    () => {
        false
    };
    (required) => {
        true
    };
}

macro_rules! bodies {
    ($($(#[$doc:meta])* $body:ident $written:ident $text:literal refuses $refuses:expr;
        $($name:literal $([$need:ident])? $kind:ident $(($($of:tt)+))? $about:literal;)*
    )+) => {$(
        $(#[$doc])*
        pub const $body: BodyForm = BodyForm {
            written: Written::$written,
            text: $text,
            may_be_list: false,
            may_be_anything: false,
            fields: &[$(Field {
                name: $name,
                kind: Kind::$kind$(($($of)+))?,
                text: $about,
                is_required: need!($($need)?),
            },)*],
            refuses: $refuses,
        };
    )+};
}

use Refusal::{
    EmptyText, FileIncomplete, FileNotWhat, FileTooLarge, FileUnknown, FilterFieldUnknown,
    FilterNotFound, GroupImmutable, Invalid, MalformedBody, Missing, NotJson, PatternInvalid,
    PollUnknown, RawInvalid, RawTooLarge, TooLong, TooManyMembers, UnknownAclKey, UnknownMarker,
    UnknownObjectType, UnknownUser,
};

/// What is refused of raw, and of what it attaches.
macro_rules! with_raw {
    ($($more:ident)*) => {
        &[RawInvalid, RawTooLarge, FileUnknown, FileIncomplete, PollUnknown, Invalid, Missing, $($more,)*]
    };
}

bodies! {
    /// A channel to make.
    NEW_CHANNEL AnyWay "The channel." refuses with_raw![UnknownAclKey TooManyMembers UnknownUser GroupImmutable TooLong EmptyText];
        "type" [required] Text "Reverse domain; `io.pnut.core.chat` is a chat room, and needs `raw`.";
        "acl" Acl "Who may do what; the caller alone without it.";
        "raw" Raw "Values of apps.";
        "auto_subscribe" Flag "Subscribes the users that the ACL names.";
        "destinations" Users "With the type `net.app.core.pm`: the users of the private channel.";
        "annotations" Raw "The older form of `raw`.";

    /// What changes of a channel.
    CHANNEL_CHANGE AnyWay "What is not given stays." refuses with_raw![UnknownAclKey TooManyMembers UnknownUser GroupImmutable TooLong EmptyText];
        "acl" Acl "Groups that are not named stay.";
        "raw" Raw "Types that are not named stay; an empty list removes one.";
        "auto_subscribe" Flag "Subscribes the users that the ACL names.";
        "annotations" Raw "The older form of `raw`.";

    /// Who gets a channel.
    NEW_OWNER AnyWay "The new owner." refuses &[Missing, UnknownUser];
        "owner_id" [required] User "A user that may read the channel.";

    /// A message.
    NEW_MESSAGE AnyWay "The message." refuses with_raw![EmptyText TooLong UnknownUser];
        "text" [required] Text "Up to 2048 characters (`/sys/config`).";
        "reply_to" Id "A message of the same channel.";
        "is_nsfw" Flag "Not safe for work.";
        "raw" Raw "Values of apps.";
        "entities" Entities "Links, and how the text is read.";
        "destinations" Users "With `pm` in place of the channel: the users of the private channel.";
        "annotations" Raw "The older form of `raw`.";

    /// A post.
    NEW_POST AnyWay "The post." refuses with_raw![EmptyText TooLong];
        "text" [required] Text "Up to 256 characters (`/sys/config`).";
        "reply_to" Id "The post that is answered.";
        "is_nsfw" Flag "Not safe for work.";
        "raw" Raw "Values of apps.";
        "entities" Entities "Links, and how the text is read.";
        "update_marker" Flag "Moves the marker `personal` to the post.";
        "annotations" Raw "The older form of `raw`.";

    /// Other words for a post.
    REVISION AnyWay "The words." refuses with_raw![EmptyText TooLong];
        "text" [required] Text "With the same mentions, tags and links.";
        "is_nsfw" Flag "Not safe for work.";
        "entities" Entities "Links, and how the text is read.";

    /// A text.
    TEXT AnyWay "The text." refuses with_raw![EmptyText TooLong];
        "text" [required] Text "What is processed.";
        "entities" Entities "Links, and how the text is read.";

    /// Why.
    REPORT AnyWay "Why it is reported." refuses &[Missing, Invalid];
        "reason" OneOf(REASONS) "In the body or in the address.";

    /// What a repost may say.
    REPOST_OBJECT AnyWay "Nothing is needed; what is no object says nothing." refuses &[];
        "is_nsfw" Flag "Not safe for work.";

    /// A poll.
    NEW_POLL JsonOnly "The poll." refuses with_raw![NotJson EmptyText TooLong];
        "type" [required] Text "Reverse domain.";
        "prompt" [required] Text "The question, up to 256 characters.";
        "options" [required] Options "2 to 10 of them.";
        "duration" Number "Minutes until it closes, 1 to 20160; this or `closed_at` is needed.";
        "closed_at" Moment "When it closes, instead of `duration`.";
        "is_anonymous" Flag "Nothing tells how users answered; true without it.";
        "is_public" Flag "All may read it; false without it.";
        "max_options" Number "How many options one answer may choose; 1 without it.";
        "raw" Raw "Values of apps.";
        "annotations" Raw "The older form of `raw`.";

    /// An answer.
    RESPONSE AnyWay "The answer; it replaces the one before." refuses &[Missing];
        "positions" Numbers "The chosen options; none of them takes the answer back. In the body or in the address.";
        "poll_token" Text "The token of the poll, if it is needed.";

    /// The key to a poll.
    RESPONSE_TOKEN AnyWay "The token of the poll, if it is needed." refuses &[];
        "poll_token" Text "In the body or in the address.";

    /// A file.
    NEW_FILE PartsOrJson "The file. With `content` it is complete; without, `kind` is required." refuses with_raw![TooLong];
        "type" [required] Text "Reverse domain.";
        "name" Text "Up to 256 characters.";
        "kind" OneOf(&["image", "audio", "video", "other"]) "The contents decide.";
        "mime_type" Text "The contents decide.";
        "is_public" Flag "All users may read it.";
        "sha256" Text "What the contents must have, in hexadecimal digits.";
        "process_image_exif" Flag "0: a photograph keeps its orientation and what its camera wrote into it.";
        "raw" Raw "Values of apps.";
        "annotations" Raw "The older form of `raw`.";
        "metadata" Text "All of these as one JSON object.";
        "content" Bytes "The contents.";
        "core_image_200s" Bytes "A picture of 200 × 200 that the client made.";
        "core_image_960r" Bytes "A picture of at most 640 × 960 that the client made.";

    /// Contents.
    CONTENTS PartsOrBytes "The contents." refuses &[Missing, Invalid];
        "content" [required] Bytes "The bytes.";
        "core_image_200s" Bytes "A picture of 200 × 200 that the client made.";
        "core_image_960r" Bytes "A picture of at most 640 × 960 that the client made.";

    /// A small picture.
    SMALL_PICTURE PartsOrBytes "A small picture that the client made." refuses &[Missing, Invalid];
        "content" [required] Bytes "The bytes.";

    /// What changes of a file.
    FILE_CHANGE AnyWay "What is not given stays." refuses with_raw![TooLong];
        "name" Text "Up to 256 characters.";
        "is_public" Flag "All users may read it.";
        "raw" Raw "Types that are not named stay; an empty list removes one.";
        "annotations" Raw "The older form of `raw`.";

    /// Files that will come together.
    ANNOUNCEMENT AnyWay "The files that will come: up to 20, and 100 MiB in all." refuses with_raw![TooLong FileTooLarge];
        "type" [required] Text "Reverse domain, of all of them.";
        "files" [required] Announced "Each with a `key` of its own, up to 64 of `A-Za-z0-9_.-`, and its `size` in bytes.";

    /// Files that were announced.
    ANNOUNCED Parts "The files, as parts that are named by their keys, each of the announced size." refuses &[MalformedBody, Invalid, FileNotWhat];

    /// An avatar.
    AVATAR Parts "The picture, with `Content-Length`." refuses &[Missing];
        "avatar" [required] Bytes "JPEG, PNG, GIF or WebP of less than 2 MiB.";

    /// A cover.
    COVER Parts "The picture, with `Content-Length`." refuses &[Missing];
        "cover" [required] Bytes "JPEG, PNG, GIF or WebP of less than 4 MiB, at least 960 × 223.";

    /// A profile.
    PROFILE AnyWay "The whole profile: what is not given is cleared." refuses with_raw![TooLong EmptyText];
        "locale" [required] Text "Such as `pt_PT`.";
        "timezone" [required] Text "As the tz database names it.";
        "name" Text "The name that is shown.";
        "content" Content "The text about the user.";
        "badge_id" Id "The badge that is shown; 0 for none.";
        "raw" Raw "Types that are not named stay; an empty list removes one.";
        "annotations" Raw "The older form of `raw`.";

    /// What changes of a profile.
    PROFILE_CHANGE AnyWay "What is not given stays." refuses with_raw![TooLong EmptyText];
        "locale" Text "Such as `pt_PT`.";
        "timezone" Text "As the tz database names it.";
        "name" Text "The name that is shown.";
        "content" Content "The text about the user.";
        "badge_id" Id "The badge that is shown; 0 for none.";
        "raw" Raw "Types that are not named stay; an empty list removes one.";
        "annotations" Raw "The older form of `raw`.";

    /// A presence.
    PRESENCE AnyWay "The presence." refuses &[TooLong];
        "presence" Text "`online` without it; `offline`, `0` or `false` to leave.";
        "expiration" Number "When it ends, in seconds since 1970.";

    /// A stored app stream.
    NEW_STREAM JsonOnly "The stream." refuses &[NotJson, Missing, Invalid, TooLong, Refusal::PartitionInvalid, FilterNotFound];
        "type" [required] OneOf (&["long_poll", "webhook"]) "`webhook`: its events are posted to `url`.";
        "object_types" [required] Texts "What it listens for.";
        "key" Text "1 to 32 of `A-Za-z0-9_`; the server chooses one otherwise.";
        "filter_id" Id "The filter that its events have to pass.";
        "url" Text "Of a webhook: where its events are posted to.";
        "secret" Text "Of a webhook: 16 to 256 visible characters of ASCII that sign deliveries. It is shown nowhere.";
        "parameters" Text "Of a webhook: what a live stream would have in its address.";
        "is_enabled" Flag "Of a webhook: whether it is on.";

    /// What a stored app stream listens for.
    STREAM_TYPES AnyWay "One of these at least." refuses &[Missing, Invalid, TooLong, Refusal::PartitionInvalid, FilterNotFound];
        "object_types" Texts "The object types; they stay if something else is given alone.";
        "filter_id" Id "The filter; 0 for none.";
        "url" Text "Of a webhook: where its events are posted to.";
        "secret" Text "Of a webhook: 16 to 256 visible characters of ASCII that sign deliveries. It is shown nowhere.";
        "parameters" Text "Of a webhook: what a live stream would have in its address.";
        "is_enabled" Flag "Of a webhook: whether it is on.";

    /// The same, with the key beside it.
    STREAM_TYPES_WITH_KEY AnyWay "The key, and what changes." refuses &[Missing, Invalid, TooLong, Refusal::PartitionInvalid, FilterNotFound];
        "key" [required] Text "The key of the stream.";
        "object_types" Texts "The object types; they stay if something else is given alone.";
        "filter_id" Id "The filter; 0 for none.";
        "url" Text "Of a webhook: where its events are posted to.";
        "secret" Text "Of a webhook: 16 to 256 visible characters of ASCII that sign deliveries. It is shown nowhere.";
        "parameters" Text "Of a webhook: what a live stream would have in its address.";
        "is_enabled" Flag "Of a webhook: whether it is on.";

    /// Which events a stream receives.
    FILTER AnyWay "The whole filter." refuses &[Missing, Invalid, TooLong, FilterFieldUnknown, PatternInvalid, UnknownObjectType];
        "name" [required] Text "Up to 128 characters.";
        "match_policy" [required] OneOf (&["include_any", "include_all", "exclude_any", "exclude_all"]) "What becomes of events that clauses match.";
        "clauses" [required] Clauses "Up to 32; 4 of them with `matches`.";

    /// What a token is exchanged for.
    GRANT AnyWay "Which grant, and what it needs." refuses &[];
        "grant_type" [required] OneOf (&["authorization_code", "password", "client_credentials"]) "Which grant.";
        "client_id" Text "Or by HTTP Basic.";
        "client_secret" Text "Or by HTTP Basic.";
        "password_grant_secret" Text "Another name of `client_secret`.";
        "code" Text "Of the grant `authorization_code`.";
        "redirect_uri" Text "As it was sent before.";
        "code_verifier" Text "If there was a challenge.";
        "username" Text "Of the grant `password`: name or e-mail address.";
        "password" Text "Of the grant `password`.";
        "scope" Text "Of the grant `password`, with commas or blanks between.";

    /// A marker.
    MARKER_OBJECT AnyWay "One marker, or a list of up to 10: all are set, or none." refuses &[Missing, Invalid, TooLong, UnknownMarker];
        "name" [required] Text "`global`, `personal`, `mentions` or `channel:{id}`.";
        "id" [required] Id "The position.";
        "percentage" Number "How far it was read, 0 to 100.";

    /// A note.
    NOTE_OBJECT AnyWay "An object, or only the note as a JSON text; what is neither says nothing." refuses &[TooLong];
        "note" Text "Up to 128 characters, which only the caller sees.";
}

/// Markers.
pub const MARKERS: BodyForm = BodyForm {
    may_be_list: true,
    ..MARKER_OBJECT
};

/// A bookmark.
pub const BOOKMARK: BodyForm = BodyForm {
    may_be_anything: true,
    ..NOTE_OBJECT
};

/// A repost.
pub const REPOST: BodyForm = BodyForm {
    may_be_anything: true,
    ..REPOST_OBJECT
};
