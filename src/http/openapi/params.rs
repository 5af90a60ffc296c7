//! Parameters of addresses, in sets that routes share: each handler reads whole sets, so a route names sets.
//!
//! Values that are not understood are ignored, unless the text of a parameter says that they are refused.

/// What a parameter looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `1` or `0`; the value is what counts without it.
    Flag(bool),
    /// `1` or `0`; without it there is no filter.
    Choice,
    /// Any text.
    Text,
    /// A whole number.
    Number,
    /// A number of items of a page.
    Count,
    /// The id of an object.
    Id,
    /// An id, or a marker word.
    Position,
    /// A user: id, `@name` or `me`.
    User,
    /// Texts, with commas between.
    Texts,
    /// Ids, with commas between.
    Ids,
    /// Users, with commas between.
    Users,
    /// A date, with or without a time.
    Moment,
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// Some of these words, with commas between.
    SomeOf(&'static [&'static str]),
}

/// A parameter of the query.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Param {
    /// Its name. `{id}` in it: there is one for each id of the call.
    pub name: &'static str,
    /// What it looks like.
    pub kind: Kind,
    /// What it does.
    pub text: &'static str,
    /// The call is refused without it.
    pub is_required: bool,
}

/// Parameters that are read together.
pub type Set = &'static [Param];

macro_rules! need {
    () => {
        false
    };
    (required) => {
        true
    };
}

