//! A delivery of a webhook that was given up.

use serde::Serialize;

use super::iso;
use crate::model::{DeadLetter, Stamp};

/// What can be said of it. Its contents are in the log, and are shown to the receiver alone.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[schema(as = DeadLetter)]
pub struct DeadLetterObject {
    /// Names it in addresses.
    id: String,
    /// `X-Groundnut-Delivery` of its attempts.
    delivery_id: String,
    /// Attempts so far, replays included.
    attempts: u32,
    /// Why the last one failed.
    error_slug: &'static str,
    /// The status of the last answer, if there was one.
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    /// When the last attempt failed.
    #[serde(serialize_with = "iso")]
    died_at: Stamp,
    /// It waits to be delivered again.
    is_replaying: bool,
}

impl DeadLetterObject {
    /// As its app sees it.
    pub fn new(letter: &DeadLetter) -> Self {
        let (epoch, first, last) = (&letter.epoch, letter.first, letter.last);
        let delivery_id = match letter.is_gap {
            true => format!("gap-{epoch}.{}-{last}", first - 1),
            false => format!("{epoch}.{last}"),
        };
        Self {
            id: letter.id.to_string(),
            delivery_id,
            attempts: letter.attempts,
            error_slug: letter.fault.name(),
            status: letter.status,
            died_at: letter.died_at,
            is_replaying: letter.is_replaying,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::HookFault;
    use serde_json::json;

    #[test]
    fn a_dead_letter_says_what_it_was_and_why_it_died() {
        let letter = DeadLetter {
            id: 7,
            client: "c".into(),
            key: "hook".into(),
            epoch: "e".to_owned(),
            first: 3,
            last: 3,
            is_gap: false,
            attempts: 8,
            fault: HookFault::Status,
            status: Some(500),
            died_at: Stamp(1_000_000),
            is_replaying: false,
        };
        assert_eq!(
            serde_json::to_value(DeadLetterObject::new(&letter)).unwrap(),
            json!({"id": "7", "delivery_id": "e.3", "attempts": 8, "error_slug": "status", "status": 500,
                "died_at": "1970-01-01T00:00:01Z", "is_replaying": false})
        );
        let gap = DeadLetter {
            is_gap: true,
            ..letter
        };
        assert_eq!(DeadLetterObject::new(&gap).delivery_id, "gap-e.2-3");
    }
}
