//! Stored app streams, and the types of objects on streams.

use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr, VariantArray};

use super::{ClientId, FilterId, Hook, StreamKey};

/// A kind of object on app streams, and `meta.type` of an event.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    EnumString,
    IntoStaticStr,
    VariantArray,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum ObjectType {
    /// A post or a repost.
    Post,
    /// A bookmark. Old clients still send the name that App.net had for it.
    #[strum(to_string = "bookmark", serialize = "star")]
    Bookmark,
    /// A user follows another. `user_follow` at App.net.
    #[strum(to_string = "follow", serialize = "user_follow")]
    Follow,
    /// A user mutes another.
    Mute,
    /// A user blocks another.
    Block,
    /// A message in a channel.
    Message,
    /// A channel.
    Channel,
    /// A user and a channel.
    ChannelSubscription,
    /// An access token.
    Token,
    /// A file.
    File,
    /// A poll.
    Poll,
    /// A user's profile.
    User,
    /// A user's global presence.
    UserPresence,
    /// A user's presence in a channel.
    UserChannelPresence,
    /// How far a user has read.
    StreamMarker,
}

impl ObjectType {
    /// All of them.
    pub const ALL: &'static [Self] = Self::VARIANTS;

    /// The name on the wire.
    pub fn name(self) -> &'static str {
        self.into()
    }

    /// Reads a name; the App.net names that old clients still send are mapped.
    pub fn parse(name: &str) -> Option<Self> {
        name.parse().ok()
    }
}

impl StreamKey {
    /// Most characters.
    pub const LENGTH: usize = 32;

    /// Reads the name of a new stream: a short word.
    pub fn parse(name: &str) -> Option<Self> {
        let is_short = (1..=Self::LENGTH).contains(&name.len());
        let is_word = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
        (is_short && name.bytes().all(is_word)).then(|| name.into())
    }
}

/// A stored app stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppStream {
    /// The client that owns it.
    pub client: ClientId,
    /// Its name.
    pub key: StreamKey,
    /// The object types that it delivers; each once, in the order given.
    pub object_types: Vec<ObjectType>,
    /// What of these it leaves out.
    pub filter: Option<FilterId>,
    /// Where its events are posted to, if it is a webhook.
    pub hook: Option<Hook>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_short_words() {
        assert!(StreamKey::parse("butter_ball_1").is_some());
        for wrong in ["", "a-b", "ü", &"x".repeat(33)] {
            assert!(StreamKey::parse(wrong).is_none(), "{wrong}");
        }
    }
}
