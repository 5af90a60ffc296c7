//! The one transaction of a group of writes.
//!
//! Jobs run in order, each in a savepoint, so that a failed one goes alone. Plain messages that follow one another are
//! written as one set, before the next job runs, and so are sessions that go on: a job sees what was written before it. The
//! log is appended to as the last step before the commit; its rows and the effects they tell of are one.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use super::connect::Sql;
use super::group::Group;
use super::head::{NewestMessage, begin};
use super::live_tokens::LiveTokens;
use super::log;
use super::messages::{Posting, write_postings};
use super::queue::Queue;
use super::search::{ChannelWords, PostWords, apply_changes, forget_words};
use super::session_set::{SessionWork, write_sessions};
use super::sql_error::is_lost;
use super::statements::{Commit, Release, Rollback, RollbackToSavepoint, Savepoint, execute};
use super::work::Work;
use super::{Failure, Tx};
use crate::clock::Clock;
use crate::telemetry::{Metrics, Span};

/// How a group ended that was not committed, as far as is known.
pub(super) enum Ended {
    /// Nothing of it holds.
    Failed(Failure),
    /// The connection was lost in the commit: it holds if the lane's row has its last timestamp.
    Unknown(Box<Group>),
}

impl From<Failure> for Ended {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

/// What a group's transaction needs.
pub(super) struct Transaction<'l> {
    pub(super) sql: &'l mut Sql,
    pub(super) clock: &'l Clock,
    /// How far it may be from that of the database.
    pub(super) clock_apart: Duration,
    pub(super) metrics: &'l Metrics,
    /// The name of the lane's row in the database, if that is a server.
    pub(super) lane: &'l str,
    /// What arrives while the head of the log is waited for joins the group.
    pub(super) queue: &'l Queue<Work>,
    /// Writes in a group at most.
    pub(super) batch: usize,
    /// As of this process's last commit.
    pub(super) newest: Option<NewestMessage>,
    /// The same; a group takes it, and gives it back if it is committed.
    pub(super) live: LiveTokens,
}

