//! Identifiers: numbers or short texts inside, strings on the wire.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A number that the store assigns, counted per kind of object.
macro_rules! numbers {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub i64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
        impl FromStr for $name {
            type Err = std::num::ParseIntError;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.collect_str(&self.0)
            }
        }
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(d)?;
                text.parse().map(Self).map_err(serde::de::Error::custom)
            }
        }
    )*};
}

numbers! {
    /// A person, bot or feed.
    UserId;
    /// A channel.
    ChannelId;
    /// A message; ids grow over all channels, in commit order.
    MessageId;
    /// A post, or a repost; ids grow over all posts, in commit order.
    PostId;
    /// A poll.
    PollId;
    /// A file.
    FileId;
    /// What a user can be awarded.
    BadgeId;
    /// An access token (its row, never its secret).
    TokenId;
    /// A filter of app streams.
    FilterId;
}

/// A shared, immutable text, compared byte by byte.
macro_rules! texts {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Arc<str>);

        impl $name {
            /// The text itself.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.into())
            }
        }
        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self(text.into())
            }
        }
    )*};
}

texts! {
    /// A registered app: 32 characters of `[A-Za-z0-9_-]`.
    ClientId;
    /// One websocket: 24 random bytes as base64url, so that it cannot be guessed. Where several servers share the database
    /// the first six are its node's epoch.
    ConnectionId;
    /// One subscription of one connection.
    SubscriptionId;
    /// The name of a stored app stream, unique within its client.
    StreamKey;
    /// One process that serves a database with others: 8 random characters of `[A-Za-z0-9_-]`.
    NodeEpoch;
}