macro_rules! sets {
    ($($(#[$doc:meta])* $set:ident: $($name:literal $([$need:ident])? $kind:ident $(($($of:tt)+))? $text:literal;)+)+) => {$(
        $(#[$doc])*
        pub const $set: Set = &[$(Param {
            name: $name,
            kind: Kind::$kind$(($($of)+))?,
            text: $text,
            is_required: need!($($need)?),
        },)+];
    )+};
}

const KINDS_OF_FILES: &[&str] = &["image", "video", "audio", "other"];

const KINDS_OF_USERS: &[&str] = &["human", "feed", "bot"];

const ACTIONS: &[&str] = &["bookmark", "repost", "reply", "follow", "poll_response"];

/// Why something is reported.
pub const REASONS: &[&str] = &["account_type", "nsfw", "soliciting", "user_abuse"];

sets! {
    /// Every call of a user may carry these.
    EVERYWHERE:
        "update_presence" Text "Sets the presence of the caller, if the token has the scope `presence`.";
        "update_presence_expiration" Number "When that presence ends, in seconds since 1970.";

    /// Calls that a user stream can subscribe to.
    SUBSCRIBES:
        "connection_id" Text "Subscribes this user stream of the caller to what the call reads.";
        "subscription_id" Text "The id that the subscription gets: 1 to 64 of `A-Za-z0-9_-`, else 400.";

    /// A list of ids, without which the call is refused.
    IDS:
        "ids" [required] Ids "Up to 200 ids.";

    /// A list of users.
    USER_IDS:
        "ids" [required] Users "Up to 200 users: ids, `@name` or `me`.";

    /// A list of ids that narrows.
    OPTIONAL_IDS:
        "ids" Ids "Up to 200 ids.";

    /// Pages of a list.
    PAGE:
        "since_id" Position "Only what is after this pagination id; marker words where the list has a marker.";
        "before_id" Position "Only what is before this pagination id; marker words where the list has a marker.";
        "count" Count "Items of the page, 1 to 200; a negative number takes the oldest instead of the newest.";

    /// Users embedded in other objects.
    EMBEDDED_USER:
        "include_user" Flag (true) "0: only `user_id`.";
        "include_html" Flag (true) "0: no `html` anywhere; overrides the narrower parameters.";
        "include_user_html" Flag (true) "0: no `html` of users.";
        "include_counts" Flag (true) "0: no `counts` of users.";
        "include_raw" Flag (false) "1: `raw` of everything; adds to the narrower parameters.";
        "include_user_raw" Flag (false) "1: `raw` of users.";
        "include_annotations" Flag (false) "1: raw as a list, of everything.";
        "include_user_annotations" Flag (false) "1: raw of users as a list.";
        "include_presence" Flag (false) "1: `presence` of users.";

    /// The app that something was made with.
    SOURCE:
        "include_client" Flag (true) "0: `source` is only the id of the app.";

    /// Posts.
    POSTS:
        "include_post_html" Flag (true) "0: no `html` of posts.";
        "include_post_raw" Flag (false) "1: `raw` of posts.";
        "include_post_annotations" Flag (false) "1: raw of posts as a list.";
        "include_bookmarked_by" Flag (false) "1: ten of the users that bookmarked a post.";
        "include_reposted_by" Flag (false) "1: ten of the users that reposted a post.";
        "include_muted" Flag (false) "1: with users that the caller muted, in these two.";

    /// Messages.
    MESSAGES:
        "include_message_html" Flag (true) "0: no `html` of messages.";
        "include_message_raw" Flag (false) "1: `raw` of messages.";
        "include_message_annotations" Flag (false) "1: raw of messages as a list.";

    /// Channels.
    CHANNELS:
        "include_channel_raw" Flag (false) "1: `raw` of channels.";
        "include_channel_annotations" Flag (false) "1: raw of channels as a list.";
        "include_recent_message" Flag (false) "1: the newest message of each channel.";
        "include_limited_users" Flag (false) "1: `users` beside the `user_ids` of an ACL.";
        "include_marker" Flag (false) "1: the stream marker of the caller.";

    /// Files.
    FILES:
        "include_file_raw" Flag (false) "1: `raw` of files.";

    /// Polls.
    POLLS:
        "include_poll_raw" Flag (false) "1: `raw` of polls.";
        "include_poll_annotations" Flag (false) "1: raw of polls as a list.";

    /// The stream marker of a list of posts.
    MARKER:
        "include_marker" Flag (false) "1: the stream marker of the list, in `meta`.";

    /// Lists of posts.
    POST_LISTS:
        "include_deleted" Flag (true) "0: without deleted posts.";
        "include_replies" Flag (true) "0: without replies.";
        "include_mention_posts" Flag (true) "0: without posts that mention users.";
        "include_directed_posts" Flag (true) "0: without posts that begin with mentions of others whom the caller does not follow.";
        "include_muted" Flag (false) "1: with posts of users that the caller muted.";

    /// Mentions.
    COPIES:
        "include_copy_mentions" Flag (true) "0: without posts that only copy the mention.";

    /// Lists of messages.
    MESSAGE_LISTS:
        "include_deleted" Flag (true) "0: without deleted messages.";
        "include_muted" Flag (false) "1: with messages of users that the caller muted.";

    /// Messages of the caller.
    DELETED:
        "include_deleted" Flag (true) "0: without deleted messages.";

    /// Where reading or writing moves a marker.
    MOVES_MARKER:
        "update_marker" Flag (false) "1: moves the marker of the caller forward.";

    /// Lists of channels.
    CHANNEL_LISTS:
        "channel_types" Texts "Only channels of these types.";
        "exclude_channel_types" Texts "Without channels of these types.";
        "include_inactive" Flag (false) "1: with channels that are deactivated.";
        "include_read" Flag (true) "0: only channels with unread messages.";

    /// Which channels of the caller are counted.
    COUNTED_TYPES:
        "channel_types" Texts "Up to 10 types, else 400; private messages without it.";

    /// The search for channels.
    CHANNEL_SEARCH:
        "q" Text "Words, up to 512 characters, else 400; all of them must be found.";
        "order" OneOf (&["activity", "id", "popularity"]) "`activity` without it.";
        "categories" Texts "Chat rooms of one of these categories.";
        "owner_id" User "Only channels of this user, or of `me`; refused if it names none.";
        "is_public" Choice "1: that can be read without an account; 0: the others.";
        "is_private" Choice "The older form of `is_public`, the other way round.";
        "raw_types" Texts "With raw of one of these types.";
        "file_id" Id "With this file in their raw.";
        "created_after" Moment "Only what was made after; refused if it is no date.";
        "created_before" Moment "Only what was made before; refused if it is no date.";

    /// Where the messages of a search are.
    IN_CHANNELS:
        "channel_ids" [required] Texts "Up to 200 channels; `pm` stands for all private messages of the caller.";

    /// What the searches for posts and for messages share.
    TEXT_SEARCH:
        "q" Text "Words, up to 512 characters, else 400; all of them must be found.";
        "order" OneOf (&["relevance", "id"]) "`relevance` with `q`.";
        "client_id" Text "Written with this app.";
        "creator_id" User "Written by this user, or by `me`; refused if it names none.";
        "user_types" SomeOf (KINDS_OF_USERS) "Written by accounts of these types; refused if none is known.";
        "created_after" Moment "Only what was made after; refused if it is no date.";
        "created_before" Moment "Only what was made before; refused if it is no date.";
        "reply_to" Id "Direct replies; refused if it is no id.";
        "thread_id" Id "Of this thread; refused if it is no id.";
        "is_reply" Choice "1: replies; 0: the others.";
        "is_nsfw" Choice "1: what is not safe for work; 0: the others.";
        "tags" Texts "With one of these tags.";
        "mentions" Users "That mention one of these users.";
        "leading_mentions" Users "That begin with a mention of one of these users.";
        "urls" Texts "With one of these links.";
        "url_domains" Texts "With a link to one of these hosts.";
        "raw_types" Texts "With raw of one of these types.";
        "file_id" Id "With this file in their raw.";
        "file_kinds" SomeOf (KINDS_OF_FILES) "With a file or embedded media of this kind.";
        "poll_id" Id "With this poll in their raw.";

    /// The search for messages.
    MESSAGE_SEARCH:
        "is_sticky" Choice "1: sticky messages; 0: the others.";

    /// The search for posts.
    POST_SEARCH:
        "exclude_user_ids" Users "Not by these users.";
        "has_mentions" Choice "1: that mention users; 0: the others.";
        "is_directed" Choice "1: that begin with a mention; 0: the others.";
        "is_revised" Choice "1: that were revised; 0: the others.";
        "links" Texts "The older form of `urls`.";
        "link_domains" Texts "The older form of `url_domains`.";

    /// The search for users.
    USER_SEARCH:
        "q" Text "Words, up to 512 characters, else 400; all of them must be found.";
        "order" OneOf (&["relevance", "id"]) "`relevance` with `q`.";
        "user_types" SomeOf (KINDS_OF_USERS) "Accounts of these types; refused if one is unknown.";
        "types" SomeOf (KINDS_OF_USERS) "The older form of `user_types`.";
        "locale" Text "With this locale.";
        "timezone" Text "In this time zone.";
        "is_follower" Choice "Whether they follow the caller.";
        "is_following" Choice "Whether the caller follows them.";
        "created_after" Moment "Only what was made after; refused if it is no date.";
        "created_before" Moment "Only what was made before; refused if it is no date.";

    /// Lists of followed and following users.
    FOLLOWS:
        "order" OneOf (&["followed_at", "id", "last_post_id"]) "`followed_at` without it.";

    /// Lists of interactions.
    INTERACTIONS:
        "filters" SomeOf (ACTIONS) "Only these actions.";
        "exclude" SomeOf (ACTIONS) "Without these actions; ignored with `filters`.";
        "include_muted" Flag (false) "1: with users that the caller muted.";

    /// Lists of files.
    FILE_LISTS:
        "file_types" Texts "Only files of these types.";
        "exclude_file_types" Texts "Without files of these types; ignored with `file_types`.";
        "mime_types" Texts "Only files of these MIME types.";
        "include_incomplete" Flag (true) "0: without files that have no contents.";
        "include_private" Flag (true) "0: without private files.";

    /// The key to a file of another user.
    FILE_TOKEN:
        "file_token" Text "The token of the file: with it, the call may do what its owner may.";
        "file_token_read" Text "The token for reading the file.";

    /// The keys to files of other users.
    FILE_TOKENS:
        "file_token_{id}" Text "The token of the file with this id.";
        "file_token_read_{id}" Text "The token for reading the file with this id.";

    /// What becomes of a photograph.
    EXIF:
        "process_image_exif" Flag (true) "0: a photograph keeps its orientation and what its camera wrote into it.";

    /// Lists of polls.
    POLL_LISTS:
        "poll_types" Texts "Only polls of these types.";
        "exclude_poll_types" Texts "Without polls of these types.";
        "include_closed" Flag (true) "0: only polls that are open.";
        "include_private" Flag (true) "0: only public polls.";

    /// The search for polls.
    POLL_SEARCH:
        "order" OneOf (&["id", "closed_at"]) "`id` without it.";
        "creator_id" User "Polls of this user, or of `me`; refused if it names none.";
        "poll_types" Texts "Only polls of these types.";
        "exclude_poll_types" Texts "Without polls of these types.";
        "raw_types" Texts "With raw of one of these types.";
        "file_id" Id "With this file in their raw.";
        "is_anonymous" Choice "1: anonymous ones; 0: the others.";
        "is_closed" Choice "1: closed ones; 0: the others.";
        "is_public" Choice "1: public ones; 0: the others.";
        "you_responded" Choice "Whether the caller answered.";
        "include_muted" Flag (false) "1: with polls of users that the caller muted.";
        "created_after" Moment "Only what was made after; refused if it is no date.";
        "created_before" Moment "Only what was made before; refused if it is no date.";

    /// The key to a poll.
    POLL_TOKEN:
        "poll_token" Text "The token of the poll.";

    /// The keys to polls.
    POLL_TOKENS:
        "poll_token_{id}" Text "The token of the poll with this id.";

    /// An answer in the address.
    POSITIONS:
        "positions" Texts "The positions of the chosen options, if the body does not say them.";

    /// What a form says too.
    NOTE:
        "note" Text "The note, if the body does not say it.";

    /// What a form says too.
    NSFW:
        "is_nsfw" Flag (false) "1: not safe for work.";

    /// What a form says too.
    REASON:
        "reason" OneOf (REASONS) "The reason, if the body does not say it.";

    /// What a form says too.
    PRESENCE:
        "presence" Text "The presence, if the body does not say it.";
        "expiration" Number "When it ends, if the body does not say it.";

    /// Sizes of a picture; they go along with the redirect.
    SIZES:
        "w" Number "Pixels that the picture is to be wide.";
        "h" Number "Pixels that the picture is to be high.";

    /// The key of an app stream.
    STREAM_KEY:
        "key" Text "Only the stream with this key.";

    /// Presence on streams.
    NOT_FOLLOWED:
        "include_not_followed" Flag (false) "1: the subscription hears of users that the caller does not follow, too.";

    /// Setting markers.
    RESET:
        "reset_read_id" Flag (false) "1: `last_read_id` may move backwards too.";

    /// Reading markers.
    MARKER_NAMES:
        "names" Texts "Up to 200 markers: `global`, `personal`, `mentions`, `channel:{id}`; the first three without it.";

    /// The key to announced files.
    PROVISIONING:
        "provisioning_token" Text "The token of the announcement; nothing is there without it.";

    /// What a text is processed as.
    OBJECT_TYPE:
        "object_type" OneOf (&["post", "message"]) "What the text is of: its length is bounded so. Another word is refused.";

    /// Links of a feed.
    TEMPLATE:
        "uri_template" Text "The links of the items, up to 512 characters, with `{post_id}` and the like; refused if it is no web address.";

    /// oEmbed.
    EMBEDDING:
        "url" [required] Text "The address of a post of this server.";
        "format" OneOf (&["json"]) "Another format than `json` is refused.";

    /// Numbers of actors.
    ACTORS:
        "kind" Text "Numbers of each actor of this kind; refused if it is unknown.";
        "order" Text "The number that comes first; refused if it is unknown.";
        "count" Number "Rows, 1 to 1000; 20 without it.";
}
