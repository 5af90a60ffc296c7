//! The newest events of the log, in memory.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use smallvec::SmallVec;
use tokio::sync::watch;

use super::RenderedEvent;
use crate::event::{Payload, Pos, RoutingKey};
use crate::fault::{Seeded, seeded};

/// Written by delivery, read by every thread that continues a stream.
#[derive(Debug)]
pub struct Ring {
    /// The log that its positions belong to.
    epoch: Arc<str>,
    /// Most bytes; the newest event is kept whatever it weighs.
    bound: usize,
    bytes: Arc<AtomicUsize>,
    /// Where the events up to here go was asked, or is being asked: a listener that joins now may not get them.
    routed: AtomicI64,
    /// The shards have the events up to here.
    handed_over: AtomicI64,
    /// The newest position that was noted.
    head: watch::Sender<Pos>,
    events: RwLock<Events>,
}

#[derive(Debug)]
struct Events {
    /// Dense: the first has the position behind `before`.
    kept: VecDeque<Kept>,
    before: Pos,
    /// Rising positions by key.
    index: HashMap<RoutingKey, VecDeque<Pos>>,
}

#[derive(Debug)]
struct Kept {
    event: Arc<RenderedEvent>,
    weight: usize,
    keys: SmallVec<[RoutingKey; 4]>,
}

/// Events behind a position, in order.
#[derive(Debug, Default)]
pub struct Slice {
    /// Those that were asked for.
    pub events: Vec<Arc<RenderedEvent>>,
    /// Nothing that was asked for is left out up to here.
    pub reached: Pos,
}

impl Ring {
    /// Empty, behind `last`.
    pub fn new(epoch: Arc<str>, last: Pos, bound: usize) -> Self {
        Self {
            epoch,
            bound,
            bytes: Arc::default(),
            routed: AtomicI64::new(last.0),
            handed_over: AtomicI64::new(last.0),
            head: watch::Sender::new(last),
            events: RwLock::new(Events {
                kept: VecDeque::new(),
                before: last,
                index: HashMap::new(),
            }),
        }
    }

    /// The log that its positions belong to.
    pub fn epoch(&self) -> &Arc<str> {
        &self.epoch
    }

    /// The newest event.
    pub fn head(&self) -> Pos {
        *self.head.borrow()
    }

    /// Tells of each new head; for readers that wait for the next event.
    pub fn watch(&self) -> watch::Receiver<Pos> {
        self.head.subscribe()
    }

    /// Bytes of its events and their frames.
    pub fn bytes(&self) -> usize {
        self.bytes.load(Ordering::Relaxed)
    }

    /// A listener that joined before this was asked is sent every event behind it.
    pub fn routed(&self) -> Pos {
        Pos(self.routed.load(Ordering::SeqCst))
    }

    /// Where the events up to here go is asked from now on.
    pub fn note_routing(&self, pos: Pos) {
        self.routed.store(pos.0, Ordering::SeqCst);
    }

    /// All shards have taken the events up to here, as far as they concern them.
    pub fn handed_over(&self) -> Pos {
        Pos(self.handed_over.load(Ordering::SeqCst))
    }

    /// All shards have taken the events up to here. Not said of events that were passed over.
    pub fn note_handed_over(&self, pos: Pos) {
        self.handed_over.store(pos.0, Ordering::SeqCst);
    }

    /// Adds the next events, each one position behind the last.
    pub fn push(&self, new: impl IntoIterator<Item = Arc<RenderedEvent>>) {
        let mut events = self.write();
        for event in new {
            let Some(pos) = event.event.pos else { continue };
            if pos.0 != events.head().0 + 1 {
                events.clear(Pos(pos.0 - 1), &self.bytes);
            }
            events.push(event, pos, &self.bytes);
        }
        while self.bytes() > self.bound && events.kept.len() > 1 {
            events.pop(&self.bytes);
        }
        let head = events.head();
        drop(events);
        self.head.send_replace(head);
    }

    /// The log ends here, before what was noted: what it gives out from now on has positions of the other once more.
    pub fn go_back(&self, head: Pos) {
        self.note_routing(head);
        self.handed_over.fetch_min(head.0, Ordering::SeqCst);
        self.restart_behind(head);
    }

    /// The positions up to here hold nothing that can be kept: readers of them ask the table.
    pub fn restart_behind(&self, pos: Pos) {
        self.write().clear(pos, &self.bytes);
        self.head.send_replace(pos);
    }

    /// The events behind `after` under any of these keys, `most` at once; without keys all of them. `None` if events
    /// behind `after` have left.
    pub fn after(&self, after: Pos, keys: Option<&[RoutingKey]>, most: usize) -> Option<Slice> {
        let events = self.read();
        let beyond = if seeded(Seeded::RingReachesTooFar) {
            8
        } else {
            0
        };
        if after.0 + beyond < events.before.0 {
            return None;
        }
        let head = events.head();
        let behind = usize::try_from(head.0 - after.0).unwrap_or(0);
        let slice = match keys {
            // Looking at each event once is cheaper than looking up more keys than there are events.
            Some(keys) if keys.len() < behind => events.indexed(after, keys, most),
            Some(_) | None => events.all(after, most),
        };
        Some(slice)
    }

