//! The order of the log, against a log and receivers in memory.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::dispatch::Dispatch;
use super::source::LogSource;
use super::{LogTail, Step};
use crate::event::samples::{ADA, ROOM, message};
use crate::event::{Event, Gap, GapCause, Logged, Pos, Timestamps};
use crate::model::Failure;
use crate::model::Stamp;
use crate::telemetry::{Counter, Metrics};

/// Rows fetched in one go.
const PAGE: usize = 4;

/// A log in memory: events by position, `None` where the row is not readable. What lies below the first is trimmed.
#[derive(Default)]
pub(super) struct Table {
    rows: Mutex<BTreeMap<i64, Result<Arc<Event>, GapCause>>>,
    head: Mutex<i64>,
    /// Reads that fail before one succeeds.
    failures: AtomicU32,
    /// Other servers write to it.
    pub(super) is_shared: AtomicBool,
    heard: Arc<Mutex<Vec<Heard>>>,
}

/// What reached the other side, in order.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Heard {
    Events(Vec<i64>),
    CacheInvalidated(i64),
    CachesEmptied,
    StateReset,
    StreamsClosed,
}

pub(super) struct Receivers {
    heard: Arc<Mutex<Vec<Heard>>>,
    panics_at: Option<i64>,
}

pub(super) struct World {
    pub(super) tail: LogTail<Arc<Table>, Receivers>,
    pub(super) table: Arc<Table>,
    pub(super) metrics: Arc<Metrics>,
}

pub(super) fn event(pos: i64) -> Arc<Event> {
    Arc::new(Event {
        pos: Some(Pos(pos)),
        at: Stamp(pos),
        payload: message(ROOM, ADA),
        timestamps: Timestamps::default(),
        row_bytes: 0,
    })
}

impl LogSource for Arc<Table> {
    async fn head(&self) -> Result<Pos, Failure> {
        Ok(Pos(*self.head.lock().unwrap()))
    }

    async fn between(&self, after: Pos, until: Pos) -> Result<Vec<Logged>, Failure> {
        let fails = |left: u32| left.checked_sub(1);
        if self
            .failures
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, fails)
            .is_ok()
        {
            return Err(Failure::Busy);
        }
        let gap = |first, last, cause| {
            Logged::Gap(Gap {
                first: Pos(first),
                last: Pos(last),
                cause,
            })
        };
        let rows = self.rows.lock().unwrap();
        let mut kept = rows.range(after.0 + 1..=until.0).peekable();
        let mut entries = Vec::new();
        match kept.peek() {
            None => entries.push(gap(after.0 + 1, until.0, GapCause::Trimmed)),
            Some((first, _)) if **first > after.0 + 1 => {
                entries.push(gap(after.0 + 1, **first - 1, GapCause::Trimmed));
            }
            Some(_) => {}
        }
        entries.extend(kept.take(PAGE).map(|(pos, row)| match row {
            Ok(event) => Logged::Event(event.clone()),
            Err(cause) => gap(*pos, *pos, *cause),
        }));
        Ok(entries)
    }

    fn invalidate(&self, event: &Event) {
        let pos = event.pos.unwrap().0;
        self.heard
            .lock()
            .unwrap()
            .push(Heard::CacheInvalidated(pos));
    }

    fn invalidate_all(&self) {
        self.heard.lock().unwrap().push(Heard::CachesEmptied);
    }

    fn is_shared(&self) -> bool {
        self.is_shared.load(Ordering::SeqCst)
    }
}

impl Dispatch for Receivers {
    async fn deliver(&mut self, events: Vec<Arc<Event>>) {
        let positions: Vec<i64> = events.iter().map(|event| event.pos.unwrap().0).collect();
        if self.panics_at.is_some_and(|pos| positions.contains(&pos)) {
            panic!("on purpose");
        }
        self.heard.lock().unwrap().push(Heard::Events(positions));
    }

    fn pass_over(&mut self, _: Pos) {}

    fn reset_state(&mut self) {
        self.heard.lock().unwrap().push(Heard::StateReset);
    }

    async fn close_streams(&mut self) {
        self.heard.lock().unwrap().push(Heard::StreamsClosed);
    }
}

