//! What an event does to those who listen: it cuts them off, closes them, or changes what they listen to.

use std::rc::Rc;

use super::Shard;
use super::state::{ConnectionIndex, Identity};
use crate::actors::interest::Key;
use crate::event::Body;
use crate::model::access::token_reads;
use crate::model::{Channel, ClientId, Relation, StreamKey, Token, UserId};
use crate::protocol::goodbye::Goodbye;

/// What takes effect before the event itself is sent.
pub(super) fn before_fan_out(shard: &Rc<Shard>, body: &Body) {
    match body {
        Body::ChannelChanged { news } => cut_off(shard, &news.channel),
        Body::MessageCreated { .. }
        | Body::MessageDeleted { .. }
        | Body::ChannelCreated { .. }
        | Body::Subscribed { .. }
        | Body::Unsubscribed { .. }
        | Body::Related { .. }
        | Body::UserChanged { .. }
        | Body::TokenGranted { .. }
        | Body::TokenRevoked { .. }
        | Body::UserPresence { .. }
        | Body::ChannelPresence { .. }
        | Body::AppStreamDeleted { .. }
        | Body::ClientChanged { .. }
        | Body::MarkerMoved { .. }
        | Body::PasswordChanged { .. } => {}
    }
}

/// What takes effect after the event was sent.
pub(super) fn after_fan_out(shard: &Rc<Shard>, body: &Body) {
    let subscription_changed = |user, channel, subscribed| {
        let mut state = shard.state.borrow_mut();
        state.channel_subscription_changed(user, channel, subscribed);
    };
    match body {
        Body::Subscribed { news, user } => subscription_changed(user.id, news.channel.id, true),
        Body::Unsubscribed { news, user } => subscription_changed(user.id, news.channel.id, false),
        Body::Related {
            relation: Relation::Follow,
            user,
            other,
            undone,
        } => note_follow(shard, user.id, other.id, !undone),
        Body::TokenRevoked { token, .. } => drop_token(shard, token),
        Body::AppStreamDeleted { client, key } => close_stream(shard, client, key),
        Body::MessageCreated { .. }
        | Body::MessageDeleted { .. }
        | Body::ChannelCreated { .. }
        | Body::ChannelChanged { .. }
        | Body::Related { .. }
        | Body::UserChanged { .. }
        | Body::TokenGranted { .. }
        | Body::UserPresence { .. }
        | Body::ChannelPresence { .. }
        | Body::ClientChanged { .. }
        | Body::MarkerMoved { .. }
        | Body::PasswordChanged { .. } => {}
    }
}

/// Connections whose user may no longer read a channel stop hearing of it before the change itself goes out.
fn cut_off(shard: &Rc<Shard>, channel: &Channel) {
    let mut state = shard.state.borrow_mut();
    for index in state.listeners_of(channel.id) {
        state.unsubscribe(index, |known| {
            known.topic.channel() == Some(channel.id)
                && !token_reads(&known.token, channel).is_granted()
        });
    }
}

/// A user follows another one, or no longer does: presence subscriptions of that user hear it.
fn note_follow(shard: &Shard, user: UserId, other: UserId, follows: bool) {
    let mut state = shard.state.borrow_mut();
    for index in state.listeners.at(&Key::User(user)).to_vec() {
        let handle = state.connections.get_mut(index);
        if let Some(followed) = handle.and_then(|handle| handle.followed_users.as_mut()) {
            if follows {
                followed.insert(other);
            } else {
                followed.remove(&other);
            }
        }
    }
}

/// A token is gone: its connections are closed, what it subscribed to elsewhere is dropped.
fn drop_token(shard: &Rc<Shard>, token: &Token) {
    let key = token
        .user
        .map_or_else(|| Key::App(token.client.id.clone()), Key::User);
    let indexes = shard.state.borrow().listeners.at(&key).to_vec();
    shard.state.borrow_mut().revoked.insert(token.id);
    for index in indexes {
        let is_own = {
            let state = shard.state.borrow();
            match state.connections.get(index).map(|handle| &handle.identity) {
                Some(Identity::User(_, known) | Identity::App(_, known, _)) => known.id == token.id,
                Some(Identity::Unclaimed(_)) | None => false,
            }
        };
        if is_own {
            shard.close(index, Goodbye::TokenRevoked);
        } else {
            let mut state = shard.state.borrow_mut();
            state.unsubscribe(index, |known| known.token.id == token.id);
        }
    }
}

/// An app stream was deleted: its connections are closed.
pub(super) fn close_stream(shard: &Rc<Shard>, client: &ClientId, key: &StreamKey) {
    let connections: Vec<ConnectionIndex> = {
        let state = shard.state.borrow();
        let indexes = state.listeners.at(&Key::App(client.clone())).iter();
        let plays_it = |index: &ConnectionIndex| {
            let handle = state.connections.get(*index);
            handle.is_some_and(|handle| match &handle.identity {
                Identity::App(stream, _, _) => stream.key == *key,
                Identity::Unclaimed(_) | Identity::User(..) => false,
            })
        };
        indexes.copied().filter(plays_it).collect()
    };
    for index in connections {
        shard.close(index, Goodbye::StreamDeleted);
    }
}
