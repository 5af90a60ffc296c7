//! Opening: directory, file, migrations, threads.

use std::sync::Arc;

use tokio::sync::watch;

use super::cache::Caches;
use super::connect::{Database, Sql, sqlite};
use super::health::Whereabouts;
use super::lane::Lane;
use super::link::Link;
use super::live_tokens::LiveTokens;
use super::log::{self, Retention};
use super::migrate::{demand_current, migrate};
use super::moments;
use super::numbers::Counted;
use super::outlet::Outlet;
use super::overdue::Overdue;
use super::parcels::Parcels;
use super::place;
use super::queue::Queue;
use super::reading::{self, Reading};
use super::work::Work;
use super::{Failure, Questions, Shared, Store, StoreOptions};
use crate::clock::Clock;
use crate::telemetry::Metrics;

/// Most writes per commit on a server: each is some ways there and back, and all other writers of the cluster wait for them.
const SERVER_BATCH: usize = 128;

impl Store {
    /// Opens the database, which is made or migrated if need be, and starts the threads. The errors say what to do.
    pub fn open(
        options: &StoreOptions,
        clock: Clock,
        metrics: Arc<Metrics>,
    ) -> Result<Self, Failure> {
        let database = options.database()?;
        if let Some(file) = database.file() {
            place::prepare(file)?;
        }
        reading::install();
        let mut sql = database.connect()?;
        migrate(&mut sql)?;
        log::verify(&mut sql, &database)?;
        moments::check(&mut sql, clock.now(), options.accepts_clock)?;
        if database.file().is_some() {
            sqlite::shorten_patience(&mut sql, options.lane_patience)?;
        }
        Self::start(sql, &database, options, clock, metrics)
    }

    /// Opens a database that is there and of this version, for a command: it makes none and migrates none.
    pub fn open_existing(
        options: &StoreOptions,
        clock: Clock,
        metrics: Arc<Metrics>,
    ) -> Result<Self, Failure> {
        let database = options.database()?;
        if let Some(file) = database.file() {
            place::demand(file)?;
        }
        reading::install();
        let sql = database.connect_if(|sql| demand_current(sql, &database))?;
        Self::start(sql, &database, options, clock, metrics)
    }

    /// Starts the threads.
    fn start(
        mut sql: Sql,
        database: &Database,
        options: &StoreOptions,
        clock: Clock,
        metrics: Arc<Metrics>,
    ) -> Result<Self, Failure> {
        // A file is not waited for: SQLite asks whether to go on.
        let overdue = match database.file() {
            Some(_) => None,
            None => Some(Overdue::start()?),
        };
        let reading = Reading::start(database, options, overdue.as_ref())?;

        let queue = Arc::new(Queue::new(options.lane_capacity));
        let caches = Arc::new(Caches::new());
        let outlet = Arc::new(Outlet::default());
        let parcels = Arc::new(Parcels::default());
        let counted = Arc::new(Counted::default());
        let link = Link::new(database, &mut sql, overdue)?;
        let lane = Lane {
            sql,
            link,
            clock: clock.clone(),
            clock_apart: options.clock_apart,
            queue: Arc::clone(&queue),
            batch: batch(database, options),
            caches: Arc::clone(&caches),
            outlet: Arc::clone(&outlet),
            parcels: Arc::clone(&parcels),
            counted: Arc::clone(&counted),
            metrics,
            retention: Retention {
                max_age: options.log_retention,
                max_bytes: options.log_max_bytes,
            },
            keys_kept: options.keys_kept,
            newest: None,
            live: LiveTokens::default(),
            // By another process, perhaps.
            has_deleted: true,
        };
        let (ends, lane_ended) = watch::channel(false);
        std::thread::Builder::new()
            .name(String::from("store-write"))
            .spawn(move || {
                let end = LaneEnd {
                    queue: Arc::clone(&lane.queue),
                    ends,
                };
                lane.run();
                drop(end);
            })
            .map_err(|error| Failure::Trouble(format!("no thread for writing: {error}").into()))?;

        Ok(Self {
            shared: Arc::new(Shared {
                clock,
                lane: queue,
                lane_ended,
                reading,
                questions: Questions::default(),
                caches,
                outlet,
                parcels,
                counted,
                place: database.file().map(Whereabouts::of),
            }),
        })
    }
}

fn batch(database: &Database, options: &StoreOptions) -> usize {
    match database.file() {
        Some(_) => options.lane_batch,
        None => options.lane_batch.min(SERVER_BATCH),
    }
}

/// However the lane's thread ends, a panic included, callers are not left waiting for it.
struct LaneEnd {
    queue: Arc<Queue<Work>>,
    ends: watch::Sender<bool>,
}

impl Drop for LaneEnd {
    fn drop(&mut self) {
        self.queue.abandon();
        self.ends.send_replace(true);
    }
}
