//! Users and tokens in memory, because every request needs them.
//!
//! A load races with a commit: it may have read the state before it. `quick_cache` gives the loader of a key a
//! placeholder, which other requests for the key wait on instead of reading too; a commit that removes the key
//! removes the placeholder, and the late value is not stored. Only [`Cache::remove_where`] cannot see placeholders:
//! it raises a generation first, and a loader that finds it raised stores nothing, or takes back what it stored.

use std::future::Future;
use std::hash::Hash;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use quick_cache::sync::{self, DefaultLifecycle, GuardResult, PlaceholderGuard};
use quick_cache::{DefaultHashBuilder, UnitWeighter};

use super::Failure;
use crate::event::Payload;
use crate::model::{Relation, Stamp, Token, User, UserId};

/// Above it the entries read least often leave. A cached user is about 1 KiB, a token 300 bytes.
const MAX_USERS: usize = 50_000;
const MAX_TOKENS: usize = 50_000;

/// A token costs one small write in this time, however often it is used.
const USE_INTERVAL: Duration = Duration::from_secs(3600);

/// Users by id, tokens by the hash of their secret.
pub(super) struct Caches {
    pub(super) users: Cache<UserId, Arc<User>>,
    pub(super) tokens: Cache<[u8; 32], Arc<HeldToken>>,
}

/// A token, and when its use was last noted in the database.
pub(super) struct HeldToken {
    pub(super) token: Arc<Token>,
    noted_at: AtomicI64,
}

impl HeldToken {
    pub(super) fn new(token: Token, used_at: Option<Stamp>) -> Self {
        Self {
            token: Arc::new(token),
            noted_at: AtomicI64::new(used_at.map_or(i64::MIN, |at| at.0)),
        }
    }

    /// Whether this use is to be noted: no other of the last hour was. One call of many at the same time gets a yes.
    pub(super) fn is_to_be_noted(&self, now: Stamp) -> bool {
        let noted_at = self.noted_at.load(Ordering::Relaxed);
        if now.minus(USE_INTERVAL).0 <= noted_at {
            return false;
        }
        let swapped =
            self.noted_at
                .compare_exchange(noted_at, now.0, Ordering::Relaxed, Ordering::Relaxed);
        swapped.is_ok()
    }
}

impl Caches {
    pub(super) fn new() -> Self {
        Self {
            users: Cache::new(MAX_USERS),
            tokens: Cache::new(MAX_TOKENS),
        }
    }

    /// Removes what a committed event makes stale. The one rule: for writes of this process it is applied between the
    /// commit and the answers, for those of others when the log brings them, before they are delivered. So a write of
    /// a user, token or client announces an event.
    pub(super) fn invalidate(&self, payload: &Payload) {
        match payload {
            Payload::Related {
                relation,
                user,
                other,
                ..
            } => match relation {
                Relation::Follow => {
                    self.users.remove(&user.id);
                    self.users.remove(&other.id);
                }
                Relation::Mute | Relation::Block => {}
            },
            Payload::UserChanged { user } | Payload::Bookmarked { user, .. } => {
                self.users.remove(&user.id);
            }
            Payload::PostCreated { posted } | Payload::PostDeleted { posted } => {
                self.users.remove(&posted.author.id);
            }
            Payload::TokenRevoked { token, .. } => {
                self.tokens.remove_where(|kept| kept.token.id == token.id);
            }
            Payload::ClientChanged { client, owner } => {
                if let Some(owner) = owner {
                    self.users.remove(owner);
                }
                self.tokens
                    .remove_where(|kept| kept.token.client.id == client.id);
            }
            Payload::PostRevised { .. }
            | Payload::FileCreated { .. }
            | Payload::FileChanged { .. }
            | Payload::FileDeleted { .. }
            | Payload::MessageCreated { .. }
            | Payload::MessageDeleted { .. }
            | Payload::ChannelCreated { .. }
            | Payload::ChannelChanged { .. }
            | Payload::Subscribed { .. }
            | Payload::Unsubscribed { .. }
            | Payload::TokenGranted { .. }
            | Payload::UserPresence { .. }
            | Payload::ChannelPresence { .. }
            | Payload::AppStreamDeleted { .. }
            | Payload::MarkerMoved { .. }
            | Payload::PasswordChanged { .. } => {}
            Payload::UserDisabled { user, .. } => {
                self.tokens
                    .remove_where(|kept| kept.token.user == Some(*user));
            }
        }
    }
}

impl Caches {
    /// Events were missed: any entry may be stale.
    pub(super) fn clear(&self) {
        self.users.remove_where(|_| true);
        self.tokens.remove_where(|_| true);
    }
}

/// A bounded map of values that commits may outdate.
pub(super) struct Cache<K, V> {
    map: sync::Cache<K, V>,
    generation: AtomicU64,
}

/// The right to store the value of one key; see [`Cache::missing`].
pub(super) struct Loading<'a, K, V> {
    guard: PlaceholderGuard<'a, K, V, UnitWeighter, DefaultHashBuilder, DefaultLifecycle<K, V>>,
    key: K,
    generation: u64,
}

impl<K: Eq + Hash + Clone, V: Clone> Cache<K, V> {
    fn new(most: usize) -> Self {
        Self {
            map: sync::Cache::new(most),
            generation: AtomicU64::new(0),
        }
    }

