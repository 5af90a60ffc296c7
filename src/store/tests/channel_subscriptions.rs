//! Subscriptions, mutes and markers.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use diesel::Connection as _;
use diesel::connection::InstrumentationEvent;

use super::{Failure, Place, Tx};
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

/// What a job gives, and how many statements it took.
async fn counted<T: Send + 'static>(
    place: &Place,
    job: impl FnOnce(&mut Tx<'_>) -> Result<T, Failure> + Send + 'static,
) -> (T, usize) {
    let whole = move |tx: &mut Tx<'_>| {
        let statements = Arc::new(AtomicUsize::new(0));
        let noted = statements.clone();
        tx.sql
            .set_instrumentation(move |event: InstrumentationEvent<'_>| {
                if let InstrumentationEvent::StartQuery { .. } = event {
                    noted.fetch_add(1, Ordering::Relaxed);
                }
            });
        let done = job(tx)?;
        tx.sql.set_instrumentation(|_: InstrumentationEvent<'_>| ());
        Ok((done, statements.load(Ordering::Relaxed)))
    };
    place.write(whole).await
}

/// Ends these subscriptions; how many statements that took.
async fn ends(place: &Place, room: ChannelId, users: &[UserId]) -> usize {
    let users = users.to_vec();
    counted(place, move |tx| tx.unsubscribe_all(room, &users))
        .await
        .1
}

#[tokio::test]
async fn many_subscriptions_begin_by_as_few_statements_as_one() {
    let place = Place::new().await;
    let ada = place.user("ada").await.id;
    let room = place.room(ada).await.id;
    let mut users = Vec::new();
    for number in 0..20 {
        users.push(place.user(&format!("user{number}")).await.id);
    }
    let (first, all) = (users[7], users.clone());
    let (new, few) = counted(&place, move |tx| tx.subscribe_all(room, &[first])).await;
    assert_eq!(new, [first]);
    let (new, many) = counted(&place, move |tx| tx.subscribe_all(room, &all)).await;
    assert_eq!((new.len(), many), (19, few));
    assert!(!new.contains(&first));
    assert_eq!(place.channel(room).await.subscribers, 20);
    assert_eq!(place.read(move |db| db.subscribers(room)).await, users);
    // Latest first, each at a moment of its own.
    let page = place.read(move |db| db.subscriber_page(room, &PageRequest::default()));
    let page = page.await.items;
    let rising = page.windows(2).all(|pair| pair[0].0 > pair[1].0);
    assert!(rising, "{page:?}");
    let later = place.write(|tx| Ok(tx.now())).await;
    assert!(page.iter().all(|(since, _)| *since < later.0));
    let all = users.clone();
    let (new, _) = counted(&place, move |tx| tx.subscribe_all(room, &all)).await;
    assert!(new.is_empty());
    assert_eq!(place.channel(room).await.subscribers, 20);
}

#[tokio::test]
async fn many_subscriptions_end_by_as_few_statements_as_one() {
    let place = Place::new().await;
    let ada = place.user("ada").await.id;
    let (room, other) = (place.room(ada).await.id, place.room(ada).await.id);
    let mut users = Vec::new();
    for number in 0..24 {
        let user = place.user(&format!("user{number}")).await.id;
        users.push(user);
        let fill = place.write(move |tx| {
            for channel in [room, other] {
                if number > 0 {
                    tx.subscribe(channel, user)?;
                }
                tx.set_marker(user, MarkerName::Channel(channel), 5, 0, false)?;
            }
            Ok(())
        });
        fill.await;
    }
    // The first one has a marker without a subscription.
    let (outside, users) = users.split_first().unwrap();
    let (first, others) = users.split_first().unwrap();
    let few = ends(&place, room, std::slice::from_ref(first)).await;
    assert_eq!(place.channel(room).await.subscribers, 22);
    let (stay, go) = others.split_first().unwrap();
    assert_eq!(ends(&place, room, go).await, few);
    assert_eq!(ends(&place, room, &[]).await, 0);
    assert_eq!(place.channel(room).await.subscribers, 1);
    assert_eq!(place.channel(other).await.subscribers, 23);
    assert_eq!(place.read(move |db| db.subscribers(room)).await, [*stay]);
    for (user, has) in [
        (*outside, true),
        (*stay, true),
        (*first, false),
        (go[7], false),
    ] {
        let marker = place.read(move |db| db.marker(user, MarkerName::Channel(room)));
        assert_eq!(marker.await.is_some(), has, "{user:?}");
        let marker = place.read(move |db| db.marker(user, MarkerName::Channel(other)));
        assert!(marker.await.is_some(), "{user:?}");
    }
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
