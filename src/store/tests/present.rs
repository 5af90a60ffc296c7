//! What users may hear, read for many at once: the same as for each alone.

use std::sync::Arc;

use futures_util::future::join_all;

use super::{CLIENT, Place};
use crate::event::Pos;
use crate::model::{ChannelId, Relation, Scopes, UserId};
use crate::store::present::presents_of;
use crate::store::secret::hash_token;
use crate::store::tokens::tokens_in_use;
use crate::store::{NewToken, Present, PresentOf};

/// Ada, bob, eve and dan, and a room that bob listens to.
async fn made(place: &Place) -> (Vec<UserId>, ChannelId) {
    let mut users = Vec::new();
    for name in ["ada", "bob", "eve", "dan"] {
        users.push(place.user(name).await.id);
    }
    let room = place.room(users[0]).await.id;
    let all = users.clone();
    place
        .write(move |tx| {
            let [ada, bob, eve, dan] = *all else {
                unreachable!("four were made");
            };
            for (user, other, relation) in [
                (ada, bob, Relation::Mute),
                (bob, ada, Relation::Mute),
                (ada, eve, Relation::Block),
                (dan, ada, Relation::Block),
                (ada, dan, Relation::Follow),
                (bob, ada, Relation::Follow),
            ] {
                tx.relate(user, other, relation)?;
            }
            for (secret, user) in [("one", ada), ("two", ada), ("three", bob)] {
                tx.create_token(&NewToken {
                    secret,
                    client: CLIENT.into(),
                    user: Some(user),
                    scopes: Scopes::parse("basic").unwrap_or_default(),
                })?;
            }
            tx.subscribe(room, bob).map(drop)
        })
        .await;
    (users, room)
}

/// The same, by a statement for each part.
async fn alone(place: &Place, of: PresentOf) -> Present {
    let user = of.user;
    place
        .read(move |db| {
            let tokens = db.tokens_of(user)?.into_iter();
            let (inbox, followed) = (
                db.subscribed_channels(user)?,
                db.follows(user, of.most_followed)?,
            );
            Ok(Present {
                head: Pos(db.log_position()?),
                tokens: tokens.map(|token| (token.id, Arc::new(token))).collect(),
                muted: db.hidden(user)?.muted,
                blocks: db.blocks(user)?,
                inbox: Arc::new(inbox.into_iter().filter(|_| of.has_inbox).collect()),
                followed: Arc::new(followed.into_iter().filter(|_| of.has_home).collect()),
            })
        })
        .await
}

#[tokio::test]
async fn what_is_read_for_many_users_is_what_each_has() {
    let place = Place::new().await;
    let (users, room) = made(&place).await;
    let asked = users.iter().flat_map(|user| {
        [false, true].map(|wanted| PresentOf {
            user: *user,
            has_inbox: wanted,
            has_home: !wanted,
            most_followed: 10,
        })
    });
    let asked: Vec<PresentOf> = asked.collect();
    let all = join_all(asked.iter().map(|of| place.store.present(*of))).await;
    let mut inboxes = 0;
    for (of, present) in asked.into_iter().zip(all) {
        let mut present = present.unwrap();
        for list in [&mut present.muted, &mut present.blocks.own] {
            list.sort_unstable();
        }
        present.blocks.of_others.sort_unstable();
        inboxes += present.inbox.len();
        assert!(present.inbox.iter().all(|id| *id == room));
        assert_eq!(present, alone(&place, of).await);
    }
    assert_eq!(inboxes, 1);
}

#[tokio::test]
async fn what_a_user_has_is_read_once_for_all_streams_of_the_user_and_up_to_its_bound() {
    let place = Place::new().await;
    let (users, room) = made(&place).await;
    let (ada, bob) = (users[0], users[1]);
    place
        .write(move |tx| tx.relate(bob, users[2], Relation::Follow).map(drop))
        .await;
    let of = |user, has_inbox, most_followed| PresentOf {
        user,
        has_inbox,
        has_home: true,
        most_followed,
    };
    // The first one of bob needs no inbox, and none may follow more than one.
    let asked = [
        of(bob, false, 1),
        of(bob, true, 1),
        of(ada, true, 1),
        of(bob, true, 1),
    ];
    let read = place.read(move |db| presents_of(db, &asked)).await;
    let all: Vec<Present> = read.into_iter().map(Result::unwrap).collect();
    assert_eq!(
        all.iter().map(|one| one.followed.len()).collect::<Vec<_>>(),
        [1; 4]
    );
    assert_eq!(
        all.iter().map(|one| one.inbox.len()).collect::<Vec<_>>(),
        [0, 1, 0, 1]
    );
    assert!(all[1].inbox.contains(&room));
    assert!(Arc::ptr_eq(&all[0].followed, &all[3].followed));
    assert!(Arc::ptr_eq(&all[1].inbox, &all[3].inbox));
}

#[tokio::test]
async fn a_token_that_is_asked_for_twice_is_found_twice() {
    let place = Place::new().await;
    made(&place).await;
    let hashes = ["one", "unknown", "one", "three"].map(hash_token);
    let found = place.read(move |db| tokens_in_use(db, &hashes)).await;
    let found = found.into_iter().map(|one| one.unwrap().is_some());
    assert_eq!(found.collect::<Vec<_>>(), [true, false, true, true]);
}
