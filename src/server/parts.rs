//! The threads and tasks that nothing can replace while the process runs.

use std::time::Duration;

use tokio::sync::oneshot;

use crate::actors::Shared;
use crate::actors::send::Mailbox;

/// Interval between checks. Callers do not wait for it: what a part leaves behind is answered when it ends.
const LOOK: Duration = Duration::from_secs(1);

/// Until a part has ended, which only a panic brings about (`LogTail` survives those in its steps); says which.
pub(super) async fn part_lost(
    shared: &Shared,
    mut delivery_ended: oneshot::Receiver<()>,
) -> &'static str {
    let mut looks = tokio::time::interval(LOOK);
    loop {
        tokio::select! {
            // It never sends: the closed channel is the signal.
            _ = &mut delivery_ended => return "the delivery of events",
            _ = looks.tick() => {}
        }
        if !shared.store.is_writing() {
            return "the write lane";
        }
        if !shared.store.is_reading() {
            return "a reading thread";
        }
        if !shared.directory.are_threads_alive() {
            return "a thread of actors";
        }
        if !shared.hooks.is_thread_alive() {
            return "the thread of webhooks";
        }
        // Another process goes on with it: this one was away for too long.
        if shared.cluster.as_ref().is_some_and(|nodes| nodes.is_lost()) {
            return "the lease of this node's name";
        }
        if !shared.shards.all().iter().all(Mailbox::is_alive) {
            return "a shard";
        }
    }
}
