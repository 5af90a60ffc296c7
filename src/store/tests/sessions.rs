//! Sessions of browsers, and what ends them.

use std::time::Duration;

use super::{Place, named};
use crate::model::UserId;
use crate::store::SESSIONS_MAX;

const DAY: Duration = Duration::from_secs(86_400);

async fn begins(place: &Place, user: UserId, secret: &str) {
    let secret = secret.to_owned();
    place
        .write(move |tx| tx.begin_session(user, &secret, DAY))
        .await;
}

async fn lives(place: &Place, secret: &str) -> bool {
    let (secret, now) = (secret.to_owned(), place.store.now());
    let found = place.read(move |db| db.session(&secret, now)).await;
    found.is_some()
}

#[tokio::test]
async fn a_session_is_found_by_its_secret_until_it_is_over() {
    let place = Place::new().await;
    let user = place.write(|tx| tx.create_user(&named("ada"))).await.id;
    begins(&place, user, "first").await;
    let now = place.store.now();
    let session = place.read(move |db| db.session("first", now)).await;
    let session = session.unwrap();
    assert_eq!((session.user, session.username.as_str()), (user, "ada"));
    assert!(!lives(&place, "other").await);
    place.clock.advance(DAY);
    assert!(!lives(&place, "first").await);
    // The next session removes those that are over; ending one twice is no error.
    begins(&place, user, "second").await;
    place.write(move |tx| tx.end_session(session.id)).await;
    assert!(lives(&place, "second").await);
}

#[tokio::test]
async fn a_new_password_and_a_disabled_account_end_all_sessions_of_that_account_only() {
    let place = Place::new().await;
    let user = place.write(|tx| tx.create_user(&named("ada"))).await.id;
    let other = place.write(|tx| tx.create_user(&named("bob"))).await.id;
    begins(&place, other, "of bob").await;
    begins(&place, user, "one").await;
    begins(&place, user, "two").await;
    place.write(move |tx| tx.set_password(user, "new")).await;
    assert!(!lives(&place, "one").await && !lives(&place, "two").await);
    begins(&place, user, "three").await;
    place.write(move |tx| tx.set_disabled(user, true)).await;
    assert!(!lives(&place, "three").await);
    let refused = place
        .store
        .write(move |tx| tx.begin_session(user, "four", DAY))
        .await;
    assert!(refused.is_err());
    place.write(move |tx| tx.set_disabled(user, false)).await;
    assert!(!lives(&place, "three").await, "gone, not hidden");
    assert!(lives(&place, "of bob").await);
}

#[tokio::test]
async fn of_too_many_sessions_the_oldest_ends() {
    let place = Place::new().await;
    let user = place.write(|tx| tx.create_user(&named("ada"))).await.id;
    for number in 0..=SESSIONS_MAX {
        begins(&place, user, &format!("secret {number}")).await;
    }
    assert!(!lives(&place, "secret 0").await);
    assert!(lives(&place, "secret 1").await);
    assert!(lives(&place, &format!("secret {SESSIONS_MAX}")).await);
}

#[tokio::test]
async fn a_key_of_the_server_is_made_once() {
    let place = Place::new().await;
    let first = place.write(|tx| tx.server_key("cookies")).await;
    assert_eq!(first.len(), 64);
    assert_eq!(place.write(|tx| tx.server_key("cookies")).await, first);
    assert_ne!(place.write(|tx| tx.server_key("other")).await, first);
}
