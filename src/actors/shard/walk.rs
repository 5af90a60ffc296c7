//! From a batch of deliveries to bytes on sockets: the hot path.
//!
//! Receivers with one plain subscription get the same bytes but for 32 of them, so a run of messages of one
//! channel is laid out once, and for each receiver its id is written into the gaps and the whole is sent in
//! one call. Everybody else is looked at one by one.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;
use std::sync::Arc;

use bytes::BytesMut;
use smallvec::SmallVec;

use super::Shard;
use super::audience::{Receiver, Slot};
use super::hearing::{app_hears, hears};
use super::link::{Link, Who};
use super::socket::{Sent, send_now};
use crate::actors::delivery::Delivery;
use crate::actors::interest::Key;
use crate::event::Body;
use crate::model::{Access, Channel, ChannelId};
use crate::protocol::display::Display;
use crate::protocol::frame::{ID_LENGTH, render_ids};
use crate::protocol::goodbye::Goodbye;
use crate::protocol::stream::user_frame;

/// Receivers served before the thread is offered to others. About 3 ms at 3 µs each.
const SLICE: usize = 1024;

/// Bytes joined into one write. More would not fit into a fresh socket buffer anyway.
const JOIN_BYTES: usize = 64 * 1024;

/// Carries deliveries out, in their order.
pub(super) async fn walk(shard: &Rc<Shard>, deliveries: Vec<Arc<Delivery>>) {
    let mut run: Vec<Arc<Delivery>> = Vec::new();
    for delivery in deliveries {
        if channel_of(&delivery).is_some() {
            run.push(delivery);
            continue;
        }
        walk_messages(shard, std::mem::take(&mut run)).await;
        walk_other(shard, &delivery).await;
    }
    walk_messages(shard, run).await;
}

/// The channel, if it is a message.
fn channel_of(delivery: &Delivery) -> Option<ChannelId> {
    match &delivery.event.body {
        Body::MessageCreated { written, .. } | Body::MessageDeleted { written } => {
            Some(written.channel.id)
        }
        Body::ChannelCreated { .. }
        | Body::ChannelChanged { .. }
        | Body::Subscribed { .. }
        | Body::Unsubscribed { .. }
        | Body::Related { .. }
        | Body::UserChanged { .. }
        | Body::TokenGranted { .. }
        | Body::TokenRevoked { .. }
        | Body::UserPresence { .. }
        | Body::ChannelPresence { .. } => None,
    }
}

/// Messages without another event between them.
async fn walk_messages(shard: &Rc<Shard>, run: Vec<Arc<Delivery>>) {
    let Some(first) = run.first().and_then(|delivery| channel_of(delivery)) else {
        return;
    };
    let one_channel = run
        .iter()
        .all(|delivery| channel_of(delivery) == Some(first));
    let apps = run.iter().any(|delivery| !delivery.apps.is_empty());
    if !one_channel || apps {
        let mut pile = Pile::default();
        for delivery in &run {
            let Some(channel) = channel_of(delivery) else {
                continue;
            };
            pile.add_audience(shard, delivery, channel);
            pile.add_apps(shard, delivery);
        }
        return pile.send(shard).await;
    }
    let mut pile = Pile::default();
    let apart = set_apart(shard, &run, first);
    for delivery in &run {
        pile.add_slots(shard, delivery, apart.iter().copied());
    }
    pile.send(shard).await;
    walk_plain(shard, &run, first, &apart.into_iter().collect()).await;
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
            apart.extend_from_slice(state.at(&Key::User(*user)));
        }
    }
    apart.sort_unstable();
    apart.dedup();
    apart
}

/// The plain receivers of one channel.
async fn walk_plain(
    shard: &Rc<Shard>,
    run: &[Arc<Delivery>],
    channel: ChannelId,
    apart: &HashSet<Slot>,
) {
    let displays: SmallVec<[Display; 4]> = {
        let mut state = shard.state.borrow_mut();
        let Some(audience) = state.audience(channel) else {
            return;
        };
        let displays = audience.classes.iter().map(|class| class.display).collect();
        state.walk_begins(channel);
        displays
    };
    for (class, display) in displays.into_iter().enumerate() {
        let mut rest = run;
        while !rest.is_empty() {
            let (mut joined, taken) = Joined::lay_out(shard, rest, display);
            rest = rest.get(taken..).unwrap_or_default();
            let mut from = 0;
            while let Some(next) = joined.send_slice(shard, channel, class, from, apart) {
                from = next;
                // Lets connections and requests of this thread have their turn.
                tokio::task::yield_now().await;
            }
        }
    }
    shard.state.borrow_mut().walked();
}

