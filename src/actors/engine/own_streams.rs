//! What an app may ask about its own streams, and about those that a user opened through it.

use std::cmp::Reverse;
use std::sync::Arc;

use super::Engine;
use crate::actors::shard::describe::MOST_DESCRIBED;
use crate::actors::shard::mail::DescribeStreams;
use crate::model::{Failure, StreamOwner};
use crate::protocol::object::{ClosedStream, OpenStreamObject};

impl Engine {
    /// The open streams of an owner, the newest first.
    ///
    /// # Errors
    /// The process stops.
    pub async fn open_streams(
        &self,
        owner: &StreamOwner,
    ) -> Result<Vec<OpenStreamObject>, Failure> {
        let mut streams = Vec::new();
        for shard in self.shared.shards.all() {
            let described = shard.send_past_bound(DescribeStreams(owner.clone()));
            let Ok(described) = described.await else {
                return Err(Failure::Stopping);
            };
            streams.extend(described);
        }
        streams.sort_by_key(|stream| Reverse(stream.connected_at));
        streams.truncate(MOST_DESCRIBED);
        Ok(streams)
    }

    /// The last streams of an owner that ended, the newest first.
    pub fn closed_streams(&self, owner: &StreamOwner) -> Vec<Arc<ClosedStream>> {
        self.shared.closes.of(owner)
    }
}
