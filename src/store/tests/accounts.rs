//! Users, apps, tokens, relations, app streams; and what the caches hold of them.

use super::{CLIENT, Place, ada, named};
use crate::event::{Event, Payload};
use crate::model::relation::Relationship;
use crate::model::visibility::ListedFor;
use crate::model::{
    AppStream, ClientId, Content, ObjectType, PageRequest, Refusal, Relation, Scopes, Stamp,
    TokenId, UserId,
};
use crate::store::{FollowOrder, NewClient, NewToken, Tx, secret};

async fn token(place: &Place, secret: &'static str, user: Option<UserId>) -> TokenId {
    place
        .write(move |tx| {
            tx.create_token(&NewToken {
                secret,
                client: ClientId::from(CLIENT),
                user,
                scopes: Scopes::parse("messages:io.pnut.core.chat").unwrap(),
            })
        })
        .await
        .id
}

#[tokio::test]
async fn an_account_is_found_by_id_name_and_address() {
    let place = Place::new().await;
    let mut new = named("Ada");
    let content = Content {
        text: String::from("hello"),
        ..Content::default()
    };
    new.text = Some((content.clone(), String::from("*hello*")));
    let ada = place.write(move |tx| tx.create_user(&new)).await;
    assert_eq!(ada.username, "Ada");
    assert_eq!(ada.content, Some(content));
    assert_eq!(ada.markdown_text.as_deref(), Some("*hello*"));
    let read = place.read(move |db| db.user(ada.id)).await;
    assert_eq!(read.as_ref(), Some(&ada));
    assert_eq!(
        place.store.user(ada.id).await.unwrap().as_deref(),
        Some(&ada)
    );

    let both = place.read(move |db| db.users(&[ada.id, UserId(99)])).await;
    assert_eq!(both.into_keys().collect::<Vec<_>>(), [ada.id]);
    let names = vec![String::from("ada"), String::from("nobody")];
    let ids = place.read(move |db| db.ids_by_name(&names)).await;
    assert_eq!(
        ids.into_iter().collect::<Vec<_>>(),
        [(String::from("ada"), ada.id)]
    );
    for name in ["ADA", "ada@example.ORG", "@ada"] {
        let login = place.read(move |db| db.login(name)).await;
        assert_eq!(login, Some((ada.id, String::from("hash of Ada"))), "{name}");
    }
    place.write(move |tx| tx.set_password(ada.id, "new")).await;
    assert_eq!(place.read(|db| db.login("ada")).await.unwrap().1, "new");
}

#[tokio::test]
async fn names_and_addresses_are_unique_in_any_case() {
    let place = Place::new().await;
    place.user("ada").await;
    let again = place.store.write(|tx| tx.create_user(&named("ADA"))).await;
    let crate::store::Failure::Refused(refused) = again.unwrap_err() else {
        panic!("a rule says no");
    };
    assert_eq!(refused, Refusal::Invalid.at("username"));
    let mut bob = named("bob");
    bob.email = Some(String::from("ADA@example.org"));
    let again = place.store.write(move |tx| tx.create_user(&bob)).await;
    let crate::store::Failure::Refused(refused) = again.unwrap_err() else {
        panic!("a rule says no");
    };
    assert_eq!(refused, Refusal::Invalid.at("email"));
}

