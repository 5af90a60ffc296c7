//! A log and receivers in memory, for tests of their order.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::dispatch::Dispatch;
use super::head::Head;
use super::source::LogSource;
use super::{LogTail, Step};
use crate::event::samples::{ADA, ROOM, message};
use crate::event::{Event, Gap, GapCause, Logged, Pos, Timestamps};
use crate::model::Failure;
use crate::model::Stamp;
use crate::store::{LogEnd, LogMark};
use crate::telemetry::Metrics;

/// Rows fetched in one go.
pub(super) const PAGE: usize = 4;

/// A log in memory: events by position, `None` where the row is not readable. What lies below the first is trimmed.
#[derive(Default)]
pub(super) struct Table {
    rows: Mutex<BTreeMap<i64, Result<Arc<Event>, GapCause>>>,
    head: Mutex<i64>,
    /// Reads that fail before one succeeds.
    pub(super) failures: AtomicU32,
    /// Other servers write to it.
    pub(super) is_shared: AtomicBool,
    /// The question for its end has no answer.
    pub(super) head_hangs: AtomicBool,
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
    WentBack(i64),
    /// An event that is not logged.
    Passing,
}

pub(super) struct Receivers {
    heard: Arc<Mutex<Vec<Heard>>>,
    pub(super) panics_at: Option<i64>,
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
    async fn end(&self, marks: Vec<LogMark>) -> Result<LogEnd, Failure> {
        if self.head_hangs.load(Ordering::SeqCst) {
            std::future::pending::<()>().await;
        }
        let rows = self.rows.lock().unwrap();
        let at = |pos: Pos| rows.get(&pos.0)?.as_ref().ok().map(|event| event.at);
        let is_another = |mark: &LogMark| at(mark.pos).is_some_and(|at| at != mark.at);
        let pos = Pos(*self.head.lock().unwrap());
        Ok(LogEnd {
            pos,
            at: at(pos),
            is_another: marks.iter().any(is_another),
        })
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
        if events.iter().any(|event| event.pos.is_none()) {
            self.heard.lock().unwrap().push(Heard::Passing);
            return;
        }
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

    async fn go_back(&mut self, head: Pos) {
        self.heard.lock().unwrap().push(Heard::WentBack(head.0));
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

    pub(super) async fn commit(&mut self, positions: &[i64]) {
        let events = positions.iter().map(|pos| event(*pos)).collect();
        self.tail.run_step(Step::Committed(events)).await;
    }

    pub(super) async fn head_check(&mut self) {
        let delivered = self.tail.last;
        let marks = self.tail.marks.all().to_vec();
        let end = self.table.end(marks).await.unwrap();
        self.tail
            .run_step(Step::Compare(Head { delivered, end }))
            .await;
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
    pub(super) fn positions(&self) -> &[i64] {
        if let Self::Events(positions) = self {
            positions
        } else {
            &[]
        }
    }
}

impl Table {
    pub(super) fn has_heard(&self, what: &Heard) -> bool {
        self.heard.lock().unwrap().contains(what)
    }

    pub(super) fn append(&self, positions: impl IntoIterator<Item = i64>) {
        for pos in positions {
            self.rows.lock().unwrap().insert(pos, Ok(event(pos)));
            let mut head = self.head.lock().unwrap();
            *head = (*head).max(pos);
        }
    }

    /// Other events than those of before.
    pub(super) fn append_others(&self, positions: impl IntoIterator<Item = i64>) {
        for pos in positions {
            self.append([pos]);
            let other = Event {
                at: Stamp(pos + 1000),
                ..(*event(pos)).clone()
            };
            self.rows.lock().unwrap().insert(pos, Ok(Arc::new(other)));
        }
    }

    /// What is behind this position was never there.
    pub(super) fn shorten(&self, head: i64) {
        self.rows.lock().unwrap().retain(|pos, _| *pos <= head);
        *self.head.lock().unwrap() = head;
    }

    pub(super) fn damage(&self, pos: i64, cause: GapCause) {
        self.rows.lock().unwrap().insert(pos, Err(cause));
    }

    pub(super) fn trim(&self, up_to: i64) {
        self.rows.lock().unwrap().retain(|pos, _| *pos > up_to);
    }
}
