//! Search in channels: by words and order, and only what may be seen.

use serde_json::json;

use super::{Place, pm, raw, reader, room};
use crate::model::channel::{CHAT, CHAT_SETTINGS, NewChannel};
use crate::model::{
    Acl, AppPrincipal, Bound, ChannelId, PageRequest, Principal, Raw, Scopes, UserId,
};
use crate::store::{ChannelOrder, ChannelSearch};

async fn rooms(place: &Place, search: ChannelSearch, reader: Principal) -> Vec<ChannelId> {
    let found = place
        .store
        .search_channels(search, reader, PageRequest::default());
    let page = found.await.unwrap();
    page.items
        .into_iter()
        .map(|(_, channel)| channel.id)
        .collect()
}

#[tokio::test]
async fn channels_are_found_by_name_order_and_state() {
    let place = Place::new().await;
    let ada = place.user("ada").await.id;
    let tea = place
        .write(move |tx| tx.create_channel(room(ada, "100% Tea Lovers")))
        .await
        .id;
    let coffee = place
        .write(move |tx| tx.create_channel(room(ada, "Kaffee Ähem")))
        .await
        .id;
    place.say(tea, ada, "one").await;
    place.say(tea, ada, "two").await;
    place.say(coffee, ada, "three").await;
    let search = async |search: ChannelSearch| rooms(&place, search, Principal::Anonymous).await;
    let q = |q: &str| ChannelSearch {
        q: Some(q.to_owned()),
        ..ChannelSearch::default()
    };
    assert_eq!(
        search(ChannelSearch::default()).await,
        [coffee, tea],
        "by activity"
    );
    assert_eq!(search(q("tea lov")).await, [tea]);
    assert_eq!(search(q("ÄHEM")).await, [coffee]);
    assert_eq!(search(q("100%")).await, [tea]);
    assert!(search(q("1_0")).await.is_empty(), "no wildcards");
    assert_eq!(search(q("")).await.len(), 2);
    let order = |order| ChannelSearch {
        order,
        ..ChannelSearch::default()
    };
    assert_eq!(search(order(ChannelOrder::Popularity)).await, [tea, coffee]);
    assert_eq!(search(order(ChannelOrder::Id)).await, [coffee, tea]);
    let category = |name: &str| ChannelSearch {
        categories: vec![name.to_owned()],
        ..ChannelSearch::default()
    };
    assert_eq!(search(category("tech")).await.len(), 2);
    assert!(search(category("fun")).await.is_empty());
    place.write(move |tx| tx.subscribe(tea, ada)).await;
    let new = ChannelSearch {
        unsubscribed_by: Some(ada),
        ..ChannelSearch::default()
    };
    assert_eq!(search(new).await, [coffee]);
    let mut gone = place.channel(tea).await;
    gone.is_active = false;
    place.write(move |tx| tx.save_channel(&gone)).await;
    assert_eq!(search(ChannelSearch::default()).await, [coffee]);
    let all = ChannelSearch {
        include_inactive: true,
        ..ChannelSearch::default()
    };
    assert_eq!(search(all).await.len(), 2);
}

#[tokio::test]
async fn search_shows_only_what_the_reader_may_read() {
    let place = Place::new().await;
    let (ada, bob) = (place.user("ada").await.id, place.user("bob").await.id);
    let with = |acl: Acl| NewChannel {
        kind: CHAT.to_owned(),
        owner: Some(ada),
        acl,
        raw: Raw::default(),
    };
    let (public, users, private) = (
        with(Acl {
            read_public: true,
            read_any_user: true,
            ..Acl::default()
        }),
        with(Acl {
            read_any_user: true,
            ..Acl::default()
        }),
        with(Acl::default()),
    );
    let public = place.write(move |tx| tx.create_channel(public)).await.id;
    let users = place.write(move |tx| tx.create_channel(users)).await.id;
    let private = place.write(move |tx| tx.create_channel(private)).await.id;
    let letters = place
        .write(move |tx| tx.create_channel(pm(&[ada, bob])))
        .await
        .id;
    let all = ChannelSearch {
        order: ChannelOrder::Id,
        ..ChannelSearch::default()
    };
    let seen = async |reader| rooms(&place, all.clone(), reader).await;
    let as_user = async |user, scopes| seen(reader(user, scopes)).await;
    assert_eq!(seen(Principal::Anonymous).await, [public]);
    let app = |granted| Principal::App(AppPrincipal::new(granted));
    assert_eq!(seen(app(Vec::new())).await, [users, public]);
    let opened = vec![(ada, Scopes::parse("messages").unwrap())];
    assert_eq!(
        seen(app(opened)).await,
        [letters, private, users, public],
        "what a user of the app may read and opened to it"
    );
    assert_eq!(
        as_user(ada, "messages").await,
        [letters, private, users, public]
    );
    assert_eq!(as_user(bob, "messages").await, [letters, users, public]);
    assert_eq!(as_user(ada, "public_messages").await, [users, public]);
    // The same answer as for a look-up by id: a scope for another type opens nothing.
    assert_eq!(as_user(bob, "messages:io.pnut.core.pm").await, [letters]);
}

/// The `n`th of many rooms: every third is about tea, every fiftieth about rooibos, every seventh private.
fn one_of_many(n: usize, owner: UserId) -> NewChannel {
    let about = match (n % 50, n % 3) {
        (0, _) => "rooibos",
        (_, 0) => "tea",
        (_, _) => "coffee",
    };
    let is_public = !n.is_multiple_of(7);
    NewChannel {
        kind: CHAT.to_owned(),
        owner: Some(owner),
        acl: Acl {
            read_public: is_public,
            ..Acl::default()
        },
        raw: raw(
            CHAT_SETTINGS,
            json!({"name": format!("Room {n}"), "description": about}),
        ),
    }
}

