//! How many subscriptions a session may keep, and how many that ended it remembers.

use super::nodes::subscription;
use super::{CLIENT, Place};
use crate::model::{ConnectionId, Failure, Refusal, Scopes, TokenId, UserId};
use crate::store::{KeptSubscription, NewToken};

const MOST: usize = 4;

/// A session of a user, and its tokens.
struct Made {
    place: Place,
    user: UserId,
    session: ConnectionId,
}

impl Made {
    async fn new() -> Self {
        let place = Place::new().await;
        let user = place.user("ada").await.id;
        let session = ConnectionId::from("session");
        let id = session.clone();
        place
            .write(move |tx| tx.open_stream_session(&id, user, 16, None))
            .await;
        Self {
            place,
            user,
            session,
        }
    }

    async fn token(&self, secret: &'static str) -> TokenId {
        let user = self.user;
        let made = self.place.write(move |tx| {
            tx.create_token(&NewToken {
                secret,
                client: CLIENT.into(),
                user: Some(user),
                scopes: Scopes::parse("messages").unwrap(),
            })
        });
        made.await.id
    }

    async fn keeps(&self, name: &str, token: TokenId) -> Result<(), Failure> {
        let new = KeptSubscription {
            token,
            ..subscription(name, self.user)
        };
        let session = self.session.clone();
        let kept = self
            .place
            .store
            .write(move |tx| tx.keep_subscription(&session, &new, None, MOST));
        kept.await
    }

    async fn ends(&self, name: &str) {
        let (session, id) = (self.session.clone(), name.to_owned().into());
        self.place
            .write(move |tx| tx.end_kept_subscriptions(&session, &[(id, Refusal::NoAccess)]))
            .await;
    }

    /// Those that may go on, and those that ended.
    async fn known(&self) -> [Vec<String>; 2] {
        let (session, user) = (self.session.clone(), self.user);
        let read = self.place.read(move |db| db.stream_session(&session, user));
        let (live, over): (Vec<_>, Vec<_>) = read
            .await
            .unwrap()
            .into_iter()
            .partition(|kept| kept.ended.is_none());
        [live, over].map(|kept| kept.iter().map(|kept| kept.id.to_string()).collect())
    }
}

#[tokio::test]
async fn one_subscription_more_than_a_connection_may_have_is_not_kept() {
    let made = Made::new().await;
    let token = made.token("one").await;
    for name in ["a", "b", "c", "d"] {
        made.keeps(name, token).await.unwrap();
    }
    let refused = made.keeps("e", token).await.unwrap_err();
    let refused = refused.refusal();
    assert_eq!(refused, Some(Refusal::SubscriptionLimit));
    // One that is made anew takes the place of its own.
    made.keeps("a", token).await.unwrap();
    assert_eq!(made.known().await[0], ["b", "c", "d", "a"]);
    made.ends("c").await;
    made.keeps("e", token).await.unwrap();
    assert_eq!(made.known().await, [vec!["b", "d", "a", "e"], vec!["c"]]);
}

#[tokio::test]
async fn of_the_subscriptions_that_ended_the_newest_are_remembered() {
    let made = Made::new().await;
    let token = made.token("one").await;
    for number in 0..3 * MOST {
        let name = number.to_string();
        made.keeps(&name, token).await.unwrap();
        made.ends(&name).await;
    }
    made.keeps("last", token).await.unwrap();
    let [live, over] = made.known().await;
    assert_eq!(live, ["last"]);
    assert_eq!(over, ["8", "9", "10", "11"]);
}

#[tokio::test]
async fn subscriptions_whose_token_ended_leave_their_places() {
    let made = Made::new().await;
    let (old, new) = (made.token("one").await, made.token("two").await);
    for name in ["a", "b", "c"] {
        made.keeps(name, old).await.unwrap();
    }
    made.keeps("d", new).await.unwrap();
    made.place.write(move |tx| tx.delete_token(old)).await;
    made.keeps("e", new).await.unwrap();
    assert_eq!(made.known().await, [vec!["d", "e"], vec!["a", "b", "c"]]);
}
