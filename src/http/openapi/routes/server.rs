//! Feeds, and the server itself.

use super::super::answers::{KNOWN, OCTETS, RSS, bare, value};
use super::super::described::{Group, get};
use super::super::params::{
    ACTORS, CHANNEL_LISTS, CHANNEL_SEARCH, EMBEDDING, MESSAGE_LISTS, PAGE, POST_LISTS, POST_SEARCH,
    TEMPLATE, TEXT_SEARCH,
};
use super::super::server_shapes::{actors, config, document, embedded, stats};
use crate::model::Refusal::{
    FileNotFound, Invalid, Missing, NotFound, PostNotFound, SearchTooBroad, TokenRequired, TooLong,
    WrongTokenKind, WrongType,
};

/// Feeds.
pub(super) const FEEDS: Group = Group {
    tag: "Feeds",
    text: "Lists for feed readers and other sites. Feeds of posts show what a stranger sees, with any token.",
    routes: &[
        get(
            "/feed/rss/users/{user_id}/posts",
            "Posts and reposts of a user, as RSS",
        )
        .takes(&[PAGE, POST_LISTS, TEMPLATE])
        .gives(&[RSS])
        .refuses(&[Invalid, TooLong]),
        get("/feed/rss/posts/tags/{tag}", "Posts with a tag, as RSS")
            .takes(&[PAGE, POST_LISTS, TEMPLATE])
            .gives(&[RSS])
            .refuses(&[Invalid, TooLong]),
        get(
            "/feed/rss/posts/search",
            "Posts that a search finds, as RSS",
        )
        .takes(&[PAGE, POST_LISTS, TEXT_SEARCH, POST_SEARCH, TEMPLATE])
        .gives(&[RSS])
        .refuses(&[Invalid, TooLong, SearchTooBroad, WrongType, TokenRequired]),
        get(
            "/feed/rss/posts/streams/explore/{slug}",
            "A predefined stream of posts, as RSS",
        )
        .takes(&[PAGE, POST_LISTS, TEMPLATE])
        .gives(&[RSS])
        .refuses(&[NotFound, Invalid, TooLong, SearchTooBroad]),
        get(
            "/feed/rss/channels/{channel_id}/messages",
            "Messages of a channel, as RSS",
        )
        .takes(&[PAGE, MESSAGE_LISTS, TEMPLATE])
        .gives(&[RSS])
        .refuses(&[Invalid, TooLong]),
        get(
            "/feed/rss/channels/search",
            "Channels that a search finds, as RSS",
        )
        .takes(&[PAGE, CHANNEL_LISTS, CHANNEL_SEARCH, TEMPLATE])
        .gives(&[RSS])
        .refuses(&[
            Invalid,
            TooLong,
            SearchTooBroad,
            WrongType,
            TokenRequired,
            WrongTokenKind,
        ]),
        get("/oembed", "A post or a file, for other sites")
            .text("oEmbed 1.0, JSON only. Files are public pictures, sounds and films.")
            .takes(&[EMBEDDING])
            .gives(&[bare(embedded)])
            .refuses(&[Missing, Invalid, NotFound, PostNotFound, FileNotFound]),
    ],
};

/// The server itself.
pub(super) const SERVER: Group = Group {
    tag: "The server",
    text: "What the server is and how it does.",
    routes: &[
        get("/openapi.json", "This document")
            .text("OpenAPI 3.1, without the envelope.")
            .gives(&[bare(document), KNOWN]),
        get("/asyncapi.json", "The streams as a document")
            .text(
                "AsyncAPI 3, without the envelope: the two websockets and all that is sent there.",
            )
            .gives(&[bare(document), KNOWN]),
        get("/sys/config", "Limits in force").gives(&[value(config)]),
        get("/sys/stats", "Numbers of the server")
            .text("At most a minute old.")
            .gives(&[value(stats)]),
        get(
            "/sys/zstd-dictionary",
            "The dictionary of compressed streams",
        )
        .text("For websockets with `compress=zstd`. Its id is its `ETag`, and in each message.")
        .gives(&[OCTETS, KNOWN]),
        get("/sys/actors", "Numbers of actors")
            .text("For requests made on the machine itself; to others there is no such route.")
            .takes(&[ACTORS])
            .gives(&[value(actors)])
            .refuses(&[NotFound, Invalid]),
    ],
};
