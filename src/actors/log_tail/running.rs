//! What comes to `LogTail`, and when it looks by itself.

use std::time::{Duration, Instant};

use tokio::sync::mpsc;

use super::assembling::Batch;
use super::dispatch::Dispatch;
use super::head::Asked;
use super::source::LogSource;
use super::{LogTail, Step};
use crate::bus::Arrived;
use crate::event::Event;
use crate::store::CommittedBatch;
use crate::telemetry::Counter;

/// How often the head of the log is compared, in case that another process wrote last. On SQLite that is the command line:
/// a token that it revokes has to be refused within a second.
const LOOK_ALONE: Duration = Duration::from_millis(500);
/// On PostgreSQL it is any other server, whose events are seen in no other way.
const LOOK_WITHOUT_BUS: Duration = Duration::from_millis(50);
/// With a bus: a message that was lost, or the command line. Counted from the last event: while more follow, what is missing
/// between them shows by itself.
const LOOK_WITH_BUS: Duration = Duration::from_millis(100);
/// So much later at most: a log that went back does not show by itself.
const LONGEST_WITHOUT_LOOK: Duration = Duration::from_millis(500);

/// Events taken in one go, of either side; more only wait longer.
const AT_ONCE: usize = 1024;

/// Ephemeral events of other servers that may wait for a hole to be filled; one more is dropped and counted.
const PASSING: usize = 4096;

/// When writers outrun the sockets, more is waited for after a hand-over to the shards that took as long as this.
const LONG_HAND_OVER: Duration = Duration::from_millis(3);

/// For this part of its time, but never long. Clients answer the last event now, and while the fan-out
/// held the thread no request was read: answers that arrive in this time share one `send()` per socket.
const GATHER_PART: u32 = 10;
const LONGEST_GATHER: Duration = Duration::from_millis(4);

/// What comes to it.
pub struct Inputs {
    /// What this process commits.
    pub committed: mpsc::Receiver<CommittedBatch>,
    /// What the bus brings.
    pub arrived: Option<mpsc::Receiver<Arrived>>,
    /// Ephemeral events of this process.
    pub ephemeral: mpsc::Receiver<Event>,
}

impl<S: LogSource + Clone + 'static, D: Dispatch> LogTail<S, D> {
    /// As long as its thread.
    pub async fn run(mut self, mut inputs: Inputs) {
        let (mut asked, mut looked_at) = (Asked::default(), None);
        loop {
            self.metrics.note_log_position(self.last.0);
            let is_behind = !inputs.committed.is_empty();
            let due = self.assembly.due();
            let look_at = looked_at.map_or_else(Instant::now, |at| self.look_behind(at));
            tokio::select! {
                // Committed events first: ephemeral ones may be late, or lost.
                biased;
                () = until(due) => {
                    self.stop_waiting().await;
                    self.deliver_joined().await;
                }
                batch = inputs.committed.recv() => {
                    let Some(batch) = batch else { return };
                    if is_behind && self.hand_over_time >= LONG_HAND_OVER {
                        tokio::time::sleep((self.hand_over_time / GATHER_PART).min(LONGEST_GATHER)).await;
                    }
                    self.assembly.take(Batch::Own(batch));
                    self.take_waiting(&mut inputs);
                    self.deliver_joined().await;
                }
                Some(arrived) = next(&mut inputs.arrived) => {
                    self.take_arrived(arrived);
                    self.take_waiting(&mut inputs);
                    self.deliver_joined().await;
                }
                // What a client does behind a write must not overtake its event, which may wait for one before it.
                Some(event) = inputs.ephemeral.recv(), if self.assembly.is_whole() => {
                    self.run_step(Step::Ephemeral(event)).await;
                }
                head = asked.answer() => {
                    if let Some(head) = head {
                        self.run_step(Step::Compare(head)).await;
                        self.deliver_joined().await;
                    }
                    // After a long step one look is enough.
                    looked_at = Some(Instant::now());
                }
                () = until(Some(look_at)), if !asked.is_open() => asked.ask(&self.source, (self.last, &self.marks)),
            }
        }
    }

    /// When it looks again behind a look.
    fn look_behind(&self, looked_at: Instant) -> Instant {
        match (self.source.is_shared(), self.bus.works()) {
            (false, _) => looked_at + LOOK_ALONE,
            (true, true) => {
                let silent_from = self.delivered_at.map_or(looked_at, |at| at.max(looked_at));
                (silent_from + LOOK_WITH_BUS).min(looked_at + LONGEST_WITHOUT_LOOK)
            }
            (true, false) => looked_at + LOOK_WITHOUT_BUS,
        }
    }

    /// What else waits, of both sides: a side that has much must not hold up the other.
    fn take_waiting(&mut self, inputs: &mut Inputs) {
        let mut count = 0;
        while count < AT_ONCE
            && let Ok(batch) = inputs.committed.try_recv()
        {
            count += batch.events.len();
            self.assembly.take(Batch::Own(batch));
        }
        let mut count = 0;
        while count < AT_ONCE
            && let Some(Ok(arrived)) = inputs.arrived.as_mut().map(mpsc::Receiver::try_recv)
        {
            count += self.take_arrived(arrived);
        }
    }

    /// How many events these are.
    pub(super) fn take_arrived(&mut self, arrived: Arrived) -> usize {
        match arrived {
            Arrived::Batch(batch) => {
                // As early as possible: a token that was revoked elsewhere must not be valid here for as long as the
                // events before it take.
                for event in &batch.events {
                    self.source.invalidate(event);
                }
                let count = batch.events.len();
                self.assembly.take(Batch::Others(batch));
                count
            }
            Arrived::Committed(pos) => {
                self.assembly.expect(pos);
                1
            }
            Arrived::Event(event) => {
                match self.passing.len() < PASSING {
                    true => self.passing.push(event),
                    false => self.metrics.add(Counter::EphemeralDropped, 1),
                }
                1
            }
        }
    }

    /// Delivers what joins. Without a bus that works nothing comes that fills a hole; behind all batches there may be one of
    /// this process.
    pub(super) async fn deliver_joined(&mut self) {
        let joined = self.assembly.joined(self.last, Instant::now());
        self.deliver_batches(joined).await;
        if self.assembly.holds_some() && !self.bus.works() {
            self.stop_waiting().await;
        }
        if self.assembly.is_whole() {
            for event in std::mem::take(&mut self.passing) {
                self.run_step(Step::Ephemeral(event)).await;
            }
        }
    }

    /// Delivers what waits, and what is missing before and behind it.
    pub(super) async fn stop_waiting(&mut self) {
        let (batches, until) = self.assembly.give_up();
        self.deliver_batches(batches).await;
        if until > self.last {
            self.run_step(Step::Read(until)).await;
        }
    }

    async fn deliver_batches(&mut self, batches: Vec<Batch>) {
        if batches.is_empty() {
            return;
        }
        // Dropped behind the step: until then they count against the bounds of their queues.
        let events = batches.iter().flat_map(Batch::events).cloned();
        self.run_step(Step::Committed(events.collect())).await;
    }
}

async fn until(moment: Option<Instant>) {
    match moment {
        Some(moment) => tokio::time::sleep_until(moment.into()).await,
        None => std::future::pending().await,
    }
}

/// Without a bus nothing arrives.
async fn next(arrived: &mut Option<mpsc::Receiver<Arrived>>) -> Option<Arrived> {
    match arrived {
        Some(receiver) => receiver.recv().await,
        None => std::future::pending().await,
    }
}
