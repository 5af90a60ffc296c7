//! What may be sent to a channel's actor. A full mailbox is told to the sender as busy.
//!
//! Writes of messages carry a [`Ticket`]: the actor decides in mailbox order and puts the write into the lane, and the
//! lane answers the sender once it is committed.

use std::sync::Arc;

use crate::actors::by::UserPrincipal;
use crate::actors::presence::SetPresence;
use crate::actors::send::Ticket;
use crate::event::Event;
use crate::model::{
    AclChange, Channel, Message, MessageId, NewMessage, Presence, Subscribers, User, UserId,
};
use crate::store::Failure;

/// Writes a message.
#[derive(actix::Message, Debug)]
#[rtype(result = "()")]
pub struct PostMessage {
    /// The way back.
    pub ticket: Ticket<Message>,
    /// Who asks.
    pub principal: UserPrincipal,
    /// The same, as everybody sees them.
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
    /// Who asks.
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
    /// Who asks.
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
    /// Subscribe everybody who is listed.
    pub auto_subscribe: bool,
}

/// Changes ACL and raw. The next mail is looked at when the change is committed.
#[derive(actix::Message, Debug)]
#[rtype(result = "Result<Arc<Channel>, Failure>")]
pub struct ChangeChannel {
    /// Who asks.
    pub principal: UserPrincipal,
    /// What.
    pub change: ChannelChange,
}

/// Hands the channel over. The next mail is looked at when that is committed.
#[derive(actix::Message, Debug)]
#[rtype(result = "Result<Arc<Channel>, Failure>")]
pub struct ChangeOwner {
    /// Who asks.
    pub principal: UserPrincipal,
    /// To whom.
    pub owner: UserId,
}

/// Deactivates the channel for good. The next mail is looked at when that is committed.
#[derive(actix::Message, Debug)]
#[rtype(result = "Result<Arc<Channel>, Failure>")]
pub struct Deactivate {
    /// Who asks.
    pub principal: UserPrincipal,
}

/// How a user stands to a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SubscriptionChange {
    /// Put it into the inbox.
    Subscribe,
    /// Take it out.
    Unsubscribe,
    /// Take it out and let nobody put it back.
    Mute,
    /// Let it be put back.
    Unmute,
}

/// Subscribes, mutes, or takes either back. The next mail is looked at when that is committed.
#[derive(actix::Message, Debug)]
#[rtype(result = "Result<Arc<Channel>, Failure>")]
pub struct ChangeSubscription {
    /// Who asks.
    pub principal: UserPrincipal,
    /// What.
    pub how: SubscriptionChange,
}

/// Sets the presence of a user in the channel.
#[derive(actix::Message, Debug)]
#[rtype(result = "Result<Presence, Failure>")]
pub struct SetChannelPresence {
    /// Who asks.
    pub principal: UserPrincipal,
    /// The same, as everybody sees them.
    pub user: Arc<User>,
    /// What.
    pub set: SetPresence,
}

/// Asks whether a stream may listen here.
#[derive(actix::Message, Debug)]
#[rtype(result = "Result<(), Failure>")]
pub struct MayListen(pub UserPrincipal);

/// Events of this channel were committed (or are ephemeral): bring the state up to date, and say for each
/// who is subscribed at that place in the log.
#[derive(actix::Message, Debug)]
#[rtype(result = "Vec<Subscribers>")]
pub struct EventsArrived(pub Vec<Arc<Event>>);
