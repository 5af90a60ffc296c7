//! Stored app streams, and the types of objects on streams.

use serde::{Deserialize, Serialize};

use super::{ClientId, StreamKey};

macro_rules! object_types {
    ($($variant:ident $name:literal;)*) => {
        /// A kind of object on app streams, and `meta.type` of an event.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum ObjectType { $(#[doc = $name] $variant,)* }

        impl ObjectType {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];
            /// The name on the wire.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }
        }
    };
}

object_types! {
    Post "post";
    Bookmark "bookmark";
    Follow "follow";
    Mute "mute";
    Block "block";
    Message "message";
    Channel "channel";
    ChannelSubscription "channel_subscription";
    Token "token";
    File "file";
    Poll "poll";
    User "user";
    UserPresence "user_presence";
    UserChannelPresence "user_channel_presence";
}

impl ObjectType {
    /// Reads a name; the App.net names that old clients still send are mapped.
    pub fn parse(name: &str) -> Option<Self> {
        let name = match name {
            "user_follow" => "follow",
            "star" => "bookmark",
            other => other,
        };
        Self::ALL.iter().copied().find(|kind| kind.name() == name)
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
}
