//! Frames that are no events: the hello, gaps, answers to signs of life, frames about the stream.

use serde_json::{Value, json};

use super::parts::{Field, Message, Service, field, object};
use crate::protocol::goodbye::Goodbye;

/// A frame with only `meta`.
fn of_meta(meta: Value) -> Value {
    object([("meta", meta)], [])
}

fn text() -> Value {
    json!({"type": "string"})
}

fn number() -> Value {
    json!({"type": "integer"})
}

fn cursor() -> Value {
    field(
        "string",
        "A place in the log, opaque: everything up to here was received.",
    )
}

/// All of them.
pub(super) fn frames(service: Service) -> [(&'static str, Message); 5] {
    [
        (
            "hello",
            Message {
                title: "The hello",
                text: "The first frame of every stream.",
                payload: hello(service),
            },
        ),
        (
            "gap",
            Message {
                title: "A gap",
                text: "What is behind `from`, up to `to`, cannot be read any more. The rest follows on the same connection.",
                payload: gap(),
            },
        ),
        (
            "pong",
            Message {
                title: "The answer to a sign of life",
                text: "To each text or binary frame.",
                payload: of_meta(object([("pong", json!({"const": 1}))], [])),
            },
        ),
        (
            "buffer",
            Message {
                title: "A warning",
                text: "With `control=1`: the client reads too slowly, and will be closed (4008) when the level has reached 100 for a while.",
                payload: warning(),
            },
        ),
        (
            "close",
            Message {
                title: "The last frame",
                text: "With `control=1`, before the close frame: why the stream is closed.",
                payload: about("close", last_meta(), Vec::new()),
            },
        ),
    ]
}

/// A frame about the stream.
fn about(kind: &str, meta: Value, more: Vec<Field<'_>>) -> Value {
    let kind = ("type", json!({"const": kind}));
    let control = object([kind].into_iter().chain(more), []);
    object([("meta", meta), ("control", control)], [])
}

fn warning() -> Value {
    let meta = object([("timestamp", number())], []);
    let level = field("integer", "What waits, in percent of the bound.");
    let lag = field("integer", "The age of the oldest byte that waits.");
    about("buffer", meta, vec![("level", level), ("lag_ms", lag)])
}

fn last_meta() -> Value {
    let codes: Vec<u16> = Goodbye::ALL.iter().map(|goodbye| goodbye.code()).collect();
    let slugs: Vec<&str> = Goodbye::ALL.iter().map(|goodbye| goodbye.slug()).collect();
    object(
        [
            ("timestamp", number()),
            ("code", json!({"type": "integer", "enum": codes})),
            ("error_slug", json!({"type": "string", "enum": slugs})),
            ("error_message", text()),
            (
                "resumable",
                field(
                    "boolean",
                    "The stream can be continued behind its last cursor.",
                ),
            ),
        ],
        [(
            "retry_after_ms",
            field(
                "integer",
                "When to connect again; absent where that is of no use.",
            ),
        )],
    )
}

fn hello(service: Service) -> Value {
    let stream = match service {
        Service::User => object(
            [("endpoint", text())],
            [
                (
                    "resumed",
                    field(
                        "boolean",
                        "There if a stream was to be continued: whether it is.",
                    ),
                ),
                (
                    "replayed",
                    field(
                        "integer",
                        "How many events follow because they were missed. Missing if too many had to be looked at.",
                    ),
                ),
                (
                    "dropped",
                    json!({
                        "type": "array",
                        "description": "Subscriptions that may not be continued, with the slug of the reason.",
                        "items": object([("subscription_id", text()), ("error_slug", text())], []),
                    }),
                ),
            ],
        ),
        Service::App => object(
            [
                ("key", text()),
                ("endpoint", text()),
                ("object_types", json!({"type": "array", "items": text()})),
            ],
            [],
        ),
    };
    of_meta(object(
        [("connection_id", text()), ("stream", stream)],
        [("cursor", cursor())],
    ))
}

fn gap() -> Value {
    let backfill = json!({
        "type": "array",
        "description": "Endpoints that show what subscriptions lack.",
        "items": object([("subscription_id", text()), ("path", text())], []),
    });
    let gap = object(
        [
            ("from", cursor()),
            ("to", cursor()),
            (
                "reason",
                json!({"type": "string", "enum": ["trimmed", "unreadable"]}),
            ),
        ],
        [("backfill", backfill)],
    );
    of_meta(object([("gap", gap), ("cursor", cursor())], []))
}
