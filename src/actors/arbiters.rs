//! The threads that run channel and user actors.

use actix::{Arbiter, ArbiterHandle};

/// A fixed set of threads; the id of an actor chooses its thread.
#[derive(Debug)]
pub struct Arbiters {
    arbiters: Vec<Arbiter>,
}

impl Arbiters {
    /// Starts at least one thread. Must be called within an actix system.
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
