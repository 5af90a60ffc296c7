//! From a batch of deliveries to bytes on sockets.
//!
//! Runs of messages of one channel go to most of its listeners in one layout (the fast path,
//! [`super::fast_path`]); for all others each event is held against each subscription and the frames are
//! gathered per connection (the slow path, [`super::output_batch`]). What an event does to the listeners
//! themselves takes effect at its place in the order ([`super::effects`]).

use std::rc::Rc;
use std::sync::Arc;

use super::output_batch::{OutputBatch, add_hidden};
use super::room_fan_out::{RoomFanOut, SLICE};
use super::state::ConnectionIndex;
use super::{Shard, effects, fast_path, post_fan_out};
use crate::actors::delivery::Delivery;
use crate::fault::{Fault, Seeded, seeded};
use crate::model::ChannelId;

/// Carries deliveries out, in their order. A panic costs the listeners of the part in which it happens.
pub(super) async fn fan_out(shard: &Rc<Shard>, mut deliveries: Vec<Arc<Delivery>>) {
    if seeded(Seeded::BatchSwapped) && deliveries.len() > 1 {
        deliveries.swap(0, 1);
    }
    if seeded(Seeded::JoiningNotAwaited) {
        // Nothing else would show it but a slow shard.
        tokio::time::sleep(std::time::Duration::from_millis(4)).await;
    }
    shard.numbers.handled(deliveries.len() as u64);
    let last = deliveries
        .iter()
        .filter_map(|delivery| delivery.event.pos)
        .max();
    if let Some(last) = last {
        shard.state.borrow_mut().begin(last);
    }
    let mut run: Vec<Arc<Delivery>> = Vec::new();
    for delivery in deliveries {
        if channel_of(&delivery).is_some() {
            if breaks(shard, run.last(), &delivery) {
                messages(shard, std::mem::take(&mut run)).await;
            }
            run.push(delivery);
            continue;
        }
        messages(shard, std::mem::take(&mut run)).await;
        other(shard, delivery).await;
    }
    messages(shard, run).await;
    if let Some(last) = last {
        shard.state.borrow_mut().reach(last);
    }
}

/// Messages without another event between them.
async fn messages(shard: &Rc<Shard>, run: Vec<Arc<Delivery>>) {
    shard.guarded(&run, fan_out_messages(shard, &run)).await;
}

/// Everything but messages, with what it does to the listeners themselves.
async fn other(shard: &Rc<Shard>, delivery: Arc<Delivery>) {
    let payload = &delivery.event.payload;
    let concerned = std::slice::from_ref(&delivery);
    let sent = async {
        effects::before_fan_out(shard, payload);
        match payload.posted() {
            Some(_) => post_fan_out::send(shard, &delivery).await,
            None => send_other(shard, &delivery).await,
        }
    };
    shard.guarded(concerned, sent).await;
    // Whatever became of the event itself: a revoked token must not be heard of again.
    let applied = async { effects::after_fan_out(shard, payload) };
    shard.guarded(concerned, applied).await;
    shard.note_fanned_out(concerned);
}

/// Whether a run ends before a message: it is of another channel, and one of the two rooms is so large that
/// each is better served by itself. Small rooms are gathered, so that a socket in several gets one write.
fn breaks(shard: &Shard, last: Option<&Arc<Delivery>>, next: &Delivery) -> bool {
    let (before, after) = (last.and_then(|last| channel_of(last)), channel_of(next));
    let state = shard.state.borrow();
    let is_large = |channel: Option<ChannelId>| {
        let room = channel.and_then(|channel| state.rooms.get(channel));
        room.is_some_and(|room| room.len() > SLICE)
    };
    before.is_some() && before != after && (is_large(before) || is_large(after))
}

/// The channel, if it is a message.
fn channel_of(delivery: &Delivery) -> Option<ChannelId> {
    let message = delivery.event.payload.message();
    message.map(|written| written.channel.id)
}

async fn fan_out_messages(shard: &Rc<Shard>, run: &[Arc<Delivery>]) {
    let Some(first) = run.first().and_then(|delivery| channel_of(delivery)) else {
        return;
    };
    // No connection is both an app stream and a user stream, so the order between the two does not matter.
    let mut apps = OutputBatch::default();
    for delivery in run {
        if let Some(channel) = channel_of(delivery) {
            let mut state = shard.state.borrow_mut();
            state
                .rooms
                .note_numbers(channel, delivery.channel_numbers.as_ref());
        }
        apps.add_apps(shard, delivery);
        apps.send_if_large(shard).await;
    }
    apps.send(shard).await;
    let mut channels = run.iter().map(|delivery| channel_of(delivery));
    if channels.all(|channel| channel == Some(first)) {
        fan_out_room(shard, run, first).await;
    } else {
        fan_out_small_rooms(shard, run).await;
    }
}

/// Messages of several rooms, each of them small.
async fn fan_out_small_rooms(shard: &Rc<Shard>, run: &[Arc<Delivery>]) {
    let mut batch = OutputBatch::default();
    for delivery in run {
        let listeners: Vec<ConnectionIndex> = {
            let state = shard.state.borrow();
            let room = channel_of(delivery).and_then(|channel| state.rooms.get(channel));
            room.map(|room| room.connections().collect())
                .unwrap_or_default()
        };
        batch.add(shard, delivery, listeners.into_iter());
        batch.send_if_large(shard).await;
    }
    batch.send(shard).await;
    shard.note_fanned_out(run);
}

/// Messages of one room: first the slow path, then the fast one.
async fn fan_out_room(shard: &Rc<Shard>, run: &[Arc<Delivery>], channel: ChannelId) {
    let mut room = RoomFanOut::begin(shard, channel);
    let mut slow = std::mem::take(&mut room.snapshot.slow);
    for delivery in run {
        add_hidden(shard, delivery, &mut slow);
    }
    slow.sort_unstable();
    slow.dedup();
    let mut batch = OutputBatch::default();
    for delivery in run {
        batch.add(shard, delivery, slow.iter().copied());
        batch.send_if_large(shard).await;
    }
    batch.send(shard).await;
    Fault::FanOut.panics_once();
    fast_path::send(shard, &room, run, &slow.into_iter().collect()).await;
}

/// An event that is neither a message nor about a post, to user streams and app streams.
async fn send_other(shard: &Rc<Shard>, delivery: &Arc<Delivery>) {
    let mut listeners: Vec<ConnectionIndex> = Vec::new();
    {
        let state = shard.state.borrow();
        for key in delivery.event.payload.routing_keys() {
            listeners.extend_from_slice(state.listeners.at(&key));
        }
    }
    listeners.sort_unstable();
    listeners.dedup();
    let mut batch = OutputBatch::default();
    batch.add(shard, delivery, listeners.into_iter());
    batch.add_apps(shard, delivery);
    batch.send(shard).await;
}
