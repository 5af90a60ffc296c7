//! The thread of the bus: sessions, one behind the other.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::FutureExt as _;
use tokio::sync::mpsc;

use super::arriving::{Arrived, Arriving};
use super::counting::{self, Held};
use super::place::Place;
use super::publishing::Publishing;
use super::sealing::{Kind, Seal};
use super::session::Session;
use super::trouble::Trouble;
use super::{Handle, Replica};
use crate::fault::{Seeded, seeded};
use crate::store::WaitingParcel;
use crate::telemetry::Counter;

/// Before the first try to connect again; each further pause is twice as long, up to the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// A bus that does not run yet.
pub struct Line {
    place: Place,
    epoch: String,
    seal: Seal,
    handle: Arc<Handle>,
    passing: mpsc::Receiver<(Kind, Bytes)>,
    counted: counting::Waiting,
}

impl Line {
    pub(super) fn new(
        (place, epoch): (Place, &str),
        seal: Seal,
        handle: Arc<Handle>,
        (passing, counted): (mpsc::Receiver<(Kind, Bytes)>, counting::Waiting),
    ) -> Self {
        Self {
            place,
            epoch: epoch.to_owned(),
            seal,
            handle,
            passing,
            counted,
        }
    }

    /// Starts its thread: what parcels hold goes out, what other servers send comes in. Whether Redis is there is no
    /// matter of the start.
    ///
    /// # Errors
    /// No thread.
    pub fn run(
        self,
        parcels: mpsc::Receiver<WaitingParcel>,
        replica: Arc<dyn Replica>,
        held: Arc<dyn Held>,
    ) -> std::io::Result<mpsc::Receiver<Arrived>> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let Self {
            place,
            epoch,
            seal,
            handle,
            passing,
            counted,
        } = self;
        let channel = format!("groundnut:{epoch}:events");
        let counting = counting::Running::new(place.clone(), &epoch, counted, held);
        let (arriving, arrived) = Arriving::new(seal.clone(), handle.clone(), replica.clone());
        let publishing = Publishing::new(channel.clone(), seal, handle.clone(), parcels, passing);
        let running = Running {
            place,
            channel,
            handle,
            replica,
            arriving,
            publishing,
            said: None,
        };
        std::thread::Builder::new()
            .name(String::from("bus"))
            .spawn(move || {
                runtime.block_on(async {
                    tokio::select! {
                        () = running.run() => {}
                        () = count(counting) => {}
                    }
                });
            })?;
        Ok(arrived)
    }
}

/// As long as the thread. Without it each server counts for itself.
async fn count(counting: counting::Running) {
    if AssertUnwindSafe(counting.run())
        .catch_unwind()
        .await
        .is_err()
    {
        tracing::error!("the task that counts over all servers panicked");
    }
    std::future::pending::<()>().await;
}

struct Running {
    place: Place,
    channel: String,
    handle: Arc<Handle>,
    replica: Arc<dyn Replica>,
    arriving: Arriving,
    publishing: Publishing,
    /// What the log of the program said last: each change once.
    said: Option<Trouble>,
}

impl Running {
    /// As long as the store.
    async fn run(mut self) {
        let mut pause = FIRST_PAUSE;
        loop {
            let session = AssertUnwindSafe(self.session()).catch_unwind().await;
            let trouble = session.unwrap_or(Trouble::Panic);
            if self.handle.state.is_lost() {
                self.handle.metrics.add(Counter::BusLosses, 1);
                (self.said, pause) = (None, FIRST_PAUSE);
                if seeded(Seeded::BusStaysAway) {
                    return;
                }
            }
            if self.said.as_ref() != Some(&trouble) {
                tracing::warn!(redis = %self.place, %trouble, "the bus is away: events of other servers are found in the database");
                self.said = Some(trouble);
            }
            // Servers that lost Redis at the same moment do not come back at the same moment.
            let spread = 0.5 + 0.5 * rand::random::<f64>();
            if !self.publishing.drop_for(pause.mul_f64(spread)).await {
                return;
            }
            pause = (2 * pause).min(LONGEST_PAUSE);
        }
    }

    async fn session(&mut self) -> Trouble {
        let session = match Session::open(&self.place, &self.channel).await {
            Ok(session) => session,
            Err(trouble) => return trouble,
        };
        let works = || tracing::info!(redis = %self.place, "the bus works");
        let beside = (&self.handle.state, &*self.replica);
        session
            .run(&mut self.publishing, &self.arriving, beside, works)
            .await
    }
}
