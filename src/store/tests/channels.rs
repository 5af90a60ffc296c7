//! Channels: what is kept of them, and the lists.

use super::{Place, pm, principal, raw, reader, room, said};
use crate::model::channel::{CHAT, CHAT_SETTINGS, NewChannel, PM};
use crate::model::{
    Acl, Bound, Channel, ChannelId, MessageId, Page, PageRequest, Raw, Refusal, UserId,
};
use crate::store::InboxFilter;

fn ids(page: &Page<Channel>) -> Vec<ChannelId> {
    page.items.iter().map(|(_, channel)| channel.id).collect()
}

async fn inbox(place: &Place, user: UserId, filter: InboxFilter) -> Vec<ChannelId> {
    let page = place.read(move |db| db.inbox_page(user, &filter, &PageRequest::default()));
    ids(&page.await)
}

async fn subscribe(place: &Place, channel: &Channel, user: UserId) {
    let id = channel.id;
    assert!(place.write(move |tx| tx.subscribe(id, user)).await);
}

#[tokio::test]
async fn a_channel_reads_back_with_its_acl_and_raw() {
    let place = Place::new().await;
    let users: Vec<UserId> = vec![
        place.user("ada").await.id,
        place.user("bob").await.id,
        place.user("eve").await.id,
        place.user("dan").await.id,
    ];
    let acl = Acl {
        full: vec![users[1]],
        full_immutable: true,
        write: vec![users[2]],
        write_immutable: false,
        read: vec![users[3]],
        read_any_user: true,
        read_immutable: true,
        ..Acl::default()
    };
    let new = NewChannel {
        kind: String::from("org.example.thing"),
        owner: Some(users[0]),
        acl: acl.clone(),
        raw: raw("org.example.note", serde_json::json!({"a": [1, "ä"]})),
    };
    let made = place.write(move |tx| tx.create_channel(new)).await;
    assert_eq!(made.acl, acl);
    assert_eq!(made.created_at, made.activity);
    assert_eq!(place.channel(made.id).await, made);

    let mut changed = made.clone();
    changed.acl.write = vec![users[3]];
    changed.acl.read = Vec::new();
    changed.acl.write_any_user = true;
    changed.raw = Raw::default();
    changed.owner = Some(users[1]);
    changed.acl.full = vec![users[0]];
    changed.is_active = false;
    let save = changed.clone();
    place.write(move |tx| tx.save_channel(&save)).await;
    changed.revision += 1;
    assert_eq!(place.channel(made.id).await, changed);
    let both = place
        .read(move |db| db.channels(&[made.id, ChannelId(99)]))
        .await;
    assert_eq!(both.into_values().collect::<Vec<_>>(), [changed.clone()]);
    let mut missing = changed;
    missing.id = ChannelId(99);
    let refused = place.store.write(move |tx| tx.save_channel(&missing)).await;
    assert_eq!(
        refused.unwrap_err().refusal(),
        Some(Refusal::ChannelNotFound)
    );
}

#[tokio::test]
async fn a_private_channel_is_found_by_exactly_its_users() {
    let place = Place::new().await;
    let (ada, bob, eve) = (
        place.user("ada").await.id,
        place.user("bob").await.id,
        place.user("eve").await.id,
    );
    let two = place.pm(&[ada, bob]).await;
    let three = place.pm(&[ada, bob, eve]).await;
    let find = async |users: Vec<UserId>| place.read(move |db| db.existing_pm(&users)).await;
    assert_eq!(find(vec![ada, bob]).await, Some(two.id));
    assert_eq!(find(vec![bob, ada]).await, Some(two.id));
    assert_eq!(find(vec![ada, bob, eve]).await, Some(three.id));
    assert_eq!(find(vec![ada, eve]).await, None);
    let again = place
        .store
        .write(move |tx| tx.create_channel(pm(&[ada, bob])))
        .await;
    assert!(again.is_err(), "there is only one");
}

