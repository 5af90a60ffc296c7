//! A connection as its shard knows it: the one place here that says what that is.

use super::world::World;
use actix_rt::net::TcpStream;
use groundnut::actors::shard::socket::Socket;
use groundnut::actors::shard::state::{ConnectionHandle, Identity, Inbox, Subscription};
use groundnut::event::Pos;
use groundnut::model::{ConnectionId, SubscriptionId, Token, UserId};
use groundnut::protocol::filter::Filter;
use groundnut::protocol::query::Query;
use groundnut::protocol::render_class::RenderClass;
use groundnut::protocol::topic::Topic;
use groundnut::store::secret::random_id;
use std::rc::Rc;
use std::sync::Arc;

/// How a client without wishes wants its events.
pub(crate) fn display() -> RenderClass {
    RenderClass::from_query(&Query::default())
}

/// A user stream without a subscription.
pub(crate) fn connection(
    serial: u64,
    stream: TcpStream,
    user: UserId,
    token: Arc<Token>,
) -> ConnectionHandle {
    let (id, socket) = (ConnectionId::from(random_id()), Socket::new(stream));
    let identity = Identity::User(user, token);
    ConnectionHandle::new(serial, id, Rc::new(socket), identity, display(), 0)
}

/// A subscription with filters as in a query.
pub(crate) fn subscription(topic: Topic, filters: &str, token: Arc<Token>) -> Subscription {
    Subscription {
        id: SubscriptionId::from(random_id()),
        serial: 0,
        since: Pos(0),
        topic,
        filter: Filter::from_query(&Query::parse(filters)),
        token,
    }
}

/// An inbox that holds the room.
pub(crate) fn inbox(world: &World) -> Option<Box<Inbox>> {
    let mut inbox = Inbox::default();
    inbox.channels.insert(world.room.id);
    Some(Box::new(inbox))
}
