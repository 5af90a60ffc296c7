//! The threads that channel and user actors live on.

use actix::{Arbiter, ArbiterHandle};

/// A fixed set of threads; an actor's id says on which it lives.
#[derive(Debug)]
pub struct Arbiters {
    arbiters: Vec<Arbiter>,
}

impl Arbiters {
    /// Starts the threads, one at least. Must be called within an actix system.
    pub fn start(threads: usize) -> Self {
        Self {
            arbiters: (0..threads.max(1)).map(|_| Arbiter::new()).collect(),
        }
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