#[tokio::test]
async fn the_inbox_is_ordered_by_activity_and_pages_by_it() {
    let place = Place::new().await;
    let ada = place.user("ada").await.id;
    let mut rooms = Vec::new();
    for _ in 0..4 {
        let room = place.room(ada).await;
        subscribe(&place, &room, ada).await;
        rooms.push(room.id);
    }
    let not_mine = place.room(ada).await;
    place.say(not_mine.id, ada, "not subscribed").await;
    place.say(rooms[1], ada, "hello").await;
    let order = [rooms[1], rooms[3], rooms[2], rooms[0]];
    assert_eq!(inbox(&place, ada, InboxFilter::default()).await, order);

    let page = async |request: PageRequest| {
        place
            .read(move |db| db.inbox_page(ada, &InboxFilter::default(), &request))
            .await
    };
    let first = page(PageRequest {
        count: 2,
        ..PageRequest::default()
    })
    .await;
    assert!(first.more);
    assert_eq!(ids(&first), order[..2]);
    assert_eq!(first.items[0].0, first.items[0].1.activity.0);
    let before = Some(Bound {
        id: first.items[1].0,
        inclusive: false,
    });
    let second = page(PageRequest {
        before,
        count: 2,
        ..PageRequest::default()
    })
    .await;
    assert!(!second.more);
    assert_eq!(ids(&second), order[2..]);
    let oldest = page(PageRequest {
        count: 2,
        oldest: true,
        ..PageRequest::default()
    })
    .await;
    assert!(oldest.more);
    assert_eq!(ids(&oldest), order[2..]);
    let newest = page(PageRequest {
        since: before,
        ..PageRequest::default()
    })
    .await;
    assert_eq!(ids(&newest), order[..1]);
}

