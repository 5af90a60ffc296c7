//! A REST call subscribes a websocket to what it reads, step by step.

use std::sync::Arc;

use actix::Recipient;
use actix_rt::task::JoinHandle;

use super::Engine;
use super::to_its_end::to_its_end;
use crate::actors::Shared;
use crate::actors::channel::mail::MayListen;
use crate::actors::connection::{ConnectionMail, ConnectionReply};
use crate::actors::permits::Permit;
use crate::actors::shard::state::needs_home;
use crate::event::Pos;
use crate::fault::{Seeded, seeded};
use crate::model::Failure;
use crate::model::{
    ChannelId, ConnectionId, Refusal, SubscriptionId, Token, UserId, UserPrincipal,
};
use crate::protocol::cursor::Cursor;
use crate::protocol::filter::Filter;
use crate::protocol::goodbye::Goodbye;
use crate::protocol::topic::Topic;
use crate::store::KeptSubscription;
use crate::store::secret::random_id;
use crate::telemetry::Counter;

/// What a call asks for.
#[derive(Clone, Debug)]
pub struct NewSubscription<'r> {
    /// The public id of the connection.
    pub connection: &'r str,
    /// The token of the request; its scopes bound the events.
    pub token: &'r Arc<Token>,
    /// The endpoint.
    pub topic: Topic,
    /// What is left out.
    pub filter: Filter,
    /// The id that the client chose, if it chose one.
    pub id: Option<SubscriptionId>,
}

impl NewSubscription<'_> {
    /// What a session keeps of it.
    fn kept(&self, id: &SubscriptionId, since: Pos) -> KeptSubscription {
        KeptSubscription {
            id: id.clone(),
            topic: self.topic,
            filter: self.filter.clone(),
            token: self.token.id,
            since,
            ended: None,
        }
    }
}

/// A subscription that was made. It is taken back when this is dropped without [`Self::keep`]: a call that fails,
/// and one whose client goes away half way, leave nothing behind, and an older subscription of the same id as it was.
pub struct SubscriptionGuard {
    shared: Arc<Shared>,
    connection_id: ConnectionId,
    subscription_id: SubscriptionId,
    user: UserId,
    serial: u64,
    /// The end of the log before the call.
    since: Pos,
    /// The events of the connection wait for the page.
    held: bool,
    /// Of a session: what it keeps of the subscription.
    session: Option<KeptSubscription>,
    kept: bool,
}

/// What came of a subscribing call.
#[derive(Clone, Debug)]
pub struct Subscribed {
    /// `meta.subscription_id`
    pub id: SubscriptionId,
    /// `meta.cursor`: the stream goes on exactly here. Of connections that asked for cursors.
    pub cursor: Option<Cursor>,
}

impl SubscriptionGuard {
    /// The page was served, as of this position if it was read in one transaction: the subscription stays, and older ones
    /// of its id end.
    ///
    /// # Errors
    /// The session could not be written, or has as many as it may; the subscription is taken back.
    pub async fn keep(self, page: Option<Pos>) -> Result<Subscribed, Failure> {
        // Once it may be written down it is not taken back because its client is gone: row and connection agree.
        to_its_end(self.settle(page)).await
    }

    async fn settle(mut self, page: Option<Pos>) -> Result<Subscribed, Failure> {
        let (user, serial) = (self.user, self.serial);
        // What is not in the log, such as presence, is as new as the call.
        let page = page.map_or(self.since, |page| page.max(self.since));
        let page = Pos(page.0 + i64::from(seeded(Seeded::PageCursorAhead)) * 2);
        let page = self.held.then_some(page);
        if let Some(kept) = self.session.take() {
            self.write_down(kept, page).await?;
        }
        self.kept = true;
        if let Some(settled) = self.tell(ConnectionMail::Settle { user, serial, page }) {
            // A closed connection has no subscriptions.
            drop(settled.await);
        }
        let epoch = self.shared.log.ring().epoch();
        Ok(Subscribed {
            id: self.subscription_id.clone(),
            cursor: page.map(|page| Cursor::at(epoch, page)),
        })
    }

    /// Before the client learns of it: the session may be continued by another process of this program.
    async fn write_down(&self, kept: KeptSubscription, page: Option<Pos>) -> Result<(), Failure> {
        let kept = KeptSubscription {
            since: page.unwrap_or(kept.since),
            ..kept
        };
        if seeded(Seeded::SubscriptionUnwritten) {
            return Ok(());
        }
        let session = self.connection_id.clone();
        let (node, most) = (self.shared.node(), self.shared.streams.subscriptions);
        let written = self
            .shared
            .store
            .write(move |tx| tx.keep_subscription(&session, &kept, node.as_ref(), most));
        written.await
    }

