//! The order of the log, with a bus that brings what other servers commit, late or never.

use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::sync::mpsc;

use super::head::Head;
use super::testing::{Heard, World, event};
use super::{Inputs, Step};
use crate::bus::tests::TestBus;
use crate::bus::{Arrived, ArrivedBatch};
use crate::event::{Event, Pos};
use crate::store::LogEnd;
use crate::telemetry::Counter;

impl World {
    fn shared(head: i64, last: i64) -> Self {
        let world = Self::new(head, last);
        world.table.is_shared.store(true, Ordering::SeqCst);
        world
    }

    fn with_bus(head: i64, last: i64) -> Self {
        let mut world = Self::shared(head, last);
        world.tail.bus = TestBus::new(1).bus;
        world
    }

    /// A commit of another server.
    fn arrives(&mut self, positions: &[i64]) {
        let events = positions.iter().map(|pos| event(*pos)).collect();
        let batch = ArrivedBatch::of(events);
        self.tail.take_arrived(Arrived::Batch(batch));
    }
}

#[tokio::test]
async fn a_batch_that_joins_goes_out_without_a_read_and_leaves_the_caches_first() {
    let mut world = World::with_bus(2, 2);
    world.arrives(&[3, 4]);
    world.tail.deliver_joined().await;
    let order = world.heard();
    assert_eq!(
        order,
        [
            Heard::CacheInvalidated(3),
            Heard::CacheInvalidated(4),
            Heard::Events(vec![3, 4]),
        ]
    );
    assert_eq!(world.metrics.get(Counter::LogCatchUps), 0);
    assert!(world.tail.assembly.due().is_none());
}

#[tokio::test]
async fn batches_that_arrive_in_any_order_go_out_in_that_of_the_log() {
    let mut world = World::with_bus(2, 2);
    for positions in [&[6, 7][..], &[8], &[5], &[5], &[1, 2]] {
        world.arrives(positions);
        world.tail.deliver_joined().await;
        assert_eq!(world.positions(), [0_i64; 0]);
    }
    world.arrives(&[3, 4]);
    world.tail.deliver_joined().await;
    assert_eq!(world.positions(), [3, 4, 5, 6, 7, 8]);
    assert_eq!(world.metrics.get(Counter::LogCatchUps), 0);
    assert!(world.tail.assembly.is_whole());
}

#[tokio::test]
async fn what_does_not_arrive_in_time_is_read_in_the_table() {
    let mut world = World::with_bus(6, 2);
    world.arrives(&[5]);
    world.tail.deliver_joined().await;
    let due = world.tail.assembly.due().unwrap();
    // More that does not fill the hole leaves it as old as it is.
    world.arrives(&[6]);
    world.tail.deliver_joined().await;
    assert_eq!(world.tail.assembly.due(), Some(due));
    world.tail.stop_waiting().await;
    assert_eq!(world.positions(), [3, 4, 5, 6]);
    // And what arrives behind that is known.
    world.arrives(&[3, 4]);
    world.tail.deliver_joined().await;
    assert_eq!(world.positions(), [3, 4, 5, 6]);
}

#[tokio::test]
async fn a_commit_that_the_head_shows_may_be_on_its_way() {
    let mut world = World::with_bus(4, 2);
    world.head_check().await;
    world.tail.deliver_joined().await;
    assert_eq!(world.positions(), [0_i64; 0]);
    world.arrives(&[3]);
    world.tail.deliver_joined().await;
    assert_eq!(world.positions(), [3]);
    assert!(world.tail.assembly.due().is_some(), "4 is missing");
    world.tail.stop_waiting().await;
    assert_eq!(world.positions(), [3, 4]);
    assert_eq!(world.metrics.get(Counter::LogCatchUps), 1);
}

#[tokio::test]
async fn a_hole_in_front_of_a_batch_is_not_waited_for_while_the_bus_is_away() {
    let mut world = World::shared(5, 2);
    world.arrives(&[5]);
    world.tail.deliver_joined().await;
    assert_eq!(world.positions(), [3, 4, 5]);
}

#[tokio::test]
async fn without_a_bus_a_commit_that_the_head_shows_may_be_one_of_this_process() {
    let mut world = World::shared(4, 2);
    world.head_check().await;
    world.tail.deliver_joined().await;
    assert!(world.tail.assembly.due().is_some());
    // It was: nothing is read.
    world.arrives(&[3, 4]);
    world.tail.deliver_joined().await;
    assert!(world.tail.assembly.is_whole());
    assert_eq!(world.metrics.get(Counter::LogCatchUps), 0);
    world.table.append(5..=6);
    world.head_check().await;
    world.tail.deliver_joined().await;
    world.tail.stop_waiting().await;
    assert_eq!(world.positions(), [3, 4, 5, 6]);
}

#[tokio::test]
async fn an_ephemeral_event_does_not_overtake_what_was_committed_before_it() {
    let mut world = World::with_bus(4, 2);
    let ephemeral = Event {
        pos: None,
        ..Event::clone(&event(9))
    };
    world.arrives(&[4]);
    world.tail.take_arrived(Arrived::Event(ephemeral));
    world.tail.deliver_joined().await;
    assert_eq!(world.tail.passing.len(), 1, "3 is missing");
    world.arrives(&[3]);
    world.head_check().await;
    // The receivers of these tests know logged events only.
    let passing = world.tail.passing.pop();
    world.tail.deliver_joined().await;
    assert_eq!(world.positions(), [3, 4]);
    assert!(passing.is_some() && world.tail.assembly.is_whole());
}

