//! Subscriptions, mutes and markers.

use super::Place;
use crate::model::marker::MarkerName;
use crate::model::{ChannelId, PageRequest, UserId};

#[tokio::test]
async fn a_subscription_counts_once_and_takes_the_marker_along() {
    let place = Place::new().await;
    let (ada, bob) = (place.user("ada").await.id, place.user("bob").await.id);
    let room = place.room(ada).await.id;
    assert!(place.write(move |tx| tx.subscribe(room, bob)).await);
    assert!(!place.write(move |tx| tx.subscribe(room, bob)).await);
    assert!(place.write(move |tx| tx.subscribe(room, ada)).await);
    assert_eq!(place.channel(room).await.subscribers, 2);
    assert_eq!(place.read(move |db| db.subscribers(room)).await, [ada, bob]);
    assert_eq!(
        place.read(move |db| db.subscribed_channels(bob)).await,
        [room]
    );
    let page = place
        .read(move |db| db.subscriber_page(room, &PageRequest::default()))
        .await;
    let users: Vec<UserId> = page.items.iter().map(|(_, user)| *user).collect();
    assert_eq!(users, [ada, bob], "latest first");

    let name = MarkerName::Channel(room);
    place
        .write(move |tx| tx.set_marker(bob, name, 5, 0, false))
        .await;
    let subscription = async || {
        let both = place
            .read(move |db| db.channel_subscriptions_of(bob, &[room, ChannelId(99)]))
            .await;
        assert_eq!(
            both[&ChannelId(99)],
            crate::store::ChannelSubscription::default()
        );
        both[&room].clone()
    };
    let before = subscription().await;
    assert!(before.subscribed && !before.muted);
    assert_eq!(before.marker.unwrap().id, 5);
    assert!(place.write(move |tx| tx.unsubscribe(room, bob)).await);
    assert!(!place.write(move |tx| tx.unsubscribe(room, bob)).await);
    assert!(place.write(move |tx| tx.mute_channel(room, bob)).await);
    let after = subscription().await;
    assert!(!after.subscribed && after.muted && after.marker.is_none());
    assert_eq!(place.channel(room).await.subscribers, 1);
    assert_eq!(
        place.read(move |db| db.muted_by(room, &[ada, bob])).await,
        [bob]
    );
}

#[tokio::test]
async fn a_marker_moves_both_ways_and_remembers_the_furthest() {
    let place = Place::new().await;
    let ada = place.user("ada").await.id;
    let room = place.room(ada).await.id;
    for name in [
        MarkerName::Channel(room),
        MarkerName::Global,
        MarkerName::Personal,
    ] {
        assert_eq!(place.read(move |db| db.marker(ada, name)).await, None);
        let set = async |id, percentage, reset| {
            place
                .write(move |tx| tx.set_marker(ada, name, id, percentage, reset))
                .await
        };
        let first = set(10, 50, false).await;
        assert_eq!(
            (first.id, first.last_read_id, first.percentage),
            (10, 10, 50)
        );
        let back = set(4, 0, false).await;
        assert_eq!((back.id, back.last_read_id, back.percentage), (4, 10, 0));
        assert!(back.updated_at > first.updated_at);
        let further = set(12, 0, false).await;
        assert_eq!((further.id, further.last_read_id), (12, 12));
        let reset = set(3, 0, true).await;
        assert_eq!((reset.id, reset.last_read_id), (3, 3));
        assert_eq!(
            place.read(move |db| db.marker(ada, name)).await,
            Some(reset)
        );
    }
    assert_eq!(
        place
            .read(move |db| db.marker(ada, MarkerName::Mentions))
            .await,
        None
    );
}
