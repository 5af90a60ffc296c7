//! From whom an author is hidden at a position of the log, while the tables are ahead of it.

use std::sync::Arc;

use super::Place;
use crate::event::{Payload, Pos};
use crate::model::{Relation, UserId};
use crate::store::MutesAndBlocks;

/// Decides about a user, and announces it; the position of that.
async fn decides(
    place: &Place,
    (user, other): (UserId, UserId),
    relation: Relation,
    on: bool,
) -> Pos {
    let write = place.write(move |tx| {
        match on {
            true => tx.relate(user, other, relation)?,
            false => tx.unrelate(user, other, relation)?,
        };
        let (user, other) = (tx.user(user)?.unwrap(), tx.user(other)?.unwrap());
        tx.announce(Payload::Related {
            relation,
            user: Arc::new(user),
            other: Arc::new(other),
            undone: !on,
        });
        Ok(())
    });
    write.await;
    place.head().await.pos
}

#[tokio::test]
async fn what_was_decided_or_taken_back_behind_a_position_does_not_hold_there() {
    let place = Place::new().await;
    let (ada, bob, eve) = (
        place.user("ada").await,
        place.user("bob").await,
        place.user("eve").await,
    );
    let (ada, bob, eve) = (ada.id, bob.id, eve.id);
    let (mute, block) = (Relation::Mute, Relation::Block);
    let steps = [
        ((bob, ada), mute, true),
        ((eve, ada), block, true),
        ((ada, eve), block, true),
        ((eve, ada), block, false),
        ((bob, ada), Relation::Follow, true),
        ((ada, bob), mute, true),
        ((bob, ada), mute, false),
        ((ada, eve), block, false),
        ((eve, ada), block, true),
    ];
    let mut places = vec![place.head().await.pos];
    for (who, relation, on) in steps {
        places.push(decides(&place, who, relation, on).await);
    }
    let expected: [(&[UserId], &[UserId]); 10] = [
        (&[], &[]),
        (&[bob], &[]),
        (&[bob], &[eve]),
        (&[bob], &[eve]),
        (&[bob], &[eve]),
        (&[bob], &[eve]),
        (&[bob], &[eve]),
        (&[], &[eve]),
        (&[], &[]),
        (&[], &[eve]),
    ];
    for (at, (muted_by, blocked)) in places.into_iter().zip(expected) {
        let found = place.read(move |db| db.mutes_and_blocks_at(ada, at)).await;
        let (muted_by, blocked) = (muted_by.to_vec(), blocked.to_vec());
        assert_eq!(found, MutesAndBlocks { muted_by, blocked }, "at {at:?}");
    }
    let now = place
        .read(move |db| db.mutes_and_blocks_at(ada, Pos(i64::MAX)))
        .await;
    assert_eq!(now, place.read(move |db| db.mutes_and_blocks(ada)).await);
}
