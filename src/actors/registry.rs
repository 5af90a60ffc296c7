//! The worker threads that listen, by routing key.
//!
//! A shard writes here when its first listener of a key is added or the last one is removed; `LogTail` reads it to
//! skip shards without listeners. The listener's shard decides what exactly it receives.

use dashmap::DashMap;
use smallvec::SmallVec;

pub use crate::event::RoutingKey;
use crate::model::ClientId;

/// One worker thread's set of connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ShardId(pub u16);

/// The listening shards by routing key.
#[derive(Debug, Default)]
pub struct ShardRegistry {
    shards: DashMap<RoutingKey, SmallVec<[ShardId; 4]>>,
}

impl ShardRegistry {
    /// Adds a shard that got its first listener of the key.
    pub fn add(&self, key: &RoutingKey, shard: ShardId) {
        let mut entry = self.shards.entry(key.clone()).or_default();
        if !entry.contains(&shard) {
            entry.push(shard);
        }
    }

    /// Removes a shard that lost its last listener of the key.
    pub fn remove(&self, key: &RoutingKey, shard: ShardId) {
        if let Some(mut entry) = self.shards.get_mut(key) {
            entry.retain(|s| *s != shard);
        }
        self.shards.remove_if(key, |_, shards| shards.is_empty());
    }

    /// Appends the shards that listen to this key.
    pub fn collect(&self, key: &RoutingKey, into: &mut SmallVec<[ShardId; 8]>) {
        if let Some(shards) = self.shards.get(key) {
            for shard in shards.iter() {
                if !into.contains(shard) {
                    into.push(*shard);
                }
            }
        }
    }

    /// Number of shards with app streams of this client.
    pub fn shards_of_app(&self, client: &ClientId) -> usize {
        let shards = self.shards.get(&RoutingKey::App(client.clone()));
        shards.map_or(0, |shards| shards.len())
    }

    /// Number of keys with listeners: zero without connections.
    pub fn len(&self) -> usize {
        self.shards.len()
    }

    /// Whether no shard listens.
    pub fn is_empty(&self) -> bool {
        self.shards.is_empty()
    }
}
