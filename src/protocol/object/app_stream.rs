//! The stored app stream.

use serde::Serialize;

use super::{is_false, iso_if_any};
use crate::model::{AppStream, FilterId, HookOff, Stamp, StreamKey};
use crate::protocol::site::Site;

/// The object types of an app stream, and its endpoint; of a webhook its receiver in place of that.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[schema(as = AppStream)]
pub struct AppStreamObject<'a> {
    key: &'a StreamKey,
    object_types: Vec<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    filter_id: Option<FilterId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    endpoint: Option<String>,
    #[serde(rename = "type")]
    kind: &'static str,
    /// Of a webhook, as what follows: where its events are posted to.
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<&'a str>,
    /// What it leaves out, and what it shows.
    #[serde(skip_serializing_if = "Option::is_none")]
    parameters: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    is_enabled: Option<bool>,
    /// Why it is off.
    #[serde(skip_serializing_if = "Option::is_none")]
    off_reason: Option<&'static str>,
    /// Since when no delivery has succeeded, if the last one failed.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "iso_if_any")]
    failing_since: Option<Stamp>,
    #[serde(skip_serializing_if = "is_false")]
    is_deleted: bool,
}

impl<'a> AppStreamObject<'a> {
    /// The endpoint holds no key: clients add it themselves.
    pub fn new(stream: &'a AppStream, site: &Site) -> Self {
        let hook = stream.hook.as_ref();
        Self {
            key: &stream.key,
            object_types: stream.object_types.iter().map(|kind| kind.name()).collect(),
            filter_id: stream.filter,
            endpoint: hook.is_none().then(|| format!("{}/app", site.stream_url)),
            kind: match hook {
                None => "long_poll",
                Some(_) => "webhook",
            },
            // Never its secret.
            url: hook.map(|hook| &*hook.url),
            parameters: hook.map(|hook| &*hook.parameters),
            is_enabled: hook.map(|hook| hook.off.is_none()),
            off_reason: hook.and_then(|hook| hook.off).map(HookOff::name),
            failing_since: hook.and_then(|hook| hook.failing_since),
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
    use crate::model::{Hook, HookSecret, ObjectType, TokenId};
    use crate::protocol::object::sample;
    use serde_json::json;

    #[test]
    fn a_stream_and_its_end() {
        let stream = AppStream {
            client: "cl1".into(),
            key: "butterball".into(),
            object_types: vec![ObjectType::Post, ObjectType::Message],
            filter: None,
            hook: None,
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

    #[test]
    fn a_webhook_says_where_to_and_whether_it_is_on_and_not_what_signs_it() {
        let stream = AppStream {
            client: "cl1".into(),
            key: "hook".into(),
            object_types: vec![ObjectType::Post],
            filter: None,
            hook: Some(Hook {
                url: "https://hooks.example/in".to_owned(),
                secret: HookSecret::new("hunter2hunter2".to_owned()),
                parameters: "include_raw=1".to_owned(),
                token: TokenId(1),
                off: Some(HookOff::Failing),
                failing_since: Some(Stamp(1_000_000)),
            }),
        };
        assert_eq!(
            serde_json::to_value(AppStreamObject::new(&stream, &sample::site())).unwrap(),
            json!({"key": "hook", "object_types": ["post"], "type": "webhook",
                "url": "https://hooks.example/in", "parameters": "include_raw=1", "is_enabled": false,
                "off_reason": "failing", "failing_since": "1970-01-01T00:00:01Z"})
        );
    }
}
