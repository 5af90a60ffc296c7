//! Search in channels: by words and order, and only what may be seen.

use super::{Place, pm, reader, room};
use crate::model::channel::{CHAT, NewChannel};
use crate::model::{Acl, AppPrincipal, ChannelId, PageRequest, Principal, Raw, Scopes};
use crate::store::{ChannelOrder, ChannelSearch};

async fn rooms(place: &Place, search: ChannelSearch, reader: Principal) -> Vec<ChannelId> {
    let page = place
        .read(move |db| db.search_channels(&search, &reader, &PageRequest::default()))
        .await;
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
