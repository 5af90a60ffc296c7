//! Frames about a stream itself, for those that asked for them (`control=1`).
//!
//! Each has `meta` and `control` and nothing else: no `connection_id`, `data`, `subscription_ids` or `pong`, so that no
//! client takes one for a hello, an event or a pong.

use bytes::Bytes;
use serde::Serialize;

use super::compression::Coding;
use super::frame::whole_frame;
use super::goodbye::Goodbye;
use super::json::json;
use crate::model::Stamp;

#[derive(Serialize)]
struct ControlFrame<M, C> {
    meta: M,
    control: C,
}

#[derive(Serialize)]
struct BufferMeta {
    timestamp: i64,
}

#[derive(Serialize)]
struct Buffer {
    #[serde(rename = "type")]
    kind: &'static str,
    level: u64,
    lag_ms: u32,
}

#[derive(Serialize)]
struct CloseMeta {
    timestamp: i64,
    code: u16,
    error_slug: &'static str,
    error_message: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after_ms: Option<u32>,
    resumable: bool,
}

#[derive(Serialize)]
struct Close {
    #[serde(rename = "type")]
    kind: &'static str,
}

/// The queue of a stream holds so many percent of the bound beyond which the stream is closed, and its first byte has
/// waited for so long.
pub fn buffer_frame(at: Stamp, level: u64, lag_ms: u32, coding: Coding) -> Bytes {
    let frame = ControlFrame {
        meta: BufferMeta {
            timestamp: at.seconds(),
        },
        control: Buffer {
            kind: "buffer",
            level,
            lag_ms,
        },
    };
    whole_frame(&json(&frame), coding)
}

/// How the client of a closed stream may come back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WayBack {
    /// After so long; `None`: it would be closed or refused again.
    pub retry_after_ms: Option<u32>,
    /// The stream can be continued where it ended.
    pub resumable: bool,
}

/// The last frame before the close frame.
pub fn last_frame(at: Stamp, goodbye: Goodbye, way_back: WayBack, coding: Coding) -> Bytes {
    let frame = ControlFrame {
        meta: CloseMeta {
            timestamp: at.seconds(),
            code: goodbye.code(),
            error_slug: goodbye.slug(),
            error_message: goodbye.text(),
            retry_after_ms: way_back.retry_after_ms,
            resumable: way_back.resumable,
        },
        control: Close { kind: "close" },
    };
    whole_frame(&json(&frame), coding)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn payload(frame: &Bytes) -> Value {
        let header = if frame[1] < 126 { 2 } else { 4 };
        serde_json::from_slice(&frame[header..]).unwrap()
    }

    const NONE: WayBack = WayBack {
        retry_after_ms: None,
        resumable: false,
    };

    #[test]
    fn frames_about_a_stream_have_meta_and_control_only() {
        let at = Stamp::from_seconds(1_772_442_000);
        assert_eq!(
            payload(&buffer_frame(at, 83, 1200, Coding::Text)),
            json!({"meta": {"timestamp": 1_772_442_000},
                "control": {"type": "buffer", "level": 83, "lag_ms": 1200}})
        );
        assert_eq!(
            payload(&last_frame(
                at,
                Goodbye::Slow,
                WayBack {
                    retry_after_ms: Some(700),
                    ..NONE
                },
                Coding::Text
            )),
            json!({"meta": {"timestamp": 1_772_442_000, "code": 4008, "error_slug": "too-slow",
                "error_message": "too slow", "retry_after_ms": 700, "resumable": false},
                "control": {"type": "close"}})
        );
        for goodbye in Goodbye::ALL {
            let frame = payload(&last_frame(at, *goodbye, NONE, Coding::Text));
            for never in ["connection_id", "subscription_ids", "type", "id", "pong"] {
                assert!(frame["meta"].get(never).is_none(), "{frame}");
            }
            assert!(frame.get("data").is_none(), "{frame}");
        }
    }
}