#[tokio::test]
async fn the_inbox_is_filtered_by_kind_state_and_scope() {
    let place = Place::new().await;
    let (ada, bob) = (place.user("ada").await.id, place.user("bob").await.id);
    let room = place.room(ada).await;
    let private = place.pm(&[ada, bob]).await;
    let mut gone = place.room(ada).await;
    for channel in [&room, &private, &gone] {
        subscribe(&place, channel, ada).await;
    }
    gone.is_active = false;
    let save = gone.clone();
    place.write(move |tx| tx.save_channel(&save)).await;

    let of = async |filter: InboxFilter| inbox(&place, ada, filter).await;
    assert_eq!(of(InboxFilter::default()).await, [private.id, room.id]);
    let chat = InboxFilter {
        kinds: vec![CHAT.to_owned()],
        ..InboxFilter::default()
    };
    assert_eq!(of(chat).await, [room.id]);
    let not_chat = InboxFilter {
        exclude_kinds: vec![CHAT.to_owned()],
        ..InboxFilter::default()
    };
    assert_eq!(of(not_chat).await, [private.id]);
    let inactive = InboxFilter {
        include_inactive: true,
        ..InboxFilter::default()
    };
    assert_eq!(of(inactive).await, [gone.id, private.id, room.id]);
    let scoped = |text: &str| InboxFilter {
        reader: Some(reader(ada, text)),
        ..InboxFilter::default()
    };
    assert_eq!(of(scoped("messages:io.pnut.core.pm")).await, [private.id]);
    assert_eq!(of(scoped("public_messages")).await, [room.id]);
    assert!(of(scoped("stream")).await.is_empty());

    let owned = place
        .read(move |db| db.owned_page(ada, &InboxFilter::default(), &PageRequest::default()))
        .await;
    assert_eq!(ids(&owned), [room.id], "nobody owns a private channel");
    assert_eq!(owned.items[0].0, room.id.0);
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "one story, told in order")]
async fn unread_is_by_position_of_the_marker_and_newest_live_message() {
    let place = Place::new().await;
    let (ada, bob) = (place.user("ada").await.id, place.user("bob").await.id);
    let room = place.room(bob).await;
    let private = place.pm(&[ada, bob]).await;
    subscribe(&place, &room, ada).await;
    subscribe(&place, &private, ada).await;
    let unread = InboxFilter {
        only_unread: true,
        ..InboxFilter::default()
    };
    let counts = async || {
        let kinds = vec![CHAT.to_owned(), PM.to_owned()];
        let ada = principal(ada, "messages");
        let counts = place.read(move |db| db.unread_counts(&ada, &kinds)).await;
        (counts[CHAT], counts[PM])
    };
    assert_eq!(counts().await, (0, 0), "without messages nothing is unread");

    let first = place.say(room.id, bob, "one").await;
    let second = place.say(room.id, bob, "two").await;
    assert_eq!(counts().await, (1, 0));
    assert_eq!(inbox(&place, ada, unread.clone()).await, [room.id]);
    let mark = async |id: MessageId| {
        let name = crate::model::marker::MarkerName::Channel(room.id);
        place
            .write(move |tx| tx.set_marker(ada, name, id.0, 0, false))
            .await
    };
    mark(second.id).await;
    assert_eq!(counts().await, (0, 0));
    mark(first.id).await;
    assert_eq!(
        counts().await,
        (1, 0),
        "moved back, although it was read once"
    );
    place.delete(second.id, bob).await;
    assert_eq!(counts().await, (0, 0), "deleted messages do not count");
    assert!(inbox(&place, ada, unread).await.is_empty());

    place.say(private.id, bob, "psst").await;
    place.say(room.id, bob, "three").await;
    assert_eq!(counts().await, (1, 1));
    let all = principal(ada, "messages");
    let unread = place.read(move |db| db.unread_channels(&all, &[PM.to_owned()]));
    let unread = unread.await;
    assert_eq!(unread.len(), 1);
    let (channel, newest) = unread[0];
    assert_eq!(channel, private.id);
    let name = crate::model::marker::MarkerName::Channel(channel);
    place
        .write(move |tx| tx.set_marker(ada, name, newest.0, 0, false))
        .await;
    assert_eq!(counts().await, (1, 0));
    let id = room.id;
    assert!(place.write(move |tx| tx.unsubscribe(id, ada)).await);
    assert_eq!(counts().await, (0, 0), "not in the inbox, not counted");

    let mut own = said(bob, "mine");
    own.update_marker = true;
    place.write(move |tx| tx.insert_message(id, own)).await;
    subscribe(&place, &room, bob).await;
    let kinds = vec![CHAT.to_owned()];
    let bob = principal(bob, "messages");
    let counts = place.read(move |db| db.unread_counts(&bob, &kinds)).await;
    assert_eq!(counts[CHAT], 0);
}

#[tokio::test]
async fn muted_channels_are_listed_newest_mute_first() {
    let place = Place::new().await;
    let ada = place.user("ada").await.id;
    let (one, two) = (place.room(ada).await.id, place.room(ada).await.id);
    assert!(place.write(move |tx| tx.mute_channel(two, ada)).await);
    assert!(place.write(move |tx| tx.mute_channel(one, ada)).await);
    assert!(!place.write(move |tx| tx.mute_channel(one, ada)).await);
    let muted = async |filter: InboxFilter| {
        let page = place.read(move |db| db.muted_page(ada, &filter, &PageRequest::default()));
        ids(&page.await)
    };
    assert_eq!(muted(InboxFilter::default()).await, [one, two]);
    let none = InboxFilter {
        exclude_kinds: vec![CHAT.to_owned()],
        ..InboxFilter::default()
    };
    assert!(muted(none).await.is_empty());
    assert!(place.write(move |tx| tx.unmute_channel(one, ada)).await);
    assert_eq!(muted(InboxFilter::default()).await, [two]);
    // Not a room without its settings, and still a channel.
    let mut bare = room(ada, "x");
    bare.raw = Raw::default();
    let bare = place.write(move |tx| tx.create_channel(bare)).await;
    assert_eq!(bare.chat_name(), None);
    assert!(bare.raw.first(CHAT_SETTINGS).is_none());
}
