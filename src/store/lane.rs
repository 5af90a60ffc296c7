//! The write lane: one thread, one transaction for all writes that wait, one sync for all of them.
//!
//! Here is the thread and what it does beside writing: the full-text index, the retention of the log. What happens
//! within a transaction is in `transaction.rs`.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::cache::Caches;
use super::call_keys;
use super::connect::{Sql, checkpoint, checkpoint_now, without_sync};
use super::group::Group;
use super::head::{Head, NewestMessage, begin};
use super::link::Link;
use super::live_tokens::LiveTokens;
use super::log::{self, Parcel, Retention};
use super::numbers::Counted;
use super::outlet::Outlet;
use super::parcels::Parcels;
use super::queue::{Queue, Taken};
use super::search::{Indexed, Indexing};
use super::statements::{Commit, ForgetLanes, Rollback, execute};
use super::transaction::{Ended, Transaction, note_waits};
use super::work::Work;
use super::{Db, Failure};
use crate::clock::Clock;
use crate::fault::{Fault, Seeded, seeded};
use crate::telemetry::{Counter, Metrics};

/// How often the log is trimmed, and the write-ahead log emptied if something was deleted.
const SWEEP: Duration = Duration::from_secs(60);
/// How long the last timestamp of a lane is kept.
const LANES_KEPT: Duration = Duration::from_secs(24 * 3600);
/// A commit that takes longer is reported.
const SLOW: Duration = Duration::from_millis(250);

/// All that the thread owns.
pub(super) struct Lane {
    pub(super) sql: Sql,
    pub(super) link: Link,
    pub(super) clock: Clock,
    /// How far it may be from that of the database.
    pub(super) clock_apart: Duration,
    pub(super) queue: Arc<Queue<Work>>,
    pub(super) batch: usize,
    pub(super) caches: Arc<Caches>,
    pub(super) outlet: Arc<Outlet>,
    pub(super) parcels: Arc<Parcels>,
    pub(super) counted: Arc<Counted>,
    pub(super) metrics: Arc<Metrics>,
    pub(super) retention: Retention,
    /// How long the keys of calls are kept.
    pub(super) keys_kept: Duration,
    /// As of the last commit of this process.
    pub(super) newest: Option<NewestMessage>,
    /// The same.
    pub(super) live: LiveTokens,
    /// Since the write-ahead log was emptied; it keeps what was deleted until then.
    pub(super) has_deleted: bool,
}

impl Lane {
    /// Until the queue is closed and empty.
    pub(super) fn run(mut self) {
        let mut next_sweep = Instant::now() + SWEEP;
        // A process that was killed may have left something.
        let mut indexing = Indexing::due_at_once(&self.sql, Instant::now());
        loop {
            let until = indexing.due().map_or(next_sweep, |due| due.min(next_sweep));
            let patience = until.saturating_duration_since(Instant::now());
            self.counted.rests();
            let taken = self.queue.take(self.batch, patience);
            self.counted.begins();
            match taken {
                Taken::Work(work) => indexing.note(self.commit(work), Instant::now()),
                Taken::Idle => {}
                Taken::Closed => break,
            }
            let now = Instant::now();
            if self.counted.is_doubtful() {
                // A database that is locked or full is not waited for twice: the writes behind need an answer.
                indexing.put_off(now);
            }
            if indexing.due().is_some_and(|due| now >= due) {
                indexing.done(self.index(), now);
            }
            if now >= next_sweep {
                // One slice, then the writes that wait; a long backlog is worked off slice by slice.
                let is_done = self.sweep();
                next_sweep = now + if is_done { SWEEP } else { Duration::ZERO };
            }
        }
        while matches!(self.index(), Ok(false)) {}
        checkpoint(&mut self.sql);
    }

    /// Returns how many messages, posts and channels were written.
    fn commit(&mut self, mut work: Vec<Work>) -> usize {
        let began = Instant::now();
        Fault::Lane.holds();
        Fault::LaneThread.panics_once();
        note_waits(&self.metrics, &self.clock, work.iter());
        let (new, committed) = match self.run_group(&mut work) {
            Ok(Some(mut group)) => {
                self.newest = Some(group.committed(self.clock.now()));
                self.live = std::mem::take(&mut group.live);
                for event in &group.events {
                    self.caches.invalidate(&event.payload);
                }
                self.has_deleted |= group.has_deleted;
                self.send_parcel(&group);
                // Handed over first: what a client does once it has its answer (setting its presence, say) must not
                // overtake the events of the write that was answered.
                self.outlet.hand_over(group.events, group.log_bytes);
                (group.messages + group.posts + group.channels, Ok(()))
            }
            Ok(None) => (0, Ok(())),
            Err(failure) => (0, Err(failure)),
        };
        // A fault of a single write is in doubt too: a disk that is full fails statements before it fails a commit.
        let count = work.len();
        let has_trouble = committed.is_err() || work.iter().any(Work::met_trouble);
        self.counted.doubt(has_trouble);
        if has_trouble {
            self.link.check(&mut self.sql);
        }
        match committed {
            Ok(()) => self.counted.committed(count),
            Err(_) => self.counted.failed_commit(),
        }
        for one in work {
            one.answer(committed.clone());
        }
        let took = began.elapsed();
        if took >= SLOW {
            tracing::warn!(writes = count, millis = %took.as_millis(), "slow commit");
        }
        new
    }

