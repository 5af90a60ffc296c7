//! What an event does to those who listen: it may cut them off, close them, or change what they follow.

use std::rc::Rc;

use super::Shard;
use super::link::Who;
use crate::actors::registry::RoutingKey;
use crate::model::access::token_reads;
use crate::model::{Channel, ClientId, StreamKey, Token, UserId};
use crate::protocol::goodbye::Goodbye;

/// Who may no longer read a channel stops hearing of it, before the change itself goes out.
pub(super) fn cut_off(shard: &Rc<Shard>, channel: &Channel) {
    let mut state = shard.state.borrow_mut();
    for slot in state.listeners_of(channel.id) {
        state.unfollow(slot, |known| {
            known.topic.channel() == Some(channel.id)
                && !token_reads(&known.token, channel).is_granted()
        });
    }
}

pub(super) fn note_follow(shard: &Shard, user: UserId, other: UserId, follows: bool) {
    let mut state = shard.state.borrow_mut();
    for slot in state.at(&RoutingKey::User(user)).to_vec() {
        let known = state.link_mut(slot).and_then(|link| link.follows.as_mut());
        if let Some(known) = known {
            if follows {
                known.insert(other);
            } else {
                known.remove(&other);
            }
        }
    }
}

/// A token is gone: its connections are closed, what it subscribed to elsewhere is dropped.
pub(super) fn drop_token(shard: &Rc<Shard>, token: &Token) {
    let key = token.user.map_or_else(
        || RoutingKey::App(token.client.id.clone()),
        RoutingKey::User,
    );
    let slots = shard.state.borrow().at(&key).to_vec();
    shard.state.borrow_mut().note_revoked(token.id);
    for slot in slots {
        let own = match shard.state.borrow().link(slot).map(|link| &link.who) {
            Some(Who::User(_, known) | Who::App(_, known, _)) => known.id == token.id,
            Some(Who::Unclaimed(_)) | None => false,
        };
        if own {
            shard.hang_up(slot, Goodbye::TokenRevoked);
        } else {
            shard
                .state
                .borrow_mut()
                .unfollow(slot, |known| known.token.id == token.id);
        }
    }
}

/// An app stream was deleted: its connections are closed.
pub(super) fn close_stream(shard: &Rc<Shard>, client: &ClientId, key: &StreamKey) {
    let slots = shard
        .state
        .borrow()
        .at(&RoutingKey::App(client.clone()))
        .to_vec();
    for slot in slots {
        let plays_it = match shard.state.borrow().link(slot).map(|link| &link.who) {
            Some(Who::App(stream, _, _)) => stream.key == *key,
            Some(Who::Unclaimed(_) | Who::User(..)) | None => false,
        };
        if plays_it {
            shard.hang_up(slot, Goodbye::StreamDeleted);
        }
    }
}
