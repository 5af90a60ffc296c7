//! What REST calls ask of websockets.

use std::sync::Arc;

use super::Engine;
use crate::actors::by::UserPrincipal;
use crate::actors::channel::mail::MayListen;
use crate::actors::connection::{Answer, ConnectionMail};
use crate::actors::shard::mail::CloseStreams;
use crate::model::{ClientId, ConnectionId, Refusal, StreamKey, SubscriptionId, Token, UserId};
use crate::protocol::filter::Filter;
use crate::protocol::goodbye::Goodbye;
use crate::protocol::topic::Topic;
use crate::store::Failure;
use crate::store::secret::random_id;

/// A subscription that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubscriptionHandle {
    /// Of which connection.
    pub connection_id: ConnectionId,
    /// `meta.subscription_id`
    pub subscription_id: SubscriptionId,
    user: UserId,
}

/// Takes a subscription back when it is dropped with it.
struct SubscriptionGuard<'e> {
    engine: &'e Engine,
    handle: Option<SubscriptionHandle>,
}

impl Drop for SubscriptionGuard<'_> {
    fn drop(&mut self) {
        if let Some(handle) = self.handle.take() {
            self.engine.cancel_subscription(&handle);
        }
    }
}

impl Engine {
    /// Makes a connection follow a topic. Call it before the page is read: an event that lands in between is
    /// then sent twice rather than never. `None`: there is no such connection, or it is somebody else's.
    ///
    /// # Errors
    /// Access, or [`Refusal::SubscriptionLimit`].
    pub async fn subscribe(
        &self,
        connection: &str,
        token: &Arc<Token>,
        topic: Topic,
        filter: Filter,
        wanted: Option<SubscriptionId>,
    ) -> Result<Option<SubscriptionHandle>, Failure> {
        let principal = UserPrincipal::of(token)?;
        if wanted.as_ref().is_some_and(|id| !is_subscription_id(id)) {
            return Err(Refusal::Invalid.at("subscription_id").into());
        }
        let connection_id = ConnectionId::from(connection);
        let Some(recipient) = self.shared.directory.connection(&connection_id) else {
            return Ok(None);
        };
        if let Some(channel) = topic.channel() {
            self.ask_channel(channel, || MayListen(principal.clone()))
                .await??;
        }
        let follows = match topic {
            Topic::Presence | Topic::ChannelPresence(_) => {
                let user = principal.user;
                Some(
                    self.store()
                        .read(move |db| db.follows(user))
                        .await?
                        .into_iter()
                        .collect(),
                )
            }
            Topic::ChannelMessages(_)
            | Topic::ChannelSubscribers(_)
            | Topic::Inbox(_)
            | Topic::Token(_) => None,
        };
        let id = wanted.unwrap_or_else(|| SubscriptionId::from(random_id()));
        let mail = |permit| ConnectionMail::Subscribe {
            token: token.clone(),
            user: principal.user,
            topic,
            filter: filter.clone(),
            id: id.clone(),
            followed_users: follows.clone(),
            permit,
        };
        // Taken back unless it is handed out: a call that is dropped half way leaves nothing behind.
        let mut guard = SubscriptionGuard {
            engine: self,
            handle: Some(SubscriptionHandle {
                connection_id,
                subscription_id: id.clone(),
                user: principal.user,
            }),
        };
        let mut answer = recipient.send(mail(None)).await;
        let claims = matches!(answer, Ok(Ok(Answer::Unclaimed)));
        if claims {
            let permit = self
                .shared
                .user_permits
                .take(principal.user)
                .ok_or(Refusal::TooManyConnections)?;
            answer = recipient.send(mail(Some(permit))).await;
        }
        match answer {
            Ok(Ok(Answer::Done)) => {}
            Ok(Err(failure)) => return Err(failure),
            // It closed meanwhile, or was never ours.
            Ok(Ok(Answer::NotYours | Answer::Unclaimed)) | Err(_) => return Ok(None),
        }
        if claims && !matches!(self.is_live(token).await, Ok(true)) {
            // Its revocation passed before the connection was this user's, so it was not closed by it.
            let close = ConnectionMail::Close(principal.user, Goodbye::TokenRevoked);
            drop(recipient.send(close).await);
            return Err(Refusal::TokenInvalid.into());
        }
        if let Some(channel) = topic.channel() {
            // Access may have been lost between the question and the subscription, and the event of it may
            // have passed: ask again now that the next one will find the subscription.
            self.ask_channel(channel, || MayListen(principal.clone()))
                .await??;
        }
        if let Topic::Inbox(user) = topic {
            let read = self.store().read(move |db| db.subscribed_channels(user));
            let fill = ConnectionMail::FillInbox(read.await?);
            // A connection that closed meanwhile has no inbox.
            drop(recipient.send(fill).await);
        }
        Ok(guard.handle.take())
    }