/// Room for an id, between its quotes.
fn gap() -> [u8; ID_LENGTH + 2] {
    let mut gap = [b' '; ID_LENGTH + 2];
    let [first, .., last] = &mut gap;
    (*first, *last) = (b'"', b'"');
    gap
}

/// Frames of several messages in one buffer, with gaps for the ids.
struct Joined {
    bytes: BytesMut,
    gaps: SmallVec<[usize; 8]>,
}

impl Joined {
    /// Lays out as many messages as fit. Returns how many that were, at least one.
    fn lay_out(shard: &Shard, run: &[Arc<Delivery>], display: Display) -> (Self, usize) {
        let gap = gap();
        let mut joined = Self {
            bytes: BytesMut::new(),
            gaps: SmallVec::new(),
        };
        for delivery in run {
            if !joined.gaps.is_empty() && joined.bytes.len() >= JOIN_BYTES {
                break;
            }
            let frame = delivery.frame(display, &shard.site);
            let at = frame.write(&gap, &mut joined.bytes);
            joined.gaps.push(at + 1);
        }
        let taken = joined.gaps.len();
        (joined, taken)
    }

    /// Serves one slice of receivers. Returns where the next one begins, if there is one.
    fn send_slice(
        &mut self,
        shard: &Rc<Shard>,
        channel: ChannelId,
        class: usize,
        from: usize,
        apart: &HashSet<Slot>,
    ) -> Option<usize> {
        // Sockets that did not take all of it; rare, so they are served after the borrow ends.
        let mut late: SmallVec<[(Receiver, Sent); 8]> = SmallVec::new();
        let (served, more) = {
            let state = shard.state.borrow();
            let receivers = &state.audience(channel)?.classes.get(class)?.receivers;
            let slice = receivers.get(from..)?;
            let mut served = 0;
            for receiver in slice.iter().take(SLICE) {
                if receiver.fd < 0 || (!apart.is_empty() && apart.contains(&receiver.slot)) {
                    continue;
                }
                served += 1;
                if state.is_behind(receiver.slot) {
                    late.push((*receiver, Sent::Part(0)));
                    continue;
                }
                self.name(&receiver.id);
                match send_now(receiver.fd, &self.bytes) {
                    Sent::All => {}
                    sent @ (Sent::Part(_) | Sent::Broken) => late.push((*receiver, sent)),
                }
            }
            (served, slice.len() > SLICE)
        };
        shard.count(served * self.gaps.len() as u64, served);
        for (receiver, sent) in late {
            match sent {
                Sent::All => {}
                Sent::Part(taken) => {
                    self.name(&receiver.id);
                    shard.queue(
                        receiver.slot,
                        self.bytes.get(taken..).unwrap_or_default(),
                        taken > 0,
                    );
                }
                Sent::Broken => {
                    if let Some(link) = shard.state.borrow().link(receiver.slot) {
                        link.socket.end();
                    }
                }
            }
        }
        more.then_some(from + SLICE)
    }

    /// Writes a receiver's id into the gaps.
    fn name(&mut self, id: &[u8; ID_LENGTH]) {
        for at in &self.gaps {
            if let Some(gap) = self.bytes.get_mut(*at..*at + ID_LENGTH) {
                gap.copy_from_slice(id);
            }
        }
    }
}

/// Frames gathered per connection, for everybody who is not plain.
#[derive(Default)]
struct Pile {
    of: HashMap<Slot, BytesMut>,
    order: Vec<(Slot, u64)>,
    frames: u64,
}

