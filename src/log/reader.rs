//! Reads on from a position: from the ring while it reaches, else from the table, a page at a time.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;

use super::ring::is_under;
use super::{RenderedEvent, Ring};
use crate::event::{Event, Gap, Logged, Pos, RoutingKey};
use crate::model::Failure;
use crate::protocol::stream::Place;
use crate::store::{Db, Purpose, Store};
use crate::telemetry::{Counter, Metrics};

/// Rows of the table fetched in one go, and their bytes.
const PAGE: (usize, usize) = (512, 2 * 1024 * 1024);

/// Positions that are looked at in one go for events of few kinds: about 20 MB of rows, far below what a statement may take.
const LOOKED_THROUGH: i64 = 16_384;

/// Events that are taken in at a start: reading them takes about a tenth of a second.
const RECALLED: i64 = 4096;

/// Pages read at one time: one of the reading threads for delivery stays free for what is committed now.
const PAGES_AT_ONCE: usize = 1;

/// How long delivery is waited for.
const LONGEST: Duration = Duration::from_secs(10);

/// Before the next try when the database does not answer.
const PAUSE: Duration = Duration::from_millis(200);

/// Reads on; a cheap handle.
#[derive(Clone)]
pub struct LogReader {
    ring: Arc<Ring>,
    store: Store,
    metrics: Arc<Metrics>,
    pages: Arc<Semaphore>,
}

/// An entry of the log.
#[derive(Clone, Debug)]
pub enum Entry {
    /// An event, with its frames.
    Event(Arc<RenderedEvent>),
    /// Positions that cannot be read.
    Gap(Gap),
}

/// What is behind a position.
#[derive(Debug)]
pub struct ReadOn {
    /// In order. From the table also what was not asked for.
    pub entries: Vec<Entry>,
    /// Nothing that was asked for is left out up to here.
    pub reached: Pos,
}

/// What is asked for.
#[derive(Clone, Copy, Debug)]
pub enum Interest<'k> {
    /// Every event.
    All,
    /// Events under any of these keys.
    Keys(&'k [RoutingKey]),
}

impl<'k> Interest<'k> {
    fn keys(self) -> Option<&'k [RoutingKey]> {
        match self {
            Self::All => None,
            Self::Keys(keys) => Some(keys),
        }
    }
}

impl LogReader {
    /// A reader of this log.
    pub fn new(ring: Arc<Ring>, store: Store, metrics: Arc<Metrics>) -> Self {
        Self {
            ring,
            store,
            metrics,
            pages: Arc::new(Semaphore::new(PAGES_AT_ONCE)),
        }
    }

    /// Where older ones are.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// The newest events.
    pub fn ring(&self) -> &Arc<Ring> {
        &self.ring
    }

    /// Waits until delivery has reached a position that the database has. What is known of it before that is older than
    /// what is read of the database.
    ///
    /// # Errors
    /// [`Failure::Busy`]: delivery waits for something itself.
    pub async fn delivered(&self, pos: Pos) -> Result<(), Failure> {
        let mut head = self.ring.watch();
        let reached = head.wait_for(|head| *head >= pos);
        let reached = tokio::time::timeout(LONGEST, reached).await;
        // The sender lives as long as the ring.
        reached.map(drop).map_err(|_elapsed| Failure::Busy)
    }

    /// What is in memory behind `after`, at once; `None` if the table has to be asked.
    pub fn at_once(&self, after: Pos, interest: Interest<'_>, most: usize) -> Option<ReadOn> {
        let slice = self.ring.after(after, interest.keys(), most)?;
        Some(ReadOn {
            entries: slice.events.into_iter().map(Entry::Event).collect(),
            reached: slice.reached,
        })
    }