    /// Whether a token still stands in the table.
    async fn is_live(&self, token: &Arc<Token>) -> Result<bool, Failure> {
        let (id, user) = (token.id, token.user);
        let tokens = self
            .store()
            .read(move |db| user.map(|user| db.tokens_of(user)).transpose());
        Ok(tokens
            .await?
            .is_some_and(|tokens| tokens.iter().any(|known| known.id == id)))
    }

    /// Takes a subscription back whose page could not be served. Waits for nothing, so that it can be done
    /// when a request is dropped half way.
    pub fn cancel_subscription(&self, handle: &SubscriptionHandle) {
        let Some(recipient) = self.shared.directory.connection(&handle.connection_id) else {
            return;
        };
        let mail = ConnectionMail::Unsubscribe(handle.user, handle.subscription_id.clone());
        actix_rt::spawn(async move {
            // A connection that is gone has no subscriptions.
            drop(recipient.send(mail).await);
        });
    }

    /// Ends one subscription.
    ///
    /// # Errors
    /// Unknown, or somebody else's.
    pub async fn unsubscribe(
        &self,
        principal: &UserPrincipal,
        connection: &str,
        subscription: &str,
    ) -> Result<(), Failure> {
        self.ask_connection(
            connection,
            ConnectionMail::Unsubscribe(principal.user, subscription.into()),
        )
        .await
    }

    /// Closes a user stream.
    ///
    /// # Errors
    /// Unknown, or somebody else's.
    pub async fn close_stream(
        &self,
        principal: &UserPrincipal,
        connection: &str,
    ) -> Result<(), Failure> {
        self.ask_connection(
            connection,
            ConnectionMail::Close(principal.user, Goodbye::Asked),
        )
        .await
    }

    async fn ask_connection(&self, connection: &str, mail: ConnectionMail) -> Result<(), Failure> {
        let known = self
            .shared
            .directory
            .connection(&ConnectionId::from(connection));
        let recipient = known.ok_or(Refusal::StreamNotFound)?;
        match recipient.send(mail).await {
            Ok(Ok(Answer::Done)) => Ok(()),
            Ok(Err(failure)) => Err(failure),
            Ok(Ok(Answer::NotYours | Answer::Unclaimed)) | Err(_) => {
                Err(Refusal::StreamNotFound.into())
            }
        }
    }

    /// Closes the open connections of deleted app streams.
    pub async fn app_streams_deleted(&self, client: &ClientId, keys: &[StreamKey]) {
        for shard in self.shared.shards.all() {
            let mail = CloseStreams {
                client: client.clone(),
                keys: keys.to_vec(),
            };
            if shard.send_past_bound(mail).await.is_err() {
                tracing::debug!("a shard went before its streams were closed");
            }
        }
    }
}

/// An id that a client chooses is written into frames as it stands.
fn is_subscription_id(id: &SubscriptionId) -> bool {
    let is_plain = |c: u8| c.is_ascii_alphanumeric() || c == b'_' || c == b'-';
    (1..=64).contains(&id.as_str().len()) && id.as_str().bytes().all(is_plain)
}
