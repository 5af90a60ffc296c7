//! From the commits to the sockets of the nodes of one bus. All buses have as many nodes and bring the same.

use super::Nanos;
use super::bus::Bus;
use super::design::{Design, Routing};
use super::heads::Commit;
use super::load::{Load, TIME, WARM};
use super::node::Node;
use super::quantile::Quantiles;
use super::random::Random;

/// Nodes that are looked at: spread over those of the bus.
const LOOKED_AT: u64 = 20;

/// Parts of a time in percent.
pub(super) struct Delivered {
    pub(super) bus_percent: u64,
    /// Of all buses.
    pub(super) bytes_per_second: u64,
    pub(super) node_percent: u64,
    pub(super) unheard_percent: u64,
    /// From the commit to the socket: p50, p99.
    pub(super) lag: (Nanos, Nanos),
}

/// The listeners of a commit on one node.
#[derive(Clone, Copy, Default)]
struct Listening {
    commit: u64,
    /// The last event that has one, from 1.
    event: u64,
    events: u64,
    listeners: u64,
}

pub(super) struct Delivery {
    design: Design,
    load: Load,
    random: Random,
    bus: Bus,
    /// Nodes of the bus.
    of_bus: u64,
    listening: Vec<Listening>,
    looked_at: Vec<(u64, Node)>,
    lag: Quantiles,
}

impl Delivery {
    pub(super) fn new(design: Design, load: Load, random: Random) -> Self {
        let of_bus = load.nodes.div_ceil(design.buses);
        let looked_at = of_bus.min(LOOKED_AT);
        let numbers = (0..looked_at).map(|index| index * of_bus / looked_at);
        Self {
            design,
            load,
            random,
            bus: Bus::default(),
            of_bus,
            listening: (0..of_bus).map(|_| Listening::default()).collect(),
            looked_at: numbers.map(|number| (number, Node::default())).collect(),
            lag: Quantiles::default(),
        }
    }

    /// All commits, in order of time.
    pub(super) fn run(mut self, commits: &[Commit]) -> Delivered {
        for (number, commit) in (1..).zip(commits) {
            self.deliver(number, commit);
        }
        let time = commits.last().map_or(TIME, |last| last.at.max(TIME));
        self.bus.carry_beats(self.of_bus, self.load.nodes, time);
        let nodes = || self.looked_at.iter().map(|(_, node)| node);
        let percent = |busy: Nanos| busy * 100 / time / nodes().map(|_| 1).sum::<u64>().max(1);
        Delivered {
            bus_percent: self.bus.busy * 100 / time,
            bytes_per_second: self.bus.bytes * self.design.buses / (time / 1_000_000) * 1000,
            node_percent: percent(nodes().map(|node| node.busy).sum()),
            unheard_percent: percent(nodes().map(|node| node.unheard).sum()),
            lag: (self.lag.at(50), self.lag.at(99)),
        }
    }

    fn deliver(&mut self, number: u64, commit: &Commit) {
        let count = commit.events();
        let (heard_by, heard) = self.place(number, count);
        let (copies, events) = match self.design.routing {
            Routing::All => (self.of_bus, count * self.of_bus),
            Routing::Interested => (heard_by, heard),
        };
        let (last, each) = self.bus.copies(commit.at, copies, events);
        for (place, node) in &mut self.looked_at {
            let index = usize::try_from(*place).unwrap_or(usize::MAX);
            let mine = self.listening.get(index).filter(|one| one.commit == number);
            let (heard, listeners) = mine.map_or((0, 0), |mine| (mine.events, mine.listeners));
            let received = match self.design.routing {
                Routing::All => count,
                Routing::Interested => heard,
            };
            if received == 0 {
                continue;
            }
            // Its place in the order of copies is that of its number.
            let behind = copies - copies * (*place + 1) / self.of_bus;
            let from = node.take(last - behind * each, received, heard);
            for at in node.write(from, listeners) {
                if commit.at >= WARM {
                    self.lag.record(at - commit.at);
                }
            }
        }
    }

    /// Puts the listeners of so many rooms on nodes. Nodes of this bus that have one, and the events that they receive
    /// together.
    fn place(&mut self, commit: u64, events: u64) -> (u64, u64) {
        let (mut heard_by, mut heard) = (0, 0);
        for event in 1..=events {
            for _ in 0..self.load.listeners {
                let node = usize::try_from(self.random.below(self.load.nodes));
                let Some(there) = node.ok().and_then(|node| self.listening.get_mut(node)) else {
                    continue;
                };
                if there.commit != commit {
                    (*there, heard_by) = (
                        Listening {
                            commit,
                            ..Listening::default()
                        },
                        heard_by + 1,
                    );
                }
                if there.event != event {
                    (there.event, there.events, heard) = (event, there.events + 1, heard + 1);
                }
                there.listeners += 1;
            }
        }
        (heard_by, heard)
    }
}
