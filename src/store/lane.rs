//! The write lane: one thread, one transaction for all writes that wait, one sync for all of them.
//!
//! Each job runs in a savepoint of the group's transaction, so that a failed one goes alone. The log is
//! appended to as the last step before the commit; its rows and the effects they tell of are one.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use diesel::RunQueryDsl as _;
use diesel::connection::SimpleConnection;
use tokio::sync::oneshot;

use super::cache::Caches;
use super::connect::{Prepared, Sql, checkpoint};
use super::db::Group;
use super::log::{self, Retention};
use super::numbers::Counted;
use super::outlet::Outlet;
use super::queue::{Queue, Taken};
use super::search::write_words;
use super::{Db, Failure, Tx};
use crate::clock::Clock;
use crate::fault::Fault;
use crate::model::Stamp;
use crate::telemetry::{Metrics, Span};

/// How often the log is trimmed.
const SWEEP: Duration = Duration::from_secs(60);
/// A commit that takes longer is reported.
const SLOW: Duration = Duration::from_millis(250);

/// A write that waits: what to do, and whom to tell.
pub(super) trait Write: Send {
    /// Does it. `Err` takes back what it did.
    fn run(&mut self, tx: &mut Tx<'_>) -> Result<(), Failure>;
    /// When it was let into the queue.
    fn accepted(&self) -> Stamp;
    /// Tells how it ended: by its own outcome, unless the commit failed.
    fn answer(self: Box<Self>, committed: Result<(), Failure>);
}

struct Job<F, T> {
    job: Option<F>,
    accepted: Stamp,
    outcome: Option<Result<T, Failure>>,
    answer: oneshot::Sender<Result<T, Failure>>,
}

impl<F, T> Write for Job<F, T>
where
    F: FnOnce(&mut Tx<'_>) -> Result<T, Failure> + Send,
    T: Send,
{
    fn run(&mut self, tx: &mut Tx<'_>) -> Result<(), Failure> {
        let Some(job) = self.job.take() else {
            return Ok(());
        };
        let outcome = catch_unwind(AssertUnwindSafe(|| job(tx)))
            .unwrap_or_else(|_| Err(Failure::trouble("a write job panicked")));
        let verdict = outcome.as_ref().map(|_| ()).map_err(Clone::clone);
        self.outcome = Some(outcome);
        verdict
    }

    fn accepted(&self) -> Stamp {
        self.accepted
    }

    fn answer(self: Box<Self>, committed: Result<(), Failure>) {
        let own = self.outcome.unwrap_or(Err(Failure::Stopping));
        let told = match (own, committed) {
            (Ok(_), Err(failure)) => Err(failure),
            (own, _) => own,
        };
        // Whoever asked may be gone; what was committed stays.
        drop(self.answer.send(told));
    }
}

/// Puts a closure into the lane's queue.
pub(super) fn enqueue<T: Send + 'static>(
    queue: &Queue<Box<dyn Write>>,
    accepted: Stamp,
    job: impl FnOnce(&mut Tx<'_>) -> Result<T, Failure> + Send + 'static,
) -> Result<oneshot::Receiver<Result<T, Failure>>, Failure> {
    let (answer, answered) = oneshot::channel();
    queue.offer(Box::new(Job {
        job: Some(job),
        accepted,
        outcome: None,
        answer,
    }))?;
    Ok(answered)
}

/// All that the thread owns.
pub(super) struct Lane {
    pub(super) sql: Sql,
    pub(super) clock: Clock,
    pub(super) queue: Arc<Queue<Box<dyn Write>>>,
    pub(super) batch: usize,
    pub(super) caches: Arc<Caches>,
    pub(super) outlet: Arc<Outlet>,
    pub(super) counted: Arc<Counted>,
    pub(super) metrics: Arc<Metrics>,
    pub(super) retention: Retention,
}

impl Lane {
    /// Until the queue is closed and empty.
    pub(super) fn run(mut self) {
        let mut next_sweep = Instant::now() + SWEEP;
        loop {
            let patience = next_sweep.saturating_duration_since(Instant::now());
            match self.queue.take(self.batch, patience) {
                Taken::Work(jobs) => self.commit(jobs),
                Taken::Idle => {}
                Taken::Closed => break,
            }
            if Instant::now() >= next_sweep {
                // One slice, then whoever waits; a long backlog is worked off slice by slice.
                let is_done = self.sweep();
                next_sweep = Instant::now() + if is_done { SWEEP } else { Duration::ZERO };
            }
        }
        checkpoint(&mut self.sql);
    }

    fn commit(&mut self, mut jobs: Vec<Box<dyn Write>>) {
        let began = Instant::now();
        let count = jobs.len();
        Fault::LaneThread.panics_once();
        Fault::Lane.holds();
        self.note_waits(&jobs);
        match self.transact(&mut jobs) {
            Ok(mut group) => {
                group.committed(self.clock.now());
                self.caches.invalidate_all(&group.invalidated);
                self.counted.committed(count);
                // Handed over first: what a client does once it has its answer (setting its presence, say) must not
                // overtake the events of the write that was answered.
                self.outlet.hand_over(group.events);
                for job in jobs {
                    job.answer(Ok(()));
                }
            }
            Err(failure) => {
                // Closed already if SQLite rolled back by itself; then this is refused, rightly.
                drop(self.sql.batch_execute("ROLLBACK"));
                self.counted.failed_commit();
                for job in jobs {
                    job.answer(Err(failure.clone()));
                }
            }
        }
        let took = began.elapsed();
        if took >= SLOW {
            tracing::warn!(writes = count, millis = %took.as_millis(), "slow commit");
        }
    }

    fn note_waits(&self, jobs: &[Box<dyn Write>]) {
        let now = self.clock.now();
        let waits = self.metrics.spans().of(Span::LaneWait);
        for job in jobs {
            waits.record(job.accepted().micros_until(now));
        }
    }

    fn transact(&mut self, jobs: &mut [Box<dyn Write>]) -> Result<Group, Failure> {
        self.sql.batch_execute("BEGIN IMMEDIATE")?;
        // Another process may have given out moments since.
        let stamp = log::last_stamp(&mut Db { sql: &mut self.sql })?;
        let mut group = Group::new(self.clock.clone(), stamp);
        if let [job] = jobs {
            // Alone: the transaction is its savepoint.
            let accepted = job.accepted();
            if job
                .run(&mut Tx::new(&mut self.sql, &mut group, accepted))
                .is_err()
            {
                self.sql.batch_execute("ROLLBACK")?;
                return Ok(Group::new(self.clock.clone(), stamp));
            }
            return self.finish(stamp, group);
        }
        for job in jobs {
            let (events, words) = (group.events.len(), group.words.len());
            let invalidated = group.invalidated.len();
            Prepared("SAVEPOINT job", &[]).execute(&mut self.sql)?;
            let accepted = job.accepted();
            let verdict = job.run(&mut Tx::new(&mut self.sql, &mut group, accepted));
            if verdict.is_ok() {
                Prepared("RELEASE job", &[]).execute(&mut self.sql)?;
            } else {
                // Fails if SQLite gave the whole transaction up (disk full): then all jobs fail.
                self.sql.batch_execute("ROLLBACK TO job; RELEASE job")?;
                group.events.truncate(events);
                group.words.truncate(words);
                group.invalidated.truncate(invalidated);
            }
        }
        self.finish(stamp, group)
    }

    fn finish(&mut self, began: Stamp, mut group: Group) -> Result<Group, Failure> {
        // Here and not by triggers: the index writes itself out at each savepoint, which costs as much as all the rest.
        write_words(&mut Db { sql: &mut self.sql }, &group.words)?;
        log::append(&mut Db { sql: &mut self.sql }, began, &mut group)?;
        let spans = self.metrics.spans();
        spans.since(Span::Transact, group.began);
        let done = Instant::now();
        self.sql.batch_execute("COMMIT")?;
        spans.since(Span::Commit, done);
        Ok(group)
    }

    // Whether nothing is left to trim.
    fn sweep(&mut self) -> bool {
        let oldest = self.retention.oldest_at(self.clock.now());
        let most = self.retention.max_bytes;
        let outcome = self
            .sql
            .batch_execute("BEGIN IMMEDIATE")
            .map_err(Failure::from)
            .and_then(|()| log::trim(&mut Db { sql: &mut self.sql }, oldest, most))
            .and_then(|trimmed| Ok(self.sql.batch_execute("COMMIT").map(|()| trimmed)?));
        match outcome {
            Ok(trimmed) => trimmed.is_done,
            Err(_logged_already) => {
                drop(self.sql.batch_execute("ROLLBACK"));
                true
            }
        }
    }
}
