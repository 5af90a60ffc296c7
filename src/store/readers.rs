//! Threads that read: blocking work, kept away from the threads that serve sockets.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use diesel::Connection as _;
use tokio::sync::{oneshot, watch};

use super::connect::ReadPool;
use super::queue::{Queue, Taken};
use super::{Db, Failure};
use crate::fault::Fault;

/// Reads that may wait, per thread; one more is refused as busy.
const WAITING_PER_THREAD: usize = 512;
/// Interval in which an idle thread checks for the end; without effect on reads.
const PATIENCE: Duration = Duration::from_secs(3600);

type Read = Box<dyn FnOnce(&ReadPool) + Send>;

/// A small pool of reading threads behind a bounded queue.
pub(super) struct Readers {
    queue: Arc<Queue<Read>>,
    /// Threads that still run.
    alive: watch::Receiver<usize>,
    count: usize,
}

/// However a thread ends, a panic included, nothing waits for it: the last one takes what waits along.
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

impl Readers {
    pub(super) fn start(pool: &ReadPool, threads: u32) -> Result<Self, Failure> {
        let count = usize::try_from(threads).unwrap_or(1);
        let queue = Arc::new(Queue::new(count.saturating_mul(WAITING_PER_THREAD)));
        let (ends, alive) = watch::channel(count);
        let ends = Arc::new(ends);
        for n in 0..count {
            let (queue, pool, ends) = (Arc::clone(&queue), pool.clone(), Arc::clone(&ends));
            std::thread::Builder::new()
                .name(format!("store-read-{n}"))
                .spawn(move || {
                    let end = ReaderEnd { queue, ends };
                    run(&end.queue, &pool);
                    drop(end);
                })
                .map_err(|error| Failure::trouble(format!("no thread for reading: {error}")))?;
        }
        Ok(Self {
            queue,
            alive,
            count,
        })
    }

    /// Whether no thread has ended; none does before [`Self::close`], except by a panic.
    pub(super) fn are_all_alive(&self) -> bool {
        *self.alive.borrow() == self.count
    }

    pub(super) async fn read<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut Db<'_>) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, Failure> {
        let (answer, answered) = oneshot::channel();
        self.queue
            .offer(Box::new(move |pool| {
                // The caller stopped waiting, so the read is skipped.
                if answer.is_closed() {
                    return;
                }
                let outcome = catch_unwind(AssertUnwindSafe(|| on_connection(pool, job)));
                let outcome =
                    outcome.unwrap_or_else(|_| Err(Failure::trouble("a read job panicked")));
                // Gone in the meantime: nothing to do.
                drop(answer.send(outcome));
            }))
            .map_err(|(_, failure)| failure)?;
        answered.await.unwrap_or(Err(Failure::Stopping))
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

// One transaction: what a job reads first and what it reads last belong together.
fn on_connection<T>(
    pool: &ReadPool,
    job: impl FnOnce(&mut Db<'_>) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let mut sql = pool
        .get()
        .map_err(|error| Failure::trouble(format!("no connection for reading: {error}")))?;
    sql.transaction(|sql| job(&mut Db { sql }))
}
