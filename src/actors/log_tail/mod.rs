//! The one way down: committed events, in `pos` order, to all listeners.
//!
//! This file keeps the order: each position once, in sequence. A batch that does not begin where the last one ended (another
//! process wrote, or this one fell behind) waits for what the bus may bring (`assembling.rs`), and is completed from the
//! table first ([`source`]). What happens with an event
//! is in [`dispatch`]: the next events wait until all shards have taken the last ones. So each shard, and each
//! connection, receives everything in `pos` order over all channels.

mod acted_on;
mod asking;
mod assembling;
pub mod dispatch;
mod head;
mod joining;
mod marks;
mod running;
mod samples;
pub mod source;
pub mod targets;

#[cfg(test)]
mod bus_tests;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::FutureExt as _;

use self::assembling::Assembly;
use self::dispatch::{Dispatch, Dispatcher};
use self::head::Head;
use self::marks::Marks;
pub use self::running::Inputs;
use self::source::LogSource;
use super::Shared;
use crate::bus::Bus;
use crate::event::{Event, Gap, GapCause, Logged, Pos};
use crate::fault::{Fault, Seeded, seeded};
use crate::model::Failure;
use crate::store::{LogEnd, Store};
use crate::telemetry::{Counter, Metrics};

/// Before the next try when the database or an actor does not answer.
pub(super) const PAUSE: Duration = Duration::from_millis(200);

/// Tries between two lines in the log of the program about a database that does not answer: 5 seconds.
const TRIES_PER_LINE: u32 = 25;

/// Carries events down; one per process, ends with the store's queue.
pub struct LogTail<S = Store, D = Dispatcher> {
    source: S,
    dispatch: D,
    metrics: Arc<Metrics>,
    /// All up to here was dispatched, or stepped over.
    last: Pos,
    /// When the last one was.
    delivered_at: Option<Instant>,
    /// What the log is compared with.
    marks: Marks,
    /// Where the step under way leads to.
    target: Pos,
    /// How long it took to hand the last events over to the shards.
    hand_over_time: Duration,
    pause: Duration,
    bus: Bus,
    assembly: Assembly,
    /// Ephemeral events of other servers, until what was committed before them is delivered.
    passing: Vec<Event>,
}

/// What `LogTail` does next.
pub(super) enum Step {
    /// Events that this process committed.
    Committed(Vec<Arc<Event>>),
    /// An event that is not logged.
    Ephemeral(Event),
    /// Compares the head of the log.
    Compare(Head),
    /// Reads the table up to here.
    Read(Pos),
}

impl LogTail {
    /// Begins behind `last`: no stream waits for what was committed before.
    pub fn new(shared: Arc<Shared>, last: Pos) -> Self {
        let last = Pos(last.0 + i64::from(seeded(Seeded::DeliveryBeginsLate)));
        let (store, metrics) = (shared.store.clone(), shared.metrics.clone());
        let bus = shared.bus.clone();
        let tail = Self::with(store, Dispatcher::new(shared), metrics, last, PAUSE);
        Self { bus, ..tail }
    }
}

impl<S: LogSource, D: Dispatch> LogTail<S, D> {
    /// With another log or other receivers.
    pub fn with(source: S, dispatch: D, metrics: Arc<Metrics>, last: Pos, pause: Duration) -> Self {
        Self {
            source,
            dispatch,
            metrics,
            last,
            delivered_at: None,
            marks: Marks::default(),
            target: last,
            hand_over_time: Duration::ZERO,
            pause,
            bus: Bus::default(),
            assembly: Assembly::default(),
            passing: Vec::new(),
        }
    }

    /// A panic in a step must not end delivery for all. The events of the step are not tried again, since they may be
    /// its cause; the streams, which may lack some of them now, are closed with a code that says so.
    pub(super) async fn run_step(&mut self, step: Step) {
        if AssertUnwindSafe(self.step(step))
            .catch_unwind()
            .await
            .is_ok()
        {
            return;
        }
        self.metrics.add(Counter::LogTailPanics, 1);
        tracing::error!(
            after = self.last.0,
            until = self.target.0,
            "LogTail panicked and goes on"
        );
        self.last = self.last.max(self.target);
        self.dispatch.pass_over(self.last);
        self.source.invalidate_all();
        let restart = async {
            self.dispatch.reset_state();
            self.dispatch.close_streams().await;
        };
        if AssertUnwindSafe(restart).catch_unwind().await.is_err() {
            tracing::error!("LogTail could not close the streams");
        }
    }

    async fn step(&mut self, step: Step) {
        match step {
            Step::Committed(events) => {
                let began = Instant::now();
                self.deliver_committed(events).await;
                self.hand_over_time = began.elapsed();
            }
            Step::Ephemeral(event) => self.dispatch.deliver(vec![Arc::new(event)]).await,
            Step::Compare(_) if seeded(Seeded::HeadNotCompared) => {}
            Step::Compare(Head { delivered, end }) => match self.source.is_shared() {
                true if end.pos < delivered || end.is_another => self.go_back(end).await,
                // It may be on its way: over the bus, or from the lane of this process.
                true => {
                    self.marks.are_there(delivered, (end, self.last));
                    self.assembly.expect(end.pos);
                }
                false => self.catch_up(end.pos).await,
            },
            Step::Read(until) => self.catch_up(until).await,
        }
    }

