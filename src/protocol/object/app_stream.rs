//! The stored app stream.

use serde::Serialize;

use super::is_false;
use crate::model::{AppStream, FilterId, StreamKey};
use crate::protocol::site::Site;

/// The object types of an app stream, and its endpoint.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[schema(as = AppStream)]
pub struct AppStreamObject<'a> {
    key: &'a StreamKey,
    object_types: Vec<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    filter_id: Option<FilterId>,
    endpoint: String,
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(skip_serializing_if = "is_false")]
    is_deleted: bool,
}

impl<'a> AppStreamObject<'a> {
    /// The endpoint holds no key: clients add it themselves.
    pub fn new(stream: &'a AppStream, site: &Site) -> Self {
        Self {
            key: &stream.key,
            object_types: stream.object_types.iter().map(|kind| kind.name()).collect(),
            filter_id: stream.filter,
            endpoint: format!("{}/app", site.stream_url),
            kind: "long_poll",
            is_deleted: false,
        }
    }

    /// As shown in the response to its deletion.
    #[must_use]
    pub fn deleted(mut self) -> Self {
        self.is_deleted = true;
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ObjectType;
    use crate::protocol::object::sample;
    use serde_json::json;

    #[test]
    fn a_stream_and_its_end() {
        let stream = AppStream {
            client: "cl1".into(),
            key: "butterball".into(),
            object_types: vec![ObjectType::Post, ObjectType::Message],
            filter: None,
        };
        let shown = AppStreamObject::new(&stream, &sample::site());
        assert_eq!(
            serde_json::to_value(shown.clone()).unwrap(),
            json!({"key": "butterball", "object_types": ["post", "message"],
                "endpoint": "wss://chat.example/v1/app", "type": "long_poll"})
        );
        assert_eq!(
            serde_json::to_value(shown.deleted()).unwrap()["is_deleted"],
            true
        );
    }
}