    /// What is behind `after`, up to the newest event. Waits while the database does not answer.
    ///
    /// # Errors
    /// The process stops.
    pub async fn read_on(
        &self,
        after: Pos,
        interest: Interest<'_>,
        most: usize,
    ) -> Result<ReadOn, Failure> {
        if let Some(read) = self.at_once(after, interest, most) {
            return Ok(read);
        }
        let (until, (count, bytes)) = (self.ring.head(), PAGE);
        let read = self
            .page(move |db| db.log_between(after, until, count, bytes))
            .await?;
        let reached = read.last().and_then(Logged::last).unwrap_or(until);
        let entries = read.into_iter().map(|entry| match entry {
            Logged::Event(event) => Entry::Event(self.render(event)),
            Logged::Gap(gap) => Entry::Gap(gap),
        });
        Ok(ReadOn {
            entries: entries.collect(),
            reached,
        })
    }

    /// Tells of the events of these kinds behind the first position, up to the second, that are asked for, a page at a time,
    /// each with how far it reaches.
    ///
    /// # Errors
    /// The process stops.
    pub async fn of_kinds(
        &self,
        kinds: &'static [&'static str],
        interest: Interest<'_>,
        (after, until): (Pos, Pos),
        mut note: impl FnMut(Vec<Arc<Event>>, Pos),
    ) -> Result<(), Failure> {
        let mut at = after;
        while at < until {
            if let Some(slice) = self.ring.after(at, interest.keys(), usize::MAX - 1) {
                let events = slice.events.iter().map(|known| &known.event);
                let wanted = events.filter(|event| {
                    event.pos <= Some(until) && kinds.contains(&event.payload.facts().kind)
                });
                note(wanted.cloned().collect(), until);
                return Ok(());
            }
            let (from, most) = (at, PAGE.0);
            let to = until.min(Pos(from.0.saturating_add(LOOKED_THROUGH)));
            let page = self.page(move |db| db.log_of_kinds(kinds, from, to, most));
            let (mut events, reached) = page.await?;
            if let Some(keys) = interest.keys() {
                events.retain(|event| is_under(&event.payload, keys));
            }
            note(events, reached.min(until));
            at = reached;
        }
        Ok(())
    }

    /// Takes the newest events of the table in, so that streams which come back after a restart find them in memory.
    ///
    /// # Errors
    /// The database is in trouble.
    pub async fn recall(&self) -> Result<(), Failure> {
        let (head, (count, bytes)) = (self.ring.head(), PAGE);
        self.ring.restart_behind(Pos((head.0 - RECALLED).max(0)));
        while self.ring.head() < head {
            let at = self.ring.head();
            let read = move |db: &mut Db<'_>| db.log_between(at, head, count, bytes);
            let read = self.store.read_for(Purpose::Delivery, read).await?;
            if read.is_empty() {
                break;
            }
            for entry in read {
                match entry {
                    Logged::Event(event) => self.ring.push([self.render(event)]),
                    Logged::Gap(gap) => self.ring.restart_behind(gap.last),
                }
            }
        }
        Ok(())
    }

    fn render(&self, event: Arc<Event>) -> Arc<RenderedEvent> {
        let place = Place {
            epoch: Arc::clone(self.ring.epoch()),
            fanned_out: self.store.now(),
        };
        Arc::new(RenderedEvent::new(event, place))
    }

    /// Reads of the table take turns, and are tried again while the database does not answer.
    ///
    /// # Errors
    /// The process stops.
    pub async fn page<T: Send + 'static>(
        &self,
        job: impl Fn(&mut Db<'_>) -> Result<T, Failure> + Clone + Send + 'static,
    ) -> Result<T, Failure> {
        loop {
            // The semaphore is never closed.
            let turn = self.pages.acquire().await;
            self.metrics.add(Counter::ReplayReads, 1);
            let read = self.store.read_for(Purpose::Delivery, job.clone()).await;
            drop(turn);
            match read {
                Err(Failure::Stopping) => return Err(Failure::Stopping),
                Err(_) => {
                    self.metrics.add(Counter::LogRetries, 1);
                    tokio::time::sleep(PAUSE).await;
                }
                read => return read,
            }
        }
    }
}