    /// Takes committed events, in order, each once.
    async fn deliver_committed(&mut self, events: Vec<Arc<Event>>) {
        let last = events.last().and_then(|event| event.pos);
        self.target = last.unwrap_or(self.target).max(self.target);
        Fault::Delivery.panics_once();
        Fault::LogTail.delays().await;
        let mut next: Vec<Arc<Event>> = Vec::with_capacity(events.len());
        for event in events {
            let Some(pos) = event.pos else { continue };
            let reached = next.last().and_then(|event| event.pos).unwrap_or(self.last);
            if pos <= reached {
                continue;
            }
            if pos.0 > reached.0 + 1 && !seeded(Seeded::HoleSkipped) {
                self.deliver_logged(std::mem::take(&mut next)).await;
                if seeded(Seeded::BatchEarly) {
                    self.dispatch.deliver(vec![event.clone()]).await;
                }
                self.catch_up(Pos(pos.0 - 1)).await;
                // The process stops: the hole stays, and what is behind it must not go out.
                if self.last.0 + 1 != pos.0 {
                    return;
                }
            }
            next.push(event);
        }
        if seeded(Seeded::BatchTwice) {
            self.dispatch.deliver(next.clone()).await;
        }
        self.deliver_logged(next).await;
    }

    async fn deliver_logged(&mut self, events: Vec<Arc<Event>>) {
        let Some(last) = events.last().cloned() else {
            return;
        };
        self.dispatch.deliver(events).await;
        self.last = last.pos.unwrap_or(self.last);
        self.delivered_at = Some(Instant::now());
        self.marks.note(&last);
    }

    /// Fetches from the table what is missing up to `until`. The order is worth more than the time: while the
    /// database does not answer this waits, and says so.
    async fn catch_up(&mut self, until: Pos) {
        if until <= self.last {
            return;
        }
        self.metrics.add(Counter::LogCatchUps, 1);
        self.target = self.target.max(until);
        let mut tries = 0;
        while self.last < until {
            match self.source.between(self.last, until).await {
                Ok(entries) => {
                    tries = 0;
                    // Nothing at all would be a fault of the source; it must not hold the log.
                    let reached = entries.last().and_then(Logged::last).unwrap_or(until);
                    self.deliver_entries(entries).await;
                    self.last = self.last.max(reached);
                }
                Err(Failure::Stopping) => return,
                Err(_) => wait_for_database(&self.metrics, &mut tries, self.pause).await,
            }
        }
    }

    /// What was read from the table: another process wrote it, or this one was too slow for it.
    async fn deliver_entries(&mut self, entries: Vec<Logged>) {
        let mut next: Vec<Arc<Event>> = Vec::with_capacity(entries.len());
        let count = entries.len();
        let count = count.saturating_sub(usize::from(seeded(Seeded::HoleReadShort)));
        for entry in entries.into_iter().take(count) {
            match entry {
                Logged::Event(event) => {
                    // Before delivery: a client that receives the event and sends a request must not get the old state.
                    self.source.invalidate(&event);
                    next.push(event);
                }
                Logged::Gap(gap) => {
                    self.deliver_logged(std::mem::take(&mut next)).await;
                    self.step_over(gap).await;
                }
            }
        }
        if seeded(Seeded::HoleReadTwice) {
            self.dispatch.deliver(next.clone()).await;
        }
        self.deliver_logged(next).await;
    }

    /// Some of what was delivered is not in the log: a replica without it took over, or another database with the same
    /// epoch uses the same bus. The log may have grown since, so that it ends behind what was delivered. Without this events
    /// that have its positions again would be taken for known.
    async fn go_back(&mut self, end: LogEnd) {
        if seeded(Seeded::DeliveryBeginsLate) {
            return;
        }
        tracing::error!(
            delivered = self.last.0,
            head = end.pos.0,
            "events that were delivered are not in the log any more: the streams are closed. See \"A log that went back\" in docs/cluster.md"
        );
        self.metrics.add(Counter::LogWentBack, 1);
        self.source.invalidate_all();
        self.dispatch.reset_state();
        self.assembly = Assembly::default();
        self.marks.begin_again(end);
        (self.last, self.target) = (end.pos, end.pos);
        self.dispatch.go_back(end.pos).await;
    }

    /// Nothing that is known from events holds behind a gap. The streams are closed if events are lost that this
    /// program could have delivered, and if rights changed in a way that it cannot read; they stay if a newer program
    /// wrote something else.
    async fn step_over(&mut self, gap: Gap) {
        self.source.invalidate_all();
        self.dispatch.reset_state();
        match gap.cause {
            GapCause::Unreadable => self.metrics.add(Counter::LogUnreadable, gap.len()),
            GapCause::UnreadableRights => {
                self.metrics.add(Counter::LogUnreadable, gap.len());
                self.dispatch.close_streams().await;
            }
            GapCause::Trimmed => {
                tracing::error!(
                    first = gap.first.0,
                    last = gap.last.0,
                    "events were trimmed before they were read"
                );
                self.metrics.add(Counter::LogMissed, gap.len());
                self.dispatch.close_streams().await;
            }
        }
        self.last = gap.last;
        self.dispatch.pass_over(gap.last);
    }
}

/// Waits before the next try; counted, and written to the log of the program every few seconds.
pub(super) async fn wait_for_database(metrics: &Metrics, tries: &mut u32, pause: Duration) {
    metrics.add(Counter::LogRetries, 1);
    if tries.is_multiple_of(TRIES_PER_LINE) {
        tracing::error!(tries = *tries, "events wait: the database does not answer");
    }
    *tries = tries.saturating_add(1);
    tokio::time::sleep(pause).await;
}
