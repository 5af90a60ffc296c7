//! The watch over a running server: once a second it looks at what `/readyz` promises.

use std::future::Future;
use std::io;
use std::time::{Duration, Instant};

use actix_rt::task::{JoinHandle, spawn_blocking};

use crate::actors::Shared;
use crate::contents::Contents;
use crate::event::Pos;
use crate::http::App;
use crate::http::readiness::Unready;
use crate::store::{Ahead, DiskState, FARTHEST, LogHead, Store};

/// Between two looks.
const LOOK: Duration = Duration::from_secs(1);
/// How long a part may take to answer.
const ANSWER: Duration = Duration::from_secs(1);
/// How long the write lane may be at one group, and a committed event on its way.
const LATE: Duration = Duration::from_secs(5);
const MEGABYTE: u64 = 1 << 20;

/// What the watch remembers from one look to the next.
#[derive(Debug, Default)]
struct Watch {
    /// An end of the log that was not delivered yet, and since when.
    behind: Option<(Pos, Instant)>,
    found: Vec<Unready>,
    /// The question to the disk that has no answer yet. A disk that hangs holds this one thread, not one per look.
    disk: Option<JoinHandle<io::Result<Disks>>>,
}

/// What this machine keeps.
#[derive(Debug)]
struct Disks {
    /// Nothing if the database is a server.
    database: Option<DiskState>,
    /// Bytes that files may still take.
    files: u64,
}

/// As long as the server runs.
pub(super) async fn watch(shared: &Shared, app: &App, min_free_megabytes: u64) {
    let mut watch = Watch::default();
    let mut looks = tokio::time::interval(LOOK);
    looks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        looks.tick().await;
        let found = watch.look((shared, app.files.contents()), min_free_megabytes);
        let found = found.await;
        if found != watch.found {
            let reasons: Vec<&str> = found.iter().map(|reason| reason.slug()).collect();
            let reasons = reasons.join(", ");
            match found.is_empty() {
                true => tracing::info!("ready again"),
                false => tracing::warn!(%reasons, "not ready"),
            }
            watch.found.clone_from(&found);
        }
        app.readiness.set_found(found);
    }
}

impl Watch {
    async fn look(
        &mut self,
        (shared, contents): (&Shared, &Contents),
        min_free_megabytes: u64,
    ) -> Vec<Unready> {
        let store = &shared.store;
        let mut found = Vec::new();
        if store.is_lane_full() || store.lane_busy_for() >= LATE {
            found.push(Unready::WritesWait);
        }
        // Only in doubt: each try costs a sync of the disk.
        if store.doubts_writes() && in_time(store.try_write()).await.is_none() {
            found.push(Unready::CommitsFail);
        }
        match in_time(store.log_head()).await {
            None => found.push(Unready::ReadsFail),
            Some(head) => found.extend(self.look_at_head(&head, shared)),
        }
        match self.ask_disks(store, contents).await {
            Some(Disks { database, files }) => {
                let free = database.map_or(files, |disk| disk.free_bytes.min(files));
                if free / MEGABYTE < min_free_megabytes {
                    found.push(Unready::DiskFull);
                }
                if database.is_some_and(|disk| !disk.is_in_place) {
                    found.push(Unready::DatabaseMoved);
                }
            }
            None => found.push(Unready::DiskFull),
        }
        if let Some(nodes) = &shared.cluster {
            if nodes.is_late() {
                found.push(Unready::LeaseLate);
            }
            // What is dated by it is refused (`store/transaction.rs`).
            if nodes.apart() > FARTHEST && !found.contains(&Unready::ClockWrong) {
                found.push(Unready::ClockWrong);
            }
        }
        found
    }

    /// `None`: a disk failed, or has not answered yet.
    async fn ask_disks(&mut self, store: &Store, contents: &Contents) -> Option<Disks> {
        let asked = self.disk.get_or_insert_with(|| {
            let (store, contents) = (store.clone(), contents.clone());
            spawn_blocking(move || {
                Ok(Disks {
                    database: store.disk()?,
                    files: contents.free_bytes()?,
                })
            })
        });
        let answer = in_time(&mut *asked).await;
        if asked.is_finished() {
            self.disk = None;
        }
        answer?.ok()
    }

    fn look_at_head(&mut self, head: &LogHead, shared: &Shared) -> Vec<Unready> {
        let delivered = Pos(shared.metrics.log_position());
        let awaited = self.behind.filter(|(pos, _)| *pos > delivered);
        self.behind = awaited.or((head.pos > delivered).then(|| (head.pos, Instant::now())));
        let is_late = self
            .behind
            .is_some_and(|(_, since)| since.elapsed() >= LATE);
        let is_wrong = match Ahead::of(head.stamp, shared.store.now()) {
            Ahead::TooFar { .. } => true,
            Ahead::No | Ahead::Some { .. } => false,
        };
        let late = is_late.then_some(Unready::DeliveryLate);
        let wrong = is_wrong.then_some(Unready::ClockWrong);
        [late, wrong].into_iter().flatten().collect()
    }
}

/// `None`: it failed, or took too long.
async fn in_time<T, E>(asked: impl Future<Output = Result<T, E>>) -> Option<T> {
    tokio::time::timeout(ANSWER, asked).await.ok()?.ok()
}
