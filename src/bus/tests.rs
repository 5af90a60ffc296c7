//! Messages of a server, as another one takes them, without Redis between them.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use tokio::sync::mpsc;

use super::arriving::{Arrived, Arriving};
use super::counting::Counts;
use super::sealing::{Kind, Seal, Sent};
use super::state::State;
use super::{Bus, Handle, NodeId, Replica};
use crate::clock::Clock;
use crate::event::samples::{ADA, ROOM, message};
use crate::event::{Event, Pos, Timestamps};
use crate::model::Stamp;
use crate::telemetry::{Counter, Metrics};

/// A bus that works, and what is sent over it.
pub(crate) struct TestBus {
    pub(crate) bus: Bus,
    passing: mpsc::Receiver<(Kind, Bytes)>,
}

impl TestBus {
    pub(crate) fn new(node: u64) -> Self {
        let (handle, passing) = handle(NodeId(node));
        handle.state.came_back(0);
        let bus = Bus(Some(handle));
        Self { bus, passing }
    }

    /// What was sent about what the servers hold in common.
    pub(crate) fn said(&mut self) -> Vec<Bytes> {
        let mut said = Vec::new();
        while let Ok((Kind::Presence, content)) = self.passing.try_recv() {
            said.push(content);
        }
        said
    }
}

fn handle(node: NodeId) -> (Arc<Handle>, mpsc::Receiver<(Kind, Bytes)>) {
    let (passing, waiting) = mpsc::channel(2);
    let handle = Handle {
        node,
        state: State::default(),
        clock: Clock::default(),
        passing,
        counts: Counts::default(),
        metrics: Arc::new(Metrics::default()),
    };
    (Arc::new(handle), waiting)
}

/// Answers everything with itself.
struct Echo;

impl Replica for Echo {
    fn digest(&self) -> Bytes {
        Bytes::new()
    }

    fn take(&self, _: NodeId, said: &[u8]) -> Vec<Bytes> {
        vec![Bytes::copy_from_slice(said)]
    }
}

struct Two {
    own: Seal,
    other: Seal,
    arriving: Arriving,
    arrived: mpsc::Receiver<Arrived>,
    handle: Arc<Handle>,
    passing: mpsc::Receiver<(Kind, Bytes)>,
    number: AtomicU64,
}

impl Two {
    fn new() -> Self {
        let (own, other) = (Seal::new(b"key", "epoch"), Seal::new(b"key", "epoch"));
        let (handle, passing) = handle(own.node);
        let (arriving, arrived) = Arriving::new(own.clone(), handle.clone(), Arc::new(Echo));
        Self {
            own,
            other,
            arriving,
            arrived,
            handle,
            passing,
            number: AtomicU64::new(0),
        }
    }

    /// The next message.
    fn sent(&self) -> Sent {
        Sent {
            number: self.number.fetch_add(1, Ordering::Relaxed) + 1,
            at: self.handle.clock.now(),
        }
    }

    fn takes(&self, kind: Kind, content: &[&[u8]]) -> bool {
        self.arriving
            .take(&self.other.close(self.sent(), kind, content))
    }

    fn counted(&self, counter: Counter) -> u64 {
        self.handle.metrics.get(counter)
    }
}

fn positions(first: i64, last: i64) -> [[u8; 8]; 2] {
    [first.to_le_bytes(), last.to_le_bytes()]
}

#[test]
fn the_bus_works_from_the_first_message_of_its_own_that_comes_back() {
    let two = Two::new();
    assert!(!two.takes(Kind::Beat, &[]) && !two.handle.state.works());
    let own = two.own.close(two.sent(), Kind::Beat, &[]);
    assert!(two.arriving.take(&own), "news");
    assert!(two.handle.state.works());
    assert!(!two.arriving.take(&own), "no news");
    assert!(two.handle.state.is_lost() && !two.handle.state.is_lost());
}

#[test]
fn own_commits_that_come_back_are_not_read() {
    let mut two = Two::new();
    let [first, last] = positions(1, 1);
    let own = two
        .own
        .close(two.sent(), Kind::Rows, &[&first, &last, b"rows"]);
    two.arriving.take(&own);
    assert!(two.arrived.try_recv().is_err());
    assert_eq!(two.counted(Counter::BusReceived), 0);
}

#[test]
fn a_commit_that_cannot_be_read_is_told_by_its_positions() {
    let mut two = Two::new();
    let [first, last] = positions(3, 5);
    two.takes(Kind::Long, &[&first, &last]);
    two.takes(Kind::Rows, &[&first, &last, b"no rows"]);
    for _ in 0..2 {
        assert!(matches!(
            two.arrived.try_recv(),
            Ok(Arrived::Committed(Pos(5)))
        ));
    }
    two.takes(Kind::Rows, &[&first]);
    assert!(two.arrived.try_recv().is_err());
    assert_eq!(two.counted(Counter::BusUnreadable), 2);
    assert_eq!(two.counted(Counter::BusReceived), 2);
}

#[test]
fn an_event_with_a_position_comes_out_of_a_commit_alone() {
    let mut two = Two::new();
    let mut event = Event {
        pos: None,
        at: Stamp(1),
        payload: message(ROOM, ADA),
        timestamps: Timestamps::default(),
        row_bytes: 0,
    };
    two.takes(Kind::Event, &[&serde_json::to_vec(&event).unwrap()]);
    assert!(matches!(two.arrived.try_recv(), Ok(Arrived::Event(known)) if known == event));
    event.pos = Some(Pos(1));
    two.takes(Kind::Event, &[&serde_json::to_vec(&event).unwrap()]);
    two.takes(Kind::Event, &[b"{"]);
    assert!(two.arrived.try_recv().is_err());
    assert_eq!(two.counted(Counter::BusUnreadable), 2);
}

#[test]
fn what_does_not_fit_is_dropped_and_counted() {
    let mut two = Two::new();
    for _ in 0..3 {
        two.takes(Kind::Presence, &[b"said"]);
    }
    assert_eq!(two.counted(Counter::EphemeralDropped), 1, "two replies fit");
    assert!(matches!(two.passing.try_recv(), Ok((Kind::Presence, said)) if &*said == b"said"));
    let [first, last] = positions(1, 1);
    for _ in 0..4097 {
        two.takes(Kind::Long, &[&first, &last]);
    }
    assert_eq!(two.counted(Counter::BusDropped), 1);
    while two.arrived.try_recv().is_ok() {}
}

#[test]
fn an_event_that_is_sent_once_more_is_none() {
    let mut two = Two::new();
    let event = Event {
        pos: None,
        at: Stamp(1),
        payload: message(ROOM, ADA),
        timestamps: Timestamps::default(),
        row_bytes: 0,
    };
    let said = serde_json::to_vec(&event).unwrap();
    let first = two.other.close(two.sent(), Kind::Event, &[&said]);
    let second = two.other.close(two.sent(), Kind::Event, &[&said]);
    for message in [&first, &second, &first, &second] {
        two.arriving.take(message);
    }
    for _ in 0..2 {
        assert!(matches!(two.arrived.try_recv(), Ok(Arrived::Event(_))));
    }
    assert!(two.arrived.try_recv().is_err());
    assert_eq!(two.counted(Counter::BusRepeated), 2);
}
