//! A message in a channel.

use serde::{Deserialize, Serialize};

use super::{ChannelId, ClientBrief, Content, MessageId, Raw, Stamp, UserId};

/// The deletion of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deletion {
    /// When.
    pub at: Stamp,
    /// The deleting user; shown only if it was not the author.
    pub by: UserId,
}

/// A message. Its text and raw never change; deletion hides the text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Message {
    /// Assigned by the store.
    pub id: MessageId,
    /// Its channel.
    pub channel_id: ChannelId,
    /// Author.
    pub user_id: UserId,
    /// The app it was written with.
    pub client: ClientBrief,
    /// Id of the thread's root; its own id on a root.
    pub thread_id: MessageId,
    /// The message that it answers.
    pub reply_to: Option<MessageId>,
    /// When it was written.
    pub created_at: Stamp,
    /// Kept after deletion, never shown then.
    pub content: Content,
    /// Immutable.
    pub raw: Raw,
    /// Not safe for work.
    pub is_nsfw: bool,
    /// Set on a deleted message.
    pub deletion: Option<Deletion>,
    /// When it was made sticky.
    pub sticky: Option<Stamp>,
    /// Direct replies, deleted ones too.
    pub replies: i64,
}

/// A checked message that has no id yet.
#[derive(Clone, Debug)]
pub struct NewMessage {
    /// Author.
    pub user_id: UserId,
    /// The app it is written with.
    pub client: ClientBrief,
    /// Composed; `{object_id}` in its links is replaced once the id is known.
    pub content: Content,
    /// Checked.
    pub raw: Raw,
    /// Not safe for work.
    pub is_nsfw: bool,
    /// The message that it answers; the write checks that it is in the same channel.
    pub reply_to: Option<MessageId>,
    /// Whether the author's marker moves to the new message.
    pub update_marker: bool,
}
