//! Between an event and its row. The columns `v` and `kind` say whether this program can read the body.

use serde::Deserialize;

use crate::event::{Event, Payload, Pos, Timestamps};
use crate::model::Stamp;
use crate::store::Failure;
use crate::store::db::to_json;

/// The form in which bodies are written: the event alone, as JSON.
pub(super) const FORM: i32 = 2;

/// Form 1, from before migration 0008: the body in an envelope. Rows of it are gone after the retention time.
#[derive(Deserialize)]
struct Enveloped {
    body: Payload,
}

/// A row as it is read.
#[derive(Debug, diesel::Queryable)]
pub(super) struct Row {
    pub(super) pos: i64,
    at: i64,
    v: i32,
    kind: String,
    body: String,
}

/// Why a row is not readable.
#[derive(Debug)]
enum Unreadable {
    /// A newer program wrote it.
    Form,
    /// A newer program wrote it.
    Kind,
    /// The body is damaged, or holds a value that this program does not know.
    Payload(serde_json::Error),
}

/// The body of a row.
pub(super) fn write(event: &Event) -> Result<String, Failure> {
    to_json(&event.payload)
}

/// The event of a row. `None`: it cannot be read, by this program at least; that is logged here, without the body.
pub(super) fn read(row: &Row) -> Option<Event> {
    match parse(row) {
        Ok(body) => Some(Event {
            pos: Some(Pos(row.pos)),
            at: Stamp(row.at),
            payload: body,
            timestamps: Timestamps::default(),
        }),
        Err(why) => {
            let why = match why {
                Unreadable::Form => String::from("unknown form"),
                Unreadable::Kind => String::from("unknown kind"),
                // Not its text: that may quote the body.
                Unreadable::Payload(error) => {
                    format!("{:?} at column {}", error.classify(), error.column())
                }
            };
            tracing::warn!(pos = row.pos, v = row.v, kind = %row.kind, %why, "an event is not readable");
            None
        }
    }
}

fn parse(row: &Row) -> Result<Payload, Unreadable> {
    if !Payload::KINDS.contains(&row.kind.as_str()) {
        return Err(Unreadable::Kind);
    }
    match row.v {
        FORM => serde_json::from_str(&row.body),
        1 => serde_json::from_str(&row.body).map(|Enveloped { body }| body),
        _ => return Err(Unreadable::Form),
    }
    .map_err(Unreadable::Payload)
}
