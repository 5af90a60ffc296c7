//! The first frame of a stream, and the frame that says what it lacks.

use serde::Serialize;

use super::compression::Coding;
use super::cursor::Cursor;
use super::frame::whole_frame;
use super::json::json;
use super::site::Site;
use crate::model::{AppStream, SubscriptionId};

#[derive(Serialize)]
struct Hello<'a> {
    meta: HelloMeta<'a>,
}

#[derive(Serialize)]
struct HelloMeta<'a> {
    stream: StreamMeta<'a>,
    connection_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    cursor: Option<String>,
}

#[derive(Serialize)]
struct StreamMeta<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<&'a str>,
    endpoint: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    object_types: Option<Vec<&'a str>>,
    #[serde(flatten)]
    resumption: Option<Resumption>,
}

/// What became of a session that a client asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Resumption {
    /// The connection has its old id and subscriptions.
    pub resumed: bool,
    /// Events that follow because they were missed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replayed: Option<u64>,
    /// Subscriptions that may not be continued.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub dropped: Vec<Dropped>,
}

/// A subscription that ended while the client was away.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Dropped {
    /// Which.
    pub subscription_id: SubscriptionId,
    /// Why: the slug of a refusal.
    pub error_slug: &'static str,
}

/// The first frame of a user stream.
pub fn user_hello(
    connection_id: &str,
    cursor: Option<&Cursor>,
    resumption: Option<Resumption>,
    site: &Site,
    coding: Coding,
) -> bytes::Bytes {
    let hello = Hello {
        meta: HelloMeta {
            stream: StreamMeta {
                key: None,
                endpoint: format!("{}/user", site.stream_url),
                object_types: None,
                resumption,
            },
            connection_id,
            cursor: cursor.map(ToString::to_string),
        },
    };
    whole_frame(&json(&hello), coding)
}

/// The first frame of an app stream.
pub fn app_hello(
    connection_id: &str,
    cursor: Option<&Cursor>,
    stream: &AppStream,
    site: &Site,
    coding: Coding,
) -> bytes::Bytes {
    let hello = Hello {
        meta: HelloMeta {
            stream: StreamMeta {
                key: Some(stream.key.as_str()),
                endpoint: format!("{}/app", site.stream_url),
                object_types: Some(stream.object_types.iter().map(|kind| kind.name()).collect()),
                resumption: None,
            },
            connection_id,
            cursor: cursor.map(ToString::to_string),
        },
    };
    whole_frame(&json(&hello), coding)
}
