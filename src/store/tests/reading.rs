//! Reads that take too long, and reads that no caller waits for.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use diesel::prelude::*;

use super::Place;
use crate::model::Refusal;
use crate::store::{Db, Failure, Purpose};

const DEADLINE: Duration = Duration::from_millis(50);

/// A statement that has no end.
fn endless(db: &mut Db<'_>) -> Result<(), Failure> {
    let count =
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n";
    diesel::sql_query(count).execute(db.sql)?;
    Ok(())
}

#[tokio::test]
async fn a_read_ends_at_its_deadline_and_its_thread_goes_on() {
    let place = Place::with(|options| {
        options.read_connections = 1;
        options.read_deadline = Duration::from_millis(50);
        options.search_deadline = Duration::from_millis(50);
    })
    .await;
    let read = place.store.read(endless).await;
    assert!(matches!(read, Err(Failure::Busy)), "{read:?}");
    let search = place.store.read_for(Purpose::Search, endless).await;
    let refusal = search.as_ref().err().and_then(Failure::refusal);
    assert_eq!(refusal, Some(Refusal::SearchTooBroad));
    assert_eq!(place.store.numbers().overdue_reads, 2);
    let ada = place.user("ada").await;
    assert!(place.store.user(ada.id).await.unwrap().is_some());
}

#[tokio::test]
async fn a_read_that_waited_beyond_its_deadline_is_not_begun() {
    let place = Place::with(|options| {
        options.read_connections = 1;
        options.read_deadline = DEADLINE;
    })
    .await;
    let begun = Arc::new(AtomicBool::new(false));
    let told = begun.clone();
    let late = place.store.read(move |_| {
        told.store(true, Ordering::Relaxed);
        Ok(())
    });
    let (tell, is_queued) = std::sync::mpsc::channel::<Instant>();
    let first = place.store.read(move |_| {
        let queued = is_queued.recv().unwrap();
        let until = queued + DEADLINE;
        std::thread::sleep(until.saturating_duration_since(Instant::now()));
        Ok(())
    });
    // In this order: the second one is behind the first in the queue when the first one learns of it.
    let both = async { tell.send(Instant::now()).unwrap() };
    let (_, late, ()) = tokio::join!(first, late, both);
    assert!(matches!(late, Err(Failure::Busy)));
    assert!(!begun.load(Ordering::Relaxed));
}

#[tokio::test]
async fn a_read_ends_when_its_caller_is_gone() {
    let place = Place::with(|options| {
        options.read_connections = 1;
        options.read_deadline = Duration::from_secs(3600);
    })
    .await;
    let (begun, has_begun) = tokio::sync::oneshot::channel();
    let read = place.store.read(move |db| {
        begun.send(()).unwrap();
        endless(db)
    });
    tokio::select! {
        _ = read => panic!("it has no end"),
        _ = has_begun => {}
    }
    // The only thread takes the next one.
    assert_eq!(place.store.read(|_| Ok(7)).await.unwrap(), 7);
}

#[tokio::test]
async fn searches_do_not_keep_answers_and_streams_waiting() {
    let place = Place::with(|options| {
        options.read_connections = 1;
        options.search_deadline = Duration::from_secs(3600);
    })
    .await;
    let search = place.store.read_for(Purpose::Search, endless);
    let others = async {
        let answer = place.store.read(|_| Ok(1)).await.unwrap();
        answer + place.store.log_head().await.unwrap().pos.0
    };
    tokio::select! {
        _ = search => panic!("it has no end"),
        sum = others => assert!(sum >= 1),
    }
}

#[tokio::test]
async fn the_store_closes_although_a_read_has_no_end() {
    let place = Place::with(|options| options.read_deadline = Duration::from_secs(3600)).await;
    let (begun, has_begun) = tokio::sync::oneshot::channel();
    let store = place.store.clone();
    let read = tokio::spawn(async move {
        store
            .read(move |db| {
                begun.send(()).unwrap();
                endless(db)
            })
            .await
    });
    has_begun.await.unwrap();
    place.store.close().await;
    assert!(read.await.unwrap().is_err());
}
