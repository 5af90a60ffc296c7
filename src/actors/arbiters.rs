//! The threads that run channel and user actors.

use std::sync::{Arc, Weak};

use actix::{Arbiter, ArbiterHandle};

/// A fixed set of threads; the id of an actor chooses its thread.
#[derive(Debug)]
pub struct Arbiters {
    arbiters: Vec<Arbiter>,
    /// One per thread, gone when the thread is.
    signs: Vec<Weak<()>>,
}

impl Arbiters {
    /// Starts at least one thread. Must be called within an actix system.
    pub fn start(threads: usize) -> Self {
        let arbiters: Vec<Arbiter> = (0..threads.max(1)).map(|_| Arbiter::new()).collect();
        let sign = |arbiter: &Arbiter| {
            let kept = Arc::new(());
            let sign = Arc::downgrade(&kept);
            // Dropped with the runtime of the thread. If it cannot be spawned the thread is gone already.
            arbiter.spawn(async move {
                std::future::pending::<()>().await;
                drop(kept);
            });
            sign
        };
        let signs = arbiters.iter().map(sign).collect();
        Self { arbiters, signs }
    }

    /// Whether no thread has ended.
    pub fn are_all_alive(&self) -> bool {
        self.signs.iter().all(|sign| sign.strong_count() > 0)
    }

    /// The thread for this id.
    pub fn of(&self, id: i64) -> ArbiterHandle {
        let count = i64::try_from(self.arbiters.len()).unwrap_or(1).max(1);
        let at = usize::try_from(id.rem_euclid(count)).unwrap_or(0);
        self.arbiters
            .get(at)
            .map_or_else(Arbiter::current, Arbiter::handle)
    }
}

impl Drop for Arbiters {
    fn drop(&mut self) {
        for arbiter in &self.arbiters {
            arbiter.stop();
        }
    }
}
