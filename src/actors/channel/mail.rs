//! Mails of a channel's actor. If the mailbox is full, the sender gets [`Failure::Busy`].
//!
//! Writes of messages carry a [`Ticket`]: the actor decides in mailbox order and puts the write into the lane, and the
//! lane answers the sender once it is committed.

use std::sync::Arc;

use crate::actors::presence::SetPresence;
use crate::actors::send::Ticket;
use crate::event::Event;
use crate::model::Failure;
use crate::model::{
    AclChange, Channel, Message, MessageId, NewMessage, Presence, Subscribers, User, UserId,
    UserPrincipal,
};
use crate::text::raw::Replacements;

/// Writes a message.
#[derive(actix::Message, Debug)]
#[rtype(result = "()")]
pub struct PostMessage {
    /// The way back.
    pub ticket: Ticket<Message>,
    /// The acting user.
    pub principal: UserPrincipal,
    /// The same user, for the event.
    pub author: Arc<User>,
    /// What is written.
    pub new: NewMessage,
}

/// Deletes a message.
#[derive(actix::Message, Debug)]
#[rtype(result = "()")]
pub struct DeleteMessage {
    /// The way back.
    pub ticket: Ticket<Message>,
    /// The acting user.
    pub principal: UserPrincipal,
    /// Which.
    pub id: MessageId,
}

/// Makes a message sticky, or no longer so.
#[derive(actix::Message, Debug)]
#[rtype(result = "()")]
pub struct SetSticky {
    /// The way back.
    pub ticket: Ticket<Message>,
    /// The acting user.
    pub principal: UserPrincipal,
    /// Which.
    pub id: MessageId,
    /// Or no longer.
    pub sticky: bool,
}

/// A change to a channel; `None` leaves a part alone.
#[derive(Clone, Debug, Default)]
pub struct ChannelChange {
    /// Groups.
    pub acl: Option<AclChange>,
    /// Raw as the client sent it; merged by type.
    pub raw: Option<serde_json::Value>,
    /// What is put in place of the objects that this raw attaches.
    pub attached: Replacements,
    /// Subscribe all members of the ACL.
    pub auto_subscribe: bool,
}

/// Changes ACL and raw. The next mail is looked at when the change is committed.
#[derive(actix::Message, Debug)]
#[rtype(result = "Result<Arc<Channel>, Failure>")]
pub struct ChangeChannel {
    /// The acting user.
    pub principal: UserPrincipal,
    /// What.
    pub change: ChannelChange,
}

/// Hands the channel over. The next mail is looked at when that is committed.
#[derive(actix::Message, Debug)]
#[rtype(result = "Result<Arc<Channel>, Failure>")]
pub struct ChangeOwner {
    /// The acting user.
    pub principal: UserPrincipal,
    /// The new owner.
    pub owner: UserId,
}

/// Deactivates the channel for good. The next mail is looked at when that is committed.
#[derive(actix::Message, Debug)]
#[rtype(result = "Result<Arc<Channel>, Failure>")]
pub struct Deactivate {
    /// The acting user.
    pub principal: UserPrincipal,
}

/// A change of a user's channel subscription.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SubscriptionChange {
    /// Add the channel to the inbox.
    Subscribe,
    /// Remove it.
    Unsubscribe,
    /// Remove it; other users cannot add it again.
    Mute,
    /// Let other users add it again.
    Unmute,
}

/// Subscribes, mutes, or undoes either. The next mail is handled after the commit.
#[derive(actix::Message, Debug)]
#[rtype(result = "Result<Arc<Channel>, Failure>")]
pub struct ChangeSubscription {
    /// The acting user.
    pub principal: UserPrincipal,
    /// What.
    pub how: SubscriptionChange,
}

/// Sets the presence of a user in the channel.
#[derive(actix::Message, Debug)]
#[rtype(result = "Result<Presence, Failure>")]
pub struct SetChannelPresence {
    /// The acting user.
    pub principal: UserPrincipal,
    /// The same user, for the event.
    pub user: Arc<User>,
    /// What.
    pub set: SetPresence,
}

/// Asks whether a stream may listen here.
#[derive(actix::Message, Debug)]
#[rtype(result = "Result<(), Failure>")]
pub struct MayListen(pub UserPrincipal);

/// Events of this channel were committed (or are ephemeral): bring the state up to date, and say for each
/// which users are subscribed at that position of the log.
#[derive(actix::Message, Debug)]
#[rtype(result = "Vec<Subscribers>")]
pub struct EventsArrived(pub Vec<Arc<Event>>);
