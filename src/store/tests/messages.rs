//! Messages: what they move, and the lists.

use super::{CLIENT, Place, raw, said};
use crate::model::content::{Entities, Link, Tag};
use crate::model::visibility::ListedFor;
use crate::model::{
    Bound, ChannelId, Message, MessageId, Page, PageRequest, Refusal, Relation, Scopes, UserId,
};
use crate::store::MessageFilter;

fn ids(page: &Page<Message>) -> Vec<MessageId> {
    page.items.iter().map(|(_, message)| message.id).collect()
}

async fn list(place: &Place, channel: ChannelId, request: PageRequest) -> Vec<MessageId> {
    let filter = MessageFilter::default();
    let page = place.read(move |db| db.messages_in(channel, &filter, &request));
    ids(&page.await)
}

#[tokio::test]
async fn a_message_reads_back_and_moves_its_channel() {
    let place = Place::new().await;
    let ada = place.user("ada").await.id;
    let room = place.room(ada).await;
    let mut new = said(ada, "see #tag");
    new.is_nsfw = true;
    new.raw = raw("org.example.note", serde_json::json!({"n": 1}));
    new.content.entities = Entities {
        tags: vec![Tag {
            len: 4,
            pos: 4,
            text: String::from("tag"),
        }],
        ..Entities::default()
    };
    let id = room.id;
    let message = place.write(move |tx| tx.insert_message(id, new)).await;
    assert_eq!(message.thread_id, message.id);
    let read = place.read(move |db| db.message(message.id)).await;
    assert_eq!(read.as_ref(), Some(&message));
    let some = place
        .read(move |db| db.messages(&[message.id, MessageId(99)]))
        .await;
    assert_eq!(some.get(&message.id), Some(&message));
    assert_eq!(some.len(), 1);
    let after = place.channel(room.id).await;
    assert_eq!(after.messages, 1);
    assert_eq!(after.recent_message_id, Some(message.id));
    assert!(after.activity > room.activity);
    assert_eq!(after.activity, message.created_at);
    assert_eq!(message.client.id.as_str(), CLIENT);
}

#[tokio::test]
async fn object_ids_are_filled_in() {
    let place = Place::new().await;
    let ada = place.user("ada").await.id;
    let room = place.room(ada).await.id;
    place.say(room, ada, "one before").await;
    let mut new = said(ada, "here");
    new.content.html = String::from("<a href=\"https://x.example/{object_id}\">here</a>");
    new.content.entities.links = vec![Link {
        amended_len: None,
        len: 4,
        pos: 0,
        text: String::from("here"),
        title: None,
        url: String::from("https://x.example/{object_id}"),
    }];
    let message = place.write(move |tx| tx.insert_message(room, new)).await;
    let url = format!("https://x.example/{}", message.id);
    assert_eq!(message.content.entities.links[0].url, url);
    assert!(message.content.html.contains(&url));
    let read = place.read(move |db| db.message(message.id)).await;
    assert_eq!(read.as_ref(), Some(&message));
    assert!(place.say(room, ada, "next").await.id > message.id);
}

#[tokio::test]
async fn replies_join_a_thread_of_their_channel() {
    let place = Place::new().await;
    let ada = place.user("ada").await.id;
    let (room, elsewhere) = (place.room(ada).await.id, place.room(ada).await.id);
    let root = place.say(room, ada, "root").await;
    let answer = async |channel, to: MessageId| {
        let mut new = said(ada, "answer");
        new.reply_to = Some(to);
        place
            .store
            .write(move |tx| tx.insert_message(channel, new))
            .await
    };
    let first = answer(room, root.id).await.unwrap();
    place.say(room, ada, "aside").await;
    let second = answer(room, first.id).await.unwrap();
    assert_eq!((first.thread_id, second.thread_id), (root.id, root.id));
    assert_eq!(second.reply_to, Some(first.id));
    for (to, why) in [(root.id, "another channel"), (MessageId(99), "nothing")] {
        let refused = answer(elsewhere, to).await.unwrap_err();
        assert_eq!(refused.refusal(), Some(Refusal::ReplyElsewhere), "{why}");
    }
    place.delete(root.id, ada).await;
    let third = answer(room, root.id).await.unwrap();
    let replies = place
        .read(move |db| db.message(root.id))
        .await
        .unwrap()
        .replies;
    assert_eq!(replies, 2, "direct ones, and of a deleted message too");
    let thread = place
        .read(move |db| db.thread_page(root.id, &MessageFilter::default(), &PageRequest::default()))
        .await;
    assert_eq!(ids(&thread), [third.id, second.id, first.id, root.id]);
}

