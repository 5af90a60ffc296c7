//! What has to hold of the simulation whatever the measured numbers are. `tests/suite/tidy/scale.rs` runs these.

use super::bus::Bus;
use super::cluster::{self, Written};
use super::design::{Design, Lanes, Routing};
use super::heads::{Commit, Head, Record};
use super::load::{Load, TIME};
use super::measured::{
    BUS_HOP, FRAME, GROUP, GROUP_RARE, HEARD, INDEX_AFTER, MESSAGE, RESOLVE, TAKE, UNHEARD,
};
use super::random::Random;
use super::{Nanos, cursor, order};

const SMALL: Load = Load {
    nodes: 10,
    messages_per_node: 20,
    listeners: 50,
};

fn head(lanes: usize, writes: &[(Nanos, usize)]) -> Record {
    Head::new(lanes, Design::TODAY, Random::new(3)).run(writes.to_vec())
}

fn written(design: Design, load: Load) -> Written {
    cluster::write(design, load, &mut Random::new(5))
}

#[test]
fn a_write_alone_takes_the_time_of_one_group() {
    let record = head(1, &[(1000, 0)]);
    let [commit] = record.commits.as_slice() else {
        panic!("one write, one commit");
    };
    let took = commit.at - 1000;
    assert_eq!(commit.writes, [1000]);
    assert!(took >= GROUP.nanos / 2 + MESSAGE.nanos, "{took}");
    assert!(took <= GROUP_RARE.nanos + MESSAGE.nanos, "{took}");
    // Its words are indexed a little later, which holds the row too.
    assert!(record.held > took && record.ended >= commit.at + INDEX_AFTER);
}

#[test]
fn a_head_commits_each_write_once_and_one_group_at_a_time() {
    let mut random = Random::new(9);
    let mut writes: Vec<(Nanos, usize)> = (0..3000)
        .map(|_| {
            (
                random.below(TIME),
                usize::try_from(random.below(7)).unwrap(),
            )
        })
        .collect();
    writes.sort_unstable();
    let record = head(7, &writes);
    let mut committed: Vec<Nanos> = Vec::new();
    let mut free_at = 0;
    for commit in &record.commits {
        assert!(commit.at >= free_at + GROUP.nanos / 2, "two groups at once");
        assert!(commit.writes.iter().all(|at| *at < commit.at));
        free_at = commit.at;
        committed.extend(&commit.writes);
    }
    committed.sort_unstable();
    assert!(committed.iter().eq(writes.iter().map(|(at, _)| at)));
    assert!(record.held <= record.ended);
}

#[test]
fn writes_that_wait_share_one_commit_of_their_lane() {
    // The first is alone; those behind it wait for its commit.
    let writes: Vec<(Nanos, usize)> = (1..=40).map(|at| (at, 0)).collect();
    let groups: Vec<u64> = head(1, &writes)
        .commits
        .iter()
        .map(Commit::events)
        .collect();
    assert_eq!(groups, [1, 39]);
    // Lanes share nothing.
    let lanes: Vec<(Nanos, usize)> = (0..40).map(|lane| (1, lane)).collect();
    assert_eq!(head(40, &lanes).commits.len(), 40);
}

#[test]
fn what_one_log_does_for_all_and_more_logs_shorten_the_wait() {
    let load = Load {
        nodes: 100,
        ..SMALL
    };
    let indexed = Design {
        indexes_once: true,
        ..Design::TODAY
    };
    let joined = Design {
        lanes: Lanes::Joined,
        ..indexed
    };
    let split = Design { logs: 4, ..joined };
    let designs = [split, joined, indexed, Design::TODAY];
    let waits = designs.map(|design| written(design, load).wait.0);
    assert!(waits.is_sorted(), "{waits:?}");
}

#[test]
fn a_bus_copies_one_behind_the_other() {
    let mut bus = Bus::default();
    let (last, each) = bus.copies(0, 10, 10);
    let work = bus.busy;
    assert!(each * 10 <= work);
    assert_eq!(last, BUS_HOP.nanos + work);
    let (behind, _) = bus.copies(0, 10, 10);
    assert_eq!((behind, bus.busy), (last + work, 2 * work));
    // No node is interested: nothing is sent.
    assert_eq!(bus.copies(behind, 0, 0).1, 0);
}

#[test]
fn events_without_listeners_cost_nodes_what_was_measured() {
    let load = Load {
        listeners: 0,
        ..SMALL
    };
    let outcome = cluster::run(Design::TODAY, load, 1);
    let events = load.messages_per_second() * TIME / 1_000_000_000;
    let most = events * (TAKE.nanos + UNHEARD.nanos) * 100 / TIME;
    let least = events * UNHEARD.nanos * 100 / TIME;
    let unheard = outcome.delivered.unheard_percent;
    assert!((least..=most + 1).contains(&unheard), "{unheard}");
    assert_eq!(outcome.delivered.lag, (0, 0));
    let interested = Design {
        routing: Routing::Interested,
        ..Design::TODAY
    };
    let outcome = cluster::run(interested, load, 1);
    assert_eq!(outcome.delivered.node_percent, 0);
    assert_eq!(outcome.delivered.bytes_per_second, 0);
}

#[test]
fn the_lag_is_at_least_a_hop_and_the_work_for_the_event() {
    let outcome = cluster::run(Design::TODAY, SMALL, 1);
    let work = TAKE.nanos + UNHEARD.nanos + RESOLVE.nanos + HEARD.nanos;
    let least = BUS_HOP.nanos + work + FRAME.nanos;
    assert!(outcome.delivered.lag.0 >= least);
    assert!(outcome.delivered.lag.1 >= outcome.delivered.lag.0);
    // Each of a few nodes has a listener of nearly each room.
    assert_eq!(outcome.delivered.unheard_percent, 0);
}

#[test]
fn one_order_costs_more_with_each_log() {
    assert_eq!(order::wait(1, 10, 1), (0, 0));
    let waits = [2, 4, 16, 64].map(|logs| order::wait(logs, 10, 1).0);
    assert!(waits.is_sorted(), "{waits:?}");
}

#[test]
fn a_cursor_behind_a_checkpoint_is_shorter_where_logs_are_many() {
    assert!(cursor::behind_checkpoint(64, 16) * 4 < cursor::whole(64));
    assert!(cursor::behind_checkpoint(64, 500) < cursor::whole(64));
    assert!(cursor::behind_checkpoint(1, 500) > cursor::whole(1));
}
