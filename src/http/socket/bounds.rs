//! What the connections of one address, and all together, may hold: descriptors, and bytes of answers that are not
//! read.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use dashmap::DashMap;

use super::idle::Bell;
use crate::actors::permits::{Permit, Permits};
use crate::config::{Config, Networks};
use crate::http::pipeline::client_address::network_of;
use crate::telemetry::{Counter, Metrics};

/// A place of an address among its connections; free again when it is dropped.
pub type Place = Permit<IpAddr>;

/// A connection that speaks HTTP, until it is dropped.
#[derive(Debug)]
pub struct Open(Arc<Bounds>);

impl Open {
    pub(super) fn one_more(bounds: &Arc<Bounds>) -> Self {
        bounds.open.fetch_add(1, Ordering::AcqRel);
        Self(bounds.clone())
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Ordering::AcqRel);
    }
}

/// Connections to the listener for other nodes: a node asks at most 272 things at a time, over connections that it keeps.
const OF_A_NODE: usize = 1024;
const OF_ALL_NODES: usize = 8192;

/// Refused connections that are closed with care at one time.
const GOODBYES: usize = 64;

/// Shared by all connections of the process.
#[derive(Debug)]
pub struct Bounds {
    trusted: Networks,
    places: Arc<Permits<IpAddr>>,
    /// Connections per address; 0: no bound.
    per_address: usize,
    goodbyes: Arc<Permits<()>>,
    waiting: DashMap<IpAddr, usize>,
    waiting_total: AtomicUsize,
    waiting_per_address: usize,
    waiting_in_all: usize,
    /// Connections that are open and speak HTTP.
    open: AtomicUsize,
    /// Rings when idle ones are to be closed.
    pub(super) bell: Bell,
    /// How long a peer may take nothing of its answer.
    pub(super) stalled: Duration,
    /// How long a request may take from its first byte to the first byte of its answer.
    pub(super) request: Duration,
    metrics: Arc<Metrics>,
}

/// No bound is written as 0.
fn or_unbounded(bound: usize) -> usize {
    match bound {
        0 => usize::MAX,
        bound => bound,
    }
}

impl Bounds {
    /// As configured.
    pub fn new(config: &Config, metrics: Arc<Metrics>) -> Arc<Self> {
        Arc::new(Self::of(config, metrics))
    }

    fn of(config: &Config, metrics: Arc<Metrics>) -> Self {
        let server = &config.server;
        Self {
            trusted: server.trusted_proxies.clone(),
            places: Permits::new(or_unbounded(server.connections_per_address), usize::MAX),
            per_address: server.connections_per_address,
            goodbyes: Permits::new(GOODBYES, GOODBYES),
            waiting: DashMap::new(),
            waiting_total: AtomicUsize::new(0),
            waiting_per_address: or_unbounded(server.unread_bytes_per_address),
            waiting_in_all: or_unbounded(server.unread_bytes_total),
            open: AtomicUsize::new(0),
            bell: Bell::default(),
            stalled: Duration::from_millis(server.answer_stalled_ms),
            request: Duration::from_millis(server.request_ms),
            metrics,
        }
    }

    /// Of the listener for other nodes: whatever else reaches it is let in as little as clients are, until its secret has
    /// been looked at. The answers that wait for a node are those of many callers, whom it bounds itself: here they are
    /// bounded in all.
    pub fn inside(config: &Config, metrics: Arc<Metrics>) -> Arc<Self> {
        let mut own = config.server.clone();
        own.trusted_proxies = Networks::default();
        let config = Config {
            server: own,
            ..Config::default()
        };
        let mut bounds = Self::of(&config, metrics);
        bounds.places = Permits::new(OF_A_NODE, OF_ALL_NODES);
        bounds.per_address = OF_A_NODE;
        bounds.waiting_per_address = usize::MAX;
        Arc::new(bounds)
    }

    /// Proxies whose `X-Forwarded-For` names the client.
    pub fn trusted(&self) -> &Networks {
        &self.trusted
    }

    /// Connections that an address may have; 0: no bound.
    pub fn per_address(&self) -> usize {
        self.per_address
    }

