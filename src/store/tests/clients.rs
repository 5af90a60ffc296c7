//! Apps and their owners; when tokens were used.

use std::time::Duration;

use super::{CLIENT, Place};
use crate::event::Payload;
use crate::model::{Client, ClientId, Refusal, Scopes, TokenId, UserId};
use crate::store::{NewClient, NewToken, TokenFilter, Tx};

fn new(id: &str, owner: UserId, is_private: bool) -> NewClient {
    NewClient {
        id: ClientId::from(id),
        secret: Some(String::from("secret")),
        name: format!("App {id}"),
        url: String::from("about:blank"),
        redirect_uris: Vec::new(),
        owner: Some(owner),
        is_public: false,
        is_private,
        description: None,
    }
}

async fn owned(place: &Place, id: &str, owner: UserId, is_private: bool) -> Client {
    let new = new(id, owner, is_private);
    let create = move |tx: &mut Tx<'_>| {
        let client = tx.create_client(&new)?;
        announce(tx, &client);
        Ok(client)
    };
    place.write(create).await
}

fn announce(tx: &mut Tx<'_>, client: &Client) {
    tx.announce(Payload::ClientChanged {
        client: client.brief.clone(),
        owner: client.owner,
    });
}

#[tokio::test]
async fn an_owner_has_the_apps_counted_that_others_see() {
    let place = Place::new().await;
    let ada = place.user("ada").await.id;
    // Through the cache, which the events keep fresh.
    let count = async || place.store.user(ada).await.unwrap().unwrap().counts.clients;
    assert_eq!(count().await, 0);
    let mut open = owned(&place, "open", ada, false).await;
    owned(&place, "hidden", ada, true).await;
    assert_eq!(count().await, 1);
    let names = async || {
        let briefs = place.read(move |db| db.public_clients_of(ada)).await;
        briefs
            .into_iter()
            .map(|brief| brief.id.to_string())
            .collect::<Vec<_>>()
    };
    assert_eq!(names().await, ["open"]);
    assert_eq!(
        place.read(move |db| db.clients_owned_by(ada)).await.len(),
        2
    );

    let save = async |client: &Client| {
        let client = client.clone();
        let job = move |tx: &mut Tx<'_>| {
            tx.save_client(&client)?;
            announce(tx, &client);
            Ok(())
        };
        place.write(job).await;
    };
    open.is_private = true;
    save(&open).await;
    assert_eq!((count().await, names().await), (0, Vec::new()));
    open.is_private = false;
    open.brief.name = String::from("Renamed");
    save(&open).await;
    save(&open).await;
    assert_eq!((count().await, names().await.len()), (1, 1));
    let delete = move |tx: &mut Tx<'_>| {
        tx.delete_client(&open.brief.id)?;
        announce(tx, &open);
        Ok(())
    };
    place.write(delete).await;
    assert_eq!((count().await, names().await), (0, Vec::new()));
}

#[tokio::test]
async fn of_a_private_app_only_its_owner_gets_a_token() {
    let place = Place::new().await;
    let (ada, bob) = (place.user("ada").await.id, place.user("bob").await.id);
    owned(&place, "hidden", ada, true).await;
    let token = async |secret: &'static str, user: Option<UserId>| {
        let create = move |tx: &mut Tx<'_>| {
            tx.create_token(&NewToken {
                secret,
                client: "hidden".into(),
                user,
                scopes: Scopes::default(),
            })
        };
        place.store.write(create).await
    };
    assert!(token("one", Some(ada)).await.is_ok());
    assert!(token("two", None).await.is_ok(), "the app itself");
    let refused = token("three", Some(bob)).await.unwrap_err();
    assert_eq!(refused.refusal(), Some(Refusal::ClientPrivate));
}

#[tokio::test]
async fn an_address_is_replaced_removed_and_unique() {
    let place = Place::new().await;
    let (ada, bob) = (place.user("ada").await.id, place.user("bob").await.id);
    let set = async |user, email: Option<&'static str>| {
        place.store.write(move |tx| tx.set_email(user, email)).await
    };
    set(ada, Some("New@x.example")).await.unwrap();
    let refused = set(bob, Some("new@X.example")).await.unwrap_err();
    assert_eq!(refused.refusal(), Some(Refusal::Invalid));
    set(bob, None).await.unwrap();
    let kept = place.read(move |db| db.emails(&[ada, bob])).await;
    assert_eq!(kept.len(), 1);
    assert_eq!(kept[&ada], "New@x.example");
    let missing = set(UserId(99), None).await.unwrap_err();
    assert_eq!(missing.refusal(), Some(Refusal::UserNotFound));
}

#[tokio::test]
async fn the_last_use_of_a_token_is_kept() {
    let place = Place::new().await;
    let create = |tx: &mut Tx<'_>| {
        tx.create_token(&NewToken {
            secret: "one",
            client: CLIENT.into(),
            user: None,
            scopes: Scopes::default(),
        })
    };
    place.write(create).await;
    // The note of a use is before it in the lane.
    let used = async || {
        place.write(|_| Ok(())).await;
        let all = TokenFilter::default();
        let tokens = place.read(move |db| db.roster_tokens(&all, TokenId(0), 9));
        tokens.await[0].used_at.unwrap()
    };
    let first = used().await;
    assert!(place.store.token("one").await.unwrap().is_some());
    assert_eq!(used().await, first, "within the hour nothing is written");
    place.clock.advance(Duration::from_secs(3601));
    assert!(place.store.token("one").await.unwrap().is_some());
    let second = used().await;
    assert!(second.minus(Duration::from_secs(3600)) > first);
    assert!(place.store.token("one").await.unwrap().is_some());
    assert_eq!(used().await, second);
}
