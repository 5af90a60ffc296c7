//! Writes of calls: once for a key, and not for a token that has ended.

use std::sync::Arc;
use std::time::Duration;

use super::lane::hold;
use super::{CLIENT, Place, post_to, said};
use crate::model::{Channel, ClientId, Failure, Message, Refusal, Scopes, Token, User, UserId};
use crate::store::{Call, CallKey, Db, NewToken, Outcome, Pending, Store, Tx, call_keys};

/// Rows that a caller of these tests may have.
const MOST: i64 = 4;

struct Story {
    place: Place,
    /// What another process has.
    other: Store,
    ada: User,
    room: Channel,
    token: Token,
}

impl Story {
    async fn new() -> Self {
        let place = Place::new().await;
        let ada = place.user("ada").await;
        let room = place.room(ada.id).await;
        let token = token(&place, "one", ada.id).await;
        Self {
            other: place.another(),
            place,
            ada,
            room,
            token,
        }
    }

    fn call(&self, key: &str, sum: &str) -> Arc<Call> {
        call(&self.token, key, sum)
    }

    /// Says something in a call, once for its key.
    async fn says(&self, store: &Store, call: Arc<Call>, text: &str) -> Result<Message, Failure> {
        let (room, new) = (self.room.id, said(self.ada.id, text));
        let write = store.carry_out(move |tx| tx.insert_message(room, new));
        call.around(write).await
    }

    /// The same as data.
    fn posts(&self, store: &Store, call: Arc<Call>) -> Pending<Message> {
        let post = || post_to(store, &self.room, &self.ada, "as data");
        Call::within(Some(call), post)
    }

    async fn messages(&self) -> i64 {
        let id = self.room.id;
        let room = self.place.read(move |db| db.channel(id)).await;
        room.unwrap().messages
    }
}

fn call(token: &Token, key: &str, sum: &str) -> Arc<Call> {
    let key = CallKey::new(token, key.to_owned(), sum.to_owned(), MOST);
    Call::new(Some(token.id), Some(key))
}

async fn token(place: &Place, secret: &'static str, user: UserId) -> Token {
    let new = move |tx: &mut Tx<'_>| {
        tx.create_token(&NewToken {
            secret,
            client: ClientId::from(CLIENT),
            user: Some(user),
            scopes: Scopes::parse("messages").unwrap(),
        })
    };
    place.write(new).await
}

fn refusal<T>(outcome: Result<T, Failure>) -> Option<Refusal> {
    outcome.err().and_then(|failure| failure.refusal())
}

#[tokio::test]
async fn a_call_with_a_key_is_carried_out_once_in_whichever_process() {
    let story = Story::new().await;
    let (here, there) = (&story.place.store, &story.other);
    let first = story
        .says(here, story.call("k", "a"), "once")
        .await
        .unwrap();
    for store in [there, here] {
        let again = story.call("k", "a");
        let said = story.says(store, again.clone(), "once").await.unwrap();
        assert_eq!(said.id, first.id);
        assert!(again.was_repeated());
    }
    let both = tokio::join!(
        story.says(here, story.call("l", "a"), "twice"),
        story.says(there, story.call("l", "a"), "twice"),
    );
    assert_eq!(both.0.unwrap().id, both.1.unwrap().id);
    assert_eq!(story.messages().await, 2);
}

#[tokio::test]
async fn a_key_belongs_to_one_call_of_one_user_with_one_app() {
    let story = Story::new().await;
    let store = &story.place.store;
    let first = story
        .says(store, story.call("k", "a"), "one")
        .await
        .unwrap();
    let other = story.says(store, story.call("k", "b"), "two").await;
    assert_eq!(refusal(other), Some(Refusal::KeyReused));
    let mut of_app = story.token.clone();
    of_app.client.id = ClientId::from("another");
    let second = story.says(store, call(&of_app, "k", "b"), "two").await;
    assert!(second.unwrap().id > first.id);
}

#[tokio::test]
async fn a_call_that_failed_leaves_its_key_unused() {
    let story = Story::new().await;
    let refused = story.place.store.carry_out(|tx| {
        tx.now();
        Err::<(), _>(Refusal::NoAccess.into())
    });
    let call = story.call("k", "a");
    let outcome = call.clone().around(refused).await;
    assert_eq!(refusal(outcome), Some(Refusal::NoAccess));
    assert!(!call.has_written());
    let call = story.call("k", "b");
    story.says(&story.other, call.clone(), "now").await.unwrap();
    assert!(!call.was_repeated() && call.has_written());
}

#[tokio::test]
async fn a_call_of_two_writes_goes_on_where_it_ended() {
    let story = Story::new().await;
    let store = &story.place.store;
    let first = story
        .says(store, story.call("k", "a"), "first")
        .await
        .unwrap();
    let (room, ada) = (story.room.id, story.ada.id);
    let whole = async {
        let again = story
            .place
            .store
            .carry_out(move |tx| tx.insert_message(room, said(ada, "first")));
        let again = again.await.unwrap();
        let rest = story
            .place
            .store
            .carry_out(move |tx| tx.insert_message(room, said(ada, "rest")));
        (again, rest.await.unwrap())
    };
    let (again, rest) = story.call("k", "a").around(whole).await;
    assert_eq!((again.id, story.messages().await), (first.id, 2));
    assert!(rest.id > first.id);
}

