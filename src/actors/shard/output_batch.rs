//! The slow path: each event is held against the subscriptions of each connection, and the frames are
//! gathered, so that a connection gets one write for all of them.

use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use bytes::BytesMut;
use smallvec::SmallVec;

use super::Shard;
use super::hearing::{app_hears, hears};
use super::room_fan_out::SLICE;
use super::state::{
    ConnectionHandle, ConnectionIndex, ConnectionRef, Home, Identity, Subscription,
};
use crate::actors::delivery::Delivery;
use crate::actors::registry::RoutingKey;
use crate::event::Payload;
use crate::fault::{Seeded, seeded};
use crate::log::RenderedEvent;
use crate::protocol::frame::{Frame, render_ids};
use crate::protocol::render_class::RenderClass;
use crate::protocol::site::Site;
use crate::protocol::timing::fill_all;
use crate::telemetry::ActorNumbers;

/// Bytes gathered before they are sent: what a burst may cost beyond the queues of the sockets.
const ENOUGH: usize = 8 * 1024 * 1024;

/// Frames gathered per connection.
#[derive(Default)]
pub(super) struct OutputBatch {
    outputs: HashMap<ConnectionIndex, Output>,
    order: Vec<ConnectionRef>,
    volume: Volume,
    /// Connections for which too many events wait.
    overfull: Vec<ConnectionRef>,
}

/// What waits for one connection.
#[derive(Default)]
struct Output {
    bytes: BytesMut,
    /// Offsets of the write timestamps; empty unless the render class has timing.
    moments: SmallVec<[usize; 1]>,
}

#[derive(Clone, Copy, Default)]
struct Volume {
    frames: u64,
    bytes: usize,
}

impl Volume {
    fn add_frame(&mut self, bytes: usize) {
        self.frames += 1;
        self.bytes += bytes;
    }

    /// Counts for an actor what was added since an earlier volume.
    fn count_since(self, before: Self, numbers: &ActorNumbers) {
        let bytes = self.bytes - before.bytes;
        numbers.sent(self.frames - before.frames, bytes as u64);
    }
}

/// Adds the connections of users from whom the author is hidden: the slow path leaves the frame out.
pub(super) fn add_hidden(shard: &Shard, delivery: &Delivery, slow: &mut Vec<ConnectionIndex>) {
    let hidden = &delivery.hidden;
    if hidden.is_empty() {
        return;
    }
    let state = shard.state.borrow();
    for user in hidden.muted_by.iter().chain(&hidden.blocked) {
        slow.extend_from_slice(state.listeners.at(&RoutingKey::User(*user)));
    }
}

impl OutputBatch {
    /// Sends what was gathered if it has become much. To be asked between two deliveries, never within one.
    pub(super) async fn send_if_large(&mut self, shard: &Rc<Shard>) {
        if self.volume.bytes >= ENOUGH {
            std::mem::take(self).send(shard).await;
        }
    }

    /// Adds the frame for those of these connections that receive it.
    pub(super) fn add(
        &mut self,
        shard: &Shard,
        delivery: &Arc<Delivery>,
        indexes: impl Iterator<Item = ConnectionIndex>,
    ) {
        let state = shard.state.borrow();
        let before = self.volume;
        let asks_home = delivery.event.payload.is_for_followers();
        for index in indexes {
            let handle = state.connections.get(index);
            if let Some(handle) = handle.filter(|handle| handle.is_sent(delivery.event.pos)) {
                let viewer = handle.identity.user().filter(|_| asks_home);
                let home = viewer.and_then(|viewer| state.homes.of(viewer));
                self.add_to(shard, index, (handle, home), delivery);
            }
        }
        if let Some(numbers) = &delivery.channel_numbers {
            self.volume.count_since(before, numbers);
        }
    }

    fn add_to(
        &mut self,
        shard: &Shard,
        index: ConnectionIndex,
        (handle, home): (&ConnectionHandle, Option<&Home>),
        delivery: &Arc<Delivery>,
    ) {
        let matching = handle
            .subscriptions
            .iter()
            .filter(|known| hears(handle, home, known, delivery));
        let matching: SmallVec<[_; 2]> = matching.collect();
        if matching.is_empty() {
            return;
        }
        // Presence has no place in the order, and waits for nothing.
        if delivery.event.pos.is_some()
            && let Some(hold) = handle.hold.borrow_mut().as_mut()
        {
            if !hold.take(delivery, &matching) {
                self.overfull.push(ConnectionRef {
                    index,
                    serial: handle.serial,
                });
            }
            return;
        }
        let Output { bytes, moments } = self.output(index, handle.serial);
        let before = bytes.len();
        moments.extend(add_frame(shard, handle, &matching, delivery, bytes));
        let added = bytes.len() - before;
        self.volume.add_frame(added);
    }