#[tokio::test]
async fn a_client_proves_itself_by_its_secret() {
    let place = Place::new().await;
    let id = ClientId::from(CLIENT);
    let client = place.read(move |db| db.client(&id)).await.unwrap();
    assert_eq!(client.redirect_uris, ["https://demo.example/back"]);
    let matches = async |id: &'static str, secret: &'static str| {
        place
            .read(move |db| db.client_secret_matches(&ClientId::from(id), secret))
            .await
    };
    assert!(matches(CLIENT, "secret").await);
    assert!(!matches(CLIENT, "Secret").await);
    assert!(!matches("nobody", "secret").await);

    let page = |name: &str| NewClient {
        id: ClientId::from("page"),
        secret: Some(String::from("ignored")),
        name: name.to_owned(),
        url: String::from("https://page.example"),
        redirect_uris: Vec::new(),
        owner: None,
        is_public: true,
        is_private: false,
        description: None,
    };
    let (first, second) = (page("one"), page("two"));
    place.write(move |tx| tx.create_client(&first)).await;
    assert!(!matches("page", "ignored").await);
    let brief = place.write(move |tx| tx.create_client(&second)).await.brief;
    assert_eq!(brief.name, "two");
    let taken = place.store.write(|tx| {
        tx.create_client(&NewClient {
            id: ClientId::from("page"),
            secret: None,
            name: String::new(),
            url: String::new(),
            redirect_uris: Vec::new(),
            owner: None,
            is_public: false,
            is_private: false,
            description: None,
        })
    });
    assert_eq!(taken.await.unwrap_err().refusal(), Some(Refusal::Invalid));
    let count = place.read(|db| Ok(db.all_clients()?.len())).await;
    assert_eq!(count, 2);
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "one story, told in order")]
async fn tokens_come_and_go_and_the_last_one_of_an_app_is_known() {
    let place = Place::new().await;
    let ada = place.user("ada").await;
    let id = ClientId::from(CLIENT);
    let first = token(&place, "one", Some(ada.id)).await;
    let second = token(&place, "two", Some(ada.id)).await;
    token(&place, "app", None).await;
    let held = place.store.token("one").await.unwrap().unwrap();
    assert_eq!((held.id, held.user), (first, Some(ada.id)));
    assert_eq!(held.scopes.joined(), "basic,messages:io.pnut.core.chat");
    assert_eq!(held.client.name, "Demo");
    assert!(
        place
            .store
            .token("app")
            .await
            .unwrap()
            .unwrap()
            .user
            .is_none()
    );
    assert!(place.store.token("other").await.unwrap().is_none());
    let by_hash = place
        .read(|db| db.token_by_hash(&secret::hash_token("two")))
        .await;
    assert_eq!(by_hash.unwrap().id, second);

    let (a, b, c) = (id.clone(), id.clone(), id);
    let authorizations = place.read(move |db| db.authorizations(&a)).await;
    assert_eq!(
        authorizations
            .iter()
            .map(|(user, _)| *user)
            .collect::<Vec<_>>(),
        [ada.id; 2]
    );
    assert_eq!(place.read(move |db| db.users_of_client(&b)).await, [ada.id]);
    assert_eq!(place.read(move |db| db.tokens_of_client(&c)).await.len(), 2);
    assert_eq!(place.read(move |db| db.tokens_of(ada.id)).await.len(), 2);

    let delete = move |tx: &mut Tx<'_>| {
        let (token, was_last) = tx.delete_token(first)?.unwrap();
        tx.announce(Payload::TokenRevoked {
            token: token.clone(),
            user: None,
            was_last,
        });
        Ok((token, was_last))
    };
    let gone = place.write(delete).await;
    assert_eq!((gone.0.id, gone.1), (first, false));
    assert!(
        place.store.token("one").await.unwrap().is_none(),
        "not even cached"
    );
    let gone = place
        .write(move |tx| tx.delete_token(second))
        .await
        .unwrap();
    assert!(gone.1, "the last one");
    assert!(
        place
            .write(move |tx| tx.delete_token(second))
            .await
            .is_none()
    );
    let third = token(&place, "three", Some(ada.id)).await;
    assert!(third > second, "numbers are not given out again");
}

