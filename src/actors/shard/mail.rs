//! What may be sent to a shard.

use std::sync::Arc;

use crate::actors::delivery::Delivery;
use crate::event::Pos;
use crate::model::{ChannelId, ClientId, StreamOwner};
use crate::protocol::goodbye::Goodbye;
use crate::protocol::object::OpenStreamObject;

/// Events for the connections of a thread, in `pos` order. An empty batch is answered when the fan-out of
/// those before it has ended.
#[derive(actix::Message, Debug)]
#[rtype(result = "()")]
pub struct FanOutBatch(pub Vec<Arc<Delivery>>);

/// Asks how many connections and subscriptions a shard has.
#[derive(actix::Message, Debug)]
#[rtype(result = "ShardCounts")]
pub struct CountConnections;

/// Counts of a shard.
#[derive(actix::MessageResponse, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ShardCounts {
    /// Connections.
    pub connections: usize,
    /// Subscriptions over all of them.
    pub subscriptions: usize,
}

/// Asks how many connections receive the messages of each of these channels here.
#[derive(actix::Message, Debug)]
#[rtype(result = "Vec<usize>")]
pub struct CountRoomListeners(pub Arc<[ChannelId]>);

/// Asks for the open streams of an owner, as they are shown.
#[derive(actix::Message, Debug)]
#[rtype(result = "Vec<OpenStreamObject>")]
pub struct DescribeStreams(pub StreamOwner);

/// Closes a part of the connections of the thread: one of so many that are still open, at random. Answered with their
/// number.
#[derive(actix::Message, Clone, Copy, Debug)]
#[rtype(result = "usize")]
pub struct CloseShare {
    /// One: all that are left.
    pub one_of: u32,
    /// The close code.
    pub goodbye: Goodbye,
}

impl CloseShare {
    /// All connections of the thread.
    pub fn all(goodbye: Goodbye) -> Self {
        Self { one_of: 1, goodbye }
    }
}

/// The log ends here, before what the shard was sent: all connections are closed, and the shard goes on behind this place.
#[derive(actix::Message, Clone, Copy, Debug)]
#[rtype(result = "()")]
pub struct GoBack(pub Pos);

/// Closes the streams of one app.
#[derive(actix::Message, Debug)]
#[rtype(result = "()")]
pub struct CloseApp {
    /// The app.
    pub client: ClientId,
    /// The close code.
    pub goodbye: Goodbye,
}
