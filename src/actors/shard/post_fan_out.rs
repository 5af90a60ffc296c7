//! A post on its way to the streams of posts of this shard: to those who follow its author, to the author, to those it
//! mentions, and to its thread.

use std::rc::Rc;
use std::sync::Arc;

use super::Shard;
use super::fast_path;
use super::output_batch::{OutputBatch, add_hidden};
use super::state::{Audience, ConnectionIndex};
use crate::actors::delivery::Delivery;
use crate::actors::registry::RoutingKey;
use crate::fault::Fault;

/// The fan-out of one post. While it lives, it is noted which receivers leave.
struct PostFanOut<'a> {
    shard: &'a Shard,
    /// Who followed the author when it began.
    audience: Audience,
}

impl<'a> PostFanOut<'a> {
    fn begin(shard: &'a Shard, delivery: &Delivery) -> Self {
        let mut audience = Audience::default();
        for key in delivery.event.payload.routing_keys() {
            if let RoutingKey::PostsBy(author) = key {
                let mut state = shard.state.borrow_mut();
                audience = state.homes.begin_fan_out(author, &delivery.earlier);
            }
        }
        Self { shard, audience }
    }
}

impl Drop for PostFanOut<'_> {
    fn drop(&mut self) {
        self.shard.state.borrow_mut().homes.end_fan_out();
    }
}

/// First the slow path, then the fast one.
pub(super) async fn send(shard: &Rc<Shard>, delivery: &Arc<Delivery>) {
    let mut fan_out = PostFanOut::begin(shard, delivery);
    let mut slow: Vec<ConnectionIndex> = std::mem::take(&mut fan_out.audience.slow);
    {
        let state = shard.state.borrow();
        for key in delivery.event.payload.routing_keys() {
            slow.extend_from_slice(state.listeners.at(&key));
        }
    }
    add_hidden(shard, delivery, &mut slow);
    slow.sort_unstable();
    slow.dedup();
    let mut batch = OutputBatch::default();
    batch.add(shard, delivery, slow.iter().copied());
    batch.add_apps(shard, delivery);
    batch.send(shard).await;
    Fault::FanOut.panics_once();
    let served = slow.into_iter().collect();
    fast_path::send_post(shard, &fan_out.audience, delivery, &served).await;
}
