//! What users may hear, read for many at once: the same as for each alone.

use std::sync::Arc;

use futures_util::future::join_all;

use super::{CLIENT, Place};
use crate::event::Pos;
use crate::model::{ChannelId, Relation, Scopes, UserId};
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
            let (inbox, followed) = (db.subscribed_channels(user)?, db.follows(user)?);
            Ok(Present {
                head: Pos(db.log_position()?),
                tokens: tokens.map(|token| (token.id, Arc::new(token))).collect(),
                muted: db.hidden(user)?.muted,
                blocks: db.blocks(user)?,
                inbox: inbox.into_iter().filter(|_| of.has_inbox).collect(),
                followed: followed.into_iter().filter(|_| of.has_home).collect(),
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
async fn a_token_that_is_asked_for_twice_is_found_twice() {
    let place = Place::new().await;
    made(&place).await;
    let hashes = ["one", "unknown", "one", "three"].map(hash_token);
    let found = place.read(move |db| tokens_in_use(db, &hashes)).await;
    let found = found.into_iter().map(|one| one.unwrap().is_some());
    assert_eq!(found.collect::<Vec<_>>(), [true, false, true, true]);
}
