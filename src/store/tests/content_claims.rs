//! Servers that share contents exclude one another's uploads and removals.

use super::Place;
use crate::model::{ContentHash, Failure};
use crate::store::Claim;

fn hash(byte: u8) -> ContentHash {
    ContentHash::of(&[byte; 32])
}

async fn claims(place: &Place, bytes: &[u8], id: &'static str) -> Result<(), Failure> {
    let hashes: Vec<ContentHash> = bytes.iter().map(|byte| hash(*byte)).collect();
    let store = &place.store;
    store.write(move |tx| tx.claim_contents(&hashes, id)).await
}

async fn removes(place: &Place, byte: u8, id: &'static str) -> bool {
    let store = &place.store;
    let begun = store.write(move |tx| tx.claim_removal(&hash(byte), id));
    begun.await.unwrap()
}

async fn ends(place: &Place, byte: u8, id: &'static str) {
    let store = &place.store;
    let ended = store.write(move |tx| tx.end_claim(&[hash(byte)], id));
    ended.await.unwrap();
}

/// All claims are so much older.
async fn age(place: &Place, by: std::time::Duration) {
    let micros = by.as_micros();
    let older = format!("UPDATE content_claims SET since = since - {micros}");
    place
        .write(move |tx| {
            diesel::RunQueryDsl::execute(diesel::sql_query(older), tx.sql)?;
            Ok(())
        })
        .await;
}

#[tokio::test]
async fn what_an_upload_keeps_is_not_removed() {
    let place = Place::new().await;
    claims(&place, &[1, 2, 1], "one").await.unwrap();
    claims(&place, &[2], "two").await.unwrap();
    assert!(!removes(&place, 1, "r").await);
    ends(&place, 1, "one").await;
    assert!(removes(&place, 1, "r").await);
    ends(&place, 2, "one").await;
    assert!(!removes(&place, 2, "r").await, "the other upload has them");
}

#[tokio::test]
async fn what_is_being_removed_is_not_kept() {
    let place = Place::new().await;
    assert!(removes(&place, 1, "r").await);
    assert!(!removes(&place, 1, "s").await, "one removal is enough");
    let refused = claims(&place, &[2, 1], "one").await;
    assert!(matches!(refused, Err(Failure::Busy)), "{refused:?}");
    assert!(removes(&place, 2, "t").await, "nothing of it was claimed");
    ends(&place, 1, "r").await;
    claims(&place, &[1], "one").await.unwrap();
}

#[tokio::test]
async fn what_was_kept_is_relied_on_while_its_claim_counts() {
    let place = Place::new().await;
    let is_claimed = async |id: &'static str| {
        let asked = place.store.write(move |tx| tx.demand_claim(id)).await;
        assert!(matches!(asked, Ok(()) | Err(Failure::Busy)), "{asked:?}");
        asked.is_ok()
    };
    claims(&place, &[1, 2], "one").await.unwrap();
    claims(&place, &[1], "two").await.unwrap();
    assert!(is_claimed("one").await && is_claimed("two").await && !is_claimed("three").await);
    ends(&place, 1, "two").await;
    assert!(is_claimed("one").await && !is_claimed("two").await);
    age(&place, Claim::Keep.lasts()).await;
    assert!(!is_claimed("one").await);
}

#[tokio::test]
async fn claims_of_a_server_that_died_count_for_some_time() {
    let place = Place::new().await;
    assert!(removes(&place, 1, "r").await);
    claims(&place, &[2], "one").await.unwrap();
    age(&place, Claim::Remove.lasts()).await;
    claims(&place, &[1], "two").await.unwrap();
    assert!(!removes(&place, 2, "s").await, "an upload may take longer");
    age(&place, Claim::Keep.lasts()).await;
    assert!(removes(&place, 2, "s").await);
    let before = place.store.now().minus(Claim::Keep.lasts());
    let has_old = || place.store.read(move |db| db.has_old_claims(before));
    assert!(has_old().await.unwrap());
    let forgotten = place.store.write(move |tx| tx.forget_claims(before));
    forgotten.await.unwrap();
    assert!(!has_old().await.unwrap());
}
