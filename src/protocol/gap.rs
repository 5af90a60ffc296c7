//! The frame that says what a stream lacks: events that cannot be read any more.

use bytes::Bytes;
use serde::Serialize;

use super::compression::Coding;
use super::cursor::Cursor;
use super::frame::whole_frame;
use super::json::json;
use super::object::endpoint;
use crate::event::{GapCause, Topic};

#[derive(Serialize)]
struct GapFrame<'a> {
    meta: GapMeta<'a>,
}

#[derive(Serialize)]
struct GapMeta<'a> {
    gap: GapObject<'a>,
    /// The stream goes on behind the gap.
    cursor: String,
}

#[derive(Serialize)]
struct GapObject<'a> {
    from: String,
    to: String,
    reason: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    backfill: Vec<Backfill<'a>>,
}

#[derive(Serialize)]
struct Backfill<'a> {
    subscription_id: &'a str,
    path: String,
}

/// The frame of a gap behind `from`, up to `to`, with the endpoints that show what its subscriptions lack.
pub fn gap_frame<'a>(
    from: &Cursor,
    to: &Cursor,
    cause: GapCause,
    subscriptions: impl Iterator<Item = (&'a str, Topic)>,
    coding: Coding,
) -> Bytes {
    let backfill = subscriptions.filter_map(|(subscription_id, topic)| {
        Some(Backfill {
            subscription_id,
            path: path_of(topic)?,
        })
    });
    let frame = GapFrame {
        meta: GapMeta {
            gap: GapObject {
                from: from.to_string(),
                to: to.to_string(),
                reason: reason(cause),
                backfill: backfill.collect(),
            },
            cursor: to.to_string(),
        },
    };
    whole_frame(&json(&frame), coding)
}

fn reason(cause: GapCause) -> &'static str {
    match cause {
        GapCause::Trimmed => "trimmed",
        GapCause::Unreadable | GapCause::UnreadableRights => "unreadable",
    }
}

/// Presence is not in the log, so nothing of it is missed.
fn path_of(topic: Topic) -> Option<String> {
    let is_presence = matches!(topic, Topic::ChannelPresence(_) | Topic::Presence);
    (!is_presence).then(|| endpoint(topic))
}
