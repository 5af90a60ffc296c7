//! What is asked with every request, kept in memory: users and tokens.
//!
//! A fill races with a commit: it may have read what was true before. So each fill notes the generation
//! before it reads, and is dropped if a commit raised it since. The check happens under the lock of the
//! entry's shard, and a commit raises the generation before it removes entries; hence a stale value is
//! either not put in, or removed.

use std::collections::hash_map::RandomState;
use std::hash::Hash;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use dashmap::DashMap;
use dashmap::mapref::entry::Entry;

use crate::event::{Event, Payload};
use crate::model::{Relation, Token, TokenId, User, UserId};

const MAX_USERS: usize = 50_000;
const MAX_TOKENS: usize = 50_000;

/// What a commit changed of that which is cached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Invalidated {
    /// A profile or its counts.
    User(UserId),
    /// A token is gone.
    Token(TokenId),
    /// A client's name, which stands in all its tokens.
    Clients,
}

/// Users by id, tokens by the hash of their secret.
pub(super) struct Caches {
    pub(super) users: Cache<UserId, Arc<User>>,
    pub(super) tokens: Cache<[u8; 32], Arc<Token>>,
}

impl Caches {
    pub(super) fn new() -> Self {
        Self {
            users: Cache::new(MAX_USERS),
            tokens: Cache::new(MAX_TOKENS),
        }
    }

    /// Called between a commit and the answers to those who asked for it.
    pub(super) fn invalidate_all(&self, invalidated: &[Invalidated]) {
        for what in invalidated {
            match *what {
                Invalidated::User(id) => self.users.remove(&id),
                Invalidated::Token(id) => self.tokens.remove_where(|token| token.id == id),
                Invalidated::Clients => self.tokens.remove_where(|_| true),
            }
        }
    }

    /// Another process committed this.
    pub(super) fn invalidate(&self, event: &Event) {
        match &event.payload {
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
            Payload::UserChanged { user } => self.users.remove(&user.id),
            Payload::TokenGranted { user, .. } => {
                if let Some(user) = user {
                    self.users.remove(&user.id);
                }
            }
            Payload::TokenRevoked { token, .. } => {
                self.tokens.remove_where(|kept| kept.id == token.id);
                if let Some(user) = token.user {
                    self.users.remove(&user);
                }
            }
            Payload::ClientChanged { client } => {
                self.tokens.remove_where(|kept| kept.client.id == client.id);
            }
            Payload::MessageCreated { .. }
            | Payload::MessageDeleted { .. }
            | Payload::ChannelCreated { .. }
            | Payload::ChannelChanged { .. }
            | Payload::Subscribed { .. }
            | Payload::Unsubscribed { .. }
            | Payload::UserPresence { .. }
            | Payload::ChannelPresence { .. }
            | Payload::AppStreamDeleted { .. }
            | Payload::MarkerMoved { .. }
            | Payload::PasswordChanged { .. } => {}
        }
    }
}

/// A bounded map of values that commits may outdate.
pub(super) struct Cache<K, V> {
    map: DashMap<K, V, RandomState>,
    generation: AtomicU64,
    most: usize,
}

impl<K: Eq + Hash + Clone, V: Clone> Cache<K, V> {
    fn new(most: usize) -> Self {
        Self {
            map: DashMap::with_hasher(RandomState::new()),
            generation: AtomicU64::new(0),
            most,
        }
    }

    pub(super) fn get(&self, key: &K) -> Option<V> {
        self.map.get(key).map(|kept| kept.clone())
    }

    /// To be noted before the value is read from the database.
    pub(super) fn generation(&self) -> u64 {
        self.generation.load(Ordering::SeqCst)
    }

    /// Keeps the value, unless a commit came between.
    pub(super) fn fill(&self, generation: u64, key: K, value: V) {
        if self.map.len() >= self.most {
            // Full: half of it goes, whichever. Rare, and as good as any order for what is asked all the time.
            let mut keep = false;
            self.map.retain(|_, _| {
                keep = !keep;
                keep
            });
        }
        match self.map.entry(key) {
            Entry::Occupied(mut there) if self.generation() == generation => {
                there.insert(value);
            }
            Entry::Vacant(empty) if self.generation() == generation => {
                empty.insert(value);
            }
            Entry::Occupied(_) | Entry::Vacant(_) => {}
        }
    }

    pub(super) fn remove(&self, key: &K) {
        self.generation.fetch_add(1, Ordering::SeqCst);
        self.map.remove(key);
    }

    fn remove_where(&self, gone: impl Fn(&V) -> bool) {
        self.generation.fetch_add(1, Ordering::SeqCst);
        self.map.retain(|_, value| !gone(value));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fill_that_a_commit_overtook_is_dropped() {
        let kept = Cache::new(8);
        let generation = kept.generation();
        kept.remove(&1);
        kept.fill(generation, 1, "stale");
        assert_eq!(kept.get(&1), None);
        kept.fill(kept.generation(), 1, "fresh");
        assert_eq!(kept.get(&1), Some("fresh"));
    }

    #[test]
    fn a_full_cache_stays_bounded() {
        let kept = Cache::new(10);
        for n in 0..1000 {
            kept.fill(kept.generation(), n, n);
            assert!(kept.map.len() <= 10);
        }
        assert_eq!(kept.get(&999), Some(999));
    }
}
