//! Presence and streams.

use super::super::answers::{NOTHING, list, one, page};
use super::super::bodies::{
    FILTER, NEW_STREAM, PRESENCE as PRESENCE_BODY, STREAM_TYPES, STREAM_TYPES_WITH_KEY,
};
use super::super::described::{Group, delete, get, post, put};
use super::super::params::{
    EVERYWHERE, NOT_FOLLOWED, PAGE, PRESENCE as PRESENCE_FIELDS, STREAM_KEY,
};
use super::super::shapes::{
    AppStream, ClosedStream, DeadLetter, EventFilter, OpenStream, Presence,
};
use crate::model::Refusal;
use crate::model::Refusal::{
    ChannelInactive, FilterInUse, FilterLimit, HookUrlRefused, NoAccess, NotFound, NotWebhook,
    StreamKeyTaken, StreamLimit, StreamNotFound, StreamsInUse, UnknownObjectType,
};

/// Who is there.
pub(super) const PRESENCE: Group = Group {
    tag: "Presence",
    text: "Who is there, in all and in a channel. A presence is a text; it expires.",
    routes: &[
        get("/presence", "Users that are not offline")
            .text("The highest id first, in pages of 200 unless `count` says less.")
            .takes(&[PAGE, NOT_FOLLOWED])
            .gives(&[page::<Presence>()]),
        get("/users/{user_id}/presence", "The presence of a user").gives(&[one::<Presence>()]),
        get("/presence/{user_id}", "The presence of a user")
            .older()
            .gives(&[one::<Presence>()]),
        put(
            "/users/{user_id}/presence",
            "Set the presence of the caller",
        )
        .takes(&[PRESENCE_FIELDS, EVERYWHERE])
        .body(&PRESENCE_BODY)
        .gives(&[one::<Presence>()])
        .refuses(&[NoAccess]),
        get(
            "/channels/{channel_id}/presence",
            "Users present in a channel",
        )
        .takes(&[PAGE, NOT_FOLLOWED])
        .gives(&[page::<Presence>()]),
        get(
            "/users/{user_id}/presence/channels/{channel_id}",
            "The presence of a user in a channel",
        )
        .gives(&[one::<Presence>()]),
        put(
            "/users/{user_id}/presence/channels/{channel_id}",
            "Set the presence of the caller in a channel",
        )
        .takes(&[PRESENCE_FIELDS])
        .body(&PRESENCE_BODY)
        .gives(&[one::<Presence>()])
        .refuses(&[NoAccess, ChannelInactive]),
    ],
};

/// What may be wrong with a new stream.
const HOOK_MADE: &[Refusal] = &[
    StreamKeyTaken,
    StreamLimit,
    UnknownObjectType,
    HookUrlRefused,
    StreamsInUse,
];

/// With one that changes.
const HOOK_CHANGED: &[Refusal] = &[UnknownObjectType, HookUrlRefused, NotWebhook, StreamsInUse];

/// The same, where the body has its key.
const HOOK_CHANGED_BY_KEY: &[Refusal] = &[
    StreamNotFound,
    UnknownObjectType,
    HookUrlRefused,
    NotWebhook,
    StreamsInUse,
];

/// Streams of events.
pub(super) const STREAMS: Group = Group {
    tag: "Streams of events",
    text: "Stored app streams and filters of their events, open streams, and ends of user streams. The streams themselves begin at `/v1/app` and `/v1/user`: websockets, or answers that go on.",
    routes: &[
        get("/streams", "Stored app streams")
            .takes(&[STREAM_KEY])
            .gives(&[list::<AppStream>()]),
        post("/streams", "Store an app stream")
            .text("One of type `webhook` is posted to its `url` from then on.")
            .body(&NEW_STREAM)
            .gives(&[one::<AppStream>().when("What was made.")])
            .refuses(HOOK_MADE),
        put("/streams", "Change an app stream by its key")
            .older()
            .body(&STREAM_TYPES_WITH_KEY)
            .gives(&[one::<AppStream>()])
            .refuses(HOOK_CHANGED_BY_KEY),
        delete("/streams", "Delete all app streams").gives(&[list::<AppStream>()]),
        get("/streams/{stream_key}", "One app stream").gives(&[one::<AppStream>()]),
        put("/streams/{stream_key}", "Change an app stream")
            .text("Open connections keep what they had; a webhook goes on with what is new.")
            .body(&STREAM_TYPES)
            .gives(&[one::<AppStream>()])
            .refuses(HOOK_CHANGED),
        delete("/streams/{stream_key}", "Delete an app stream")
            .text("Its connections are closed.")
            .gives(&[one::<AppStream>()]),
        get("/streams/{stream_key}/dead_letters", "Dead letters of a webhook")
            .text("Deliveries that were given up, the oldest first, 200 at most.")
            .gives(&[list::<DeadLetter>()]),
        delete(
            "/streams/{stream_key}/dead_letters",
            "Delete all dead letters of a webhook",
        )
        .gives(&[list::<DeadLetter>()]),
        post(
            "/streams/{stream_key}/dead_letters/replay",
            "Deliver all dead letters of a webhook again",
        )
        .text("One attempt each, with the rights of today.")
        .gives(&[list::<DeadLetter>()]),
        delete(
            "/streams/{stream_key}/dead_letters/{dead_letter_id}",
            "Delete a dead letter",
        )
        .gives(&[one::<DeadLetter>()]),
        post(
            "/streams/{stream_key}/dead_letters/{dead_letter_id}/replay",
            "Deliver a dead letter again",
        )
        .text("One attempt, with the rights of today.")
        .gives(&[one::<DeadLetter>()]),
        get("/filters", "Filters of the token")
            .text("Of an app token those of the app, of a user token those that the user made with the app.")
            .gives(&[list::<EventFilter>()]),
        post("/filters", "Store a filter")
            .body(&FILTER)
            .gives(&[one::<EventFilter>().when("What was made.")])
            .refuses(&[FilterLimit]),
        delete("/filters", "Delete all filters of the token")
            .gives(&[list::<EventFilter>()])
            .refuses(&[FilterInUse]),
        get("/filters/{filter_id}", "One filter").gives(&[one::<EventFilter>()]),
        put("/filters/{filter_id}", "Replace a filter")
            .text("Open connections keep what they had.")
            .body(&FILTER)
            .gives(&[one::<EventFilter>()]),
        delete("/filters/{filter_id}", "Delete a filter")
            .gives(&[one::<EventFilter>()])
            .refuses(&[FilterInUse]),
        get("/apps/me/streams", "Open streams of the app")
            .text("The newest first, 200 at most.")
            .gives(&[list::<OpenStream>()]),
        get("/apps/me/streams/log", "Streams of the app that ended")
            .text("The last 32, the newest first.")
            .gives(&[list::<ClosedStream>()]),
        get("/users/me/streams", "Open user streams of the caller")
            .text("Those of the same app, the newest first, 200 at most.")
            .gives(&[list::<OpenStream>()]),
        get("/users/me/streams/log", "User streams of the caller that ended")
            .text("Those of the same app, the last 32, the newest first.")
            .gives(&[list::<ClosedStream>()]),
        delete("/users/me/streams/{connection_id}", "Close a user stream")
            .gives(&[NOTHING])
            .refuses(&[NotFound, StreamNotFound]),
        delete(
            "/users/me/streams/{connection_id}/{subscription_id}",
            "End a subscription",
        )
        .gives(&[NOTHING])
        .refuses(&[NotFound, StreamNotFound]),
    ],
};