    fn read(&self) -> RwLockReadGuard<'_, Events> {
        self.events.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Events> {
        self.events.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Events {
    fn head(&self) -> Pos {
        let kept = i64::try_from(self.kept.len()).unwrap_or(i64::MAX);
        Pos(self.before.0.saturating_add(kept))
    }

    fn push(&mut self, event: Arc<RenderedEvent>, pos: Pos, bytes: &Arc<AtomicUsize>) {
        let keys = index_keys(&event.event.payload);
        let unknown = usize::from(seeded(Seeded::RingMissesKey));
        for key in keys.iter().skip(unknown) {
            self.index.entry(key.clone()).or_default().push_back(pos);
        }
        let weight = event.weight(keys.len());
        bytes.fetch_add(weight, Ordering::Relaxed);
        event.enter(bytes);
        self.kept.push_back(Kept {
            event,
            weight,
            keys,
        });
    }

    /// Lets the oldest event go.
    fn pop(&mut self, bytes: &AtomicUsize) {
        let Some(oldest) = self.kept.pop_front() else {
            return;
        };
        self.before = Pos(self.before.0 + 1);
        bytes.fetch_sub(oldest.weight, Ordering::Relaxed);
        oldest.event.leave();
        for key in oldest.keys {
            let positions = self.index.get_mut(&key);
            let is_empty = positions.is_some_and(|positions| {
                positions.pop_front();
                positions.is_empty()
            });
            if is_empty {
                self.index.remove(&key);
            }
        }
    }

    fn clear(&mut self, before: Pos, bytes: &AtomicUsize) {
        while !self.kept.is_empty() {
            self.pop(bytes);
        }
        self.index.clear();
        self.before = before;
    }

    fn at(&self, pos: Pos) -> Option<&Arc<RenderedEvent>> {
        let place = usize::try_from(pos.0 - self.before.0 - 1).ok()?;
        self.kept.get(place).map(|kept| &kept.event)
    }

    fn all(&self, after: Pos, most: usize) -> Slice {
        let skipped = usize::try_from(after.0 - self.before.0).unwrap_or(0);
        let kept = self.kept.iter().skip(skipped).take(most);
        let events: Vec<_> = kept.map(|kept| Arc::clone(&kept.event)).collect();
        let reached = events.last().and_then(|event| event.event.pos);
        Slice {
            // A reader may be ahead of delivery.
            reached: reached.unwrap_or_else(|| self.head().max(after)),
            events,
        }
    }

    fn indexed(&self, after: Pos, keys: &[RoutingKey], most: usize) -> Slice {
        let ends = seeded(Seeded::RingFullPageEnds);
        let most = if ends { 8 } else { most };
        let mut positions: Vec<Pos> = Vec::new();
        for key in keys {
            let Some(known) = self.index.get(key) else {
                continue;
            };
            let first = known.partition_point(|pos| *pos <= after);
            let skipped = usize::from(seeded(Seeded::RingSkipsFirst));
            let first = (first + skipped).min(known.len());
            // Of one key no more than the slice holds, and one that says that there are more.
            positions.extend(known.range(first..).take(most.saturating_add(1)));
        }
        positions.sort_unstable();
        positions.dedup();
        let is_cut = positions.len() > most;
        positions.truncate(most);
        let last = positions.last().copied().filter(|_| is_cut && !ends);
        let events = positions.iter().filter_map(|pos| self.at(*pos).cloned());
        Slice {
            events: events.collect(),
            reached: last.unwrap_or_else(|| self.head().max(after)),
        }
    }
}

/// Whether an event is found under one of these keys.
pub(super) fn is_under(payload: &Payload, keys: &[RoutingKey]) -> bool {
    index_keys(payload).iter().any(|key| keys.contains(key))
}

/// The keys under which an event is found: those of its routing, and of a relation both users, whose streams it changes.
fn index_keys(payload: &Payload) -> SmallVec<[RoutingKey; 4]> {
    let mut keys = payload.routing_keys();
    if let Some((user, other)) = payload.related() {
        keys.extend([RoutingKey::User(user), RoutingKey::User(other)]);
    }
    if let Some(user) = payload.token().and_then(|token| token.user) {
        keys.push(RoutingKey::User(user));
    }
    // Few keys: each once, since the index holds a position once per key.
    let mut seen: SmallVec<[RoutingKey; 4]> = SmallVec::new();
    for key in keys {
        if !seen.contains(&key) {
            seen.push(key);
        }
    }
    seen
}

#[cfg(test)]
#[path = "ring_tests.rs"]
mod tests;
