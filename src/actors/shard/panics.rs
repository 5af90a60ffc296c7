//! A panic in a shard is a fault of ours. It must not end the shard, which would be silent for ever, nor lose
//! events silently: the connections that may have missed one are closed, and say so to their clients.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::Arc;

use futures_util::FutureExt;

use super::Shard;
use super::state::ConnectionIndex;
use crate::actors::delivery::Delivery;
use crate::actors::registry::RoutingKey;
use crate::protocol::goodbye::Goodbye;
use crate::telemetry::Counter;

impl Shard {
    /// Carries out a part of a fan-out. If that panics, the connections that its events concern are closed; all
    /// others, and the events behind these, go on.
    pub(super) async fn guarded(
        self: &Rc<Self>,
        deliveries: &[Arc<Delivery>],
        part: impl Future<Output = ()>,
    ) {
        // What a panic may leave half done is the output for connections that are closed here, and a room's
        // fan-out, which ends when its guard is dropped.
        if AssertUnwindSafe(part).catch_unwind().await.is_ok() {
            return;
        }
        self.count_panic("fan-out");
        let concerned = deliveries
            .iter()
            .flat_map(|delivery| self.concerned_by(delivery));
        for index in concerned.collect::<Vec<_>>() {
            self.close(index, Goodbye::Incomplete);
        }
    }

    /// Does something for one connection. If that panics, the connection ends.
    pub(super) fn guarded_check<T>(
        &self,
        index: ConnectionIndex,
        check: impl FnOnce() -> Option<T>,
    ) -> Option<T> {
        catch_unwind(AssertUnwindSafe(check)).unwrap_or_else(|_| {
            self.count_panic("check of a deadline");
            self.end(index);
            None
        })
    }

    fn count_panic(&self, place: &'static str) {
        self.metrics.add(Counter::ShardPanics, 1);
        tracing::error!(shard = self.id.0, place, "a panic in a shard");
    }

    /// Connections that may hear an event, or are changed by it.
    pub(super) fn concerned_by(&self, delivery: &Delivery) -> Vec<ConnectionIndex> {
        let state = self.state.borrow();
        let mut indexes: Vec<ConnectionIndex> = Vec::new();
        for key in delivery.event.payload.routing_keys() {
            if let RoutingKey::Messages(channel) = key
                && let Some(room) = state.rooms.get(channel)
            {
                indexes.extend(room.connections());
            }
            if let RoutingKey::PostsBy(author) = key {
                indexes.extend(state.homes.listeners_to(author));
            }
            indexes.extend_from_slice(state.listeners.at(&key));
        }
        for app in delivery.apps.iter() {
            indexes.extend_from_slice(state.listeners.at(&RoutingKey::App(app.client.clone())));
        }
        indexes.sort_unstable();
        indexes.dedup();
        indexes
    }
}
