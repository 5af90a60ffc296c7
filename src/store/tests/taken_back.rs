//! Mutes and blocks as of a place in the log, where the tables are ahead of it.

use super::Place;
use crate::event::samples::related;
use crate::model::Relation;
use crate::store::Tx;

#[tokio::test]
async fn what_was_taken_back_behind_a_place_in_the_log_held_there() {
    let place = Place::new().await;
    let (ada, bob, eve) = (
        place.user("ada").await.id,
        place.user("bob").await.id,
        place.user("eve").await.id,
    );
    let decide = async |relation, user, other, undone| {
        let write = move |tx: &mut Tx<'_>| {
            match undone {
                true => tx.unrelate(user, other, relation)?,
                false => tx.relate(user, other, relation)?,
            };
            tx.announce(related(relation, user, other, undone));
            Ok(())
        };
        place.write(write).await;
        place.store.log_head().await.unwrap()
    };
    decide(Relation::Mute, bob, ada, false).await;
    decide(Relation::Block, ada, eve, false).await;
    let before = decide(Relation::Mute, eve, bob, false).await;
    decide(Relation::Mute, bob, ada, true).await;
    decide(Relation::Block, ada, eve, true).await;
    let after = decide(Relation::Mute, eve, ada, false).await;
    decide(Relation::Mute, eve, ada, true).await;
    let at = async |at| {
        let hidden = place.read(move |db| db.mutes_and_blocks_at(ada, at)).await;
        (hidden.muted_by, hidden.blocked)
    };
    let then = Some((before.pos, before.stamp));
    assert_eq!(at(then).await, (vec![bob], vec![eve]));
    let then = Some((after.pos, after.stamp));
    assert_eq!(at(then).await, (vec![eve], vec![]));
    assert_eq!(at(None).await, (vec![], vec![]));
}