#[tokio::test]
async fn a_log_that_lacks_what_was_delivered_closes_the_streams_and_is_read_from_its_head_on() {
    let mut world = World::with_bus(7, 7);
    // One more waits for the one before it.
    world.arrives(&[9]);
    world.tail.deliver_joined().await;
    let arrived = world.heard().len();
    world.table.shorten(5);
    world.head_check().await;
    assert_eq!(
        world.heard()[arrived..],
        [Heard::CachesEmptied, Heard::StateReset, Heard::WentBack(5)]
    );
    assert_eq!(world.metrics.get(Counter::LogWentBack), 1);
    assert!(world.tail.assembly.is_whole() && !world.tail.assembly.holds_some());
    // Positions are given out again.
    world.arrives(&[6, 7]);
    world.tail.deliver_joined().await;
    assert_eq!(world.positions(), [6, 7]);
    world.table.append(6..=7);
    world.head_check().await;
    assert_eq!(world.metrics.get(Counter::LogWentBack), 1);
}

#[tokio::test]
async fn an_end_of_the_log_that_was_asked_for_before_the_last_delivery_is_no_step_back() {
    let mut world = World::with_bus(7, 4);
    let delivered = Pos(4);
    world.arrives(&[5, 6, 7]);
    world.tail.deliver_joined().await;
    for (end, count) in [(4, 0), (6, 0), (7, 0), (3, 1)] {
        let end = LogEnd {
            pos: Pos(end),
            at: None,
            is_another: false,
        };
        let head = Head { delivered, end };
        world.tail.run_step(Step::Compare(head)).await;
        assert_eq!(world.metrics.get(Counter::LogWentBack), count);
    }
}

#[tokio::test]
async fn a_log_that_went_back_is_known_by_its_events_when_it_has_grown_past_what_was_delivered() {
    let mut world = World::with_bus(5, 5);
    world.head_check().await;
    world.arrives(&[6, 7]);
    world.arrives(&[8]);
    world.tail.deliver_joined().await;
    // 7 and 8 are lost, and others come. What has their positions is taken for known, and what joins is delivered, before
    // the log is asked.
    world.table.append([6]);
    world.table.append_others(7..=10);
    world.arrives(&[7, 8]);
    world.arrives(&[9, 10]);
    world.tail.deliver_joined().await;
    assert_eq!(world.positions(), [6, 7, 8, 9, 10]);
    let arrived = world.heard().len();
    world.head_check().await;
    assert_eq!(
        world.heard()[arrived..],
        [Heard::CachesEmptied, Heard::StateReset, Heard::WentBack(10)]
    );
    // From there on all is as it was.
    world.table.append([11]);
    world.arrives(&[11]);
    world.tail.deliver_joined().await;
    for _ in 0..2 {
        world.head_check().await;
    }
    assert_eq!(world.metrics.get(Counter::LogWentBack), 1);
}

#[tokio::test]
async fn a_log_that_went_back_is_known_where_nothing_was_delivered_yet() {
    let mut world = World::with_bus(5, 5);
    world.head_check().await;
    world.table.append_others(4..=9);
    world.head_check().await;
    assert_eq!(world.heard().last(), Some(&Heard::WentBack(9)));
}

#[tokio::test]
async fn what_was_trimmed_and_an_empty_log_say_nothing_of_a_step_back() {
    let mut world = World::with_bus(0, 0);
    world.head_check().await;
    world.table.append(1..=6);
    world.arrives(&[1, 2, 3]);
    world.arrives(&[4, 5, 6]);
    world.tail.deliver_joined().await;
    world.head_check().await;
    world.table.trim(6);
    world.head_check().await;
    assert_eq!(world.positions(), [1, 2, 3, 4, 5, 6]);
    assert_eq!(world.metrics.get(Counter::LogWentBack), 0);
}

#[tokio::test]
async fn what_the_bus_brings_does_not_wait_for_a_database_that_hangs() {
    let world = World::with_bus(2, 2);
    world.table.head_hangs.store(true, Ordering::SeqCst);
    let (_commits, committed) = mpsc::channel(1);
    let (bus, arrived) = mpsc::channel(1);
    let (typing, ephemeral) = mpsc::channel(1);
    let inputs = Inputs {
        committed,
        arrived: Some(arrived),
        ephemeral,
    };
    let table = world.table.clone();
    let story = async {
        // Behind several questions for the end of the log.
        tokio::time::sleep(Duration::from_millis(300)).await;
        let batch = ArrivedBatch::of(vec![event(3)]);
        bus.send(Arrived::Batch(batch)).await.unwrap();
        let passing = Event {
            pos: None,
            ..Event::clone(&event(9))
        };
        typing.send(passing).await.unwrap();
        while !table.has_heard(&Heard::Passing) {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        assert!(table.has_heard(&Heard::Events(vec![3])));
    };
    let story = tokio::time::timeout(Duration::from_millis(1500), story);
    tokio::select! {
        () = world.tail.run(inputs) => panic!("nothing ended it"),
        told = story => told.expect("it waits for the database"),
    }
}
