//! Checks of passwords: expensive on purpose, so they run on threads of their own, few at a time, and few wait.
//!
//! A check takes some 20 ms of a core and 19 MiB. On the reading threads of the store, forty wrong passwords would delay
//! every read; without a bound, the last of many callers would wait for minutes.

use std::sync::Arc;

use tokio::sync::Semaphore;

use crate::fault::Fault;
use crate::model::Failure;
use crate::store::secret;

/// Checks at a time: some 50 a second, and never more than one core.
const AT_ONCE: usize = 1;

/// Checks that wait for their turn: a third of a second. One more is refused as busy.
const WAITING: usize = 16;

/// Admits checks and runs them.
#[derive(Debug)]
pub struct PasswordChecks {
    /// For checks that run or wait.
    places: Semaphore,
    /// For checks that run.
    turns: Arc<Semaphore>,
}

impl Default for PasswordChecks {
    fn default() -> Self {
        Self {
            places: Semaphore::new(AT_ONCE + WAITING),
            turns: Arc::new(Semaphore::new(AT_ONCE)),
        }
    }
}

impl PasswordChecks {
    /// Whether this is the password behind the hash. Without a hash the answer is no, after the same work: the duration
    /// must not reveal which accounts exist.
    ///
    /// # Errors
    /// Busy: too many checks wait.
    pub async fn verify(&self, password: String, hash: Option<String>) -> Result<bool, Failure> {
        self.run(move || match hash {
            Some(hash) => Ok(secret::verify_password(&password, &hash)),
            None => secret::hash_password(&password).map(|_| false),
        })
        .await
    }

    /// The form in which a new password is kept.
    ///
    /// # Errors
    /// Busy: too many checks wait.
    pub async fn hash(&self, password: String) -> Result<String, Failure> {
        self.run(move || secret::hash_password(&password)).await
    }

    async fn run<T: Send + 'static>(
        &self,
        check: impl FnOnce() -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, Failure> {
        // Given back when the caller goes, also while it waits.
        let place = self.places.try_acquire().map_err(|_full| Failure::Busy)?;
        let turn = Arc::clone(&self.turns).acquire_owned().await;
        let turn = turn.map_err(|_closed| Failure::Stopping)?;
        let running = tokio::task::spawn_blocking(move || {
            Fault::Password.holds();
            let outcome = check();
            // Held by the thread: a caller that goes does not let another check run beside this one.
            drop(turn);
            outcome
        });
        let outcome = running.await;
        drop(place);
        outcome
            .unwrap_or_else(|error| Err(Failure::trouble(format!("check of a password: {error}"))))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[tokio::test]
    async fn one_more_than_may_wait_is_refused_at_once_and_a_caller_that_goes_frees_its_place() {
        let checks = Arc::new(PasswordChecks::default());
        let (go, wait) = mpsc::channel::<()>();
        let first = tokio::spawn({
            let checks = Arc::clone(&checks);
            async move { checks.run(move || Ok(wait.recv().is_ok())).await }
        });
        while checks.turns.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        let mut others: Vec<_> = (0..WAITING)
            .map(|_| {
                let checks = Arc::clone(&checks);
                tokio::spawn(async move { checks.run(|| Ok(true)).await })
            })
            .collect();
        while checks.places.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        let refused = checks.run(|| Ok(true)).await;
        assert!(matches!(refused, Err(Failure::Busy)));
        others.pop().unwrap().abort();
        while checks.places.available_permits() == 0 {
            tokio::task::yield_now().await;
        }
        go.send(()).unwrap();
        assert!(first.await.unwrap().unwrap());
        for other in others {
            assert!(other.await.unwrap().unwrap());
        }
        assert_eq!(checks.places.available_permits(), AT_ONCE + WAITING);
    }
}
