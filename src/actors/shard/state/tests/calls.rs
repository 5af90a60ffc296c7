//! Calls that make a subscription: they succeed, fail, or are repeated with the same id.

use std::rc::Rc;
use std::sync::Arc;

use super::testing;
use super::{ConnectionIndex, ConnectionRef, RoomListeners, State, Subscription};
use crate::actors::registry::{RoutingKey, ShardId};
use crate::actors::shard::socket::Socket;
use crate::event::Pos;
use crate::model::{ChannelId, UserId};
use crate::protocol::topic::Topic;

/// A connection that subscribes, and its state.
async fn alone() -> (State, ConnectionIndex, Vec<Rc<Socket>>) {
    let sockets = testing::sockets(1).await;
    let mut state = State::new(ShardId(0), Arc::default());
    let admitted = state.admit(|serial| {
        let identity = testing::user(1);
        testing::connection(serial, &sockets[0], identity)
    });
    (state, admitted.index, sockets)
}

fn made(serial: u64, since: i64, topic: Topic) -> Subscription {
    let token = testing::token(1, 1, "messages");
    Subscription {
        serial,
        since: Pos(since),
        ..testing::subscription(&"a".repeat(32), topic, "", &token)
    }
}

#[actix::test]
async fn an_inbox_that_is_subscribed_to_again_holds_its_channels_all_the_time() {
    let (mut state, index, _sockets) = alone().await;
    let inbox = Topic::Inbox(UserId(1));
    state.subscribe(index, made(1, 0, inbox));
    state.fill_inbox(index, vec![ChannelId(7)]);
    let holds = |state: &State| {
        let news = state
            .listeners
            .at(&RoutingKey::ChannelNews(ChannelId(7)))
            .len();
        let room = state.rooms.get(ChannelId(7)).map(RoomListeners::len);
        (news, room)
    };
    // The list of the second call has not been read yet.
    state.subscribe(index, made(2, 0, inbox));
    assert_eq!(holds(&state), (1, Some(1)));
    state.settle(index, 2, None);
    assert_eq!(holds(&state), (1, Some(1)));
    assert_eq!(state.connections.subscriptions(), 1);
    // It is ahead of the events, which say by themselves what the user joins.
    state.fill_inbox(index, vec![ChannelId(7), ChannelId(8)]);
    assert!(state.rooms.get(ChannelId(8)).is_none());
    state.channel_subscription_changed(UserId(1), ChannelId(8), true);
    assert!(state.rooms.get(ChannelId(8)).is_some());
}

#[actix::test]
async fn a_call_that_fails_takes_back_what_it_made_and_nothing_else() {
    let (mut state, index, _sockets) = alone().await;
    let room = Topic::ChannelMessages(ChannelId(7));
    state.subscribe(index, made(1, 0, room));
    state.settle(index, 1, None);
    // Two calls with the same id: one is abandoned, the other one replaced by none.
    state.subscribe(index, made(2, 0, Topic::Presence));
    state.subscribe(index, made(3, 0, Topic::Presence));
    for serial in [2, 3] {
        assert_eq!(state.unsubscribe(index, |known| known.serial == serial), 1);
    }
    let handle = state.connections.get(index).unwrap();
    assert!(handle.subscribes_to(room));
    assert_eq!(handle.subscriptions.len(), 1);
    let handle_serial = handle.serial;
    // A list that was read for one that ended comes too late.
    let connection = ConnectionRef {
        index,
        serial: handle_serial,
    };
    assert!(state.has_subscription(connection, 1));
    assert!(!state.has_subscription(connection, 2));
    // What a later call replaced is not there to settle.
    state.settle(index, 2, None);
    assert_eq!(state.connections.subscriptions(), 1);
}

#[actix::test]
async fn a_subscription_ahead_of_the_shard_takes_the_slow_path_until_the_events_before_it_have_passed()
 {
    let (mut state, index, _sockets) = alone().await;
    let room = ChannelId(7);
    state.subscribe(index, made(1, 5, Topic::ChannelMessages(room)));
    let slow = |state: &State| state.rooms.get(room).map(|room| room.slow.len());
    assert_eq!(slow(&state), Some(1));
    state.reach(Pos(4));
    assert_eq!(slow(&state), Some(1));
    state.reach(Pos(5));
    assert_eq!(slow(&state), Some(0));
    assert_eq!(state.rooms.get(room).map(RoomListeners::len), Some(1));
    // What was made since is not ahead.
    state.subscribe(index, made(2, 5, Topic::ChannelMessages(ChannelId(8))));
    let other = state.rooms.get(ChannelId(8));
    assert_eq!(other.map(|room| room.slow.len()), Some(0));
}
