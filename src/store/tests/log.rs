//! Numbers without holes, whoever writes; and what is kept of them.

use std::sync::Arc;
use std::time::Duration;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use futures_util::future::join_all;

use super::{Place, head_of, news};
use crate::event::{ChannelNews, Event, Gap, GapCause, Logged, Payload, Pos, Timestamps};
use crate::model::{Channel, Stamp, User};
use crate::store::log::trim;
use crate::store::{Db, Failure, Store};

async fn announce(store: &Store, channel: &Channel) -> Result<(), Failure> {
    let channel = channel.clone();
    store
        .write(move |tx| {
            tx.announce(news(&channel));
            Ok(())
        })
        .await
}

async fn entries(place: &Place, after: i64, count: usize, bytes: usize) -> Vec<Logged> {
    let until = place.head().await.pos;
    place
        .read(move |db| db.log_between(Pos(after), until, count, bytes))
        .await
}

fn events_of(entries: Vec<Logged>) -> Vec<Event> {
    let event = |entry| match entry {
        Logged::Event(event) => Some(Event::clone(&event)),
        Logged::Gap(_) => None,
    };
    entries.into_iter().filter_map(event).collect()
}

async fn all_events(place: &Place) -> Vec<Event> {
    events_of(entries(place, 0, usize::MAX, usize::MAX).await)
}

fn positions(events: &[Event]) -> Vec<i64> {
    events
        .iter()
        .filter_map(|event| event.pos)
        .map(|pos| pos.0)
        .collect()
}

#[tokio::test]
async fn two_handles_on_one_file_number_without_holes() {
    let place = Place::new().await;
    let ada = place.user("ada").await;
    let room = place.room(ada.id).await;
    let other = place.another();
    let (mut here, mut there) = (place.store.committed().unwrap(), other.committed().unwrap());
    let writes = (0..200).map(|n| announce(if n % 2 == 0 { &place.store } else { &other }, &room));
    assert!(join_all(writes).await.iter().all(Result::is_ok));

    let kept = all_events(&place).await;
    assert_eq!(positions(&kept), (1..=200).collect::<Vec<i64>>());
    let mut timestamps: Vec<Stamp> = kept.iter().map(|event| event.at).collect();
    assert!(timestamps.is_sorted(), "moments rise with positions");
    timestamps.dedup();
    assert_eq!(
        timestamps.len(),
        200,
        "moments are unique over both handles"
    );

    let mut heard: Vec<Vec<i64>> = Vec::new();
    for reader in [&mut here, &mut there] {
        let mut own = Vec::new();
        while own.len() < 100 {
            let batch = reader.recv().await.unwrap();
            own.extend(
                batch
                    .events
                    .iter()
                    .filter_map(|event| event.pos)
                    .map(|pos| pos.0),
            );
        }
        assert!(own.is_sorted());
        heard.push(own);
    }
    let mut both = heard.concat();
    both.sort_unstable();
    assert_eq!(both, (1..=200).collect::<Vec<i64>>());
}

#[tokio::test]
async fn an_event_reads_back_as_it_was_announced() {
    let place = Place::new().await;
    let ada = place.user("ada").await;
    let room = place.room(ada.id).await;
    let mut heard = place.store.committed().unwrap();
    announce(&place.store, &room).await.unwrap();
    let batch = heard.recv().await.unwrap();
    let kept = all_events(&place).await;
    assert_eq!(kept.len(), 1);
    // The stations of its way are not part of the fact: they are known where it was written, and in order.
    let timestamps = batch.events[0].timestamps;
    assert!(timestamps.accepted.is_some() && timestamps.accepted <= timestamps.committed);
    assert_eq!(kept[0].timestamps, Timestamps::default());
    let announced = Event {
        timestamps: Timestamps::default(),
        ..Event::clone(&batch.events[0])
    };
    assert_eq!(announced, kept[0]);
    assert_eq!(kept[0].payload, news(&room));
}

#[tokio::test]
async fn pages_of_the_log_are_bounded_in_count_and_bytes() {
    let place = Place::new().await;
    let ada = place.user("ada").await;
    let room = place.room(ada.id).await;
    for _ in 0..5 {
        announce(&place.store, &room).await.unwrap();
    }
    let read = async |after, count, bytes| {
        positions(&events_of(entries(&place, after, count, bytes).await))
    };
    assert_eq!(read(1, 2, usize::MAX).await, [2, 3]);
    assert_eq!(read(3, 9, 1).await, [4], "one, even if it is too large");
    assert_eq!(read(5, 9, 9).await, [0_i64; 0]);
    let one = serde_json::to_string(&news(&room)).unwrap().len();
    assert_eq!(read(0, 9, one * 3 - 1).await.len(), 2);
    assert_eq!(read(0, 9, one * 3).await.len(), 3);
}

