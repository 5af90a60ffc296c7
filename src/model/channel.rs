//! A stream of messages with an owner, an ACL, a free type and mutable raw.

use serde::{Deserialize, Serialize};

use super::{Access, Acl, ChannelId, MessageId, Raw, Stamp, UserId};

/// Type of private message channels, which have no owner and cannot be edited.
pub const PM: &str = "io.pnut.core.pm";
/// The same type by its name in older versions of the API.
pub const OLD_PM: &str = "net.app.core.pm";
/// Type of chat rooms, which need a `chat-settings` item.
pub const CHAT: &str = "io.pnut.core.chat";
/// The raw item that names a chat room.
pub const CHAT_SETTINGS: &str = "io.pnut.core.chat-settings";

/// The type that a client means by a name.
pub fn kind_named(name: &str) -> &str {
    match name {
        OLD_PM => PM,
        name => name,
    }
}

/// A channel without anything personal; the `you_…` fields are added when it is rendered for a viewer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Channel {
    /// Assigned by the store.
    pub id: ChannelId,
    /// The API's `type`.
    pub kind: String,
    /// `None` for private message channels.
    pub owner: Option<UserId>,
    /// When it was created.
    pub created_at: Stamp,
    /// Access of users.
    pub acl: Acl,
    /// Client-defined items.
    pub raw: Raw,
    /// Deactivated channels keep their contents and take no new ones.
    pub is_active: bool,
    /// Messages that are not deleted.
    pub messages: i64,
    /// Users subscribed.
    pub subscribers: i64,
    /// Sticky messages.
    pub sticky_messages: i64,
    /// Newest message that is not deleted.
    pub recent_message_id: Option<MessageId>,
    /// Newest message of all, if that one is deleted.
    pub recent_deleted_message_id: Option<MessageId>,
    /// Moves with each message (at first: creation); orders the inbox and is its pagination id.
    pub activity: Stamp,
    /// Raised by each change of owner, ACL, raw or state. Events of older programs do not tell it.
    #[serde(default)]
    pub revision: i64,
}

impl Channel {
    /// Private message channels have different rules.
    pub fn is_pm(&self) -> bool {
        self.kind == PM
    }

    /// What this user may do here.
    pub fn access(&self, user: Option<UserId>) -> Access {
        self.acl.access(self.owner, user)
    }

    /// The newest message, deleted or not.
    pub fn newest_message(&self) -> Option<MessageId> {
        self.recent_message_id.max(self.recent_deleted_message_id)
    }

    /// Name of a chat room.
    pub fn chat_name(&self) -> Option<&str> {
        if self.kind != CHAT {
            return None;
        }
        self.raw.first(CHAT_SETTINGS)?.get("name")?.as_str()
    }

    /// The part that events carry.
    pub fn brief(&self) -> ChannelBrief {
        ChannelBrief {
            id: self.id,
            kind: self.kind.as_str().into(),
            name: self.chat_name().map(Into::into),
            is_public: self.acl.is_public(),
        }
    }
}

/// The part of a channel that events carry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChannelBrief {
    /// Its id.
    pub id: ChannelId,
    /// `meta.channel_type`
    pub kind: std::sync::Arc<str>,
    /// `meta.channel_name`, of chat rooms.
    pub name: Option<std::sync::Arc<str>>,
    /// Public for the purpose of scopes.
    pub is_public: bool,
}

/// A checked channel that has no id yet.
#[derive(Clone, Debug)]
pub struct NewChannel {
    /// The API's `type`.
    pub kind: String,
    /// `None` only for private message channels.
    pub owner: Option<UserId>,
    /// Normalized.
    pub acl: Acl,
    /// Checked.
    pub raw: Raw,
}
