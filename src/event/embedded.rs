//! Which parts of an event's object show other people than the acting one: one row per event.
//!
//! A viewer may be kept from such a part and still hear the event. What is kept from whom says `model/visibility.rs`.

use smallvec::SmallVec;

use super::{ChannelNews, Payload};
use crate::model::UserId;

/// A part of an object on a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The profile of a channel's owner.
    Owner,
    /// A channel's newest message, with its author.
    Recent,
    /// A channel's newest message of all, if that is deleted, with its author.
    RecentDeleted,
}

impl Payload {
    /// The parts of the object, and the person in each.
    pub fn embedded(&self) -> SmallVec<[(Part, UserId); 3]> {
        match self {
            Self::ChannelCreated { news } | Self::ChannelChanged { news } => news.parts(),
            Self::Subscribed { news, .. } | Self::Unsubscribed { news, .. } => news.parts(),
            // The acting user alone, or users that the event is about: apps hear of them, and its user. A repost is
            // kept as a whole from those from whom its original is hidden (`actors/log_tail/dispatch.rs`).
            Self::PostCreated { .. }
            | Self::PostRevised { .. }
            | Self::PostDeleted { .. }
            | Self::Bookmarked { .. }
            | Self::FileCreated { .. }
            | Self::FileChanged { .. }
            | Self::FileDeleted { .. }
            | Self::MessageCreated { .. }
            | Self::MessageDeleted { .. }
            | Self::Related { .. }
            | Self::UserChanged { .. }
            | Self::TokenGranted { .. }
            | Self::TokenRevoked { .. }
            | Self::UserPresence { .. }
            | Self::ChannelPresence { .. }
            | Self::AppStreamDeleted { .. }
            | Self::ClientChanged { .. }
            | Self::MarkerMoved { .. }
            | Self::PasswordChanged { .. }
            | Self::UserDisabled { .. } => SmallVec::new(),
        }
    }
}

impl ChannelNews {
    fn parts(&self) -> SmallVec<[(Part, UserId); 3]> {
        let owner = self.owner.iter().map(|owner| (Part::Owner, owner.id));
        let recent = self.recent.iter();
        let recent = recent.map(|(message, _)| (Part::Recent, message.user_id));
        let deleted = self.recent_deleted.iter();
        let deleted = deleted.map(|(message, _)| (Part::RecentDeleted, message.user_id));
        owner.chain(recent).chain(deleted).collect()
    }
}