#[tokio::test]
async fn the_log_is_trimmed_by_age() {
    let place = Place::new().await;
    let ada = place.user("ada").await;
    let room = place.room(ada.id).await;
    assert_eq!(place.head().await.oldest, Pos(1));
    announce(&place.store, &room).await.unwrap();
    announce(&place.store, &room).await.unwrap();
    place.clock.advance(Duration::from_secs(3600));
    announce(&place.store, &room).await.unwrap();
    let old = Stamp(place.clock.now().0 - 60_000_000);
    let trimmed = place.write(move |tx| trim(tx, old, i64::MAX)).await;
    assert_eq!((trimmed.events, trimmed.is_done), (2, true));
    let head = place.head().await;
    assert_eq!((head.oldest, head.pos), (Pos(3), Pos(3)));
    place
        .write(move |tx| trim(tx, Stamp(i64::MAX), i64::MAX))
        .await;
    let head = place.head().await;
    assert_eq!((head.oldest, head.pos), (Pos(4), Pos(3)), "nothing is kept");
    announce(&place.store, &room).await.unwrap();
    assert_eq!(positions(&all_events(&place).await), [4]);
}

#[tokio::test]
async fn the_log_is_trimmed_by_size_in_slices() {
    let place = Place::new().await;
    let ada = place.user("ada").await;
    let room = place.room(ada.id).await;
    let many = room.clone();
    place
        .write(move |tx| {
            (0..700).for_each(|_| tx.announce(news(&many)));
            Ok(())
        })
        .await;
    // Room for about ten.
    let one = serde_json::to_string(&news(&room)).unwrap().len();
    let most = i64::try_from(one * 10).unwrap();
    let first = place.write(move |tx| trim(tx, Stamp(0), most)).await;
    assert_eq!((first.events, first.is_done), (512, false));
    let second = place.write(move |tx| trim(tx, Stamp(0), most)).await;
    assert!(second.is_done);
    let kept = positions(&all_events(&place).await);
    assert!((9..=11).contains(&kept.len()), "{}", kept.len());
    assert_eq!(kept.last(), Some(&700));
}

#[tokio::test]
async fn the_epoch_outlives_a_restart() {
    let place = Place::new().await;
    let ada = place.user("ada").await;
    let room = place.room(ada.id).await;
    announce(&place.store, &room).await.unwrap();
    let before = place.head().await;
    place.store.close().await;
    let again = place.another();
    assert_eq!(head_of(&again).await, before);
    assert_ne!(Place::new().await.head().await.epoch, before.epoch);
}

/// Changes rows behind the store's back, as a newer program or a fault of the disk would.
async fn damage(place: &Place, sql: &'static str) {
    place
        .write(move |tx| {
            diesel::sql_query(sql).execute(tx.sql)?;
            Ok(())
        })
        .await;
}

fn gap(first: i64, last: i64, cause: GapCause) -> Logged {
    Logged::Gap(Gap {
        first: Pos(first),
        last: Pos(last),
        cause,
    })
}

fn is_event(entry: &Logged, pos: i64) -> bool {
    matches!(entry, Logged::Event(event) if event.pos == Some(Pos(pos)))
}

#[tokio::test]
async fn rows_that_cannot_be_read_are_gaps_and_those_behind_them_are_read() {
    let place = Place::new().await;
    let ada = place.user("ada").await;
    let room = place.room(ada.id).await;
    for _ in 0..5 {
        announce(&place.store, &room).await.unwrap();
    }
    damage(
        &place,
        "UPDATE log_events SET v = 9, sum = NULL WHERE pos = 1",
    )
    .await;
    damage(
        &place,
        "UPDATE log_events SET kind = 'weather_changed', sum = NULL WHERE pos = 2",
    )
    .await;
    damage(
        &place,
        "UPDATE log_events SET body = substr(body, 1, 40), sum = NULL WHERE pos = 4",
    )
    .await;
    let read = entries(&place, 0, 9, usize::MAX).await;
    assert_eq!(read.len(), 4);
    assert_eq!(read[0], gap(1, 2, GapCause::Unreadable), "form, kind");
    assert!(is_event(&read[1], 3));
    assert_eq!(read[2], gap(4, 4, GapCause::Unreadable), "a damaged body");
    assert!(is_event(&read[3], 5));
}

#[tokio::test]
async fn an_unreadable_change_of_rights_is_told_apart() {
    let place = Place::new().await;
    let ada = place.user("ada").await;
    let room = place.room(ada.id).await;
    for _ in 0..2 {
        announce(&place.store, &room).await.unwrap();
    }
    let newer = "UPDATE log_events SET v = 9, kind = 'channel_changed', sum = NULL WHERE pos = 2";
    damage(&place, newer).await;
    damage(
        &place,
        "UPDATE log_events SET v = 9, sum = NULL WHERE pos = 1",
    )
    .await;
    let read = entries(&place, 0, 9, usize::MAX).await;
    let told = [
        gap(1, 1, GapCause::Unreadable),
        gap(2, 2, GapCause::UnreadableRights),
    ];
    assert_eq!(read, told);
}

