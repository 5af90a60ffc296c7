//! Whose messages make a channel unread, and for which token.

use super::{Place, principal};
use crate::model::channel::{CHAT, PM};
use crate::model::marker::MarkerName;
use crate::model::visibility::ListedFor;
use crate::model::{ChannelId, Relation, UserId};

/// The unread channels of a user: rooms and private ones.
async fn unread(place: &Place, user: UserId, scopes: &str) -> (i64, i64) {
    let reader = principal(user, scopes);
    let kinds = [CHAT, PM].map(String::from);
    let counts = place
        .read(move |db| db.unread_counts(&reader, &kinds))
        .await;
    (counts[CHAT], counts[PM])
}

/// Whether the channel says so of itself.
async fn has_unread(place: &Place, user: UserId, channel: ChannelId) -> bool {
    let read = place.read(move |db| db.channel_subscriptions_of(user, &[channel]));
    read.await[&channel].unread
}

#[tokio::test]
async fn a_message_that_lists_hide_from_the_reader_leaves_nothing_unread() {
    let place = Place::new().await;
    let [ada, bob, eve] = [
        place.user("ada").await.id,
        place.user("bob").await.id,
        place.user("eve").await.id,
    ];
    let room = place.room(eve).await.id;
    assert!(place.write(move |tx| tx.subscribe(room, ada)).await);
    place.say(room, bob, "one").await;
    for (from, to, relation, hides) in [
        (ada, bob, Relation::Mute, true),
        (ada, bob, Relation::Block, true),
        (bob, ada, Relation::Block, true),
        (bob, ada, Relation::Mute, false),
        (ada, bob, Relation::Follow, false),
    ] {
        assert!(place.write(move |tx| tx.relate(from, to, relation)).await);
        let hidden =
            place.read(move |db| db.hidden_among(ListedFor::viewer(ada), [bob].into_iter()));
        assert_eq!(
            hidden.await.contains(&bob),
            hides,
            "as lists of messages do"
        );
        assert_eq!(has_unread(&place, ada, room).await, !hides, "{relation:?}");
        let count = unread(&place, ada, "messages").await.0;
        assert_eq!(count, i64::from(!hides), "{relation:?}");
        assert!(place.write(move |tx| tx.unrelate(from, to, relation)).await);
    }
    // A hidden message behind one that is shown takes nothing away.
    let heard = place.say(room, eve, "two").await;
    place.say(room, bob, "three").await;
    assert!(
        place
            .write(move |tx| tx.relate(ada, bob, Relation::Mute))
            .await
    );
    assert!(has_unread(&place, ada, room).await);
    let name = MarkerName::Channel(room);
    place
        .write(move |tx| tx.set_marker(ada, name, heard.id.0, 0, false))
        .await;
    assert!(
        !has_unread(&place, ada, room).await,
        "what can be read is read"
    );
    place.say(room, eve, "four").await;
    assert!(has_unread(&place, ada, room).await);
}

#[tokio::test]
async fn only_channels_that_the_token_opens_and_the_acl_allows_count() {
    let place = Place::new().await;
    let (ada, bob) = (place.user("ada").await.id, place.user("bob").await.id);
    let room = place.room(bob).await.id;
    let private = place.pm(&[ada, bob]).await;
    for id in [room, private.id] {
        assert!(place.write(move |tx| tx.subscribe(id, ada)).await);
        place.say(id, bob, "hello").await;
    }
    for (scopes, counts) in [
        ("messages", (1, 1)),
        ("public_messages", (1, 0)),
        ("messages:io.pnut.core.pm", (0, 1)),
        ("stream", (0, 0)),
    ] {
        assert_eq!(unread(&place, ada, scopes).await, counts, "{scopes}");
    }
    // The subscription alone is no right.
    let mut without = private.clone();
    without.acl.write = vec![bob];
    place.write(move |tx| tx.save_channel(&without)).await;
    assert_eq!(unread(&place, ada, "messages").await, (1, 0));
}
