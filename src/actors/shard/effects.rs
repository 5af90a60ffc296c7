//! Effects of an event on listeners: it ends subscriptions, closes connections, or changes what they listen to.

use std::rc::Rc;

use super::Shard;
use super::state::{ConnectionIndex, Identity};
use crate::actors::registry::RoutingKey;
use crate::event::Payload;
use crate::fault::{Seeded, seeded};
use crate::model::access::token_reads;
use crate::model::{Channel, ClientId, Relation, StreamKey, Token, UserId};
use crate::protocol::goodbye::Goodbye;

/// What takes effect before the event itself is sent.
pub(super) fn before_fan_out(shard: &Rc<Shard>, body: &Payload) {
    match body {
        Payload::ChannelChanged { news } => cut_off(shard, &news.channel),
        Payload::MessageCreated { .. }
        | Payload::MessageDeleted { .. }
        | Payload::ChannelCreated { .. }
        | Payload::Subscribed { .. }
        | Payload::Unsubscribed { .. }
        | Payload::Related { .. }
        | Payload::UserChanged { .. }
        | Payload::TokenGranted { .. }
        | Payload::TokenRevoked { .. }
        | Payload::UserPresence { .. }
        | Payload::ChannelPresence { .. }
        | Payload::AppStreamDeleted { .. }
        | Payload::PostCreated { .. }
        | Payload::PostRevised { .. }
        | Payload::PostDeleted { .. }
        | Payload::Bookmarked { .. }
        | Payload::PollCreated { .. }
        | Payload::PollAnswered { .. }
        | Payload::PollClosed { .. }
        | Payload::PollDeleted { .. }
        | Payload::FileCreated { .. }
        | Payload::FileChanged { .. }
        | Payload::FileDeleted { .. }
        | Payload::ClientChanged { .. }
        | Payload::MarkerMoved { .. }
        | Payload::PasswordChanged { .. }
        | Payload::UserDisabled { .. } => {}
    }
}

/// What takes effect after the event was sent.
pub(super) fn after_fan_out(shard: &Rc<Shard>, body: &Payload) {
    let subscription_changed = |user, channel, subscribed| {
        let mut state = shard.state.borrow_mut();
        state.channel_subscription_changed(user, channel, subscribed);
    };
    match body {
        Payload::Subscribed { news, user } => subscription_changed(user.id, news.channel.id, true),
        Payload::Unsubscribed { news, user } => {
            subscription_changed(user.id, news.channel.id, false);
        }
        Payload::Related {
            relation: Relation::Follow,
            user,
            other,
            undone,
        } => note_follow(shard, user.id, other.id, !undone),
        Payload::TokenRevoked { token, .. } => drop_token(shard, token),
        Payload::AppStreamDeleted { client, key } => close_stream(shard, client, key),
        Payload::UserDisabled {
            user,
            undone: false,
        } => close_all_of(shard, *user),
        Payload::MessageCreated { .. }
        | Payload::MessageDeleted { .. }
        | Payload::ChannelCreated { .. }
        | Payload::ChannelChanged { .. }
        | Payload::Related { .. }
        | Payload::UserChanged { .. }
        | Payload::TokenGranted { .. }
        | Payload::UserPresence { .. }
        | Payload::ChannelPresence { .. }
        | Payload::PostCreated { .. }
        | Payload::PostRevised { .. }
        | Payload::PostDeleted { .. }
        | Payload::Bookmarked { .. }
        | Payload::PollCreated { .. }
        | Payload::PollAnswered { .. }
        | Payload::PollClosed { .. }
        | Payload::PollDeleted { .. }
        | Payload::FileCreated { .. }
        | Payload::FileChanged { .. }
        | Payload::FileDeleted { .. }
        | Payload::ClientChanged { .. }
        | Payload::MarkerMoved { .. }
        | Payload::PasswordChanged { .. }
        | Payload::UserDisabled { .. } => {}
    }
}

/// Connections whose user may no longer read a channel stop hearing of it before the change itself goes out.
fn cut_off(shard: &Rc<Shard>, channel: &Channel) {
    if seeded(Seeded::LiveCutOffForgotten) {
        return;
    }
    let mut state = shard.state.borrow_mut();
    for index in state.listeners_of(channel.id) {
        state.cut_off(index, |known| {
            known.topic.channel() == Some(channel.id)
                && !token_reads(&known.token, channel).is_granted()
        });
    }
}

/// A user follows another one, or no longer does: the user's streams of posts and presence subscriptions change.
fn note_follow(shard: &Shard, user: UserId, other: UserId, follows: bool) {
    if seeded(Seeded::FollowUnheard) {
        return;
    }
    let mut state = shard.state.borrow_mut();
    state.homes.follow_changed(user, other, follows);
}

/// A token was revoked: its connections are closed, its subscriptions on other connections end.
fn drop_token(shard: &Rc<Shard>, token: &Token) {
    let key = token.user.map_or_else(
        || RoutingKey::App(token.client.id.clone()),
        RoutingKey::User,
    );
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

/// An account was disabled: all its connections are closed. Requests in flight cannot open or claim another one
/// afterwards, because both look the token up again once the connection is the user's.
fn close_all_of(shard: &Rc<Shard>, user: UserId) {
    let indexes = shard
        .state
        .borrow()
        .listeners
        .at(&RoutingKey::User(user))
        .to_vec();
    for index in indexes {
        shard.close(index, Goodbye::Disabled);
    }
}

/// An app stream was deleted: its connections are closed.
pub(super) fn close_stream(shard: &Rc<Shard>, client: &ClientId, key: &StreamKey) {
    let connections: Vec<ConnectionIndex> = {
        let state = shard.state.borrow();
        let indexes = state.listeners.at(&RoutingKey::App(client.clone())).iter();
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
