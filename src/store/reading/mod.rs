//! Reads: who gets which threads, how long a read may take, and how it is ended.
//!
//! A search that looks through everything must delay neither a login nor a stream, so each [`Purpose`] has threads and
//! a queue of its own. A read ends at its deadline, when its caller is gone, and soon after the store closes
//! (`limit.rs`).

mod gathered;
mod limit;
mod purpose;
mod threads;

pub(super) use gathered::Gathered;
pub(super) use limit::{install, is_over};
pub use purpose::Purpose;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use gathered::Turn;
use limit::Stop;
use threads::{Moment, Readers};

use super::connect::Database;
use super::overdue::Overdue;
use super::{Db, Failure, StoreOptions};

/// How long reads in progress go on when the store closes.
const LAST_READS: Duration = Duration::from_secs(2);
/// How long the store waits for its reading threads: one may be outside of the database, where nothing interrupts it.
const LAST_THREADS: Duration = Duration::from_secs(4);

/// All reading threads.
pub(super) struct Reading {
    answers: Readers,
    searches: Readers,
    delivery: Readers,
    stop: Arc<Stop>,
    overdue: Arc<AtomicU64>,
}

impl Reading {
    /// How many connections [`Self::start`] uses.
    fn connections(options: &StoreOptions) -> u32 {
        Purpose::ALL
            .iter()
            .map(|purpose| purpose.threads(options))
            .fold(0, u32::saturating_add)
    }

    /// `server`: of a database that is one.
    pub(super) fn start(
        database: &Database,
        options: &StoreOptions,
        server: Option<&Arc<Overdue>>,
    ) -> Result<Self, Failure> {
        let pool = database.read_pool(Self::connections(options))?;
        let stop = Arc::new(Stop::default());
        let overdue = Arc::new(AtomicU64::new(0));
        let start = |purpose| {
            Readers::start(
                &pool,
                purpose,
                options,
                Arc::clone(&stop),
                Arc::clone(&overdue),
                server.cloned(),
            )
        };
        Ok(Self {
            answers: start(Purpose::Answer)?,
            searches: start(Purpose::Search)?,
            delivery: start(Purpose::Delivery)?,
            stop: Arc::clone(&stop),
            overdue,
        })
    }

    pub(super) async fn read<T: Send + 'static>(
        &self,
        purpose: Purpose,
        job: impl FnOnce(&mut Db<'_>) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, Failure> {
        self.of(purpose).read(Moment::OfJob, job).await
    }

    /// The same without a transaction: each statement of the job sees the moment at which it is carried out.
    pub(super) async fn read_apart<T: Send + 'static>(
        &self,
        purpose: Purpose,
        job: impl FnOnce(&mut Db<'_>) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, Failure> {
        self.of(purpose).read(Moment::OfStatement, job).await
    }

    /// Asks one of many questions of a kind: `read` answers all that wait when a thread has time for them.
    pub(super) async fn ask<Q: Send + 'static, A: Send + 'static>(
        &self,
        gathered: &Arc<Gathered<Q, A>>,
        question: Q,
        read: fn(&mut Db<'_>, &[Q]) -> Result<Vec<A>, Failure>,
    ) -> Result<A, Failure> {
        let (answered, turn) = gathered.put(question)?;
        if let Some(turn) = turn {
            // Nothing stops it: others may wait for it too.
            let gone = Arc::default();
            let answers = self.of(Purpose::Answer);
            answers.submit(
                (Moment::OfJob, gone),
                turn,
                move |turn, db| read(db, turn.begin()),
                Turn::answer,
            )?;
        }
        answered.await.unwrap_or(Err(Failure::Stopping))
    }

    /// Whether all threads live.
    pub(super) fn are_all_alive(&self) -> bool {
        Purpose::ALL
            .iter()
            .all(|purpose| self.of(*purpose).are_all_alive())
    }

    /// Reads that were ended by their deadline.
    pub(super) fn overdue(&self) -> u64 {
        self.overdue.load(Ordering::Relaxed)
    }

    pub(super) fn close(&self) {
        self.stop.after(LAST_READS);
        for purpose in Purpose::ALL {
            self.of(purpose).close();
        }
    }

    /// Waits for the threads to end, but not for ever.
    pub(super) async fn ended(&self) {
        let all = async {
            for purpose in Purpose::ALL {
                self.of(purpose).ended().await;
            }
        };
        if tokio::time::timeout(LAST_THREADS, all).await.is_err() {
            tracing::warn!("a read did not end; the store closes without it");
        }
    }

    fn of(&self, purpose: Purpose) -> &Readers {
        match purpose {
            Purpose::Answer => &self.answers,
            Purpose::Search => &self.searches,
            Purpose::Delivery => &self.delivery,
        }
    }
}
