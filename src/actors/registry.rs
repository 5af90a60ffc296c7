//! Which worker threads listen to what.
//!
//! Shards write here when their first listener of a kind comes or the last one goes; `LogTail` reads it to
//! leave out shards that have nobody. What exactly a listener gets is decided on its own shard.

use dashmap::DashMap;
use smallvec::SmallVec;

pub use crate::event::RoutingKey;
use crate::model::ClientId;

/// One worker thread's set of connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ShardId(pub u16);

/// The register of listening shards.
#[derive(Debug, Default)]
pub struct ShardRegistry {
    shards: DashMap<RoutingKey, SmallVec<[ShardId; 4]>>,
}

impl ShardRegistry {
    /// The first listener of this kind came to the shard.
    pub fn add(&self, key: &RoutingKey, shard: ShardId) {
        let mut entry = self.shards.entry(key.clone()).or_default();
        if !entry.contains(&shard) {
            entry.push(shard);
        }
    }

    /// The last listener of this kind left the shard.
    pub fn remove(&self, key: &RoutingKey, shard: ShardId) {
        if let Some(mut entry) = self.shards.get_mut(key) {
            entry.retain(|s| *s != shard);
        }
        self.shards.remove_if(key, |_, shards| shards.is_empty());
    }

    /// Adds the shards that listen at this point.
    pub fn collect(&self, key: &RoutingKey, into: &mut SmallVec<[ShardId; 8]>) {
        if let Some(shards) = self.shards.get(key) {
            for shard in shards.iter() {
                if !into.contains(shard) {
                    into.push(*shard);
                }
            }
        }
    }

    /// How many shards hold app streams of this client.
    pub fn shards_of_app(&self, client: &ClientId) -> usize {
        let shards = self.shards.get(&RoutingKey::App(client.clone()));
        shards.map_or(0, |shards| shards.len())
    }

    /// Points that somebody listens at: zero when nobody is connected.
    pub fn len(&self) -> usize {
        self.shards.len()
    }

    /// Nobody listens to anything.
    pub fn is_empty(&self) -> bool {
        self.shards.is_empty()
    }
}
