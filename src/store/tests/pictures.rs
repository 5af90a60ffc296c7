//! Pictures: reserved, shown, and found when they are shown no more.

use std::time::Duration;

use super::Place;
use crate::model::{Failure, Picture, PictureUse, User, UserId};
use crate::pictures::{Kind, Size};

const SIZES: [Size; 1] = [Size {
    width: 64,
    height: 64,
    kind: Kind::Png,
}];

async fn reserved(place: &Place, user: UserId) -> Picture {
    let id = place
        .write(move |tx| tx.reserve_picture(user, &SIZES))
        .await;
    Picture {
        id,
        width: 64,
        height: 64,
    }
}

async fn shows(place: &Place, user: UserId, picture: Option<Picture>) -> Option<String> {
    let write = place.write(move |tx| tx.show_picture(user, PictureUse::Avatar, picture.as_ref()));
    write.await.map(|unused| unused.id)
}

async fn unused(place: &Place) -> Vec<String> {
    let before = place.store.now().minus(Duration::from_secs(600));
    let found = place.read(move |db| db.unused_pictures(before, 10)).await;
    found.into_iter().map(|picture| picture.id).collect()
}

async fn user(place: &Place, id: UserId) -> User {
    place.read(move |db| db.user(id)).await.unwrap()
}

#[tokio::test]
async fn a_picture_that_is_not_shown_is_found_after_its_time() {
    let place = Place::new().await;
    let ada = place.user("ada").await.id;
    let abandoned = reserved(&place, ada).await;
    let first = reserved(&place, ada).await;
    assert_eq!(shows(&place, ada, Some(first.clone())).await, None);
    assert_eq!(user(&place, ada).await.avatar, Some(first.clone()));
    assert!(unused(&place).await.is_empty());
    place.clock.advance(Duration::from_secs(601));
    assert_eq!(unused(&place).await, [abandoned.id.as_str()]);
    // Another one takes its place, then none.
    let second = reserved(&place, ada).await;
    let replaced = shows(&place, ada, Some(second.clone())).await;
    assert_eq!(replaced.as_deref(), Some(first.id.as_str()));
    assert_eq!(shows(&place, ada, None).await, Some(second.id.clone()));
    assert_eq!(user(&place, ada).await.avatar, None);
    assert_eq!(shows(&place, ada, None).await, None);
    place.clock.advance(Duration::from_secs(601));
    assert_eq!(unused(&place).await.len(), 3);
    let gone = second.id.clone();
    place.write(move |tx| tx.forget_picture(&gone)).await;
    assert_eq!(unused(&place).await.len(), 2);
    let sizes = place.read(move |db| db.picture_sizes(&second.id)).await;
    assert_eq!(sizes, None);
}

#[tokio::test]
async fn a_picture_that_was_forgotten_or_is_anothers_is_not_shown() {
    let place = Place::new().await;
    let (ada, bob) = (place.user("ada").await.id, place.user("bob").await.id);
    let kept = reserved(&place, ada).await;
    shows(&place, ada, Some(kept.clone())).await;
    let gone = reserved(&place, ada).await;
    let id = gone.id.clone();
    place.write(move |tx| tx.forget_picture(&id)).await;
    let of_bob = reserved(&place, bob).await;
    for wrong in [gone, of_bob] {
        let refused = place
            .store
            .write(move |tx| tx.show_picture(ada, PictureUse::Avatar, Some(&wrong)))
            .await;
        assert!(matches!(refused, Err(Failure::Busy)));
        assert_eq!(user(&place, ada).await.avatar, Some(kept.clone()));
    }
    // One that is shown is not forgotten.
    let id = kept.id.clone();
    place.write(move |tx| tx.forget_picture(&id)).await;
    let sizes = place.read(move |db| db.picture_sizes(&kept.id)).await;
    assert_eq!(sizes, Some(SIZES.to_vec()));
}
