//! What an app may ask about its own streams, and about those that a user opened through it.

use std::cmp::Reverse;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;

use super::Engine;
use crate::actors::shard::describe::MOST_DESCRIBED;
use crate::actors::shard::mail::DescribeStreams;
use crate::model::{Failure, StreamOwner};
use crate::protocol::object::{ClosedStream, OpenStreamObject};

/// How long a worker thread may take to answer.
const LONGEST: Duration = Duration::from_secs(5);

impl Engine {
    /// The open streams of an owner, the newest first.
    ///
    /// # Errors
    /// A worker thread does not answer, or the process stops.
    pub async fn open_streams(
        &self,
        owner: &StreamOwner,
    ) -> Result<Vec<OpenStreamObject>, Failure> {
        let shards = self.shared.shards.all();
        let asked = shards.iter().map(|shard| {
            let described = shard.send_past_bound(DescribeStreams(owner.clone()));
            tokio::time::timeout(LONGEST, described)
        });
        let mut streams = Vec::new();
        for described in join_all(asked).await {
            let described = described.map_err(|_elapsed| Failure::Busy)?;
            streams.extend(described.map_err(|_gone| Failure::Stopping)?);
        }
        if let StreamOwner::App(client) = owner {
            streams.extend(self.open_hooks(client));
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