#[tokio::test]
async fn keys_are_bounded_and_old_ones_make_room() {
    let story = Story::new().await;
    let store = &story.place.store;
    for key in ["a", "b", "c", "d"] {
        let call = story.call(key, "a");
        story.says(store, call, key).await.unwrap();
        story.place.clock.advance(Duration::from_secs(60));
    }
    let fifth = story.says(store, story.call("e", "a"), "e").await;
    assert_eq!(refusal(fifth), Some(Refusal::TooManyKeys));
    // Those that are known are answered.
    story.says(store, story.call("a", "a"), "a").await.unwrap();
    let before = story.place.store.now().minus(Duration::from_secs(150));
    let has_more = story
        .place
        .write(move |tx| call_keys::forget_some(tx, before))
        .await;
    assert!(!has_more);
    story.says(store, story.call("e", "a"), "e").await.unwrap();
    // One that is forgotten is a new call.
    let forgotten = story.call("a", "a");
    story.says(store, forgotten.clone(), "a").await.unwrap();
    assert!(!forgotten.was_repeated());
    let known = story.call("d", "a");
    story.says(store, known.clone(), "d").await.unwrap();
    assert!(known.was_repeated());
}

/// Named by more than is kept.
struct Long;

impl Outcome for Long {
    type Name = String;

    fn name(&self) -> String {
        "x".repeat(20_000)
    }

    fn named(_: &mut Db<'_>, _: String) -> Result<Self, Failure> {
        Ok(Self)
    }
}

#[tokio::test]
async fn an_outcome_whose_name_is_too_long_is_carried_out_once_and_not_shown_again() {
    let story = Story::new().await;
    let store = &story.place.store;
    let write = || story.call("k", "a").around(store.carry_out(|_| Ok(Long)));
    assert!(write().await.is_ok());
    assert_eq!(refusal(write().await), Some(Refusal::AnswerNotKept));
}

#[tokio::test]
async fn a_token_that_another_process_ended_writes_nothing_and_reads_no_outcome() {
    let story = Story::new().await;
    let (here, there) = (&story.place.store, &story.other);
    let plain = || Call::new(Some(story.token.id), None);
    story.posts(here, plain()).wait().await.unwrap();
    story.says(here, story.call("k", "a"), "one").await.unwrap();
    let id = story.token.id;
    there.write(move |tx| tx.delete_token(id)).await.unwrap();
    let refused = Some(Refusal::TokenInvalid);
    assert_eq!(refusal(story.posts(here, plain()).wait().await), refused);
    assert_eq!(refusal(story.says(here, plain(), "two").await), refused);
    let again = story.says(here, story.call("k", "a"), "one").await;
    assert_eq!(refusal(again), refused);
    assert_eq!(story.messages().await, 2);
}

#[tokio::test]
async fn a_write_behind_the_end_of_its_token_is_refused_in_the_same_commit() {
    let story = Story::new().await;
    let store = &story.place.store;
    let plain = || Call::new(Some(story.token.id), None);
    story.posts(store, plain()).wait().await.unwrap();
    let (release, held) = hold(&story.place).await;
    let id = story.token.id;
    let before = story.posts(store, plain());
    let end = store.submit(move |tx| tx.delete_token(id)).unwrap();
    let after = story.posts(store, plain());
    drop(release);
    held.await.unwrap().unwrap();
    assert!(before.wait().await.is_ok());
    assert!(end.wait().await.is_ok());
    assert_eq!(refusal(after.wait().await), Some(Refusal::TokenInvalid));
}

#[tokio::test]
async fn a_disabled_account_and_a_deleted_app_write_nothing() {
    let story = Story::new().await;
    let (here, there) = (&story.place.store, &story.other);
    let plain = || Call::new(Some(story.token.id), None);
    story.posts(here, plain()).wait().await.unwrap();
    let ada = story.ada.id;
    there
        .write(move |tx| tx.set_disabled(ada, true))
        .await
        .unwrap();
    let refused = Some(Refusal::TokenInvalid);
    assert_eq!(refusal(story.posts(here, plain()).wait().await), refused);
    there
        .write(move |tx| tx.set_disabled(ada, false))
        .await
        .unwrap();
    story.posts(here, plain()).wait().await.unwrap();
    there
        .write(move |tx| tx.delete_client(&ClientId::from(CLIENT)))
        .await
        .unwrap();
    assert_eq!(refusal(story.posts(here, plain()).wait().await), refused);
}

#[tokio::test]
async fn a_call_has_written_once_a_write_of_it_is_committed() {
    let story = Story::new().await;
    let store = &story.place.store;
    for token in [Some(story.token.id), None] {
        let call = Call::new(token, None);
        // The server's own, on the way of the call.
        let own = call.clone().around(store.write(|_| Ok(())));
        own.await.unwrap();
        let refused: Result<(), Failure> = call
            .clone()
            .around(store.carry_out(|_| Err(Refusal::NoAccess.into())))
            .await;
        assert_eq!(refusal(refused), Some(Refusal::NoAccess));
        assert!(!call.has_written(), "{token:?}");
        let done = story.says(store, call.clone(), "done").await;
        assert!(done.is_ok() && call.has_written(), "{token:?}");
    }
    let again = story.call("k", "a");
    story.says(store, again.clone(), "once").await.unwrap();
    assert!(again.has_written());
    let third = story.call("k", "a");
    story.says(store, third.clone(), "once").await.unwrap();
    assert!(third.has_written(), "the first one did");
}
