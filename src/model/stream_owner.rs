//! Whose streams are asked for.

use super::{ClientId, UserId};

/// Whose streams: those that a user opened through one app, or an app's own.
///
/// The id of a connection lets any token of its user subscribe to it and close it. An app knows the ids of its own
/// connections and must not learn those of another app, nor what the user does there.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum StreamOwner {
    /// User streams.
    User(UserId, ClientId),
    /// App streams.
    App(ClientId),
}
