//! An open stream, as its own app sees it.

use std::collections::BTreeMap;

use serde::Serialize;

use super::iso;
use crate::model::{ClientId, ConnectionId, Stamp, StreamKey, SubscriptionId};
use crate::protocol::topic::Topic;

/// Parameters as they are written in an address; those that have their default are left out.
pub type Parameters = BTreeMap<&'static str, String>;

/// An open stream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = OpenStream)]
pub struct OpenStreamObject {
    /// The id of its hello.
    pub connection_id: ConnectionId,
    /// The app that opened it.
    pub client_id: ClientId,
    /// When it was opened.
    #[serde(serialize_with = "iso")]
    pub connected_at: Stamp,
    /// The stored stream; app streams only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<StreamKey>,
    /// What it delivers; app streams only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub object_types: Option<Vec<&'static str>>,
    /// Of its address.
    #[schema(value_type = BTreeMap<String, String>)]
    pub parameters: Parameters,
    /// What its client has not read yet, as it counts against the bound of the queue.
    pub bytes_waiting: usize,
    /// The age of the oldest of these bytes.
    pub lag_ms: u32,
    /// What it subscribes to; user streams only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subscriptions: Option<Vec<OpenSubscription>>,
}

/// A subscription of an open stream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = OpenSubscription)]
pub struct OpenSubscription {
    /// Its id.
    pub subscription_id: SubscriptionId,
    /// The endpoint.
    pub endpoint: String,
    /// The app whose token subscribed: another app of the user may have done so.
    pub client_id: ClientId,
    /// Of the request.
    #[schema(value_type = BTreeMap<String, String>)]
    pub parameters: Parameters,
}

/// The address that a topic is subscribed to at. A thread is named by its root, whichever of its posts the request named.
pub fn endpoint(topic: Topic) -> String {
    let fixed = match topic {
        Topic::ChannelMessages(id) => return format!("/channels/{id}/messages"),
        Topic::ChannelSubscribers(id) => return format!("/channels/{id}/subscribers"),
        Topic::ChannelPresence(id) => return format!("/channels/{id}/presence"),
        Topic::Thread(id) => return format!("/posts/{id}/thread"),
        Topic::Inbox(_) => "/channels",
        Topic::Presence => "/presence",
        Topic::Token(_) => "/token",
        Topic::Files(_) => "/users/me/files",
        Topic::Following(_) => "/users/me/following",
        Topic::Followers(_) => "/users/me/followers",
        Topic::Home(_) => "/posts/streams/me",
        Topic::Unified(_) => "/posts/streams/unified",
        Topic::OwnPosts(_) => "/users/me/posts",
        Topic::Mentions(_) => "/users/me/mentions",
        Topic::Markers(_) => "/markers",
    };
    fixed.to_owned()
}
