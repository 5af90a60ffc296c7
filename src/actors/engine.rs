//! The face of the actors towards `http`: one method per thing that can be asked for.

use std::sync::Arc;

use super::by::By;
use super::channel::mail::{
    Attend, ChangeChannel, ChangeOwner, ChannelChange, Deactivate, DeleteMessage, MayListen,
    PostMessage, SetAttendance, SetChannelPresence, SetSticky,
};
use super::channel::{ChannelActor, write};
use super::connection::{Answer, ConnectionMail};
use super::presence::{PresenceBoard, SetPresence};
use super::send::Mailbox;
use super::shard::CountLinks;
use super::user::UserActor;
use super::user::mail::{
    ChangeProfile, GrantToken, ProfileChange, Relate, RevokeToken, SetUserPresence,
};
use super::{Shared, user};
use crate::config::Limits;
use crate::model::{
    Channel, ChannelId, ClientId, ConnectionId, Message, MessageId, NewChannel, NewMessage,
    Presence, Refusal, Relation, Scopes, StreamKey, SubscriptionId, Token, User, UserId,
};
use crate::protocol::filter::Filter;
use crate::protocol::goodbye::Goodbye;
use crate::protocol::site::Site;
use crate::protocol::topic::Topic;
use crate::store::secret::random_id;
use crate::store::{Failure, Store};
use crate::telemetry::Metrics;

/// A cheap handle on everything below.
#[derive(Clone)]
pub struct Engine {
    shared: Arc<Shared>,
}

/// A subscription that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Followed {
    /// Of which connection.
    pub connection_id: ConnectionId,
    /// `meta.subscription_id`
    pub subscription_id: SubscriptionId,
    user: UserId,
}

/// What lives in the process at the moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Numbers {
    /// Websockets.
    pub connections: usize,
    /// Followed endpoints over all of them.
    pub subscriptions: usize,
    /// Points at which some shard listens.
    pub listening_points: usize,
    /// Channel actors.
    pub channels: usize,
    /// User actors.
    pub users: usize,
    /// App streams.
    pub streams_in_use: usize,
}