impl Transaction<'_> {
    /// Runs and commits all of it; `None` if nothing was left to commit.
    pub(super) fn run(&mut self, work: &mut Vec<Work>) -> Result<Option<Group>, Ended> {
        let outcome = self.attempt(work);
        if outcome.is_err() {
            self.roll_back();
        }
        outcome
    }

    fn attempt(&mut self, work: &mut Vec<Work>) -> Result<Option<Group>, Ended> {
        let mut group = self.begin()?;
        self.take_more(work);
        // All that there is, if it is one set or one job: the transaction is its savepoint.
        let is_alone = work.chunk_by(Work::joins).count() == 1;
        if is_alone {
            if self.unguarded(&mut group, work).is_ok() {
                return self.finish(group).map(Some);
            }
            self.roll_back();
            if work.len() == 1 {
                return Ok(None);
            }
            group = self.begin()?;
            for one in work {
                self.guarded(&mut group, std::slice::from_mut(one))?;
            }
            return self.finish(group).map(Some);
        }
        for part in work.chunk_by_mut(Work::joins) {
            let is_done = self.guarded(&mut group, part)?;
            if !is_done && part.len() > 1 {
                // One of the set is to blame; it shall not fail the others.
                for one in part {
                    self.guarded(&mut group, std::slice::from_mut(one))?;
                }
            }
        }
        self.finish(group).map(Some)
    }

    /// Where several servers write, a group waits for the others for longer than its own commit takes: with all that waits
    /// by then there are half as many groups.
    fn take_more(&self, work: &mut Vec<Work>) {
        let taken = work.len();
        self.queue.take_more(self.batch, work);
        note_waits(self.metrics, self.clock, work.iter().skip(taken));
    }

    fn begin(&mut self) -> Result<Group, Failure> {
        let began = Instant::now();
        let head = begin(self.sql, self.clock)?;
        self.metrics.spans().since(Span::HeadWait, began);
        head.demand_near(self.clock_apart)?;
        let live = std::mem::take(&mut self.live).at(head.tokens_ended);
        let mut group = Group::begin(self.sql, &head, self.clock.clone(), self.newest)?;
        group.live = live;
        Ok(group)
    }

    /// One job, or messages or sessions as one set.
    fn unguarded(&mut self, group: &mut Group, part: &mut [Work]) -> Result<(), Failure> {
        match part {
            [Work::Message(_), ..] => {
                let mut set: Vec<&mut Posting> =
                    part.iter_mut().filter_map(Work::posting).collect();
                let write = AssertUnwindSafe(|| write_postings(self.sql, group, &mut set));
                let written = unless_panicked(write);
                if let Err(failure) = &written {
                    set.into_iter().for_each(|posting| posting.fail(failure));
                }
                written
            }
            [Work::Session(_), ..] => {
                let mut set: Vec<&mut SessionWork> =
                    part.iter_mut().filter_map(Work::session).collect();
                let write = AssertUnwindSafe(|| write_sessions(self.sql, group, &mut set));
                let written = unless_panicked(write);
                if let Err(failure) = &written {
                    set.into_iter().for_each(|session| session.fail(failure));
                }
                written
            }
            // Jobs join nothing.
            [Work::Job(job), ..] => {
                let accepted = job.accepted();
                job.run(&mut Tx::new(self.sql, group, accepted))
            }
            [] => Ok(()),
        }
    }

    /// The same in a savepoint. False: it failed alone. `Err`: the whole transaction did.
    fn guarded(&mut self, group: &mut Group, part: &mut [Work]) -> Result<bool, Failure> {
        let mark = group.mark();
        execute::<Savepoint>(self.sql, &[])?;
        let is_done = self.unguarded(group, part).is_ok();
        if !is_done {
            // Fails if SQLite gave the whole transaction up (disk full): then all writes fail.
            execute::<RollbackToSavepoint>(self.sql, &[])?;
            group.back_to(mark);
        }
        execute::<Release>(self.sql, &[])?;
        Ok(is_done)
    }

    fn finish(&mut self, mut group: Group) -> Result<Group, Ended> {
        self.write_end(&mut group)?;
        let spans = self.metrics.spans();
        spans.since(Span::Transact, group.began);
        let done = Instant::now();
        if let Err(error) = execute::<Commit>(self.sql, &[]) {
            return Err(match is_lost(&error) {
                true => Ended::Unknown(Box::new(group)),
                false => Ended::Failed(error.into()),
            });
        }
        spans.since(Span::Commit, done);
        Ok(group)
    }

    fn write_end(&mut self, group: &mut Group) -> Result<(), Failure> {
        forget_words(self.sql, &group.forgotten)?;
        apply_changes::<PostWords>(self.sql, &group.post_changes)?;
        apply_changes::<ChannelWords>(self.sql, &group.channel_changes)?;
        if let Sql::Postgres(_) = self.sql {
            // A timestamp of its own, or a commit could not be told from the one before it (`link.rs`).
            group.now();
        }
        log::append(self.sql, group, self.lane)
    }

    fn roll_back(&mut self) {
        // Refused if SQLite rolled back by itself: then it is done already.
        drop(execute::<Rollback>(self.sql, &[]));
    }
}

/// How long writes have waited for the lane that takes them now.
pub(super) fn note_waits<'w>(
    metrics: &Metrics,
    clock: &Clock,
    taken: impl Iterator<Item = &'w Work>,
) {
    let now = clock.now();
    let waits = metrics.spans().of(Span::LaneWait);
    for one in taken {
        waits.record(one.accepted().micros_until(now));
    }
}

/// The write of a set.
fn unless_panicked(
    write: AssertUnwindSafe<impl FnOnce() -> Result<(), Failure>>,
) -> Result<(), Failure> {
    catch_unwind(write).unwrap_or_else(|_| Err(Failure::trouble("the write of a set panicked")))
}