    /// The frame for app streams that list the type, of apps that may see it.
    pub(super) fn add_apps(&mut self, shard: &Shard, delivery: &Delivery) {
        let state = shard.state.borrow();
        for app in delivery.apps.iter() {
            let before = self.volume;
            for index in state.listeners.at(&RoutingKey::App(app.client.clone())) {
                let handle = state.connections.get(*index);
                let is_open = |handle: &&ConnectionHandle| handle.closing.is_none();
                let is_sent = |handle: &&ConnectionHandle| handle.is_sent(delivery.event.pos);
                let Some(handle) = handle.filter(is_open).filter(is_sent) else {
                    continue;
                };
                let Identity::App(stream, _, filter) = &handle.identity else {
                    continue;
                };
                if app_hears(&stream.object_types, filter, &delivery.event.payload)
                    && delivery.passes_filter(filter, app, &shard.site)
                {
                    let frame = delivery.app_frame(handle.render_class, &shard.site);
                    let Output { bytes, moments } = self.output(*index, handle.serial);
                    moments.extend(frame.moment.map(|at| bytes.len() + at));
                    bytes.extend_from_slice(&frame.bytes);
                    self.volume.add_frame(frame.bytes.len());
                }
            }
            self.volume.count_since(before, &app.numbers);
        }
    }

    fn output(&mut self, index: ConnectionIndex, serial: u64) -> &mut Output {
        self.outputs.entry(index).or_insert_with(|| {
            self.order.push(ConnectionRef { index, serial });
            Output::default()
        })
    }

    /// One write per connection.
    pub(super) async fn send(self, shard: &Rc<Shard>) {
        let Self {
            mut outputs,
            order,
            volume,
            overfull,
        } = self;
        shard.count(volume.frames, order.len() as u64, volume.bytes as u64);
        for (n, connection) in order.into_iter().enumerate() {
            if n > 0 && n.is_multiple_of(SLICE) {
                tokio::task::yield_now().await;
            }
            // Nothing follows a close frame.
            let output = outputs.remove(&connection.index);
            if let Some(mut output) = output.filter(|_| shard.has_open(connection)) {
                if !output.moments.is_empty() {
                    fill_all(&mut output.bytes, &output.moments, shard.clock.now());
                }
                shard.write(connection.index, &output.bytes.freeze());
            }
        }
        for connection in overfull {
            if shard.has_open(connection) {
                shard.end_hold(connection.index);
            }
        }
    }
}

/// Appends the frame for a connection, with the ids of these subscriptions. Returns the offset of the timestamp of the
/// write, if its render class has one.
pub(super) fn add_frame(
    shard: &Shard,
    handle: &ConnectionHandle,
    matching: &[&Subscription],
    delivery: &Delivery,
    bytes: &mut BytesMut,
) -> Option<usize> {
    let viewer = handle.identity.user();
    let class = delivery.class_for(viewer, frame_class(handle, matching));
    let own = own_frame(handle, &delivery.rendered, class, &shard.site);
    let of_viewer = || delivery.sampled_frame(class, &shard.site, viewer?);
    let frame = own
        .or_else(of_viewer)
        .map_or_else(|| delivery.frame(class, &shard.site), Arc::new);
    write_frame(&frame, matching, bytes)
}

/// How a connection wants an event that goes to these subscriptions.
pub(super) fn frame_class(handle: &ConnectionHandle, matching: &[&Subscription]) -> RenderClass {
    let raw = matching.iter().map(|known| known.filter.raw);
    raw.fold(handle.render_class, RenderClass::with)
}

/// A changed profile is shown as the receiver's own token.
pub(super) fn own_frame(
    handle: &ConnectionHandle,
    event: &RenderedEvent,
    class: RenderClass,
    site: &Site,
) -> Option<Frame> {
    let (Payload::UserChanged { .. }, Identity::User(_, token)) =
        (&event.event.payload, &handle.identity)
    else {
        return None;
    };
    Some(event.own_frame(class, site, token))
}

/// Appends a frame, with the ids of these subscriptions.
pub(super) fn write_frame(
    frame: &Frame,
    matching: &[&Subscription],
    bytes: &mut BytesMut,
) -> Option<usize> {
    // While a call replaces a subscription, two have the same id.
    let mut ids: SmallVec<[&str; 2]> = SmallVec::new();
    // Newest first, as the original does: clients look at the first one.
    for known in matching.iter().rev() {
        let id = known.id.as_str();
        if !ids.contains(&id) && (ids.is_empty() || !seeded(Seeded::OneIdAlone)) {
            ids.push(id);
        }
    }
    frame.write(&render_ids(ids), bytes).moment
}
