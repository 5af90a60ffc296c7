//! From a batch of deliveries to bytes on sockets: the hot path.
//!
//! Runs of messages of one channel go to its plain receivers in one layout ([`super::plain`]); everybody else
//! is looked at one by one ([`super::pile`]). What an event does to the listeners themselves takes effect at
//! its place in the order ([`super::effects`]).

use std::rc::Rc;
use std::sync::Arc;

use super::Shard;
use super::audience::{SLICE, Slot};
use super::pile::Pile;
use super::{effects, plain};
use crate::actors::delivery::Delivery;
use crate::actors::registry::RoutingKey;
use crate::event::Payload;
use crate::model::ChannelId;

/// Carries deliveries out, in their order.
pub(super) async fn walk(shard: &Rc<Shard>, deliveries: Vec<Arc<Delivery>>) {
    shard.numbers.handled(deliveries.len() as u64);
    let mut run: Vec<Arc<Delivery>> = Vec::new();
    for delivery in deliveries {
        if channel_of(&delivery).is_some() {
            if breaks(shard, run.last(), &delivery) {
                walk_messages(shard, std::mem::take(&mut run)).await;
            }
            run.push(delivery);
            continue;
        }
        walk_messages(shard, std::mem::take(&mut run)).await;
        walk_other(shard, &delivery).await;
        shard.walked(&[delivery]);
    }
    walk_messages(shard, run).await;
}

/// Whether a run ends before a message: it is of another channel, and one of the two rooms is so large that
/// each is better served by itself. Small rooms are gathered, so that a socket in several gets one write.
fn breaks(shard: &Shard, last: Option<&Arc<Delivery>>, next: &Delivery) -> bool {
    let (before, after) = (last.and_then(|last| channel_of(last)), channel_of(next));
    let state = shard.state.borrow();
    let is_large = |channel: Option<ChannelId>| {
        let audience = channel.and_then(|channel| state.audience(channel));
        audience.is_some_and(|audience| audience.len() > SLICE)
    };
    before.is_some() && before != after && (is_large(before) || is_large(after))
}

/// The channel, if it is a message.
fn channel_of(delivery: &Delivery) -> Option<ChannelId> {
    delivery
        .event
        .payload
        .message()
        .map(|written| written.channel.id)
}

/// Messages without another event between them.
async fn walk_messages(shard: &Rc<Shard>, run: Vec<Arc<Delivery>>) {
    let Some(first) = run.first().and_then(|delivery| channel_of(delivery)) else {
        return;
    };
    let one_channel = run
        .iter()
        .all(|delivery| channel_of(delivery) == Some(first));
    // App streams are nobody else's connections, so they are served by themselves.
    let mut apps = Pile::default();
    for delivery in &run {
        if let Some(channel) = channel_of(delivery) {
            let mut state = shard.state.borrow_mut();
            state.note_numbers(channel, delivery.channel.as_ref());
        }
        apps.add_apps(shard, delivery);
        apps.send_if_large(shard).await;
    }
    apps.send(shard).await;
    if !one_channel {
        let mut pile = Pile::default();
        for delivery in &run {
            let Some(channel) = channel_of(delivery) else {
                continue;
            };
            pile.add_audience(shard, delivery, channel);
            pile.send_if_large(shard).await;
        }
        pile.send(shard).await;
        return shard.walked(&run);
    }
    // From here on nobody changes between those who are set apart and the plain ones.
    shard.state.borrow_mut().walk_begins(first);
    let mut pile = Pile::default();
    let apart = set_apart(shard, &run, first);
    for delivery in &run {
        pile.add_slots(shard, delivery, apart.iter().copied());
        pile.send_if_large(shard).await;
    }
    pile.send(shard).await;
    plain::walk(shard, &run, first, &apart.into_iter().collect()).await;
    shard.state.borrow_mut().walked();
}

/// Connections of a channel's audience that cannot be served by the plain walk: those with filters or
/// several subscriptions, and those that must not hear some of the authors.
fn set_apart(shard: &Shard, run: &[Arc<Delivery>], channel: ChannelId) -> Vec<Slot> {
    let state = shard.state.borrow();
    let Some(audience) = state.audience(channel) else {
        return Vec::new();
    };
    let mut apart = audience.others.clone();
    let hidden = run
        .iter()
        .map(|delivery| &delivery.hidden)
        .filter(|hidden| !hidden.is_empty());
    for hidden in hidden {
        for user in hidden.muted_by.iter().chain(&hidden.blocked) {
            apart.extend_from_slice(state.at(&RoutingKey::User(*user)));
        }
    }
    apart.sort_unstable();
    apart.dedup();
    apart
}

/// Everything but messages, with what it does to the listeners themselves.
async fn walk_other(shard: &Rc<Shard>, delivery: &Arc<Delivery>) {
    let body = &delivery.event.payload;
    if let Payload::ChannelChanged { news } = body {
        effects::cut_off(shard, &news.channel);
    }
    let mut slots: Vec<Slot> = Vec::new();
    {
        let state = shard.state.borrow();
        for key in body.routing_keys() {
            slots.extend_from_slice(state.at(&key));
        }
    }
    slots.sort_unstable();
    slots.dedup();
    let mut pile = Pile::default();
    pile.add_slots(shard, delivery, slots.into_iter());
    pile.add_apps(shard, delivery);
    pile.send(shard).await;
    match body {
        Payload::Subscribed { news, user } => {
            shard
                .state
                .borrow_mut()
                .subscription_changed(user.id, news.channel.id, true);
        }
        Payload::Unsubscribed { news, user } => {
            shard
                .state
                .borrow_mut()
                .subscription_changed(user.id, news.channel.id, false);
        }
        Payload::Related {
            relation: crate::model::Relation::Follow,
            user,
            other,
            undone,
        } => {
            effects::note_follow(shard, user.id, other.id, !undone);
        }
        Payload::TokenRevoked { token, .. } => effects::drop_token(shard, token),
        Payload::AppStreamDeleted { client, key } => effects::close_stream(shard, client, key),
        Payload::MessageCreated { .. }
        | Payload::MessageDeleted { .. }
        | Payload::ChannelCreated { .. }
        | Payload::ChannelChanged { .. }
        | Payload::Related { .. }
        | Payload::UserChanged { .. }
        | Payload::TokenGranted { .. }
        | Payload::UserPresence { .. }
        | Payload::ChannelPresence { .. }
        | Payload::ClientChanged { .. }
        | Payload::MarkerMoved { .. }
        | Payload::PasswordChanged { .. } => {}
    }
}
