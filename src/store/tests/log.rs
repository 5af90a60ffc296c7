//! Numbers without holes, whoever writes; and what is kept of them.

use std::time::Duration;

use futures_util::future::join_all;

use super::{Place, head_of, news};
use crate::event::{Event, Pos, Timestamps};
use crate::model::{Channel, Stamp};
use crate::store::log::trim;
use crate::store::{Failure, Store};

async fn announce(store: &Store, channel: &Channel) -> Result<(), Failure> {
    let channel = channel.clone();
    store
        .write(move |tx| {
            tx.announce(news(&channel));
            Ok(())
        })
        .await
}

async fn all_events(place: &Place) -> Vec<Event> {
    place
        .read(|db| db.events_after(Pos(0), usize::MAX, usize::MAX))
        .await
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
            own.extend(batch.iter().filter_map(|event| event.pos).map(|pos| pos.0));
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
    let timestamps = batch[0].timestamps;
    assert!(timestamps.accepted.is_some() && timestamps.accepted <= timestamps.committed);
    assert_eq!(kept[0].timestamps, Timestamps::default());
    let announced = Event {
        timestamps: Timestamps::default(),
        ..Event::clone(&batch[0])
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
        let page = place.read(move |db| db.events_after(Pos(after), count, bytes));
        positions(&page.await)
    };
    assert_eq!(read(1, 2, usize::MAX).await, [2, 3]);
    assert_eq!(read(3, 9, 1).await, [4], "one, even if it is too large");
    assert_eq!(read(5, 9, 9).await, [0_i64; 0]);
    let one = serde_json::to_string(&news(&room)).unwrap().len();
    assert_eq!(read(0, 9, one * 3).await.len(), 2, "the envelope counts");
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
    let one = serde_json::to_string(&news(&room)).unwrap().len() + 20;
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
