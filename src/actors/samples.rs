//! Whether some stream asks for samples of the users that bookmarked or reposted a post (`include_bookmarked_by`,
//! `include_reposted_by`): while none does, none are looked up.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// How many open streams ask for samples.
#[derive(Debug, Default)]
pub struct Sampling(Arc<AtomicUsize>);

impl Sampling {
    /// One more stream asks, until what is returned is dropped.
    pub fn ask(&self) -> Asking {
        self.0.fetch_add(1, Ordering::AcqRel);
        Asking(self.0.clone())
    }

    /// Whether some stream asks.
    pub fn is_asked(&self) -> bool {
        self.0.load(Ordering::Acquire) > 0
    }
}

/// An open stream that asks for samples.
#[derive(Debug)]
pub struct Asking(Arc<AtomicUsize>);

impl Drop for Asking {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}
