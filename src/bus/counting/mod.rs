//! Counts that hold over all servers: calls within a window, and streams that are open.
//!
//! They are in Redis, each with the time after which it ends by itself. A server asks for a part of what is left of a
//! count and spends it without asking again; what is open is kept per server, and goes with the server. Nothing waits for
//! Redis longer than `PATIENCE`: a server that gets no answer in time decides by what it knows itself.
//! `docs/decisions/0027-counts-in-shares.md` has the reasons.

mod running;
mod scripts;

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use ring::hmac;
use smallvec::SmallVec;
use tokio::sync::{mpsc, oneshot};

pub(super) use running::Running;

use crate::model::UserId;
use crate::telemetry::{Counter, Metrics};

/// The longest that a call waits for Redis. After one that waited in vain no other one asks until Redis has answered.
const PATIENCE: Duration = Duration::from_millis(25);

/// Questions that may wait for the connection; what asks then is decided here.
const WAITING: usize = 4096;

/// A count of calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Want {
    /// What is counted; from [`Counts::number`].
    pub key: u128,
    /// How many it holds.
    pub limit: u32,
    /// How long a window is.
    pub period: Duration,
    /// How long a call beyond the limit closes it at least; zero: until the window ends.
    pub ban: Duration,
}

/// What Redis answers about one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Granted {
    /// Calls that this server may let in; none if any of the counts that were asked for has no room.
    pub calls: u32,
    /// Calls that all servers have been granted in this window.
    pub total: u32,
    /// Until the window ends.
    pub left: Duration,
    /// It is closed for calls beyond the limit.
    pub banned: bool,
}

/// Answers to the counts of one call, in their order.
pub type Grants = SmallVec<[Granted; 2]>;

/// Whose open streams are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Holder {
    /// User streams of a user.
    User(UserId),
    /// Streams from an address that no user has claimed yet.
    Address(IpAddr),
}

/// What is open on this server.
pub trait Held: Send + Sync {
    /// Streams of one.
    fn count(&self, holder: Holder) -> usize;

    /// All that have any.
    fn all(&self) -> Vec<Holder>;
}

/// A question on its way.
#[derive(Debug)]
enum Ask {
    Calls {
        wants: SmallVec<[Want; 2]>,
        answer: oneshot::Sender<Grants>,
    },
    /// What a call that was let in costs beyond itself.
    Charge { want: Want, cost: u32 },
    /// May it hold what it holds now, by a limit over all servers?
    Hold {
        holder: Holder,
        limit: usize,
        answer: oneshot::Sender<bool>,
    },
    /// It holds another number now.
    Changed(Holder),
}

/// The counts of all servers; a cheap handle. Without a bus there are none.
#[derive(Clone, Debug, Default)]
pub struct Counts(Option<Arc<Inner>>);

#[derive(Debug)]
struct Inner {
    key: hmac::Key,
    asks: mpsc::Sender<Ask>,
    state: Arc<State>,
    metrics: Arc<Metrics>,
}

/// What both sides know.
#[derive(Debug, Default)]
struct State {
    /// The last question was answered.
    works: AtomicBool,
    /// A change did not fit into the queue: all that is held is to be told again.
    is_stale: AtomicBool,
}

impl State {
    fn works(&self) -> bool {
        self.works.load(Ordering::Relaxed)
    }

    /// Whether that is news.
    fn set_works(&self, works: bool) -> bool {
        self.works.swap(works, Ordering::Relaxed) != works
    }
}

/// The end that the connection reads.
#[derive(Debug)]
pub(super) struct Waiting {
    asks: mpsc::Receiver<Ask>,
    state: Arc<State>,
    key: hmac::Key,
}