async fn many(place: &Place) -> Vec<ChannelId> {
    let (ada, bob) = (place.user("ada").await.id, place.user("bob").await.id);
    let rooms = place.write(move |tx| {
        let rooms = (1..=400).map(|n| {
            let room = tx.create_channel(one_of_many(n, if n % 100 == 1 { ada } else { bob }))?;
            Ok(room.id)
        });
        rooms.collect::<Result<Vec<_>, crate::store::Failure>>()
    });
    let rooms = rooms.await;
    // Older rooms are the more active ones, so that the orders differ.
    for room in rooms.iter().rev().step_by(5).copied() {
        place.say(room, ada, "hello").await;
    }
    rooms
}

/// All of it, page by page in one direction, newest first.
async fn all_pages(place: &Place, search: &ChannelSearch, oldest: bool) -> Vec<ChannelId> {
    let mut request = PageRequest {
        count: 7,
        oldest,
        ..PageRequest::default()
    };
    let mut found: Vec<(i64, ChannelId)> = Vec::new();
    loop {
        let page = place
            .store
            .search_channels(search.clone(), Principal::Anonymous, request);
        let page = page.await.unwrap();
        found.extend(page.items.iter().map(|(key, channel)| (*key, channel.id)));
        let edge = match oldest {
            true => page.items.first(),
            false => page.items.last(),
        };
        let Some((id, _)) = edge.filter(|_| page.more) else {
            break;
        };
        let beyond = Some(Bound {
            id: *id,
            inclusive: false,
        });
        match oldest {
            true => request.since = beyond,
            false => request.before = beyond,
        }
    }
    found.sort_unstable_by_key(|(key, _)| -key);
    found.into_iter().map(|(_, id)| id).collect()
}

#[tokio::test]
async fn rare_and_common_words_are_found_in_every_order_on_every_page() {
    let place = Place::new().await;
    let rooms = many(&place).await;
    let public = |n: &usize| !n.is_multiple_of(7);
    let places = |rule: &dyn Fn(usize) -> bool| -> Vec<ChannelId> {
        let numbers = (1..=rooms.len()).filter(|n| rule(*n)).filter(public);
        numbers.map(|n| rooms[n - 1]).collect()
    };
    for (q, expected) in [
        ("tea", places(&|n| n % 50 != 0 && n % 3 == 0)),
        ("rooib", places(&|n| n % 50 == 0)),
        ("nothing", Vec::new()),
    ] {
        for order in [
            ChannelOrder::Id,
            ChannelOrder::Activity,
            ChannelOrder::Popularity,
        ] {
            let search = ChannelSearch {
                q: Some(q.to_owned()),
                order,
                ..ChannelSearch::default()
            };
            let mut expected = expected.clone();
            let mut keyed = Vec::new();
            for id in expected.drain(..) {
                let channel = place.channel(id).await;
                let key = match order {
                    ChannelOrder::Id => id.0,
                    ChannelOrder::Activity => channel.activity.0,
                    ChannelOrder::Popularity => channel.messages * (1 << 32) + id.0,
                };
                keyed.push((-key, id));
            }
            keyed.sort_unstable();
            let expected: Vec<ChannelId> = keyed.into_iter().map(|(_, id)| id).collect();
            for oldest in [false, true] {
                let found = all_pages(&place, &search, oldest).await;
                assert_eq!(found, expected, "{q} by {order:?}, oldest first: {oldest}");
            }
        }
    }
}

#[tokio::test]
async fn what_changes_moves_and_is_deleted_is_found_as_it_is_now() {
    let place = Place::new().await;
    let ada = place.user("ada").await.id;
    let [tea, coffee] = ["Tea", "Coffee"].map(|name| room(ada, name));
    let tea = place.write(move |tx| tx.create_channel(tea)).await.id;
    let coffee = place.write(move |tx| tx.create_channel(coffee)).await.id;
    let found = async |q: Option<&str>, order| {
        let search = ChannelSearch {
            q: q.map(str::to_owned),
            order,
            ..ChannelSearch::default()
        };
        rooms(&place, search, Principal::Anonymous).await
    };
    assert_eq!(found(Some("tea"), ChannelOrder::Id).await, [tea]);
    let mut renamed = place.channel(tea).await;
    renamed.raw = raw(CHAT_SETTINGS, json!({"name": "Cocoa"}));
    place.write(move |tx| tx.save_channel(&renamed)).await;
    assert!(found(Some("tea"), ChannelOrder::Id).await.is_empty());
    assert_eq!(found(Some("coco"), ChannelOrder::Id).await, [tea]);
    let mut private = place.channel(tea).await;
    private.acl.read_public = false;
    place.write(move |tx| tx.save_channel(&private)).await;
    assert!(found(Some("coco"), ChannelOrder::Id).await.is_empty());
    private = place.channel(tea).await;
    private.acl.read_public = true;
    place.write(move |tx| tx.save_channel(&private)).await;

    let popular = ChannelOrder::Popularity;
    let message = place.say(tea, ada, "one").await.id;
    assert_eq!(found(None, popular).await, [tea, coffee]);
    assert_eq!(found(None, ChannelOrder::Activity).await, [tea, coffee]);
    place.delete(message, ada).await;
    assert_eq!(
        found(None, popular).await,
        [coffee, tea],
        "one message less"
    );
    // Of another process too, which has not told this one.
    let other = place.another();
    let said = super::said(ada, "two");
    let write = other.write(move |tx| tx.insert_message(tea, said));
    write.await.unwrap();
    assert_eq!(found(None, popular).await, [tea, coffee]);
}
