//! Threads that read: blocking work, kept away from the threads that serve sockets.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use diesel::Connection as _;
use tokio::sync::{oneshot, watch};

use super::super::connect::{ReadPool, Sql};
use super::super::overdue::Overdue;
use super::super::queue::{Queue, Taken};
use super::super::{Db, Failure, StoreOptions};
use super::Purpose;
use super::limit::{Limit, Stop};
use crate::fault::Fault;

/// Interval in which an idle thread checks for the end; without effect on reads.
const PATIENCE: Duration = Duration::from_secs(3600);

type Read = Box<dyn FnOnce(&ReadPool) + Send>;

/// What of a read is of one moment.
#[derive(Clone, Copy, Debug)]
pub(super) enum Moment {
    /// All of it: what a job reads first and what it reads last belong together.
    OfJob,
    /// Each statement alone, which saves a server two ways there and back.
    OfStatement,
}

/// The threads of one purpose, behind a bounded queue.
pub(super) struct Readers {
    purpose: Purpose,
    patience: Duration,
    queue: Arc<Queue<Read>>,
    /// Threads that still run.
    alive: watch::Receiver<usize>,
    count: usize,
    stop: Arc<Stop>,
    overdue: Arc<AtomicU64>,
    /// Of a database on a server.
    server: Option<Arc<Overdue>>,
}

impl Readers {
    pub(super) fn start(
        pool: &ReadPool,
        purpose: Purpose,
        options: &StoreOptions,
        stop: Arc<Stop>,
        overdue: Arc<AtomicU64>,
        server: Option<Arc<Overdue>>,
    ) -> Result<Self, Failure> {
        let count = usize::try_from(purpose.threads(options)).unwrap_or(1);
        let waiting = count.saturating_mul(purpose.waiting_per_thread());
        let queue = Arc::new(Queue::new(waiting));
        let (ends, alive) = watch::channel(count);
        let ends = Arc::new(ends);
        for n in 0..count {
            let (queue, pool, ends) = (Arc::clone(&queue), pool.clone(), Arc::clone(&ends));
            std::thread::Builder::new()
                .name(format!("read-{}-{n}", purpose.name()))
                .spawn(move || {
                    let end = ReaderEnd { queue, ends };
                    run(&end.queue, &pool);
                    drop(end);
                })
                .map_err(|error| Failure::trouble(format!("no thread for reading: {error}")))?;
        }
        Ok(Self {
            purpose,
            patience: purpose.patience(options),
            queue,
            alive,
            count,
            stop,
            overdue,
            server,
        })
    }

    /// Whether no thread has ended; none does before [`Self::close`], except by a panic.
    pub(super) fn are_all_alive(&self) -> bool {
        *self.alive.borrow() == self.count
    }

    pub(super) async fn read<T: Send + 'static>(
        &self,
        moment: Moment,
        job: impl FnOnce(&mut Db<'_>) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, Failure> {
        let (answer, answered) = oneshot::channel();
        let gone = Arc::new(AtomicBool::new(false));
        // Dropped with this future, when the caller stops waiting.
        let _caller = Caller(Arc::clone(&gone));
        self.submit(
            (moment, gone),
            answer,
            |_, db| job(db),
            // Gone in the meantime: nothing to do.
            |answer, outcome| drop(answer.send(outcome)),
        )?;
        answered.await.unwrap_or(Err(Failure::Stopping))
    }

    /// Hands a read to the threads. `gone`: nothing waits for it any more. What it is answered with travels with it, and is
    /// dropped if it is not done.
    pub(super) fn submit<A: Send + 'static, T: 'static>(
        &self,
        (moment, gone): (Moment, Arc<AtomicBool>),
        mut asked: A,
        job: impl FnOnce(&mut A, &mut Db<'_>) -> Result<T, Failure> + Send + 'static,
        answer: impl FnOnce(A, Result<T, Failure>) + Send + 'static,
    ) -> Result<(), Failure> {
        let limit = Limit {
            until: Instant::now() + self.patience,
            gone: Arc::clone(&gone),
            stop: Arc::clone(&self.stop),
        };
        let (purpose, overdue) = (self.purpose, Arc::clone(&self.overdue));
        let server = self.server.clone();
        let read: Read = Box::new(move |pool| {
            // The caller stopped waiting, so the read is skipped.
            if gone.load(Ordering::Relaxed) {
                return;
            }
            let outcome = if limit.has_passed() {
                // Others were in its way: a later try may be faster.
                Err(Failure::Busy)
            } else {
                catch_unwind(AssertUnwindSafe(|| {
                    let job = |db: &mut Db<'_>| job(&mut asked, db);
                    on_connection(pool, server.as_deref(), (moment, &limit), job)
                }))
                .unwrap_or_else(|_| Err(Failure::trouble("a read job panicked")))
                .map_err(|failure| {
                    let is_overdue = matches!(failure, Failure::Busy) && limit.has_passed();
                    if is_overdue {
                        purpose.overdue()
                    } else {
                        failure
                    }
                })
            };
            if outcome.is_err() && limit.has_passed() {
                overdue.fetch_add(1, Ordering::Relaxed);
            }
            answer(asked, outcome);
        });
        self.queue.offer(read).map_err(|(_, failure)| failure)
    }

    pub(super) fn close(&self) {
        self.queue.close();
    }

    /// Waits for the threads to end.
    pub(super) async fn ended(&self) {
        let mut alive = self.alive.clone();
        // An error means that all senders, hence all threads, ended.
        drop(alive.wait_for(|alive| *alive == 0).await);
    }
}

/// However a thread ends, a panic included, no caller waits for it: the last one drops the jobs that wait.
struct ReaderEnd {
    queue: Arc<Queue<Read>>,
    ends: Arc<watch::Sender<usize>>,
}

impl Drop for ReaderEnd {
    fn drop(&mut self) {
        let mut left = 0;
        self.ends.send_modify(|alive| {
            *alive = alive.saturating_sub(1);
            left = *alive;
        });
        if left == 0 {
            self.queue.abandon();
        }
    }
}

/// The future that waits for a read.
struct Caller(Arc<AtomicBool>);

impl Drop for Caller {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

fn run(queue: &Queue<Read>, pool: &ReadPool) {
    loop {
        match queue.take(1, PATIENCE) {
            Taken::Work(jobs) => {
                Fault::ReaderThread.panics_once();
                jobs.into_iter().for_each(|job| job(pool));
            }
            Taken::Idle => {}
            Taken::Closed => return,
        }
    }
}

// The limit holds for the job and not for the end of the transaction, which must not be interrupted.
fn on_connection<T>(
    pool: &ReadPool,
    overdue: Option<&Overdue>,
    (moment, limit): (Moment, &Limit),
    job: impl FnOnce(&mut Db<'_>) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let mut reader = pool.get().map_err(|error| {
        tracing::debug!(%error, "no connection for reading");
        Failure::Away
    })?;
    let read = |sql: &mut Sql| match moment {
        Moment::OfJob => sql.transaction(|sql| limit.hold(|| job(&mut Db { sql }))),
        Moment::OfStatement => limit.hold(|| job(&mut Db { sql })),
    };
    let (Some(overdue), Some(socket)) = (overdue, reader.socket) else {
        return read(&mut reader.sql);
    };
    let until = limit.clone();
    let watched = overdue.watch(socket, move || until.is_over());
    let outcome = read(&mut reader.sql);
    reader.is_spent = watched.ended();
    match outcome {
        // Whatever libpq says of it.
        Err(_) if reader.is_spent => Err(Failure::Busy),
        outcome => outcome,
    }
}
