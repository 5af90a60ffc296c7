//! The slow path: each event is held against the subscriptions of each connection, and the frames are
//! gathered, so that a connection gets one write for all of them.

use std::collections::HashMap;
use std::rc::Rc;

use bytes::BytesMut;
use smallvec::SmallVec;

use super::Shard;
use super::hearing::{app_hears, hears};
use super::room_fan_out::SLICE;
use super::state::{ConnectionHandle, ConnectionIndex, ConnectionRef, Home, Identity};
use crate::actors::delivery::Delivery;
use crate::actors::registry::RoutingKey;
use crate::event::Payload;
use crate::protocol::frame::render_ids;
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
        delivery: &Delivery,
        indexes: impl Iterator<Item = ConnectionIndex>,
    ) {
        let state = shard.state.borrow();
        let before = self.volume;
        let asks_home = delivery.event.payload.is_for_followers();
        for index in indexes {
            if let Some(handle) = state.connections.get(index) {
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
        delivery: &Delivery,
    ) {
        let matching = handle
            .subscriptions
            .iter()
            .filter(|known| hears(handle, home, known, delivery));
        let matching: SmallVec<[_; 2]> = matching.collect();
        if matching.is_empty() {
            return;
        }
        let render_class = matching
            .iter()
            .fold(handle.render_class, |render_class, known| {
                render_class.with(known.filter.raw)
            });
        let render_class = delivery.class_for(handle.identity.user(), render_class);
        // While a call replaces a subscription, two have the same id.
        let mut ids: SmallVec<[&str; 2]> = SmallVec::new();
        // Newest first, as the original does: clients look at the first one.
        for known in matching.iter().rev() {
            let id = known.id.as_str();
            if !ids.contains(&id) {
                ids.push(id);
            }
        }
        let ids = render_ids(ids);
        let Output { bytes, moments } = self.output(index, handle.serial);
        let before = bytes.len();
        // A changed profile is shown as the receiver's own token.
        let gaps = if let Payload::UserChanged { .. } = &delivery.event.payload
            && let Identity::User(_, token) = &handle.identity
        {
            let frame = delivery.own_frame(render_class, &shard.site, token);
            frame.write(&ids, bytes)
        } else if let Some(viewer) = handle.identity.user()
            && let Some(frame) = delivery.sampled_frame(render_class, &shard.site, viewer)
        {
            frame.write(&ids, bytes)
        } else {
            delivery.frame(render_class, &shard.site).write(&ids, bytes)
        };
        moments.extend(gaps.moment);
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
                let Some(handle) = handle.filter(|handle| handle.closing.is_none()) else {
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
        } = self;
        shard.count(volume.frames, order.len() as u64, volume.bytes as u64);
        for (n, connection) in order.into_iter().enumerate() {
            if n > 0 && n.is_multiple_of(SLICE) {
                tokio::task::yield_now().await;
            }
            // Nothing follows a close frame.
            let is_open = {
                let state = shard.state.borrow();
                state.connections.find_open(connection).is_some()
            };
            let output = outputs.remove(&connection.index);
            if let Some(mut output) = output.filter(|_| is_open) {
                if !output.moments.is_empty() {
                    fill_all(&mut output.bytes, &output.moments, shard.clock.now());
                }
                shard.write(connection.index, &output.bytes.freeze());
            }
        }
    }
}
