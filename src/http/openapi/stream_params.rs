//! Parameters of the addresses of streams.

use super::params::{Kind, Param, Set};

const fn param(name: &'static str, kind: Kind, text: &'static str) -> Param {
    Param {
        name,
        kind,
        text,
        is_required: false,
    }
}

const fn switch(name: &'static str, text: &'static str) -> Param {
    param(name, Kind::Flag(false), text)
}

/// How objects are shown, on both.
pub const DISPLAY: Set = &[
    param("include_html", Kind::Flag(true), "0: no `html` anywhere."),
    switch("include_raw", "1: `raw` of everything."),
    switch("include_message_raw", "1: `raw` of messages."),
    switch("include_user_raw", "1: `raw` of users."),
    switch("include_channel_raw", "1: `raw` of channels."),
    switch("include_post_raw", "1: `raw` of posts."),
    switch("include_file_raw", "1: `raw` of files."),
    switch("include_poll_raw", "1: `raw` of polls."),
    switch(
        "include_annotations",
        "1: raw as a list, of everything that has it.",
    ),
    switch(
        "include_message_annotations",
        "1: raw of messages as a list.",
    ),
    switch("include_user_annotations", "1: raw of users as a list."),
    switch(
        "include_channel_annotations",
        "1: raw of channels as a list.",
    ),
    switch("include_post_annotations", "1: raw of posts as a list."),
    switch("include_poll_annotations", "1: raw of polls as a list."),
    switch(
        "include_recent_message",
        "1: the newest message of channels.",
    ),
    switch(
        "include_bookmarked_by",
        "1: of posts, users that bookmarked them last; not in what is replayed.",
    ),
    switch(
        "include_reposted_by",
        "1: of posts, users that reposted them last; not in what is replayed.",
    ),
    switch(
        "include_timing",
        "1: `meta.timing` of events: when they passed through the server.",
    ),
    switch(
        "include_cursor",
        "1: `meta.cursor` of events and of the hello, to go on behind it.",
    ),
    switch(
        "control",
        "1: frames about the stream itself: how full its queue is, and why it is closed.",
    ),
    param(
        "compress",
        Kind::Choice,
        "zstd: all messages of the websocket are binary, each compressed by itself with the dictionary of \
         /sys/zstd-dictionary.",
    ),
];

/// Of a user stream.
pub const USER_STREAM: Set = &[
    param(
        "auto_delete",
        Kind::Choice,
        "0: the stream outlives its connection, and can be continued.",
    ),
    param(
        "connection_id",
        Kind::Text,
        "Continues this stream, which outlived its connection.",
    ),
    param(
        "cursor",
        Kind::Text,
        "The last cursor: what was missed since follows the hello. Refused (400) if it means nothing here.",
    ),
];

/// Of an app stream.
pub const APP_STREAM: Set = &[
    Param {
        is_required: true,
        ..param("key", Kind::Text, "The stored app stream.")
    },
    param(
        "cursor",
        Kind::Text,
        "The last cursor: what was missed since follows the hello. Refused (400) if it means nothing here.",
    ),
    param(
        "backfill",
        Kind::Number,
        "Without a cursor: begins so many seconds ago.",
    ),
    param(
        "channel_ids",
        Kind::Ids,
        "Of events of channels, only those of these; up to 200, else 400.",
    ),
    param(
        "user_ids",
        Kind::Ids,
        "Of events with an acting user, only those of these; up to 200, else 400.",
    ),
    param(
        "channel_types",
        Kind::Texts,
        "Of messages and channels, only those of channels of these types.",
    ),
    param("file_types", Kind::Texts, "Of files, only these types."),
    param(
        "include_incomplete",
        Kind::Flag(true),
        "0: no files without contents.",
    ),
    param("include_private", Kind::Flag(true), "0: no private files."),
    param(
        "include_deleted",
        Kind::Flag(true),
        "0: no deletions of messages and posts.",
    ),
    param(
        "filter_id",
        Kind::Id,
        "A stored filter, in place of the one of the stream.",
    ),
    param(
        "partition",
        Kind::Number,
        "With `partitions`: which part of the stream, from 0.",
    ),
    param(
        "partitions",
        Kind::Number,
        "In how many parts the stream is received, 1 to 64.",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actors::shard::control::Control;
    use crate::protocol::query::{Query, Watch};
    use crate::protocol::render_class::RenderClass;

    #[test]
    fn each_display_parameter_that_is_read_is_described() {
        let watch = Watch {
            of: ("", ""),
            read: |_, name| {
                let mut known = DISPLAY.iter();
                assert!(known.any(|param| param.name == name), "{name}");
            },
        };
        let query = Query::parse("").watched(watch);
        let none = RenderClass::from_query(&query);
        assert!(!Control::from_query(&query).is_asked());
        // And each that is described is read.
        let elsewhere = ["control", "compress"];
        for param in DISPLAY
            .iter()
            .filter(|param| !elsewhere.contains(&param.name))
        {
            let flag = format!(
                "{}={}",
                param.name,
                u8::from(param.kind != Kind::Flag(true))
            );
            let class = RenderClass::from_query(&Query::parse(&flag));
            assert_ne!(class, none, "{}", param.name);
        }
    }
}