    /// Sends a mail that arrives whatever becomes of the call.
    fn tell(&self, mail: ConnectionMail) -> Option<JoinHandle<()>> {
        let connection = self.shared.directory.connection(&self.connection_id)?;
        Some(actix_rt::spawn(async move {
            drop(connection.send(mail).await);
        }))
    }
}

impl Drop for SubscriptionGuard {
    /// Waits for nothing: a request may be dropped half way.
    fn drop(&mut self) {
        if !self.kept {
            let (user, serial) = (self.user, self.serial);
            drop(self.tell(ConnectionMail::TakeBack { user, serial }));
        }
    }
}

/// What the connection said to the subscription.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Outcome {
    /// It is subscribed.
    Subscribed {
        /// It had no user, and is this user's now.
        claimed: bool,
        /// Its events wait for the page.
        held: bool,
        /// The session outlives the connection.
        session: bool,
    },
    /// It closed meanwhile, or belongs to another user.
    Unavailable,
}

impl Engine {
    /// Subscribes a connection to a topic. Call it before the page is read: an event that lands in between is
    /// then sent twice rather than never. `None`: there is no such connection, it is another user's, or its user follows
    /// more users than a stream may listen to.
    ///
    /// # Errors
    /// Access, or [`Refusal::SubscriptionLimit`].
    pub async fn subscribe(
        &self,
        new: NewSubscription<'_>,
    ) -> Result<Option<SubscriptionGuard>, Failure> {
        let principal = UserPrincipal::of(new.token)?;
        let id = subscription_id(new.id.clone())?;
        let connection_id = ConnectionId::from(new.connection);
        let Some(connection) = self.shared.directory.connection(&connection_id) else {
            return Ok(None);
        };
        self.demand_access(&principal, new.topic).await?;
        // Another process may have committed events that `LogTail` has not read: they are before this subscription.
        let since = self.store().read(|db| db.log_position().map(Pos)).await?;
        let serial = self.shared.number_call();
        let mut guard = SubscriptionGuard {
            shared: Arc::clone(&self.shared),
            connection_id,
            subscription_id: id.clone(),
            user: principal.user,
            serial,
            since,
            held: false,
            session: None,
            kept: false,
        };
        let mail = |permit| ConnectionMail::Subscribe {
            token: Arc::clone(new.token),
            user: principal.user,
            topic: new.topic,
            filter: new.filter.clone(),
            id: id.clone(),
            serial,
            since,
            permit,
        };
        match self.register(&connection, principal.user, mail).await? {
            Outcome::Subscribed {
                claimed,
                held,
                session,
            } => {
                guard.held = held;
                guard.session = session.then(|| new.kept(&id, since));
                if claimed {
                    self.demand_live_token(&connection, &principal).await?;
                }
            }
            Outcome::Unavailable => return Ok(None),
        }
        // Access may have been lost between the question and the subscription, and the event of it may have
        // passed: ask again now that the next one will find the subscription.
        self.demand_access(&principal, new.topic).await?;
        self.fill_inbox(&connection, new.topic, serial).await?;
        if needs_home(new.topic, &new.filter)
            && self.fill_home(&connection, principal.user, serial).await? == HomeFill::TooMany
        {
            return Ok(None);
        }
        Ok(Some(guard))
    }

    /// Whether this token may receive events of the topic's channel.
    pub(super) async fn demand_access(
        &self,
        principal: &UserPrincipal,
        topic: Topic,
    ) -> Result<(), Failure> {
        match topic.channel() {
            Some(channel) => {
                self.ask_channel(channel, || MayListen(principal.clone()))
                    .await?
            }
            None => Ok(()),
        }
    }

    /// Hands the subscription to the connection. The first one that reaches an unclaimed connection claims it, and
    /// takes one of the user's permits for it.
    async fn register(
        &self,
        connection: &Recipient<ConnectionMail>,
        user: UserId,
        mail: impl Fn(Option<Permit<UserId>>) -> ConnectionMail,
    ) -> Result<Outcome, Failure> {
        let mut answer = connection.send(mail(None)).await;
        let claims = matches!(answer, Ok(Ok(ConnectionReply::Unclaimed)));
        if claims {
            let permit = self.shared.user_permits.take_of_all(user).await;
            let permit = permit.ok_or(Refusal::TooManyConnections)?;
            answer = connection.send(mail(Some(permit))).await;
        }
        match answer {
            Ok(Ok(ConnectionReply::Subscribed { held, session })) => Ok(Outcome::Subscribed {
                claimed: claims,
                held,
                session,
            }),
            Ok(Err(failure)) => Err(failure),
            Ok(Ok(
                ConnectionReply::NotYours
                | ConnectionReply::Unclaimed
                | ConnectionReply::Done
                | ConnectionReply::DoneInSession,
            ))
            | Err(_) => Ok(Outcome::Unavailable),
        }
    }

