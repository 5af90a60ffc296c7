//! Registers this shard under a routing key with its first listener, and removes it with the last one.

use std::sync::Arc;

use crate::actors::registry::{RoutingKey, ShardId, ShardRegistry};

/// One shard's entries in the register.
#[derive(Clone, Debug)]
pub(super) struct Registration {
    shard: ShardId,
    register: Arc<ShardRegistry>,
}

impl Registration {
    pub(super) fn new(shard: ShardId, register: Arc<ShardRegistry>) -> Self {
        Self { shard, register }
    }

    /// The first listener at a key is here.
    pub(super) fn enter(&self, key: &RoutingKey) {
        self.register.add(key, self.shard);
    }

    /// The last listener at a key left.
    pub(super) fn leave(&self, key: &RoutingKey) {
        self.register.remove(key, self.shard);
    }
}