impl Engine {
    /// A handle.
    pub fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
    }

    /// For the parts that run on worker threads.
    pub fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    /// Rows.
    pub fn store(&self) -> &Store {
        &self.shared.store
    }

    /// Lengths and sizes.
    pub fn limits(&self) -> &Limits {
        &self.shared.limits
    }

    /// Public addresses.
    pub fn site(&self) -> &Site {
        &self.shared.site
    }

    /// Who is there.
    pub fn presence(&self) -> &PresenceBoard {
        &self.shared.presence
    }

    /// Counters.
    pub fn metrics(&self) -> &Metrics {
        &self.shared.metrics
    }

    fn channel(&self, id: ChannelId) -> Mailbox<ChannelActor> {
        self.shared.directory.channel(id, &self.shared)
    }

    fn user(&self, id: UserId) -> Mailbox<UserActor> {
        self.shared.directory.user(id, &self.shared)
    }

    async fn person(&self, id: UserId) -> Result<Arc<User>, Failure> {
        Ok(self.store().user(id).await?.ok_or(Refusal::UserNotFound)?)
    }

    /// Asks a channel's actor. One that went to rest while the mail was under way is started again; the mail
    /// was not begun then, so asking twice is safe.
    async fn ask_channel<M>(
        &self,
        id: ChannelId,
        mail: impl Fn() -> M,
    ) -> Result<M::Result, Failure>
    where
        M: actix::Message + Send + 'static,
        M::Result: Send,
        ChannelActor: actix::Handler<M>,
    {
        match self.channel(id).ask(mail()).await {
            Err(Failure::Stopping) => self.channel(id).ask(mail()).await,
            answer => answer,
        }
    }

    /// Writes a message.
    ///
    /// # Errors
    /// Scope, ACL, a deactivated channel, `reply_to` elsewhere, a block; or [`Failure::Busy`].
    pub async fn post_message(
        &self,
        by: &By,
        channel: ChannelId,
        new: NewMessage,
    ) -> Result<Message, Failure> {
        let author = self.person(by.user).await?;
        let mail = || PostMessage {
            by: by.clone(),
            author: author.clone(),
            new: new.clone(),
        };
        self.ask_channel(channel, mail).await??.wait().await
    }

    /// Deletes a message.
    ///
    /// # Errors
    /// No such message, or not theirs to delete.
    pub async fn delete_message(
        &self,
        by: &By,
        channel: ChannelId,
        id: MessageId,
    ) -> Result<Message, Failure> {
        let mail = || DeleteMessage { by: by.clone(), id };
        self.ask_channel(channel, mail).await??.wait().await
    }

    /// Makes a message sticky, or no longer so.
    ///
    /// # Errors
    /// Access, no such message, a deleted message.
    pub async fn set_sticky(
        &self,
        by: &By,
        channel: ChannelId,
        id: MessageId,
        sticky: bool,
    ) -> Result<Message, Failure> {
        let mail = || SetSticky {
            by: by.clone(),
            id,
            sticky,
        };
        self.ask_channel(channel, mail).await??.wait().await
    }

    /// Creates a channel. `new` is checked and normalized.
    ///
    /// # Errors
    /// The database is in trouble, or busy.
    pub async fn create_channel(
        &self,
        by: &By,
        new: NewChannel,
        auto_subscribe: bool,
    ) -> Result<Arc<Channel>, Failure> {
        let (user, auto) = (by.user, auto_subscribe || self.shared.subscribe_listed);
        self.store()
            .write(move |tx| write::create(tx, new, user, auto))
            .await
    }

    /// Finds the private channel of exactly these people and the caller, or makes it.
    ///
    /// # Errors
    /// Nobody else, too many, or a block between the caller and one of them.
    pub async fn open_pm(&self, by: &By, others: Vec<UserId>) -> Result<ChannelId, Failure> {
        let mut people: std::collections::HashSet<UserId> = others.into_iter().collect();
        people.remove(&by.user);
        if people.is_empty() {
            return Err(Refusal::OnlyYourself.at("destinations").into());
        }
        people.insert(by.user);
        if people.len() > self.limits().channel_members {
            return Err(Refusal::TooManyMembers.at("destinations").into());
        }
        let user = by.user;
        self.store()
            .write(move |tx| {
                let blocked = tx.hidden_from(user)?.blocked;
                if blocked.iter().any(|blocked| people.contains(blocked)) {
                    return Err(Refusal::Blocked.at("destinations").into());
                }
                write::open_pm(tx, &people)
            })
            .await
    }

    /// Changes ACL and raw of a channel.
    ///
    /// # Errors
    /// Access, a frozen group, invalid raw.
    pub async fn change_channel(
        &self,
        by: &By,
        channel: ChannelId,
        change: ChannelChange,
    ) -> Result<Arc<Channel>, Failure> {
        let mail = || ChangeChannel {
            by: by.clone(),
            change: change.clone(),
        };
        self.ask_channel(channel, mail).await?
    }

    /// Hands a channel over.
    ///
    /// # Errors
    /// Not the owner, or an unknown user.
    pub async fn change_owner(
        &self,
        by: &By,
        channel: ChannelId,
        owner: UserId,
    ) -> Result<Arc<Channel>, Failure> {
        self.ask_channel(channel, || ChangeOwner {
            by: by.clone(),
            owner,
        })
        .await?
    }

    /// Deactivates a channel for good.
    ///
    /// # Errors
    /// Not the owner.
    pub async fn deactivate(&self, by: &By, channel: ChannelId) -> Result<Arc<Channel>, Failure> {
        self.ask_channel(channel, || Deactivate { by: by.clone() })
            .await?
    }

    /// Subscribes, mutes, or takes either back.
    ///
    /// # Errors
    /// Access, or a deactivated channel.
    pub async fn attend(
        &self,
        by: &By,
        channel: ChannelId,
        how: Attend,
    ) -> Result<Arc<Channel>, Failure> {
        self.ask_channel(channel, || SetAttendance {
            by: by.clone(),
            how,
        })
        .await?
    }

    /// Follows, mutes or blocks a user, or takes it back.
    ///
    /// # Errors
    /// Oneself, an unknown user, or a block between them.
    pub async fn relate(
        &self,
        by: &By,
        other: UserId,
        relation: Relation,
        on: bool,
    ) -> Result<(), Failure> {
        self.user(by.user)
            .ask(Relate {
                other,
                relation,
                on,
            })
            .await??
            .wait()
            .await
    }

    /// Gives a client a token, of a user or of its own. Returns the secret, which is kept nowhere.
    ///
    /// # Errors
    /// No such client.
    pub async fn grant_token(
        &self,
        client: &ClientId,
        user: Option<UserId>,
        scopes: Scopes,
    ) -> Result<(String, Token), Failure> {
        let (secret, client) = (random_id(), client.clone());
        let token = match user {
            Some(user) => {
                let mail = GrantToken {
                    client,
                    scopes,
                    secret: secret.clone(),
                };
                self.user(user).ask(mail).await??.wait().await?
            }
            None => {
                let kept = secret.clone();
                self.store()
                    .write(move |tx| user::write::grant(tx, &client, None, &scopes, &kept))
                    .await?
            }
        };
        Ok((secret, token))
    }

    /// Takes a token back; its connections are closed when the event passes them.
    ///
    /// # Errors
    /// The database is in trouble, or busy.
    pub async fn revoke_token(&self, token: Arc<Token>) -> Result<(), Failure> {
        match token.user {
            Some(user) => self.user(user).ask(RevokeToken(token)).await??.wait().await,
            None => {
                self.store()
                    .write(move |tx| user::write::revoke(tx, token.id))
                    .await
            }
        }
    }

    /// Changes a profile.
    ///
    /// # Errors
    /// Raw that breaks a rule.
    pub async fn change_profile(
        &self,
        by: &By,
        change: ProfileChange,
    ) -> Result<Arc<User>, Failure> {
        self.user(by.user)
            .ask(ChangeProfile(change))
            .await??
            .wait()
            .await
    }

    /// Sets the caller's global presence.
    ///
    /// # Errors
    /// Busy.
    pub async fn set_presence(&self, by: &By, set: SetPresence) -> Result<Presence, Failure> {
        let user = self.person(by.user).await?;
        self.user(by.user)
            .ask(SetUserPresence { user, set })
            .await?
    }

    /// Sets the caller's presence in a channel.
    ///
    /// # Errors
    /// Scope and access.
    pub async fn set_channel_presence(
        &self,
        by: &By,
        channel: ChannelId,
        set: SetPresence,
    ) -> Result<Presence, Failure> {
        let user = self.person(by.user).await?;
        let mail = || SetChannelPresence {
            by: by.clone(),
            user: user.clone(),
            set: set.clone(),
        };
        self.ask_channel(channel, mail).await?
    }

    /// Makes a connection follow a topic. Call it before the page is read: an event that lands in between is
    /// then sent twice rather than never. `None`: there is no such connection, or it is somebody else's.
    ///
    /// # Errors
    /// Access, or [`Refusal::SubscriptionLimit`].
    pub async fn follow(
        &self,
        connection: &str,
        token: &Arc<Token>,
        topic: Topic,
        filter: Filter,
        wanted: Option<SubscriptionId>,
    ) -> Result<Option<Followed>, Failure> {
        let by = By::of(token)?;
        if wanted.as_ref().is_some_and(|id| !is_subscription_id(id)) {
            return Err(Refusal::Invalid.at("subscription_id").into());
        }
        let connection_id = ConnectionId::from(connection);
        let Some(recipient) = self.shared.directory.connection(&connection_id) else {
            return Ok(None);
        };
        if let Some(channel) = topic.channel() {
            let mail = || MayListen {
                user: by.user,
                scopes: token.scopes.clone(),
            };
            self.ask_channel(channel, mail).await??;
        }
        let follows = match topic {
            Topic::Presence | Topic::ChannelPresence(_) => {
                let user = by.user;
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
        let mail = |seat| ConnectionMail::Follow {
            token: token.clone(),
            user: by.user,
            topic,
            filter: filter.clone(),
            id: id.clone(),
            follows: follows.clone(),
            seat,
        };
        let mut answer = recipient.send(mail(None)).await;
        if matches!(answer, Ok(Ok(Answer::Unclaimed))) {
            let seat = self
                .shared
                .user_seats
                .take(by.user)
                .ok_or(Refusal::TooManyConnections)?;
            answer = recipient.send(mail(Some(seat))).await;
        }
        match answer {
            Ok(Ok(Answer::Done)) => {}
            Ok(Err(failure)) => return Err(failure),
            // It closed meanwhile, or was never ours.
            Ok(Ok(Answer::NotYours | Answer::Unclaimed)) | Err(_) => return Ok(None),
        }
        let followed = Followed {
            connection_id,
            subscription_id: id,
            user: by.user,
        };
        if let Topic::Inbox(user) = topic {
            let channels = self
                .store()
                .read(move |db| db.subscribed_channels(user))
                .await;
            match channels {
                Ok(channels) => drop(recipient.send(ConnectionMail::FillInbox(channels)).await),
                Err(failure) => {
                    self.unfollow_quietly(&followed);
                    return Err(failure);
                }
            }
        }
        Ok(Some(followed))
    }

    /// Takes a subscription back whose page could not be served. Waits for nothing, so that it can be done
    /// when a request is dropped half way.
    pub fn unfollow_quietly(&self, followed: &Followed) {
        let Some(recipient) = self.shared.directory.connection(&followed.connection_id) else {
            return;
        };
        let mail = ConnectionMail::Unfollow(followed.user, followed.subscription_id.clone());
        actix_rt::spawn(async move {
            // A connection that is gone has no subscriptions.
            drop(recipient.send(mail).await);
        });
    }

    /// Ends one subscription.
    ///
    /// # Errors
    /// Unknown, or somebody else's.
    pub async fn unfollow(
        &self,
        by: &By,
        connection: &str,
        subscription: &str,
    ) -> Result<(), Failure> {
        self.tell_connection(
            connection,
            ConnectionMail::Unfollow(by.user, subscription.into()),
        )
        .await
    }

    /// Closes a user stream.
    ///
    /// # Errors
    /// Unknown, or somebody else's.
    pub async fn close_stream(&self, by: &By, connection: &str) -> Result<(), Failure> {
        self.tell_connection(connection, ConnectionMail::Close(by.user, Goodbye::Asked))
            .await
    }

    async fn tell_connection(&self, connection: &str, mail: ConnectionMail) -> Result<(), Failure> {
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
            let mail = super::shard::CloseStreams {
                client: client.clone(),
                keys: keys.to_vec(),
            };
            if shard.send(mail).await.is_err() {
                tracing::debug!("a shard went before its streams were closed");
            }
        }
    }

    /// What lives here now.
    pub async fn numbers(&self) -> Numbers {
        let (connections, channels, users) = self.shared.directory.counts();
        let mut numbers = Numbers {
            connections,
            channels,
            users,
            listening_points: self.shared.interest.len(),
            streams_in_use: self.shared.app_seats.taken(),
            subscriptions: 0,
        };
        for shard in self.shared.shards.all() {
            if let Ok((_, subscriptions)) = shard.send(CountLinks).await {
                numbers.subscriptions += subscriptions;
            }
        }
        numbers
    }
}

/// An id that a client chooses is written into frames as it stands.
fn is_subscription_id(id: &SubscriptionId) -> bool {
    let is_plain = |c: u8| c.is_ascii_alphanumeric() || c == b'_' || c == b'-';
    (1..=64).contains(&id.as_str().len()) && id.as_str().bytes().all(is_plain)
}