#[tokio::test]
async fn what_another_process_committed_can_be_forgotten() {
    let place = Place::new().await;
    let user = place.user("ada").await;
    let id = token(&place, "one", Some(user.id)).await;
    let held = place.store.token("one").await.unwrap().unwrap();
    let other = place.another();
    other.write(move |tx| tx.delete_token(id)).await.unwrap();
    assert!(place.store.token("one").await.unwrap().is_some(), "cached");
    place.store.invalidate(&Event {
        pos: None,
        at: Stamp(1),
        payload: Payload::TokenRevoked {
            token: (*held).clone(),
            user: Some(std::sync::Arc::new(ada())),
            was_last: true,
        },
        timestamps: crate::event::Timestamps::default(),
        row_bytes: 0,
    });
    assert!(place.store.token("one").await.unwrap().is_none());
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "one story, told in order")]
async fn relations_are_directed_counted_and_listed() {
    let place = Place::new().await;
    let (ada, bob, eve) = (
        place.user("ada").await.id,
        place.user("bob").await.id,
        place.user("eve").await.id,
    );
    let relate = async |a, b, relation| place.write(move |tx| tx.relate(a, b, relation)).await;
    assert!(relate(ada, bob, Relation::Follow).await);
    assert!(!relate(ada, bob, Relation::Follow).await, "already");
    assert!(relate(eve, bob, Relation::Follow).await);
    assert!(relate(bob, ada, Relation::Mute).await);
    assert!(relate(eve, ada, Relation::Block).await);

    let counts = async |id| place.read(move |db| db.user(id)).await.unwrap().counts;
    assert_eq!(
        (counts(ada).await.following, counts(bob).await.followers),
        (1, 2)
    );
    assert_eq!(place.read(move |db| db.follows(ada, 10)).await, [bob]);
    let relationships = place
        .read(move |db| db.relationships(ada, &[bob, eve]))
        .await;
    assert_eq!(
        relationships[&bob],
        Relationship {
            you_follow: true,
            ..Relationship::default()
        },
        "ada is not told that bob muted her"
    );
    assert_eq!(
        relationships[&eve],
        Relationship {
            blocks_you: true,
            ..Relationship::default()
        }
    );
    let hidden = place.read(move |db| db.mutes_and_blocks(ada)).await;
    assert_eq!((hidden.muted_by, hidden.blocked), (vec![bob], vec![eve]));
    let authors = async |viewer| {
        let all = [ada, bob, eve].into_iter();
        let hidden = place.read(move |db| db.hidden_among(ListedFor::viewer(viewer), all));
        Vec::from_iter(hidden.await)
    };
    assert_eq!(authors(bob).await, [ada]);
    assert_eq!(authors(ada).await, [eve]);

    let page = async |request: PageRequest| {
        place
            .read(move |db| {
                db.relation_page(bob, Relation::Follow, true, FollowOrder::Time, &request)
            })
            .await
    };
    let all = page(PageRequest::default()).await;
    let users: Vec<UserId> = all.items.iter().map(|(_, user)| *user).collect();
    assert_eq!(users, [eve, ada], "latest first");
    let first = page(PageRequest {
        count: 1,
        ..PageRequest::default()
    })
    .await;
    assert!(first.more && first.items[0].1 == eve);
    let oldest = PageRequest {
        count: 1,
        oldest: true,
        ..PageRequest::default()
    };
    assert_eq!(page(oldest).await.items[0].1, ada);

    assert!(
        place
            .write(move |tx| tx.unrelate(ada, bob, Relation::Follow))
            .await
    );
    assert!(
        !place
            .write(move |tx| tx.unrelate(ada, bob, Relation::Follow))
            .await
    );
    assert_eq!(
        (counts(ada).await.following, counts(bob).await.followers),
        (0, 1)
    );
}

#[tokio::test]
async fn app_streams_are_kept_by_key() {
    let place = Place::new().await;
    let client = ClientId::from(CLIENT);
    let stream = |key: &str, object_types: &[ObjectType]| AppStream {
        client: ClientId::from(CLIENT),
        key: key.into(),
        object_types: object_types.to_vec(),
        filter: None,
        hook: None,
    };
    let (rooms, all) = (
        stream("rooms", &[ObjectType::Message, ObjectType::Channel]),
        stream("all", ObjectType::ALL),
    );
    let (a, b, again) = (rooms.clone(), all.clone(), rooms.clone());
    place.write(move |tx| tx.create_app_stream(&a)).await;
    place.write(move |tx| tx.create_app_stream(&b)).await;
    let taken = place
        .store
        .write(move |tx| tx.create_app_stream(&again))
        .await;
    assert_eq!(taken.unwrap_err().refusal(), Some(Refusal::StreamKeyTaken));
    let id = client.clone();
    assert_eq!(
        place.read(move |db| db.app_streams(&id)).await,
        [rooms.clone(), all]
    );

    let fewer = stream("rooms", &[ObjectType::Message]);
    let (save, id) = (fewer.clone(), client.clone());
    place.write(move |tx| tx.save_app_stream(&save)).await;
    let read = place
        .read(move |db| db.app_stream(&id, &"rooms".into()))
        .await;
    assert_eq!(read, Some(fewer.clone()));
    let id = client.clone();
    let gone = place
        .write(move |tx| tx.delete_app_stream(&id, &"rooms".into()))
        .await;
    assert_eq!(gone, fewer);
    let missing = place
        .store
        .write(move |tx| tx.save_app_stream(&fewer))
        .await;
    assert_eq!(
        missing.unwrap_err().refusal(),
        Some(Refusal::StreamNotFound)
    );
    let id = client.clone();
    assert_eq!(
        place
            .write(move |tx| tx.delete_app_streams(&id))
            .await
            .len(),
        1
    );
    assert!(
        place
            .read(move |db| db.app_streams(&client))
            .await
            .is_empty()
    );
}