impl Counts {
    /// With the key that the servers of the database share: Redis sees neither names nor addresses.
    pub(super) fn new(key: &[u8], metrics: &Arc<Metrics>) -> (Self, Waiting) {
        let (asks, waiting) = mpsc::channel(WAITING);
        let (key, state) = (hmac::Key::new(hmac::HMAC_SHA256, key), Arc::default());
        let inner = Inner {
            key: key.clone(),
            asks,
            state: Arc::clone(&state),
            metrics: metrics.clone(),
        };
        let waiting = Waiting {
            asks: waiting,
            state,
            key,
        };
        (Self(Some(Arc::new(inner))), waiting)
    }

    /// Whether servers count together, as far as this one knows.
    pub fn works(&self) -> bool {
        self.0.as_ref().is_some_and(|inner| inner.state.works())
    }

    /// A number for a name, the same on each server of the database; `None` without a bus.
    pub fn number(&self, name: &[&[u8]]) -> Option<u128> {
        self.0.as_ref().map(|inner| number(&inner.key, name))
    }

    /// Asks for calls. `None`: the caller decides by what this server knows.
    pub async fn calls(&self, wants: SmallVec<[Want; 2]>) -> Option<Grants> {
        self.ask(|answer| Ask::Calls { wants, answer }).await
    }

    /// Tells what a call costs beyond itself.
    pub fn charge(&self, want: Want, cost: u32) {
        if let Some(inner) = self.0.as_ref().filter(|inner| inner.state.works()) {
            // One that is lost is a call too many.
            drop(inner.asks.try_send(Ask::Charge { want, cost }));
        }
    }

    /// Whether what is held here now is within a limit over all servers. `None`: the caller decides by what this server
    /// knows.
    pub async fn hold(&self, holder: Holder, limit: usize) -> Option<bool> {
        let told = self.ask(|answer| Ask::Hold {
            holder,
            limit,
            answer,
        });
        let answer = told.await;
        if answer.is_none() {
            // It may be on its way, or lost.
            self.changed(holder);
        }
        answer
    }

    /// What is held here has changed.
    pub fn changed(&self, holder: Holder) {
        if let Some(inner) = &self.0
            && inner.asks.try_send(Ask::Changed(holder)).is_err()
        {
            inner.state.is_stale.store(true, Ordering::Release);
        }
    }

    async fn ask<T>(&self, ask: impl FnOnce(oneshot::Sender<T>) -> Ask) -> Option<T> {
        let inner = self.0.as_ref()?;
        if !inner.state.works() {
            return inner.alone();
        }
        let (answer, answered) = oneshot::channel();
        let answer = match inner.asks.try_send(ask(answer)) {
            Ok(()) => tokio::time::timeout(PATIENCE, answered).await,
            // The queue is full.
            Err(_) => return inner.alone(),
        };
        match answer {
            Ok(Ok(answer)) => {
                inner.metrics.add(Counter::CountedTogether, 1);
                Some(answer)
            }
            Ok(Err(_)) => inner.alone(),
            Err(_) => {
                // No other call waits in vain until Redis has answered.
                inner.state.set_works(false);
                inner.alone()
            }
        }
    }
}

impl Inner {
    fn alone<T>(&self) -> Option<T> {
        self.metrics.add(Counter::CountedAlone, 1);
        None
    }
}

/// The first half of an HMAC-SHA-256 over the parts, each behind its length.
fn number(key: &hmac::Key, name: &[&[u8]]) -> u128 {
    let mut context = hmac::Context::with_key(key);
    context.update(b"counts");
    for part in name {
        context.update(&part.len().to_le_bytes());
        context.update(part);
    }
    let tag = context.sign();
    let half = tag.as_ref().first_chunk().copied().unwrap_or_default();
    u128::from_le_bytes(half)
}

impl Holder {
    fn number(self, key: &hmac::Key) -> u128 {
        match self {
            Self::User(user) => number(key, &[b"user", &user.0.to_le_bytes()]),
            Self::Address(IpAddr::V4(four)) => number(key, &[b"address", &four.octets()]),
            Self::Address(IpAddr::V6(six)) => number(key, &[b"address", &six.octets()]),
        }
    }
}

#[cfg(test)]
mod tests;