impl Pile {
    /// Everybody in a channel's audience.
    fn add_audience(&mut self, shard: &Shard, delivery: &Delivery, channel: ChannelId) {
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
    fn add_slots(&mut self, shard: &Shard, delivery: &Delivery, slots: impl Iterator<Item = Slot>) {
        let state = shard.state.borrow();
        for slot in slots {
            if let Some(link) = state.link(slot) {
                self.add(shard, slot, link, delivery);
            }
        }
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
        let out = self.place(slot, link.serial);
        match (&delivery.event.body, &link.who) {
            // A changed profile is shown as the receiver's own token.
            (Body::UserChanged { .. }, Who::User(_, token)) => {
                user_frame(&delivery.event, raw, &shard.site, Some(token)).write(&ids, out)
            }
            _ => delivery.frame(raw, &shard.site).write(&ids, out),
        };
        self.frames += 1;
    }

    /// App streams that list the type, of apps that may see it.
    fn add_apps(&mut self, shard: &Shard, delivery: &Delivery) {
        let state = shard.state.borrow();
        for app in &delivery.apps {
            for slot in state.at(&Key::App(app.clone())) {
                let Some(link) = state.link(*slot).filter(|link| link.closing.is_none()) else {
                    continue;
                };
                let Who::App(stream, _, filter) = &link.who else {
                    continue;
                };
                if app_hears(&stream.object_types, filter, &delivery.event.body) {
                    let frame = delivery.app_frame(link.display, &shard.site);
                    self.place(*slot, link.serial).extend_from_slice(&frame);
                    self.frames += 1;
                }
            }
        }
    }

    fn place(&mut self, slot: Slot, serial: u64) -> &mut BytesMut {
        self.of.entry(slot).or_insert_with(|| {
            self.order.push((slot, serial));
            BytesMut::new()
        })
    }

    /// One write per connection.
    async fn send(self, shard: &Rc<Shard>) {
        let Self {
            mut of,
            order,
            frames,
        } = self;
        shard.count(frames, order.len() as u64);
        for (n, (slot, serial)) in order.into_iter().enumerate() {
            if n > 0 && n.is_multiple_of(SLICE) {
                tokio::task::yield_now().await;
            }
            let same = shard
                .state
                .borrow()
                .link(slot)
                .is_some_and(|link| link.serial == serial);
            if let Some(bytes) = of.remove(&slot).filter(|_| same) {
                shard.write(slot, &bytes);
            }
        }
    }
}

/// Everything but messages, with what it does to the listeners themselves.
async fn walk_other(shard: &Rc<Shard>, delivery: &Arc<Delivery>) {
    let body = &delivery.event.body;
    if let Body::ChannelChanged { news } = body {
        cut_off(shard, &news.channel);
    }
    let mut slots: Vec<Slot> = Vec::new();
    {
        let state = shard.state.borrow();
        for key in Key::of(body) {
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
        Body::Subscribed { news, user } => {
            shard
                .state
                .borrow_mut()
                .subscription_changed(user.id, news.channel.id, true);
        }
        Body::Unsubscribed { news, user } => {
            shard
                .state
                .borrow_mut()
                .subscription_changed(user.id, news.channel.id, false);
        }
        Body::Related {
            relation: crate::model::Relation::Follow,
            user,
            other,
            undone,
        } => {
            note_follow(shard, user.id, other.id, !undone);
        }
        Body::TokenRevoked { token, .. } => drop_token(shard, token),
        Body::MessageCreated { .. }
        | Body::MessageDeleted { .. }
        | Body::ChannelCreated { .. }
        | Body::ChannelChanged { .. }
        | Body::Related { .. }
        | Body::UserChanged { .. }
        | Body::TokenGranted { .. }
        | Body::UserPresence { .. }
        | Body::ChannelPresence { .. } => {}
    }
}

/// Who may no longer read a channel stops hearing of it, before the change itself goes out.
fn cut_off(shard: &Rc<Shard>, channel: &Channel) {
    let mut state = shard.state.borrow_mut();
    for slot in state.listeners_of(channel.id) {
        let user = state.link(slot).and_then(|link| link.who.user());
        let may_read = channel.access(user) >= Access::Read;
        state.unfollow(slot, |known| {
            known.topic.channel() == Some(channel.id)
                && !(may_read && known.token.scopes.open(channel))
        });
    }
}

fn note_follow(
    shard: &Shard,
    user: crate::model::UserId,
    other: crate::model::UserId,
    follows: bool,
) {
    let mut state = shard.state.borrow_mut();
    for slot in state.at(&Key::User(user)).to_vec() {
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
fn drop_token(shard: &Rc<Shard>, token: &crate::model::Token) {
    let key = token
        .user
        .map_or_else(|| Key::App(token.client.id.clone()), Key::User);
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