    /// A token may be revoked while it claims a connection: the event passed before the connection was this user's,
    /// so the connection was not closed by it.
    async fn demand_live_token(
        &self,
        connection: &Recipient<ConnectionMail>,
        principal: &UserPrincipal,
    ) -> Result<(), Failure> {
        let (user, token) = (principal.user, principal.token.id);
        let read = self.store().read(move |db| db.tokens_of(user)).await;
        if read.is_ok_and(|live| live.iter().any(|known| known.id == token)) {
            return Ok(());
        }
        let close = ConnectionMail::Close(user, Goodbye::TokenRevoked);
        drop(connection.send(close).await);
        Err(Refusal::TokenInvalid.into())
    }

    /// An inbox delivers the channels that the user subscribes to.
    pub(super) async fn fill_inbox(
        &self,
        connection: &Recipient<ConnectionMail>,
        topic: Topic,
        serial: u64,
    ) -> Result<(), Failure> {
        if let Topic::Inbox(user) = topic {
            let read = self.store().read(move |db| db.subscribed_channels(user));
            hand_inbox(connection, serial, read.await?).await;
        }
        Ok(())
    }
}

/// The channels of an inbox.
pub(super) async fn hand_inbox(
    connection: &Recipient<ConnectionMail>,
    serial: u64,
    channels: Vec<ChannelId>,
) {
    let fill = ConnectionMail::FillInbox { serial, channels };
    // A connection that closed meanwhile has no inbox.
    drop(connection.send(fill).await);
}

/// Followed users that a shard takes in at once, about 0.2 ms; it does other work before the next ones.
const PART: usize = 1024;

impl Engine {
    /// A stream of posts, and of presence, delivers the users that its user follows.
    pub(super) async fn fill_home(
        &self,
        connection: &Recipient<ConnectionMail>,
        user: UserId,
        serial: u64,
    ) -> Result<HomeFill, Failure> {
        let most = self.followed_and_one();
        let read = self.store().read(move |db| db.follows(user, most));
        let followed = read.await?;
        Ok(self.hand_home(connection, (user, serial), followed).await)
    }

    /// The followed users of a home.
    pub(super) async fn hand_home(
        &self,
        connection: &Recipient<ConnectionMail>,
        (user, serial): (UserId, u64),
        mut followed: Vec<UserId>,
    ) -> HomeFill {
        if followed.len() > self.shared.streams.followed {
            self.shared.metrics.add(Counter::HomesRefused, 1);
            return HomeFill::TooMany;
        }
        followed.sort_unstable();
        let mut parts = followed.chunks(PART).peekable();
        let empty: &[UserId] = &[];
        let mut next = parts.next().or(Some(empty));
        while let Some(part) = next {
            next = parts.next();
            let fill = ConnectionMail::FillHome {
                user,
                serial,
                followed: part.to_vec(),
                is_last: next.is_none(),
            };
            let filled = connection.send(fill).await;
            if !matches!(filled, Ok(Ok(ConnectionReply::Done))) {
                return HomeFill::Gone;
            }
        }
        HomeFill::Filled
    }
}

/// What became of the list of followed users.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum HomeFill {
    /// The connection has it.
    Filled,
    /// The subscription, or its connection, ended meanwhile.
    Gone,
    /// They are more than a stream may have.
    TooMany,
}

/// The id that the client chose, or a new one. It is written into frames as it is.
fn subscription_id(chosen: Option<SubscriptionId>) -> Result<SubscriptionId, Failure> {
    let is_plain = |c: u8| c.is_ascii_alphanumeric() || c == b'_' || c == b'-';
    match chosen {
        None => Ok(SubscriptionId::from(random_id())),
        Some(id) if (1..=64).contains(&id.as_str().len()) && id.as_str().bytes().all(is_plain) => {
            Ok(id)
        }
        Some(_) => Err(Refusal::Invalid.at("subscription_id").into()),
    }
}
