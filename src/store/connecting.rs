//! Connects on a thread of its own: libpq waits for a server that hangs right behind its accept, and the caller does not.

use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Instant;

use super::Failure;

/// An attempt to connect. One that is late is waited for by the next call, so that a server that hangs for an hour costs one
/// thread.
#[derive(Debug)]
pub(super) struct Connecting<T>(Option<Receiver<Result<T, Failure>>>);

impl<T> Default for Connecting<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T: Send + 'static> Connecting<T> {
    /// What `make` gives, or what an earlier one gave since.
    ///
    /// # Errors
    /// That of `make`; `Away` if it is not done at this moment.
    pub(super) fn until(
        &mut self,
        late: Instant,
        make: impl FnOnce() -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, Failure> {
        let made = match self.0.take() {
            Some(made) => made,
            None => {
                let (done, made) = channel();
                std::thread::Builder::new()
                    .name(String::from("store-connect"))
                    // If nothing waits any more, the connection is closed.
                    .spawn(move || drop(done.send(make())))
                    .map_err(|error| Failure::trouble(format!("no thread to connect: {error}")))?;
                made
            }
        };
        match made.recv_timeout(late.saturating_duration_since(Instant::now())) {
            Ok(made) => made,
            Err(RecvTimeoutError::Timeout) => {
                self.0 = Some(made);
                Err(Failure::Away)
            }
            Err(RecvTimeoutError::Disconnected) => Err(Failure::Away),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_late_attempt_is_the_next_ones_and_a_hanging_server_costs_one_thread() {
        let mut connecting = Connecting::default();
        let (goes_on, hangs) = channel::<()>();
        let begun = Arc::new(AtomicUsize::new(0));
        let count = begun.clone();
        let first = move || {
            count.fetch_add(1, Ordering::SeqCst);
            hangs.recv().unwrap_or_default();
            Ok("first")
        };
        let now = Instant::now();
        assert!(matches!(connecting.until(now, first), Err(Failure::Away)));
        for _ in 0..3 {
            let other = || panic!("another thread");
            assert!(matches!(connecting.until(now, other), Err(Failure::Away)));
        }
        drop(goes_on);
        let later = now + Duration::from_secs(30);
        assert!(matches!(
            connecting.until(later, || Ok("other")),
            Ok("first")
        ));
        assert!(matches!(
            connecting.until(later, || Ok("other")),
            Ok("other")
        ));
        assert_eq!(begun.load(Ordering::SeqCst), 1);
        let refused = connecting.until(later, || Err(Failure::Busy));
        assert!(matches!(refused, Err(Failure::Busy)));
    }
}