#[tokio::test]
async fn deletion_recomputes_what_is_recent() {
    let place = Place::new().await;
    let (ada, bob) = (place.user("ada").await.id, place.user("bob").await.id);
    let room = place.room(ada).await.id;
    let (a, b, c) = (
        place.say(room, ada, "a").await.id,
        place.say(room, ada, "b").await.id,
        place.say(room, ada, "c").await.id,
    );
    let recent = async || {
        let channel = place.channel(room).await;
        (
            channel.messages,
            channel.recent_message_id,
            channel.recent_deleted_message_id,
        )
    };
    assert_eq!(recent().await, (3, Some(c), None));
    let gone = place.delete(b, bob).await;
    assert_eq!(gone.deletion.map(|deletion| deletion.by), Some(bob));
    assert_eq!(recent().await, (2, Some(c), None), "not the newest");
    place.delete(c, ada).await;
    assert_eq!(recent().await, (1, Some(a), Some(c)));
    let again = place.delete(c, bob).await;
    assert_eq!(
        again.deletion.map(|deletion| deletion.by),
        Some(ada),
        "unchanged"
    );
    assert_eq!(recent().await, (1, Some(a), Some(c)));
    place.delete(a, ada).await;
    assert_eq!(recent().await, (0, None, Some(c)));
    let d = place.say(room, ada, "d").await.id;
    assert_eq!(recent().await, (1, Some(d), None));
    let missing = place
        .store
        .write(move |tx| tx.delete_message(MessageId(99), ada))
        .await;
    assert_eq!(
        missing.unwrap_err().refusal(),
        Some(Refusal::MessageNotFound)
    );
}

#[tokio::test]
async fn pages_follow_since_before_and_count() {
    let place = Place::new().await;
    let ada = place.user("ada").await.id;
    let room = place.room(ada).await.id;
    let mut all = Vec::new();
    for n in 0..7 {
        all.push(place.say(room, ada, &format!("message {n}")).await.id);
    }
    let bound = |id: MessageId, inclusive| {
        Some(Bound {
            id: id.0,
            inclusive,
        })
    };
    let three = PageRequest {
        count: 3,
        ..PageRequest::default()
    };
    assert_eq!(list(&place, room, three).await, [all[6], all[5], all[4]]);
    let older = PageRequest {
        before: bound(all[4], false),
        ..three
    };
    assert_eq!(list(&place, room, older).await, [all[3], all[2], all[1]]);
    let newer = PageRequest {
        since: bound(all[1], false),
        oldest: true,
        ..three
    };
    assert_eq!(list(&place, room, newer).await, [all[4], all[3], all[2]]);
    let both = PageRequest {
        since: bound(all[1], true),
        before: bound(all[3], true),
        ..three
    };
    assert_eq!(list(&place, room, both).await, [all[3], all[2], all[1]]);
}

#[tokio::test]
async fn lists_hide_deleted_and_hidden_if_asked() {
    let place = Place::new().await;
    let (ada, bob) = (place.user("ada").await.id, place.user("bob").await.id);
    let room = place.room(ada).await.id;
    let first = place.say(room, ada, "one").await.id;
    let gone = place.say(room, ada, "two").await.id;
    let of_bob = place.say(room, bob, "three").await.id;
    place.delete(gone, ada).await;
    place
        .write(move |tx| tx.relate(ada, bob, Relation::Mute))
        .await;
    let of = async |include_deleted: bool, viewer: Option<UserId>| {
        let filter = MessageFilter {
            include_deleted,
            listed_for: viewer.map(ListedFor::viewer).unwrap_or_default(),
        };
        let page = place.read(move |db| db.messages_in(room, &filter, &PageRequest::default()));
        ids(&page.await)
    };
    assert_eq!(of(true, None).await, [of_bob, gone, first]);
    assert_eq!(of(false, None).await, [of_bob, first]);
    assert_eq!(of(true, Some(ada)).await, [gone, first]);
    assert_eq!(of(false, Some(ada)).await, [first]);
    let since = async |id| place.read(move |db| db.deleted_since(room, id)).await;
    assert_eq!(since(first).await, [gone]);
    assert_eq!(since(MessageId(0)).await, [gone]);
    let later = place.say(room, ada, "four").await.id;
    assert!(since(later).await.is_empty());
    place.delete(first, ada).await;
    assert_eq!(since(later).await, [first], "wherever it stands");
    assert_eq!(
        since(MessageId(later.0 + 50)).await,
        [first],
        "the one before counts"
    );
}