    pub(super) fn get(&self, key: &K) -> Option<V> {
        self.map.get(key)
    }

    /// The cached value, or what `read` finds. Calls for one key that overlap read once.
    pub(super) async fn get_or_load(
        &self,
        key: K,
        read: impl Future<Output = Result<Option<V>, Failure>>,
    ) -> Result<Option<V>, Failure> {
        let guard = match self.map.get_value_or_guard_async(&key).await {
            Ok(value) => return Ok(Some(value)),
            Err(guard) => guard,
        };
        let loading = self.loading(key, guard);
        // Without a value the placeholder is dropped, and the next call that waits on it reads for itself.
        let value = read.await?;
        if let Some(value) = &value {
            self.store(loading, value.clone());
        }
        Ok(value)
    }

    /// To be called before the value of a missing key is read together with others; [`Self::store`] follows. `None`:
    /// another call is loading the key and will store it.
    pub(super) fn missing(&self, key: K) -> Option<Loading<'_, K, V>> {
        match self.map.get_value_or_guard(&key, Some(Duration::ZERO)) {
            GuardResult::Guard(guard) => Some(self.loading(key, guard)),
            GuardResult::Value(_) | GuardResult::Timeout => None,
        }
    }

    fn loading<'a>(
        &self,
        key: K,
        guard: PlaceholderGuard<'a, K, V, UnitWeighter, DefaultHashBuilder, DefaultLifecycle<K, V>>,
    ) -> Loading<'a, K, V> {
        Loading {
            guard,
            key,
            generation: self.generation.load(Ordering::SeqCst),
        }
    }

    /// Stores the value, unless a commit has outdated it since the read began.
    pub(super) fn store(&self, loading: Loading<'_, K, V>, value: V) {
        let is_current = || self.generation.load(Ordering::SeqCst) == loading.generation;
        if !is_current() || loading.guard.insert(value).is_err() {
            return;
        }
        if self.generation.load(Ordering::SeqCst) != loading.generation {
            self.map.remove(&loading.key);
        }
    }

    /// Removes the value, and the placeholder of a load in progress.
    pub(super) fn remove(&self, key: &K) {
        self.map.remove(key);
    }

    /// Removes the values that `is_gone` picks. Visits every entry.
    fn remove_where(&self, is_gone: impl Fn(&V) -> bool) {
        self.generation.fetch_add(1, Ordering::SeqCst);
        self.map.retain(|_, value| !is_gone(value));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_use_is_noted_once_an_hour() {
        let token = crate::event::samples::token(1, None, "");
        let hour = 3_600_000_000;
        let held = HeldToken::new(token.clone(), Some(Stamp(hour)));
        assert!(!held.is_to_be_noted(Stamp(2 * hour)));
        assert!(held.is_to_be_noted(Stamp(2 * hour + 1)));
        assert!(!held.is_to_be_noted(Stamp(2 * hour + 2)));
        assert!(HeldToken::new(token, None).is_to_be_noted(Stamp(0)));
    }

    #[test]
    fn a_load_that_a_commit_overtook_is_not_stored() {
        let kept = Cache::new(8);
        let loading = kept.missing(1).unwrap();
        kept.remove(&1);
        kept.store(loading, "stale");
        assert_eq!(kept.get(&1), None);
        let loading = kept.missing(1).unwrap();
        kept.store(loading, "fresh");
        assert_eq!(kept.get(&1), Some("fresh"));
    }

    #[test]
    fn a_load_that_a_removal_by_value_overtook_is_not_stored() {
        let kept = Cache::new(8);
        let loading = kept.missing(1).unwrap();
        kept.remove_where(|value| *value == "stale");
        kept.store(loading, "stale");
        assert_eq!(kept.get(&1), None);
    }

    #[test]
    fn a_full_cache_stays_bounded_and_keeps_what_is_read_often() {
        let kept = Cache::new(100);
        for n in 0..10_000 {
            let loading = kept.missing(n + 1).unwrap();
            kept.store(loading, n);
            if n == 0 {
                continue;
            }
            assert!(kept.map.len() <= 100);
            assert_eq!(kept.get(&1), Some(0), "after {n} others");
        }
    }

    #[tokio::test]
    async fn calls_for_one_key_that_overlap_read_once() {
        let kept = Cache::new(8);
        let reads = std::cell::Cell::new(0);
        let read = || async {
            reads.set(reads.get() + 1);
            tokio::task::yield_now().await;
            Ok(Some("value"))
        };
        let (one, other) = tokio::join!(kept.get_or_load(1, read()), kept.get_or_load(1, read()));
        assert_eq!(
            (one.unwrap(), other.unwrap()),
            (Some("value"), Some("value"))
        );
        assert_eq!(reads.get(), 1);
    }

    #[tokio::test]
    async fn a_load_that_fails_leaves_the_key_to_the_next_call() {
        let kept = Cache::new(8);
        let failed = kept.get_or_load(1, async { Err(Failure::Busy) }).await;
        assert!(failed.is_err());
        assert_eq!(kept.get_or_load(1, async { Ok(None) }).await.unwrap(), None);
        let loaded = kept.get_or_load(1, async { Ok(Some("value")) }).await;
        assert_eq!(loaded.unwrap(), Some("value"));
        assert_eq!(kept.get(&1), Some("value"));
    }
}
