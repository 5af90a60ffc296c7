//! Subscriptions of sessions to a channel that changes.

use std::sync::Arc;

use super::{CLIENT, Place};
use crate::event::{ChannelNews, Payload, Pos, Topic};
use crate::model::{Channel, ConnectionId, Refusal, Scopes, UserId};
use crate::protocol::filter::Filter;
use crate::protocol::query::Query;
use crate::store::{Failure, KeptSubscription, NewToken, Tx};

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

/// A change of a channel, with its event.
fn changes(tx: &mut Tx<'_>, channel: &Channel) -> Result<(), Failure> {
    tx.save_channel(channel)?;
    tx.announce(Payload::ChannelChanged {
        news: Box::new(ChannelNews {
            channel: Arc::new(channel.clone()),
            owner: None,
            recent: None,
            recent_deleted: None,
        }),
    });
    Ok(())
}

/// Why each subscription of the session ended.
async fn ends(place: &Place, user: UserId) -> Vec<(String, Option<Refusal>)> {
    let known = place.read(move |db| db.stream_session(&"session".to_owned().into(), user));
    let known = known.await.unwrap().into_iter();
    known
        .map(|known| (known.id.as_str().to_owned(), known.ended))
        .collect()
}

#[tokio::test]
async fn a_change_between_the_page_and_the_row_of_its_subscription_ends_that_too() {
    let place = Place::new().await;
    let (ada, bob) = (place.user("ada").await.id, place.user("bob").await.id);
    let wide = place.pm(&[ada, bob]).await;
    let mut narrow = wide.clone();
    narrow.acl.write = vec![ada];
    let token = place.write(move |tx| {
        tx.open_stream_session(&"session".to_owned().into(), bob, 2, None)?;
        tx.create_token(&NewToken {
            secret: "secret",
            client: CLIENT.into(),
            user: Some(bob),
            scopes: Scopes::parse("messages").unwrap(),
        })
    });
    let (token, topic) = (token.await.id, Topic::ChannelMessages(wide.id));
    let keeps = move |tx: &mut Tx<'_>, id: &str, since: Pos| {
        let new = KeptSubscription {
            id: id.to_owned().into(),
            topic,
            filter: Filter::from_query(&Query::parse("")),
            token,
            since,
            ended: None,
        };
        tx.keep_subscription(&"session".to_owned().into(), &new, None, 16)
    };
    // Bob loses it and has it again, before the row of a subscription is written whose page was read first.
    let page = place.head().await.pos;
    for channel in [narrow.clone(), wide.clone()] {
        place.write(move |tx| changes(tx, &channel)).await;
    }
    let head = place.head().await.pos;
    place.write(move |tx| keeps(tx, "early", page)).await;
    place.write(move |tx| keeps(tx, "late", head)).await;
    let cut = Some(Refusal::NoAccess);
    let expected = [(String::from("early"), cut), (String::from("late"), None)];
    assert_eq!(ends(&place, bob).await, expected);
    // And in the transaction of the row.
    let together = place.write(move |tx| {
        changes(tx, &narrow)?;
        changes(tx, &wide)?;
        keeps(tx, "together", head)
    });
    together.await;
    let last = ends(&place, bob).await.pop();
    assert_eq!(last, Some((String::from("together"), cut)));
}
