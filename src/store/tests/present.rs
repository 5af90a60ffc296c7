//! What users may hear, read for many at once: the same as for each alone.

use std::collections::HashMap;

use futures_util::future::join_all;

use super::{CLIENT, Place};
use crate::model::{Relation, Scopes, Token, TokenId, UserId};
use crate::store::{NewToken, PresentOf};

#[tokio::test]
async fn what_is_read_for_many_users_is_what_each_has() {
    let place = Place::new().await;
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
                let scopes = Scopes::parse("basic").unwrap_or_default();
                tx.create_token(&NewToken {
                    secret,
                    client: CLIENT.into(),
                    user: Some(user),
                    scopes,
                })?;
            }
            tx.subscribe(room, bob).map(drop)
        })
        .await;
    let asked = users.iter().flat_map(|user| {
        [false, true].map(|wanted| PresentOf {
            user: *user,
            has_inbox: wanted,
            has_home: !wanted,
        })
    });
    let asked: Vec<PresentOf> = asked.collect();
    let all = join_all(asked.iter().map(|of| place.store.present(*of))).await;
    for (of, present) in asked.into_iter().zip(all) {
        let mut present = present.unwrap();
        for list in [
            &mut present.muted,
            &mut present.blocks.own,
            &mut present.blocks.of_others,
        ] {
            list.sort_unstable();
        }
        let user = of.user;
        let (tokens, muted, blocks, inbox, followed, head) = place
            .read(move |db| {
                Ok((
                    db.tokens_of(user)?,
                    db.hidden(user)?.muted,
                    db.blocks(user)?,
                    db.subscribed_channels(user)?,
                    db.follows(user)?,
                    db.log_position()?,
                ))
            })
            .await;
        let tokens: HashMap<TokenId, Token> = tokens.into_iter().map(|t| (t.id, t)).collect();
        let found = present.tokens.into_iter();
        let found: HashMap<_, _> = found.map(|(id, token)| (id, (*token).clone())).collect();
        assert_eq!(found, tokens);
        assert_eq!(present.muted, muted);
        assert_eq!(present.blocks, blocks);
        assert_eq!(present.head.0, head);
        let wanted = |list: Vec<UserId>, is_wanted| if is_wanted { list } else { Vec::new() };
        let mut found: Vec<UserId> = present.followed.into_iter().collect();
        found.sort_unstable();
        assert_eq!(found, wanted(followed, of.has_home));
        let inbox = if of.has_inbox { inbox } else { Vec::new() };
        assert_eq!(present.inbox, inbox.into_iter().collect());
    }
    assert_eq!(
        place.read(move |db| db.subscribed_channels(users[1])).await,
        [room]
    );
}