impl World {
    /// A log with events from 1 to `head`, read up to `last`.
    pub(super) fn new(head: i64, last: i64) -> Self {
        let table = Arc::new(Table::default());
        table.append(1..=head);
        let metrics: Arc<Metrics> = Arc::default();
        let receivers = Receivers {
            heard: table.heard.clone(),
            panics_at: None,
        };
        let tail = LogTail::with(
            table.clone(),
            receivers,
            metrics.clone(),
            Pos(last),
            Duration::ZERO,
        );
        Self {
            tail,
            table,
            metrics,
        }
    }

    async fn commit(&mut self, positions: &[i64]) {
        let events = positions.iter().map(|pos| event(*pos)).collect();
        self.tail.run_step(Step::Committed(events)).await;
    }

    pub(super) async fn head_check(&mut self) {
        self.tail.run_step(Step::CheckHead).await;
    }

    /// All that happened, in order.
    pub(super) fn heard(&self) -> Vec<Heard> {
        self.table.heard.lock().unwrap().clone()
    }

    /// The events alone, in the order of their delivery.
    pub(super) fn positions(&self) -> Vec<i64> {
        let heard = self.heard();
        heard.iter().flat_map(Heard::positions).copied().collect()
    }
}

impl Heard {
    fn positions(&self) -> &[i64] {
        if let Self::Events(positions) = self {
            positions
        } else {
            &[]
        }
    }
}

impl Table {
    pub(super) fn append(&self, positions: impl IntoIterator<Item = i64>) {
        for pos in positions {
            self.rows.lock().unwrap().insert(pos, Ok(event(pos)));
            let mut head = self.head.lock().unwrap();
            *head = (*head).max(pos);
        }
    }

    /// What is behind this position was never there.
    pub(super) fn shorten(&self, head: i64) {
        self.rows.lock().unwrap().retain(|pos, _| *pos <= head);
        *self.head.lock().unwrap() = head;
    }

    fn damage(&self, pos: i64, cause: GapCause) {
        self.rows.lock().unwrap().insert(pos, Err(cause));
    }

    fn trim(&self, up_to: i64) {
        self.rows.lock().unwrap().retain(|pos, _| *pos > up_to);
    }
}

#[tokio::test]
async fn events_that_follow_the_last_one_are_handed_on_without_a_read() {
    let mut world = World::new(5, 5);
    world.commit(&[6, 7]).await;
    world.commit(&[8]).await;
    assert_eq!(
        world.heard(),
        [Heard::Events(vec![6, 7]), Heard::Events(vec![8])]
    );
    assert_eq!(world.metrics.get(Counter::LogCatchUps), 0);
}

#[tokio::test]
async fn a_hole_is_read_from_the_table_before_what_is_behind_it() {
    let mut world = World::new(9, 2);
    world.commit(&[3, 6, 9]).await;
    assert_eq!(world.positions(), [3, 4, 5, 6, 7, 8, 9]);
    assert_eq!(world.metrics.get(Counter::LogCatchUps), 2);
}

#[tokio::test]
async fn a_position_goes_out_once_however_often_it_arrives() {
    let mut world = World::new(6, 2);
    world.commit(&[3, 3, 4]).await;
    world.commit(&[2, 4, 5, 4, 6]).await;
    world.head_check().await;
    assert_eq!(world.positions(), [3, 4, 5, 6]);
}

#[tokio::test]
async fn a_hole_at_the_end_shows_at_a_glance() {
    let mut world = World::new(3, 3);
    world.head_check().await;
    assert_eq!(world.positions(), [0_i64; 0]);
    world.table.append(4..=5);
    world.head_check().await;
    assert_eq!(world.positions(), [4, 5]);
}

#[tokio::test]
async fn a_long_hole_is_read_in_parts_and_stays_in_order() {
    let mut world = World::new(20, 0);
    world.commit(&[20]).await;
    let all: Vec<i64> = (1..=20).collect();
    assert_eq!(world.positions(), all);
    let parts = world.heard();
    let longest = parts.iter().map(|heard| heard.positions().len());
    assert_eq!(
        longest.max(),
        Some(PAGE),
        "never more than one page at once"
    );
}

#[tokio::test]
async fn what_others_wrote_leaves_the_caches_before_it_goes_out() {
    let mut world = World::new(4, 2);
    world.commit(&[5]).await;
    let order = world.heard();
    assert_eq!(
        order,
        [
            Heard::CacheInvalidated(3),
            Heard::CacheInvalidated(4),
            Heard::Events(vec![3, 4]),
            Heard::Events(vec![5]),
        ]
    );
}

