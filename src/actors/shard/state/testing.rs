//! Connections with real sockets, for tests of the shard.

use std::rc::Rc;
use std::sync::Arc;

use actix_rt::net::TcpStream;
use tokio::net::TcpListener;

use super::{ConnectionHandle, Identity, Subscription};
use crate::actors::delivery::{Delivery, Earlier, HiddenFrom, NewDelivery, Withheld};
use crate::actors::shard::socket::Socket;
use crate::event::{Event, Payload, Pos, Timestamps};
use crate::model::{
    ClientBrief, ConnectionId, Scopes, Stamp, SubscriptionId, Token, TokenId, UserId,
};
use crate::protocol::filter::Filter;
use crate::protocol::query::Query;
use crate::protocol::render_class::RenderClass;
use crate::protocol::stream::NotificationTargets;
use crate::protocol::topic::Topic;

/// Sockets over the loopback interface.
pub(crate) async fn sockets(count: usize) -> Vec<Rc<Socket>> {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let mut sockets = Vec::new();
    for _ in 0..count {
        let (far, near) = tokio::join!(TcpStream::connect(address), listener.accept());
        sockets.push(Rc::new(Socket::new(near.unwrap().0)));
        drop(far.unwrap());
    }
    sockets
}

/// How a connection without wishes wants its events.
pub(crate) fn display() -> RenderClass {
    RenderClass::from_query(&Query::default())
}

/// A token of this user, numbered as given.
pub(crate) fn token(number: i64, user: i64, scopes: &str) -> Arc<Token> {
    Arc::new(Token {
        id: TokenId(number),
        client: ClientBrief {
            id: "test".into(),
            name: "test".to_owned(),
            url: "https://test.example".to_owned(),
        },
        user: Some(UserId(user)),
        scopes: Scopes::parse(scopes).unwrap(),
    })
}

/// A connection over one of them, as this identity.
pub(crate) fn connection(serial: u64, socket: &Rc<Socket>, identity: Identity) -> ConnectionHandle {
    let id = ConnectionId::from(format!("connection-{serial}"));
    ConnectionHandle::new(serial, id, socket.clone(), identity, display(), 0)
}

/// What a user with full rights is authenticated as.
pub(crate) fn user(user: i64) -> Identity {
    Identity::User(UserId(user), token(user, user, "messages"))
}

/// A subscription with filters as in a query.
pub(crate) fn subscription(
    id: &str,
    topic: Topic,
    filters: &str,
    token: &Arc<Token>,
) -> Subscription {
    Subscription {
        id: SubscriptionId::from(id),
        serial: 0,
        since: Pos(0),
        topic,
        filter: Filter::from_query(&Query::parse(filters)),
        token: token.clone(),
    }
}

/// An event on its way to this shard alone.
pub(crate) fn delivery(payload: Payload, hidden: HiddenFrom) -> Arc<Delivery> {
    delivery_at(None, payload, hidden)
}

/// The same, with a place in the log.
pub(crate) fn delivery_at(pos: Option<Pos>, payload: Payload, hidden: HiddenFrom) -> Arc<Delivery> {
    made(pos, Earlier::new(), payload, hidden)
}

/// Of a repost that comes after others.
pub(crate) fn delivery_after(
    earlier: Earlier,
    payload: Payload,
    hidden: HiddenFrom,
) -> Arc<Delivery> {
    made(None, earlier, payload, hidden)
}

fn made(pos: Option<Pos>, earlier: Earlier, payload: Payload, hidden: HiddenFrom) -> Arc<Delivery> {
    Arc::new(Delivery::new(NewDelivery {
        event: Arc::new(Event {
            pos,
            at: Stamp(0),
            payload,
            timestamps: Timestamps::default(),
        }),
        hidden: Arc::new(hidden),
        earlier,
        samples: Default::default(),
        withheld: Withheld::default(),
        apps: Arc::default(),
        targets: NotificationTargets::default(),
        channel_numbers: None,
        dispatched: Stamp(0),
        shards: 1,
    }))
}