    /// To the other servers, at the same time as to the listeners of this one.
    fn send_parcel(&self, group: &Group) {
        if !self.parcels.are_taken() {
            return;
        }
        let parcel = Parcel::pack(&group.events, &group.written);
        if parcel.is_some_and(|parcel| !self.parcels.hand_over(parcel)) {
            self.metrics.add(Counter::BusDropped, 1);
        }
    }

    /// Connects again if the connection was lost. A server that took over may lack the last commits, so nothing that was
    /// known as of one of them is.
    fn restore(&mut self) -> Result<(), Failure> {
        if self.link.restore(&mut self.sql)? {
            self.newest = None;
            self.live = LiveTokens::default();
        }
        Ok(())
    }

    /// `None` if nothing was left to commit.
    fn run_group(&mut self, work: &mut Vec<Work>) -> Result<Option<Group>, Failure> {
        self.restore()?;
        let watched = self.link.watch();
        let mut transaction = Transaction {
            sql: &mut self.sql,
            clock: &self.clock,
            clock_apart: self.clock_apart,
            metrics: &self.metrics,
            lane: self.link.name(),
            queue: &self.queue,
            batch: self.batch,
            newest: self.newest,
            live: std::mem::take(&mut self.live),
        };
        let outcome = transaction.run(work);
        drop(watched);
        match outcome {
            Ok(group) => Ok(group),
            Err(Ended::Failed(failure)) => Err(failure),
            Err(Ended::Unknown(group)) => {
                match self.link.holds(&mut self.sql, (group.stamp, &self.clock)) {
                    Ok(_) if seeded(Seeded::CommitNotLookedUp) => Err(Failure::Away),
                    Ok(false) if seeded(Seeded::CommitBelieved) => Ok(Some(*group)),
                    Ok(true) => Ok(Some(*group)),
                    Ok(false) => Err(Failure::Away),
                    Err(failure) => {
                        tracing::error!(%failure, "it is not known whether a group of writes was committed");
                        Err(Failure::Unsure)
                    }
                }
            }
        }
    }

    /// Indexes some of everything; whether that was all. Without a sync: what a power cut takes of the index is indexed
    /// again, from the mark.
    fn index(&mut self) -> Result<bool, Failure> {
        self.restore()?;
        let (link, clock) = (&self.link, &self.clock);
        let watch = || link.watch();
        let (done, is_synced) = without_sync(&mut self.sql, watch, |sql| {
            let mut all = Ok(true);
            // A transaction each: one index that fails must not hold up the others.
            for what in Indexed::ALL {
                let watched = link.watch();
                let indexed = index_slice((sql, clock), what);
                drop(watched);
                match indexed {
                    Ok(is_done) => all = all.map(|all| all && is_done),
                    // A database that is locked is not waited for again.
                    Err(failure @ (Failure::Busy | Failure::Away)) => return Err(failure),
                    Err(failure) => all = all.and(Err(failure)),
                }
            }
            all
        });
        if !is_synced {
            self.link.give_up();
        } else if done.is_err() {
            self.link.check(&mut self.sql);
        }
        done
    }

    // Whether nothing is left to do.
    fn sweep(&mut self) -> bool {
        if self.has_deleted && checkpoint_now(&mut self.sql) {
            self.has_deleted = false;
        }
        let oldest = self.retention.oldest_at(self.clock.now());
        let most = self.retention.max_bytes;
        let day_ago = self.clock.now().minus(LANES_KEPT);
        let keys_before = self.clock.now().minus(self.keys_kept);
        if self.restore().is_err() {
            return true;
        }
        let watched = self.link.watch();
        let farthest = self.clock_apart;
        let trimmed = in_transaction((&mut self.sql, &self.clock), |sql, head| {
            // What is old by a clock that is wrong may be what the other servers wrote just now.
            head.demand_near(farthest)?;
            execute::<ForgetLanes>(sql, &[day_ago.0.into()])?;
            let db = &mut Db { sql };
            let has_more_keys = call_keys::forget_some(db, keys_before)?;
            let trimmed = log::trim(db, oldest, most)?;
            Ok((trimmed.events, trimmed.is_done && !has_more_keys))
        });
        drop(watched);
        if trimmed.is_err() {
            self.link.check(&mut self.sql);
        }
        self.has_deleted |= trimmed.as_ref().is_ok_and(|(events, _)| *events > 0);
        // A failure is logged already.
        trimmed.map_or(true, |(_, is_done)| is_done)
    }
}

/// Indexes the next objects of one index. The next start rebuilds an index that fails while the database works.
fn index_slice((sql, clock): (&mut Sql, &Clock), what: Indexed) -> Result<bool, Failure> {
    if what.is_done(sql)? {
        return Ok(true);
    }
    let mut has_failed = false;
    let indexed = in_transaction((sql, clock), |sql, _| {
        let indexed = what.index_slice(sql);
        has_failed = matches!(indexed, Err(Failure::Trouble(_)));
        indexed
    });
    if has_failed {
        // If this fails too, it is done with the next try.
        drop(in_transaction((sql, clock), |sql, _| what.give_up(sql)));
    }
    indexed
}

fn in_transaction<T>(
    (sql, clock): (&mut Sql, &Clock),
    job: impl FnOnce(&mut Sql, &Head) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let head = begin(sql, clock)?;
    let outcome = job(sql, &head).and_then(|done| {
        execute::<Commit>(sql, &[])?;
        Ok(done)
    });
    if outcome.is_err() {
        // Refused if SQLite rolled back by itself.
        drop(execute::<Rollback>(sql, &[]));
    }
    outcome
}