#[tokio::test]
async fn a_row_that_cannot_be_read_is_stepped_over_and_counted() {
    let mut world = World::new(6, 1);
    world.table.damage(3, GapCause::Unreadable);
    world.table.damage(6, GapCause::Unreadable);
    world.commit(&[7]).await;
    assert_eq!(world.positions(), [2, 4, 5, 7]);
    assert_eq!(world.metrics.get(Counter::LogUnreadable), 2);
    assert!(
        !world.heard().contains(&Heard::StreamsClosed),
        "a newer program may write such rows all day"
    );
}

#[tokio::test]
async fn streams_are_closed_when_a_change_of_rights_cannot_be_read() {
    let mut world = World::new(4, 1);
    world.table.damage(3, GapCause::UnreadableRights);
    world.commit(&[5]).await;
    let heard = world.heard();
    let at = |what: Heard| heard.iter().position(|heard| *heard == what);
    assert!(at(Heard::Events(vec![2])) < at(Heard::StreamsClosed));
    assert!(at(Heard::StreamsClosed) < at(Heard::Events(vec![4])));
    assert_eq!(world.metrics.get(Counter::LogUnreadable), 1);
}

#[tokio::test]
async fn behind_a_gap_nothing_known_from_events_is_trusted() {
    let mut world = World::new(3, 0);
    world.table.damage(2, GapCause::Unreadable);
    world.head_check().await;
    let heard = world.heard();
    let at = |what: Heard| heard.iter().position(|heard| *heard == what);
    let (before, after) = (at(Heard::Events(vec![1])), at(Heard::Events(vec![3])));
    assert!(before.is_some() && before < at(Heard::StateReset));
    assert!(at(Heard::StateReset) < after);
    assert!(before < at(Heard::CachesEmptied) && at(Heard::CachesEmptied) < after);
}

#[tokio::test]
async fn streams_are_closed_when_events_were_trimmed_behind_a_slow_reader() {
    let mut world = World::new(9, 2);
    world.table.trim(6);
    world.commit(&[10]).await;
    assert_eq!(world.positions(), [7, 8, 9, 10]);
    assert_eq!(world.metrics.get(Counter::LogMissed), 4);
    let heard = world.heard();
    let closed = heard.iter().position(|h| *h == Heard::StreamsClosed);
    let next = heard.iter().position(|h| matches!(h, Heard::Events(_)));
    assert!(closed.is_some() && closed < next, "before what follows");
}

#[tokio::test]
async fn a_log_that_is_empty_after_retention_does_not_hold_what_follows() {
    let mut world = World::new(9, 2);
    world.table.trim(9);
    world.head_check().await;
    world.commit(&[10]).await;
    assert_eq!(world.positions(), [10]);
    assert_eq!(world.metrics.get(Counter::LogMissed), 7);
}

#[tokio::test]
async fn while_the_database_does_not_answer_events_wait_and_that_is_counted() {
    let mut world = World::new(4, 2);
    world.table.failures.store(3, Ordering::SeqCst);
    world.commit(&[5]).await;
    assert_eq!(world.positions(), [3, 4, 5], "late, in order, complete");
    assert_eq!(world.metrics.get(Counter::LogRetries), 3);
}

#[tokio::test]
async fn a_panic_ends_its_step_and_the_streams_but_not_delivery() {
    let mut world = World::new(2, 2);
    world.tail.dispatch.panics_at = Some(4);
    world.commit(&[3]).await;
    world.commit(&[4, 5]).await;
    world.commit(&[6]).await;
    assert_eq!(
        world.heard(),
        [
            Heard::Events(vec![3]),
            Heard::CachesEmptied,
            Heard::StateReset,
            Heard::StreamsClosed,
            Heard::Events(vec![6]),
        ]
    );
    assert_eq!(world.metrics.get(Counter::LogTailPanics), 1);
}

#[tokio::test]
async fn an_event_that_makes_a_catch_up_panic_is_not_tried_again() {
    let mut world = World::new(6, 2);
    world.tail.dispatch.panics_at = Some(4);
    world.head_check().await;
    world.head_check().await;
    assert_eq!(world.metrics.get(Counter::LogTailPanics), 1);
    world.commit(&[7]).await;
    assert_eq!(world.positions(), [7]);
}
