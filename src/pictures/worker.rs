//! The thread that pictures are made on: one at a time, so that the memory of one bounds that of all, and few wait.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::time::{Duration, Instant};

use bytes::Bytes;
use tokio::sync::oneshot;

use super::rework::{Order, Reworked, rework};
use crate::fault::Fault;
use crate::model::Failure;
use crate::telemetry::{Counter, Metrics};

/// Pictures that wait for the thread. One takes up to half a second, so the last one waits for four.
const WAITING: usize = 8;

/// From the call to the answer. A picture that waited for so long is not begun; one that takes so long is given up by
/// its caller.
const PATIENCE: Duration = Duration::from_secs(10);

struct Job {
    bytes: Bytes,
    order: Order,
    until: Instant,
    answer: oneshot::Sender<Result<Reworked, Failure>>,
}

/// Where pictures are sent to be made. The thread ends with the last handle.
#[derive(Clone, Debug)]
pub struct Pictures {
    jobs: SyncSender<Job>,
    metrics: Arc<Metrics>,
}

impl Pictures {
    /// Starts the thread.
    ///
    /// # Errors
    /// The system has no thread left.
    pub fn start(metrics: Arc<Metrics>) -> std::io::Result<Self> {
        let (jobs, waiting) = sync_channel(WAITING);
        std::thread::Builder::new()
            .name(String::from("pictures"))
            .spawn(move || work(&waiting))?;
        Ok(Self { jobs, metrics })
    }

    /// Makes what is ordered of the picture in these bytes.
    ///
    /// # Errors
    /// As [`rework`]; busy, if too many pictures wait, or if it was not done in time.
    pub async fn make(&self, bytes: Bytes, order: Order) -> Result<Reworked, Failure> {
        let (answer, made) = oneshot::channel();
        let job = Job {
            bytes,
            order,
            until: Instant::now() + PATIENCE,
            answer,
        };
        self.jobs.try_send(job).map_err(|error| match error {
            TrySendError::Full(_) => self.busy(),
            TrySendError::Disconnected(_) => Failure::Stopping,
        })?;
        match tokio::time::timeout(PATIENCE, made).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(_ended)) => Err(self.busy()),
            Err(_elapsed) => Err(self.busy()),
        }
    }

    fn busy(&self) -> Failure {
        self.metrics.add(Counter::PicturesRefused, 1);
        Failure::Busy
    }
}

fn work(waiting: &Receiver<Job>) {
    while let Ok(job) = waiting.recv() {
        Fault::Picture.holds();
        // Its caller went, or is told that it took too long.
        if job.answer.is_closed() || Instant::now() >= job.until {
            continue;
        }
        let made = catch_unwind(AssertUnwindSafe(|| rework(&job.bytes, &job.order)));
        let outcome = match made {
            Ok(outcome) => outcome.map_err(Failure::from),
            // A fault of a decoder: the file is in order or not, it cannot be taken.
            Err(_panic) => {
                tracing::error!(bytes = job.bytes.len(), "a decoder of pictures panicked");
                Err(crate::model::Refusal::PictureBroken.into())
            }
        };
        if job.answer.send(outcome).is_err() {
            tracing::debug!("the caller of a picture went");
        }
    }
}
