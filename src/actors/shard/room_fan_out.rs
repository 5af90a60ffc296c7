//! One room while it is fanned out: its receivers keep their positions, and the thread is offered to others between
//! slices of them.

use super::Shard;
use super::state::Snapshot;
use crate::model::ChannelId;

/// Receivers served before the thread is offered to others. About 3 ms at 3 µs each.
pub(super) const SLICE: usize = 1024;

/// The fan-out over one room. While it lives, receivers of the fast path keep their positions; when it is
/// dropped, on whatever way out, what was postponed is applied.
pub(super) struct RoomFanOut<'a> {
    shard: &'a Shard,
    pub(super) channel: ChannelId,
    /// What was there when it began.
    pub(super) snapshot: Snapshot,
}

impl<'a> RoomFanOut<'a> {
    pub(super) fn begin(shard: &'a Shard, channel: ChannelId) -> Self {
        let snapshot = shard.state.borrow_mut().rooms.begin_fan_out(channel);
        Self {
            shard,
            channel,
            snapshot,
        }
    }
}

impl Drop for RoomFanOut<'_> {
    fn drop(&mut self) {
        self.shard.state.borrow_mut().rooms.end_fan_out();
    }
}
