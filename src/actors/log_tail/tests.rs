//! The order of the log, against a log and receivers in memory.

use std::sync::atomic::Ordering;

use super::testing::{Heard, PAGE, World};
use crate::event::GapCause;
use crate::telemetry::Counter;

#[tokio::test]
async fn events_that_follow_the_last_one_are_handed_on_without_a_read() {
    let mut world = World::new(5, 5);
    world.commit(&[6, 7]).await;
    world.commit(&[8]).await;
    assert_eq!(
        world.heard(),
        [Heard::Events(vec![6, 7]), Heard::Events(vec![8])]
    );
    assert_eq!(world.metrics.get(Counter::LogCatchUps), 0);
}

#[tokio::test]
async fn a_hole_is_read_from_the_table_before_what_is_behind_it() {
    let mut world = World::new(9, 2);
    world.commit(&[3, 6, 9]).await;
    assert_eq!(world.positions(), [3, 4, 5, 6, 7, 8, 9]);
    assert_eq!(world.metrics.get(Counter::LogCatchUps), 2);
}

#[tokio::test]
async fn a_position_goes_out_once_however_often_it_arrives() {
    let mut world = World::new(6, 2);
    world.commit(&[3, 3, 4]).await;
    world.commit(&[2, 4, 5, 4, 6]).await;
    world.head_check().await;
    assert_eq!(world.positions(), [3, 4, 5, 6]);
}

#[tokio::test]
async fn a_hole_at_the_end_shows_at_a_glance() {
    let mut world = World::new(3, 3);
    world.head_check().await;
    assert_eq!(world.positions(), [0_i64; 0]);
    world.table.append(4..=5);
    world.head_check().await;
    assert_eq!(world.positions(), [4, 5]);
}

#[tokio::test]
async fn a_long_hole_is_read_in_parts_and_stays_in_order() {
    let mut world = World::new(20, 0);
    world.commit(&[20]).await;
    let all: Vec<i64> = (1..=20).collect();
    assert_eq!(world.positions(), all);
    let parts = world.heard();
    let longest = parts.iter().map(|heard| heard.positions().len());
    assert_eq!(
        longest.max(),
        Some(PAGE),
        "never more than one page at once"
    );
}

#[tokio::test]
async fn what_others_wrote_leaves_the_caches_before_it_goes_out() {
    let mut world = World::new(4, 2);
    world.commit(&[5]).await;
    let order = world.heard();
    assert_eq!(
        order,
        [
            Heard::CacheInvalidated(3),
            Heard::CacheInvalidated(4),
            Heard::Events(vec![3, 4]),
            Heard::Events(vec![5]),
        ]
    );
}

#[tokio::test]
async fn a_row_that_cannot_be_read_is_stepped_over_and_counted() {
    let mut world = World::new(6, 1);
    world.table.damage(3, GapCause::Unreadable);
    world.table.damage(6, GapCause::Unreadable);
    world.commit(&[7]).await;
    assert_eq!(world.positions(), [2, 4, 5, 7]);
    assert_eq!(world.metrics.get(Counter::LogUnreadable), 2);
    assert!(
        !world.heard().contains(&Heard::StreamsClosed),
        "a newer program may write such rows all day"
    );
}

#[tokio::test]
async fn streams_are_closed_when_a_change_of_rights_cannot_be_read() {
    let mut world = World::new(4, 1);
    world.table.damage(3, GapCause::UnreadableRights);
    world.commit(&[5]).await;
    let heard = world.heard();
    let at = |what: Heard| heard.iter().position(|heard| *heard == what);
    assert!(at(Heard::Events(vec![2])) < at(Heard::StreamsClosed));
    assert!(at(Heard::StreamsClosed) < at(Heard::Events(vec![4])));
    assert_eq!(world.metrics.get(Counter::LogUnreadable), 1);
}

#[tokio::test]
async fn behind_a_gap_nothing_known_from_events_is_trusted() {
    let mut world = World::new(3, 0);
    world.table.damage(2, GapCause::Unreadable);
    world.head_check().await;
    let heard = world.heard();
    let at = |what: Heard| heard.iter().position(|heard| *heard == what);
    let (before, after) = (at(Heard::Events(vec![1])), at(Heard::Events(vec![3])));
    assert!(before.is_some() && before < at(Heard::StateReset));
    assert!(at(Heard::StateReset) < after);
    assert!(before < at(Heard::CachesEmptied) && at(Heard::CachesEmptied) < after);
}

#[tokio::test]
async fn streams_are_closed_when_events_were_trimmed_behind_a_slow_reader() {
    let mut world = World::new(9, 2);
    world.table.trim(6);
    world.commit(&[10]).await;
    assert_eq!(world.positions(), [7, 8, 9, 10]);
    assert_eq!(world.metrics.get(Counter::LogMissed), 4);
    let heard = world.heard();
    let closed = heard.iter().position(|h| *h == Heard::StreamsClosed);
    let next = heard.iter().position(|h| matches!(h, Heard::Events(_)));
    assert!(closed.is_some() && closed < next, "before what follows");
}

#[tokio::test]
async fn a_log_that_is_empty_after_retention_does_not_hold_what_follows() {
    let mut world = World::new(9, 2);
    world.table.trim(9);
    world.head_check().await;
    world.commit(&[10]).await;
    assert_eq!(world.positions(), [10]);
    assert_eq!(world.metrics.get(Counter::LogMissed), 7);
}

#[tokio::test]
async fn while_the_database_does_not_answer_events_wait_and_that_is_counted() {
    let mut world = World::new(4, 2);
    world.table.failures.store(3, Ordering::SeqCst);
    world.commit(&[5]).await;
    assert_eq!(world.positions(), [3, 4, 5], "late, in order, complete");
    assert_eq!(world.metrics.get(Counter::LogRetries), 3);
}

#[tokio::test]
async fn a_panic_ends_its_step_and_the_streams_but_not_delivery() {
    let mut world = World::new(2, 2);
    world.tail.dispatch.panics_at = Some(4);
    world.commit(&[3]).await;
    world.commit(&[4, 5]).await;
    world.commit(&[6]).await;
    assert_eq!(
        world.heard(),
        [
            Heard::Events(vec![3]),
            Heard::CachesEmptied,
            Heard::StateReset,
            Heard::StreamsClosed,
            Heard::Events(vec![6]),
        ]
    );
    assert_eq!(world.metrics.get(Counter::LogTailPanics), 1);
}

#[tokio::test]
async fn an_event_that_makes_a_catch_up_panic_is_not_tried_again() {
    let mut world = World::new(6, 2);
    world.tail.dispatch.panics_at = Some(4);
    world.head_check().await;
    world.head_check().await;
    assert_eq!(world.metrics.get(Counter::LogTailPanics), 1);
    world.commit(&[7]).await;
    assert_eq!(world.positions(), [7]);
}