    /// The address that a connection from here counts for; `None` for a trusted proxy, which speaks for many.
    pub fn counted(&self, peer: IpAddr) -> Option<IpAddr> {
        (!self.trusted.contain(peer)).then(|| network_of(peer))
    }

    /// A place for one more connection of an address. `None`: it has as many as it may.
    pub fn place(&self, address: IpAddr) -> Option<Place> {
        let place = self.places.take(address);
        if place.is_none() {
            self.metrics.add(Counter::HttpRefused, 1);
        }
        place
    }

    /// For the end of a refused connection; `None`: there are many at this moment.
    pub(super) fn goodbye(&self) -> Option<Permit<()>> {
        self.goodbyes.take(())
    }

    /// Connections that are open and speak HTTP.
    pub fn open(&self) -> usize {
        self.open.load(Ordering::Acquire)
    }

    /// Closes the connections on which no request is under way. Those that still have one are found by the next call.
    pub fn close_idle(&self) {
        self.bell.ring();
    }

    /// Bytes of answers that wait for their readers.
    pub fn waiting(&self) -> usize {
        self.waiting_total.load(Ordering::Relaxed)
    }

    /// One connection had `before` bytes waiting, and has `now`. Whether that is within the bounds; the bytes are
    /// counted in any case, and given back by another call.
    pub(super) fn wait(&self, address: Option<IpAddr>, before: usize, now: usize) -> bool {
        if before == now {
            return true;
        }
        let replace = |value: usize| value.saturating_sub(before).saturating_add(now);
        let mut fits = true;
        if let Some(address) = address {
            let mut waiting = self.waiting.entry(address).or_insert(0);
            *waiting = replace(*waiting);
            fits = *waiting <= self.waiting_per_address;
            drop(waiting);
            self.waiting.remove_if(&address, |_, waiting| *waiting == 0);
        }
        let total = match now > before {
            true => {
                now - before
                    + self
                        .waiting_total
                        .fetch_add(now - before, Ordering::Relaxed)
            }
            false => {
                self.waiting_total
                    .fetch_sub(before - now, Ordering::Relaxed)
                    - (before - now)
            }
        };
        now < before || (fits && total <= self.waiting_in_all)
    }

    /// An answer is dropped because it is not read.
    pub(super) fn count_unread(&self) {
        self.metrics.add(Counter::HttpUnread, 1);
    }

    /// A connection is dropped because its request does not end.
    pub(super) fn count_overdue(&self) {
        self.metrics.add(Counter::HttpOverdue, 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bounds(per_address: usize, in_all: usize) -> Arc<Bounds> {
        let mut config = Config::default();
        config.server.unread_bytes_per_address = per_address;
        config.server.unread_bytes_total = in_all;
        Bounds::new(&config, Arc::new(Metrics::default()))
    }

    #[test]
    fn waiting_bytes_are_bounded_per_address_and_in_all_and_given_back() {
        let bounds = bounds(10, 25);
        let [one, two, three] = [1, 2, 3].map(|last| Some(IpAddr::from([10, 0, 0, last])));
        assert!(bounds.wait(one, 0, 6));
        assert!(bounds.wait(one, 0, 4));
        assert!(!bounds.wait(one, 0, 1), "11 of 10");
        assert!(bounds.wait(one, 1, 0));
        assert!(bounds.wait(two, 0, 10));
        assert!(!bounds.wait(three, 0, 6), "26 of 25 in all");
        assert!(!bounds.wait(None, 0, 1), "a proxy counts in all");
        assert!(bounds.wait(None, 1, 0));
        for (address, left) in [(one, 6), (one, 4), (two, 10), (three, 6)] {
            bounds.wait(address, left, 0);
        }
        assert_eq!((bounds.waiting(), bounds.waiting.len()), (0, 0));
    }

    #[test]
    fn what_waits_for_another_node_is_bounded_in_all_and_not_as_that_of_a_client() {
        let mut config = Config::default();
        config.server.unread_bytes_per_address = 10;
        config.server.unread_bytes_total = 25;
        let bounds = Bounds::inside(&config, Arc::new(Metrics::default()));
        let node = Some(IpAddr::from([10, 0, 0, 1]));
        assert!(bounds.wait(node, 0, 20), "more than a client may have");
        assert!(!bounds.wait(node, 0, 6), "26 of 25 in all");
    }
}
