//! Frames gathered per connection, for everybody who has to be looked at one by one.

use std::collections::HashMap;
use std::rc::Rc;

use bytes::BytesMut;
use smallvec::SmallVec;

use super::Shard;
use super::audience::{SLICE, Slot};
use super::hearing::{app_hears, hears};
use super::link::{Link, Who};
use crate::actors::delivery::Delivery;
use crate::actors::registry::RoutingKey;
use crate::event::Payload;
use crate::model::ChannelId;
use crate::protocol::frame::render_ids;
use crate::protocol::timing::fill_all;
use crate::telemetry::ActorNumbers;

/// Bytes gathered before they are sent: what a burst may cost beyond the queues of the sockets.
const ENOUGH: usize = 8 * 1024 * 1024;

/// Frames gathered per connection, for everybody who is not plain.
#[derive(Default)]
pub(super) struct Pile {
    of: HashMap<Slot, Place>,
    order: Vec<(Slot, u64)>,
    frames: u64,
    bytes: usize,
}

/// What waits for one connection.
#[derive(Default)]
struct Place {
    bytes: BytesMut,
    /// Where moments of writing go; empty unless the connection asked for them.
    moments: SmallVec<[usize; 1]>,
}

impl Pile {
    /// Sends what was gathered if it has become much. To be asked between two deliveries, never within one.
    pub(super) async fn send_if_large(&mut self, shard: &Rc<Shard>) {
        if self.bytes >= ENOUGH {
            std::mem::take(self).send(shard).await;
        }
    }

    /// Everybody in a channel's audience.
    pub(super) fn add_audience(&mut self, shard: &Shard, delivery: &Delivery, channel: ChannelId) {
        let slots: Vec<Slot> = {
            let state = shard.state.borrow();
            let Some(audience) = state.audience(channel) else {
                return;
            };
            let plain = audience.classes.iter().flat_map(|class| &class.receivers);
            plain
                .map(|receiver| receiver.slot)
                .chain(audience.others.iter().copied())
                .collect()
        };
        self.add_slots(shard, delivery, slots.into_iter());
    }

    /// These connections, as far as they hear it.
    pub(super) fn add_slots(
        &mut self,
        shard: &Shard,
        delivery: &Delivery,
        slots: impl Iterator<Item = Slot>,
    ) {
        let state = shard.state.borrow();
        let before = (self.frames, self.bytes);
        for slot in slots {
            if let Some(link) = state.link(slot) {
                self.add(shard, slot, link, delivery);
            }
        }
        if let Some(numbers) = &delivery.channel {
            self.count_since(before, numbers);
        }
    }

    fn count_since(&self, (frames, bytes): (u64, usize), numbers: &ActorNumbers) {
        numbers.sent(self.frames - frames, (self.bytes - bytes) as u64);
    }

    fn add(&mut self, shard: &Shard, slot: Slot, link: &Link, delivery: &Delivery) {
        let matching = link
            .subscriptions
            .iter()
            .filter(|known| hears(link, known, delivery));
        let matching: SmallVec<[_; 2]> = matching.collect();
        if matching.is_empty() {
            return;
        }
        let raw = matching.iter().fold(link.display, |display, known| {
            display.with(known.filter.raw)
        });
        let ids = render_ids(matching.iter().map(|known| known.id.as_str()));
        let Place { bytes, moments } = self.place(slot, link.serial);
        let before = bytes.len();
        let gaps = match (&delivery.event.payload, &link.who) {
            // A changed profile is shown as the receiver's own token.
            (Payload::UserChanged { .. }, Who::User(_, token)) => delivery
                .own_frame(raw, &shard.site, token)
                .write(&ids, bytes),
            _ => delivery.frame(raw, &shard.site).write(&ids, bytes),
        };
        moments.extend(gaps.moment);
        let added = bytes.len() - before;
        self.bytes += added;
        self.frames += 1;
    }

    /// App streams that list the type, of apps that may see it.
    pub(super) fn add_apps(&mut self, shard: &Shard, delivery: &Delivery) {
        let state = shard.state.borrow();
        for app in &delivery.apps {
            let before = (self.frames, self.bytes);
            for slot in state.at(&RoutingKey::App(app.client.clone())) {
                let Some(link) = state.link(*slot).filter(|link| link.closing.is_none()) else {
                    continue;
                };
                let Who::App(stream, _, filter) = &link.who else {
                    continue;
                };
                if app_hears(&stream.object_types, filter, &delivery.event.payload) {
                    let frame = delivery.app_frame(link.display, &shard.site);
                    let Place { bytes, moments } = self.place(*slot, link.serial);
                    moments.extend(frame.moment.map(|at| bytes.len() + at));
                    bytes.extend_from_slice(&frame.bytes);
                    self.bytes += frame.bytes.len();
                    self.frames += 1;
                }
            }
            self.count_since(before, &app.numbers);
        }
    }

    fn place(&mut self, slot: Slot, serial: u64) -> &mut Place {
        self.of.entry(slot).or_insert_with(|| {
            self.order.push((slot, serial));
            Place::default()
        })
    }

    /// One write per connection.
    pub(super) async fn send(self, shard: &Rc<Shard>) {
        let Self {
            mut of,
            order,
            frames,
            bytes,
        } = self;
        shard.count(frames, order.len() as u64, bytes as u64);
        for (n, (slot, serial)) in order.into_iter().enumerate() {
            if n > 0 && n.is_multiple_of(SLICE) {
                tokio::task::yield_now().await;
            }
            let open = shard
                .state
                .borrow()
                .link(slot)
                // Nothing follows a goodbye.
                .is_some_and(|link| link.serial == serial && link.closing.is_none());
            if let Some(mut place) = of.remove(&slot).filter(|_| open) {
                if !place.moments.is_empty() {
                    fill_all(&mut place.bytes, &place.moments, shard.clock.now());
                }
                shard.write(slot, &place.bytes);
            }
        }
    }
}