#[tokio::test]
async fn what_retention_removed_is_a_gap_up_to_the_first_row_that_is_kept() {
    let place = Place::new().await;
    let ada = place.user("ada").await;
    let room = place.room(ada.id).await;
    for _ in 0..5 {
        announce(&place.store, &room).await.unwrap();
    }
    damage(&place, "DELETE FROM log_events WHERE pos <= 3").await;
    let read = entries(&place, 1, 9, usize::MAX).await;
    assert_eq!(read[0], gap(2, 3, GapCause::Trimmed));
    assert!(is_event(&read[1], 4) && is_event(&read[2], 5));
    damage(&place, "DELETE FROM log_events").await;
    let read = entries(&place, 1, 9, usize::MAX).await;
    assert_eq!(read, [gap(2, 5, GapCause::Trimmed)]);
    assert_eq!(entries(&place, 5, 9, usize::MAX).await, []);
}

#[test]
fn rows_from_before_the_columns_are_read_after_the_migration() {
    use diesel_migrations::MigrationHarness as _;
    let directory = tempfile::tempdir().unwrap();
    let mut sql = crate::store::connect::sqlite::connect(&directory.path().join("x.db")).unwrap();
    let steps = || crate::store::migrate::SQLITE;
    sql.run_pending_migrations(steps()).unwrap();
    // Back to the step before.
    while sql
        .applied_migrations()
        .unwrap()
        .iter()
        .any(|step| *step.to_string() >= *"0008")
    {
        sql.revert_last_migration(steps()).unwrap();
    }
    let body = crate::event::samples::one_of_each().remove(0);
    let old = serde_json::json!({"v": 1, "body": body}).to_string();
    for (pos, text) in [(1, old.as_str()), (2, "{damaged"), (3, &old)] {
        diesel::sql_query(
            "INSERT INTO log_events (pos, at, owner, bytes, body) VALUES (?, 0, '', 1, ?)",
        )
        .bind::<BigInt, _>(pos)
        .bind::<Text, _>(text)
        .execute(&mut sql)
        .unwrap();
    }
    sql.run_pending_migrations(steps()).unwrap();
    let read = Db { sql: &mut sql }.log_between(Pos(0), Pos(3), 9, usize::MAX);
    let read = read.unwrap();
    assert!(is_event(&read[0], 1) && is_event(&read[2], 3));
    assert_eq!(read[1], gap(2, 2, GapCause::Unreadable));
    let Logged::Event(event) = &read[0] else {
        panic!("no event")
    };
    assert_eq!(event.payload, body);
}

#[tokio::test]
async fn users_subscribed_by_one_write_share_the_channel_in_the_log() {
    let place = Place::new().await;
    let ada = place.user("ada").await;
    let bob = place.user("bob").await;
    let mut room = place.room(ada.id).await;
    let long = serde_json::json!("x".repeat(8000));
    room.raw.0.insert(String::from("org.example.long"), long);
    let Payload::ChannelCreated { news } = news(&room) else {
        panic!("not news");
    };
    let shared: Arc<ChannelNews> = Arc::from(news);
    let joins = move |user: &User, news: &Arc<ChannelNews>| Payload::Subscribed {
        news: news.clone(),
        user: Arc::new(user.clone()),
    };
    let alone = Arc::new(ChannelNews::clone(&shared));
    let expected = vec![
        joins(&ada, &shared),
        super::news(&room),
        joins(&bob, &shared),
        Payload::Unsubscribed {
            news: shared.clone(),
            user: Arc::new(ada.clone()),
        },
        joins(&ada, &alone),
    ];
    let announced = expected.clone();
    place
        .write(move |tx| {
            announced.into_iter().for_each(|event| tx.announce(event));
            Ok(())
        })
        .await;
    // Also where a page of the log ends between an event and the one whose channel it shares.
    for count in [1, 2, 3, 9] {
        let mut read = Vec::new();
        while read.len() < expected.len() {
            let after = i64::try_from(read.len()).unwrap();
            read.extend(events_of(entries(&place, after, count, usize::MAX).await));
        }
        let read: Vec<Payload> = read.into_iter().map(|event| event.payload).collect();
        assert_eq!(read, expected, "{count}");
    }
    let bytes = place.read(|db| {
        let long = "SELECT pos FROM log_events WHERE bytes > 8000 ORDER BY pos";
        Ok(diesel::dsl::sql::<BigInt>(long).load::<i64>(db.sql)?)
    });
    assert_eq!(bytes.await, [1, 2, 5], "written out three times, not five");
    // Without the first event the others cannot be told: the streams have to know.
    damage(&place, "DELETE FROM log_events WHERE pos = 1").await;
    let read = entries(&place, 0, 9, usize::MAX).await;
    assert_eq!(read[0], gap(1, 1, GapCause::Trimmed));
    assert!(is_event(&read[1], 2));
    assert_eq!(read[2], gap(3, 4, GapCause::UnreadableRights));
    assert!(is_event(&read[3], 5));
}
