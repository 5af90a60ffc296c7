//! A closed stream, as its own app sees it.

use serde::Serialize;

use super::iso;
use crate::model::{ClientId, ConnectionId, Stamp, StreamKey};
use crate::protocol::goodbye::Ended;

/// A stream that ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClosedStream {
    /// The id of its hello.
    pub connection_id: ConnectionId,
    /// The app that opened it.
    pub client_id: ClientId,
    /// The stored stream; app streams only.
    pub key: Option<StreamKey>,
    /// When it was opened.
    pub connected_at: Stamp,
    /// When it was closed.
    pub closed_at: Stamp,
    /// Why.
    pub ended: Ended,
    /// What its client had not read yet.
    pub bytes_waiting: usize,
}

/// How [`ClosedStream`] is shown.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[schema(as = ClosedStream)]
pub struct ClosedStreamObject<'a> {
    connection_id: &'a ConnectionId,
    client_id: &'a ClientId,
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<&'a StreamKey>,
    #[serde(serialize_with = "iso")]
    connected_at: Stamp,
    #[serde(serialize_with = "iso")]
    closed_at: Stamp,
    lifetime_ms: u64,
    code: u16,
    error_slug: &'static str,
    error_message: &'static str,
    bytes_waiting: usize,
}

impl ClosedStream {
    /// As an answer shows it.
    pub fn object(&self) -> ClosedStreamObject<'_> {
        ClosedStreamObject {
            connection_id: &self.connection_id,
            client_id: &self.client_id,
            key: self.key.as_ref(),
            connected_at: self.connected_at,
            closed_at: self.closed_at,
            lifetime_ms: self.connected_at.micros_until(self.closed_at) / 1000,
            code: self.ended.code(),
            error_slug: self.ended.slug(),
            error_message: self.ended.text(),
            bytes_waiting: self.bytes_waiting,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::goodbye::Goodbye;
    use serde_json::json;

    #[test]
    fn a_closed_stream_says_when_and_why() {
        let mut closed = ClosedStream {
            connection_id: "c1".into(),
            client_id: "a1".into(),
            key: None,
            connected_at: Stamp(1_000_000),
            closed_at: Stamp(3_250_999),
            ended: Ended::Told(Goodbye::Slow),
            bytes_waiting: 1_100_000,
        };
        assert_eq!(
            serde_json::to_value(closed.object()).unwrap(),
            json!({"connection_id": "c1", "client_id": "a1", "connected_at": "1970-01-01T00:00:01Z",
                "closed_at": "1970-01-01T00:00:03Z", "lifetime_ms": 2250, "code": 4008,
                "error_slug": "too-slow", "error_message": "too slow", "bytes_waiting": 1_100_000})
        );
        closed.key = Some("butterball".into());
        closed.ended = Ended::Lost;
        let shown = serde_json::to_value(closed.object()).unwrap();
        assert_eq!(
            (&shown["key"], &shown["code"]),
            (&json!("butterball"), &json!(1006))
        );
    }
}
