//! What a stream with `control=1` is told about itself: how full its queue is, before it is closed for that, and why it
//! is closed.

use std::time::Instant;

use bytes::Bytes;

use super::Shard;
use super::state::{ConnectionHandle, ConnectionIndex, Identity};
use crate::protocol::control::{WayBack, buffer_frame, last_frame};
use crate::protocol::goodbye::{Again, Goodbye};
use crate::protocol::render_class::RenderClass;
use crate::telemetry::Counter;

impl Shard {
    /// Warns a stream whose queue grew beyond a part of its bound. The frame passes what waits, since it is of no use
    /// behind that. What the kernel took already is before it all the same.
    pub(super) fn warn_if_full(&self, handle: &mut ConnectionHandle, before: usize, now: Instant) {
        let level = |bytes: usize| (bytes as u64).saturating_mul(100) / self.bound();
        let after = level(handle.socket.queued_bytes());
        if !handle.control.is_warned_of(level(before), after) {
            return;
        }
        let lag_ms = handle.socket.lag_ms(now);
        let coding = handle.render_class.coding();
        let frame = buffer_frame(self.clock.now(), after, lag_ms, coding);
        handle.socket.queue_first(frame, now);
        self.metrics.add(Counter::BufferWarnings, 1);
    }

    /// The close frame, behind the frame that explains it to a stream that asked.
    pub(super) fn last_words(&self, index: ConnectionIndex, goodbye: Goodbye) -> Bytes {
        let (can_be_resumed, coding) = {
            let state = self.state.borrow();
            let handle = state.connections.get(index);
            // An answer has no close frame, and its last object is what a close frame would say.
            let asked = handle
                .filter(|handle| handle.control.is_asked() || handle.socket.descriptor().is_none());
            match asked {
                Some(handle) => (can_be_resumed(handle), handle.render_class.coding()),
                None => return Bytes::from(goodbye.frame()),
            }
        };
        let retry_after_ms = match goodbye.again() {
            Again::Never => None,
            Again::After(span) => Some(rand::random_range(span)),
        };
        let way_back = WayBack {
            retry_after_ms,
            resumable: can_be_resumed && retry_after_ms.is_some(),
        };
        let mut bytes = last_frame(self.clock.now(), goodbye, way_back, coding).to_vec();
        bytes.extend_from_slice(&goodbye.frame());
        Bytes::from(bytes)
    }

    /// Bytes beyond which a socket that takes nothing is closed.
    fn bound(&self) -> u64 {
        (self.limits.queue_bytes as u64).max(1)
    }
}

/// Whether its client can go on behind its last cursor: a session, or an app stream.
fn can_be_resumed(handle: &ConnectionHandle) -> bool {
    let is_app = matches!(handle.identity, Identity::App(..));
    handle.is_session || (is_app && handle.render_class.has(RenderClass::CURSOR))
}
