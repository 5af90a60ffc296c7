//! Subscriptions of sessions to a channel that changes.

use super::{CLIENT, Place};
use crate::event::{Pos, Topic};
use crate::model::{Channel, ConnectionId, Refusal, Scopes, UserId};
use crate::protocol::filter::Filter;
use crate::protocol::query::Query;
use crate::store::{KeptSubscription, NewToken};

/// More than are read at once.
const LISTENERS: usize = 501;

/// Sessions of two users by turns, each with a subscription by a token of its own.
async fn listen(place: &Place, room: &Channel, users: [UserId; 2]) {
    let topic = Topic::ChannelMessages(room.id);
    for number in 0..LISTENERS {
        // Each in a job of its own: a transaction may not take long.
        let user = users[number % 2];
        let one = place.write(move |tx| {
            let id = format!("session {number}");
            let session = ConnectionId::from(id.clone());
            let token = tx.create_token(&NewToken {
                secret: &id,
                client: CLIENT.into(),
                user: Some(user),
                scopes: Scopes::parse("messages").unwrap(),
            })?;
            tx.open_stream_session(&session, user, LISTENERS, None)?;
            let subscription = KeptSubscription {
                id: String::from("one").into(),
                topic,
                filter: Filter::from_query(&Query::parse("")),
                token: token.id,
                since: Pos(0),
                ended: None,
            };
            tx.keep_subscription(&session, &subscription, None, 16)
        });
        one.await;
    }
}

/// How many subscriptions of each user were ended.
async fn ended(place: &Place, users: [UserId; 2]) -> [usize; 2] {
    let read = place.read(move |db| {
        let mut ended = [0; 2];
        for (number, place) in (0..LISTENERS).zip([0, 1].into_iter().cycle()) {
            let session = ConnectionId::from(format!("session {number}"));
            let known = db.stream_session(&session, users[place])?.unwrap();
            assert_eq!(known.len(), 1);
            ended[place] += usize::from(known[0].ended == Some(Refusal::NoAccess));
        }
        Ok(ended)
    });
    read.await
}

async fn save(place: &Place, channel: &Channel) {
    let channel = channel.clone();
    place.write(move |tx| tx.save_channel(&channel)).await;
}

#[tokio::test]
async fn those_end_that_lost_the_channel_by_the_change_and_a_change_of_nobodys_right_asks_for_none()
{
    let place = Place::new().await;
    let users = [place.user("ada").await.id, place.user("bob").await.id];
    let mut room = place.pm(&users).await;
    // Nobody's right is lost by these, so nobody is looked at: not even bob, who never had one.
    room.acl.write = vec![users[0]];
    save(&place, &room).await;
    listen(&place, &room, users).await;
    room.raw = crate::model::Raw::default();
    save(&place, &room).await;
    room.acl.read_any_user = true;
    save(&place, &room).await;
    assert_eq!(ended(&place, users).await, [0, 0]);
    // Bob loses it now.
    room.acl.read_any_user = false;
    save(&place, &room).await;
    assert_eq!(ended(&place, users).await, [0, LISTENERS / 2]);
    room.acl.write = Vec::new();
    save(&place, &room).await;
    assert_eq!(
        ended(&place, users).await,
        [LISTENERS - LISTENERS / 2, LISTENERS / 2]
    );
}

#[tokio::test]
async fn a_change_between_the_page_and_the_row_of_its_subscription_ends_that_too() {
    let place = Place::new().await;
    let users = [place.user("ada").await.id, place.user("bob").await.id];
    let mut room = place.pm(&users).await;
    let page = place.head().await.pos;
    let token = place
        .write(move |tx| {
            tx.open_stream_session(&"session".into(), users[1], 2, None)?;
            tx.create_token(&NewToken {
                secret: "secret",
                client: CLIENT.into(),
                user: Some(users[1]),
                scopes: Scopes::parse("messages").unwrap(),
            })
        })
        .await;
    let topic = Topic::ChannelMessages(room.id);
    let since = |id: &str, since: Pos| KeptSubscription {
        id: id.to_owned().into(),
        topic,
        filter: Filter::from_query(&Query::parse("")),
        token: token.id,
        since,
        ended: None,
    };
    // Bob loses it and has it again, before the row of a subscription is written whose page was read first.
    let before = room.clone();
    room.acl.write = vec![users[0]];
    save(&place, &room).await;
    save(&place, &before).await;
    let (early, late) = (since("early", page), since("late", place.head().await.pos));
    // And once more in the transaction of the row.
    let (narrow, wide) = (room.clone(), before);
    let together = since("together", place.head().await.pos);
    place
        .write(move |tx| {
            tx.keep_subscription(&"session".into(), &early, None, 16)?;
            tx.keep_subscription(&"session".into(), &late, None, 16)?;
            tx.save_channel(&narrow)?;
            tx.save_channel(&wide)?;
            tx.keep_subscription(&"session".into(), &together, None, 16)
        })
        .await;
    let known = place
        .read(move |db| db.stream_session(&"session".into(), users[1]))
        .await;
    let ended = known.unwrap().into_iter().map(|known| {
        let id = known.id.as_str().to_owned();
        (id, known.ended)
    });
    // The change in the transaction found the row of `late`.
    let cut = Some(Refusal::NoAccess);
    let expected = [("early", cut), ("late", cut), ("together", cut)];
    let expected = expected.map(|(id, ended)| (id.to_owned(), ended));
    assert_eq!(Vec::from_iter(ended), expected);
}