#[tokio::test]
async fn own_messages_are_listed_as_far_as_scopes_open() {
    let place = Place::new().await;
    let (ada, bob) = (place.user("ada").await.id, place.user("bob").await.id);
    let (room, private) = (place.room(ada).await.id, place.pm(&[ada, bob]).await.id);
    let here = place.say(room, ada, "here").await.id;
    let there = place.say(private, ada, "there").await.id;
    place.say(private, bob, "not mine").await;
    let of = async |scopes: Option<&str>| {
        let scopes = scopes.map(|text| Scopes::parse(text).unwrap());
        let page = place
            .read(move |db| {
                let filter = MessageFilter::default();
                db.written_by(ada, scopes.as_ref(), &filter, &PageRequest::default())
            })
            .await;
        ids(&page)
    };
    assert_eq!(of(None).await, [there, here]);
    assert_eq!(of(Some("messages")).await, [there, here]);
    assert_eq!(of(Some("public_messages")).await, [here]);
    assert_eq!(of(Some("messages:io.pnut.core.pm")).await, [there]);
    assert!(of(Some("basic")).await.is_empty());
}

#[tokio::test]
async fn sticky_messages_are_ordered_by_when_they_became_so() {
    let place = Place::new().await;
    let ada = place.user("ada").await.id;
    let room = place.room(ada).await.id;
    let (a, b) = (
        place.say(room, ada, "a").await.id,
        place.say(room, ada, "b").await.id,
    );
    let stick = async |id, is_sticky| {
        place
            .store
            .write(move |tx| tx.set_sticky(id, is_sticky))
            .await
    };
    let sticky = async || {
        let page = place
            .read(move |db| {
                db.sticky_page(room, &MessageFilter::default(), &PageRequest::default())
            })
            .await;
        (ids(&page), place.channel(room).await.sticky_messages)
    };
    stick(b, true).await.unwrap();
    let at = stick(a, true).await.unwrap().sticky;
    assert_eq!(sticky().await, (vec![a, b], 2));
    assert_eq!(stick(a, true).await.unwrap().sticky, at, "keeps its place");
    assert!(stick(a, false).await.unwrap().sticky.is_none());
    assert_eq!(sticky().await, (vec![b], 1));
    place.delete(b, ada).await;
    assert_eq!(sticky().await, (vec![], 0));
    let refused = stick(b, true).await.unwrap_err();
    assert_eq!(refused.refusal(), Some(Refusal::MessageDeleted));
}

#[tokio::test]
async fn a_thread_has_pages_in_both_directions_with_its_root_at_the_end() {
    let place = Place::new().await;
    let ada = place.user("ada").await.id;
    let room = place.room(ada).await.id;
    let root = place.say(room, ada, "root").await.id;
    let mut all = vec![root];
    for _ in 0..4 {
        let mut new = said(ada, "reply");
        new.reply_to = Some(root);
        let reply = place.write(move |tx| tx.insert_message(room, new)).await;
        all.push(reply.id);
        place.say(room, ada, "elsewhere").await;
    }
    let page = async |request: PageRequest| {
        let filter = MessageFilter::default();
        let page = place.read(move |db| db.thread_page(root, &filter, &request));
        let page = page.await;
        (ids(&page), page.more)
    };
    let of = |count| PageRequest {
        count,
        ..PageRequest::default()
    };
    let newest: Vec<MessageId> = all.iter().rev().copied().collect();
    assert_eq!(page(of(5)).await, (newest.clone(), false));
    assert_eq!(page(of(4)).await, (newest[..4].to_vec(), true));
    let beyond = |id: MessageId| {
        Some(Bound {
            id: id.0,
            inclusive: false,
        })
    };
    let rest = PageRequest {
        before: beyond(all[1]),
        ..of(4)
    };
    assert_eq!(page(rest).await, (vec![root], false));
    let oldest = PageRequest {
        oldest: true,
        ..of(2)
    };
    assert_eq!(page(oldest).await, (vec![all[1], root], true));
    let since = PageRequest {
        since: beyond(root),
        ..of(5)
    };
    assert_eq!(page(since).await, (newest[..4].to_vec(), false));
}
