//! What may be sent to a connection's actor, which lives in `ws`.

use std::net::IpAddr;
use std::sync::Arc;

use super::nodes::Place;
use super::partitions::PartitionPermit;
use super::permits::Permit;
use crate::event::Pos;
use crate::model::Failure;
use crate::model::{ChannelId, SubscriptionId, Token, UserId};
use crate::protocol::filter::Filter;
use crate::protocol::goodbye::Goodbye;
use crate::protocol::topic::Topic;

/// Asks a connection for something on behalf of a REST call. Sent with `send`: the connection's own mailbox
/// is bounded, and the senders that wait are bounded by the requests being served.
#[derive(Debug)]
pub enum ConnectionMail {
    /// Subscribe to a topic. The mail that claims an unclaimed connection brings a permit for its user.
    Subscribe {
        /// The token of the call.
        token: Arc<Token>,
        /// The user of that token.
        user: UserId,
        /// What to subscribe to.
        topic: Topic,
        /// What to leave out.
        filter: Filter,
        /// What the client knows it by.
        id: SubscriptionId,
        /// Distinguishes the call from others with the same id.
        serial: u64,
        /// The end of the log before the call.
        since: Pos,
        /// There once the connection has said that it is unclaimed.
        permit: Option<Permit<UserId>>,
    },
    /// The channels of the user's inbox.
    FillInbox {
        /// For which subscription they were read.
        serial: u64,
        /// Which.
        channels: Vec<ChannelId>,
    },
    /// A part of the users that its user follows.
    FillHome {
        /// The user of the call.
        user: UserId,
        /// For which subscription they were read.
        serial: u64,
        /// Rising, and behind those of the parts before.
        followed: Vec<UserId>,
        /// There are no more.
        is_last: bool,
    },
    /// The call that made this subscription succeeded: older ones of its id end.
    Settle {
        /// The user of the call.
        user: UserId,
        /// Which subscription.
        serial: u64,
        /// The end of the log as its page was read, if the stream has to meet it exactly.
        page: Option<Pos>,
    },
    /// The call that made this subscription failed, or was abandoned: only what it made ends.
    TakeBack {
        /// The user of the call.
        user: UserId,
        /// Which subscription.
        serial: u64,
    },
    /// End a subscription, if the connection is this user's.
    Unsubscribe(UserId, SubscriptionId),
    /// Close, if the connection is this user's. Its session ends.
    Close(UserId, Goodbye),
    /// Another connection continues the session.
    TakeOver,
}

/// What a connection answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConnectionReply {
    /// Done.
    Done,
    /// Done, for a session that outlives the connection.
    DoneInSession,
    /// Subscribed.
    Subscribed {
        /// Its events wait for the page of the call.
        held: bool,
        /// The session outlives the connection.
        session: bool,
    },
    /// It is not this user's, or it is closing: as good as unknown.
    NotYours,
    /// It has no user yet: bring a permit.
    Unclaimed,
}

impl actix::Message for ConnectionMail {
    type Result = Result<ConnectionReply, Failure>;
}

/// What a connection counts as against a limit, given back when its actor is dropped.
#[derive(Debug)]
pub enum ConnectionPermit {
    /// Not claimed yet.
    Unclaimed(Permit<IpAddr>),
    /// A user's.
    User(Permit<UserId>),
    /// An app's, with its place among those of all nodes, if there are several.
    App(Permit<crate::model::ClientId>, Option<Place>),
    /// A part of an app's, with the same.
    Partition(PartitionPermit, Option<Place>),
}
