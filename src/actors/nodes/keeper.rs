//! The thread that renews the lease of this node.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;

use super::Cluster;
use crate::clock::since_boot;
use crate::model::Failure;
use crate::store::{Lease, Renewal};
use crate::telemetry::{Counter, Metrics};

/// How long a stop waits for the database.
const LEAVE: Duration = Duration::from_secs(5);

/// Renews the lease until it is told to leave. A thread of its own: neither requests nor writes hold it up.
#[derive(Debug)]
pub struct Keeper {
    /// Closed: the node leaves.
    _told: Sender<()>,
    /// Closed: it has.
    left: Receiver<()>,
}

impl Keeper {
    /// Starts the thread.
    ///
    /// # Errors
    /// There is no thread to be had.
    pub fn start(
        lease: Lease,
        cluster: Arc<Cluster>,
        metrics: Arc<Metrics>,
    ) -> Result<Self, Failure> {
        let (_told, leaves) = channel();
        let (has_left, left) = channel();
        std::thread::Builder::new()
            .name(String::from("node-lease"))
            .spawn(move || {
                keep(lease, &cluster, &metrics, &leaves);
                drop::<Sender<()>>(has_left);
            })
            .map_err(|error| Failure::Trouble(format!("no thread for a lease: {error}").into()))?;
        Ok(Self { _told, left })
    }

    /// Gives the name back, unless the database does not answer.
    pub fn leave(self) {
        let Self { _told: told, left } = self;
        drop(told);
        if left.recv_timeout(LEAVE) == Err(RecvTimeoutError::Timeout) {
            tracing::warn!("the name of this node is free when its lease is over");
        }
    }
}

fn keep(mut lease: Lease, cluster: &Cluster, metrics: &Metrics, leaves: &Receiver<()>) {
    let mut has_failed = false;
    while leaves.recv_timeout(cluster.pause()) == Err(RecvTimeoutError::Timeout) {
        let began = since_boot();
        match lease.renew() {
            Ok(Renewal::Held(nodes)) => {
                if has_failed {
                    tracing::info!("the lease of this node is renewed again");
                }
                has_failed = false;
                cluster.note_held(began, nodes);
            }
            Ok(Renewal::Lost) => {
                // What it held is the other's now.
                cluster.note_lost();
                return;
            }
            Err(failure) => {
                metrics.add(Counter::LeasesNotRenewed, 1);
                if !has_failed {
                    tracing::warn!(%failure, "the lease of this node could not be renewed");
                }
                has_failed = true;
            }
        }
    }
    lease.leave();
}
