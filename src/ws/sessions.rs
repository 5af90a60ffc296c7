//! Where a user stream begins: now, or where a session was left.

use std::sync::Arc;
use std::time::Duration;

use super::opened::{Behind, BehindOf, Opened};
use crate::actors::connection::ConnectionMail;
use crate::actors::permits::Permit;
use crate::actors::shard::Shard;
use crate::actors::shard::state::ConnectionRef;
use crate::actors::{Continued, Engine, Shared};
use crate::event::Pos;
use crate::fault::{Seeded, seeded};
use crate::model::{ClientId, ConnectionId, Failure, Refusal, SubscriptionId, UserId};
use crate::protocol::filter::Filter;
use crate::protocol::hello::{Dropped, Resumption};
use crate::protocol::query::Query;
use crate::protocol::topic::Topic;
use crate::store::secret::random_id;
use crate::telemetry::Counter;

/// How long a connection that is taken over may take to give its place free.
const HAND_OVER: (Duration, u32) = (Duration::from_millis(50), 60);

/// The id of a stream, and how long it lives.
#[derive(Debug)]
pub(super) struct Session {
    /// Public id.
    pub id: ConnectionId,
    /// It outlives the connection.
    pub is_kept: bool,
}

/// Where a stream begins.
#[derive(Debug)]
pub(super) enum Start {
    /// With what is committed from now on; and what is said of a session that is gone.
    Now(Option<Resumption>),
    /// Where a session was left.
    Behind(Box<Continued>),
    /// An app stream, behind a cursor or a moment.
    App(ClientId, Pos),
}

impl Session {
    /// Keeps a new session. Behind the limits: a stream that is refused costs no session its place.
    ///
    /// # Errors
    /// The database is in trouble, or busy.
    pub(super) async fn settle(
        &self,
        start: &Start,
        user: UserId,
        shared: &Arc<Shared>,
    ) -> Result<(), Failure> {
        let engine = Engine::new(Arc::clone(shared));
        match (start, self.is_kept) {
            (Start::Now(_), true) => engine.open_session(&self.id, user).await,
            // One that goes on with this connection alone ends when that is in its shard.
            (Start::Now(_), false) | (Start::Behind(_) | Start::App(..), _) => Ok(()),
        }
    }

    /// A new one, which ends with its connection. Among several nodes its id says which one has it.
    pub(super) fn new(shared: &Shared) -> Self {
        let cluster = shared.cluster.as_ref();
        Self {
            id: cluster.map_or_else(|| random_id().into(), |cluster| cluster.connection_id()),
            is_kept: false,
        }
    }
}

/// What the hello says if a session was asked for and there is none.
pub(super) fn asked_for(query: &Query) -> Option<Resumption> {
    query.get("connection_id").map(|_| Resumption::default())
}

/// The cursor of a stream's address. One that means nothing here is refused.
///
/// # Errors
/// It is none, of another log, or ahead of this one.
pub(super) async fn sent_cursor(
    query: &Query,
    shared: &Arc<Shared>,
) -> Result<Option<Pos>, Failure> {
    match query.sent("cursor") {
        Some(text) => {
            let engine = Engine::new(Arc::clone(shared));
            Ok(Some(engine.cursor(text).await?.pos))
        }
        None => Ok(None),
    }
}

/// Continues the session that is asked for, or begins a stream.
///
/// # Errors
/// The database is in trouble, or busy.
pub(super) async fn begin(
    query: &Query,
    user: UserId,
    cursor: Option<Pos>,
    shared: &Arc<Shared>,
) -> Result<(Session, Start), Failure> {
    let engine = Engine::new(Arc::clone(shared));
    let auto_delete = query.tristate("auto_delete");
    if let Some(old) = query.get("connection_id") {
        let id = ConnectionId::from(old);
        if let Some(continued) = engine.continue_session(&id, user, cursor).await? {
            // A session stays one unless the client says otherwise.
            let is_kept = auto_delete != Some(true);
            return Ok((Session { id, is_kept }, Start::Behind(Box::new(continued))));
        }
    }
    let session = Session {
        is_kept: auto_delete == Some(false),
        ..Session::new(shared)
    };
    Ok((session, Start::Now(asked_for(query))))
}

/// A place among the connections of the user. The one that is taken over gives its own free first, if there is no other.
///
/// # Errors
/// The user has as many connections as one may.
pub(super) async fn take_permit(
    user: UserId,
    (session, start): (&Session, &Start),
    shared: &Arc<Shared>,
) -> Result<Permit<UserId>, Failure> {
    let permits = &shared.user_permits;
    let take = async || match start.is_behind() {
        true => permits.take_along(user).await,
        false => permits.take_of_all(user).await,
    };
    if let Some(permit) = take().await {
        return Ok(permit);
    }
    let (pause, tries) = HAND_OVER;
    if let Some(older) = shared.directory.connection(&session.id) {
        // A connection that is gone needs no word.
        drop(older.send(ConnectionMail::TakeOver).await);
        for _ in 0..tries {
            if let Some(permit) = take().await {
                return Ok(permit);
            }
            tokio::time::sleep(pause).await;
        }
    }
    Err(Refusal::TooManyConnections.into())
}

impl Start {
    /// Whether something was missed.
    pub(super) fn is_behind(&self) -> bool {
        match self {
            Self::Now(_) => false,
            Self::Behind(_) | Self::App(..) => true,
        }
    }

    /// The connection is in its shard: its subscriptions listen from now on.
    pub(super) fn register(
        self,
        shared: &Shared,
        shard: &Shard,
        connection: ConnectionRef,
    ) -> Opened {
        let continued = match self {
            Self::Now(resumption) => {
                // Asked once it is registered: it is sent every event behind this place.
                let at = shared.log.ring().routed();
                // Nor any other, though one may be on its way to those that were here when it was routed.
                shard.begin_behind(connection, at);
                let early = i64::from(seeded(Seeded::HelloTooEarly)) * 3;
                return Opened {
                    at: Pos(at.0 - early),
                    resumption,
                    behind: None,
                };
            }
            Self::App(client, at) => {
                shared.metrics.add(Counter::Resumes, 1);
                let routed = shared.log.ring().routed();
                // Nothing was missed: what it would be judged by needs not be read.
                let is_behind = at < routed;
                if !is_behind {
                    shard.go_live(connection, at);
                }
                let of = BehindOf::App(client);
                return Opened {
                    at,
                    resumption: None,
                    behind: is_behind.then_some(Behind { routed, of }),
                };
            }
            Self::Behind(continued) => continued,
        };
        let mut continued = *continued;
        shared.metrics.add(Counter::Resumes, 1);
        let (known, continued_at) = (known_of(&continued), continued.from);
        let subscriptions = begin_all(shard, connection, &mut continued);
        let is_kept = {
            let state = shard.state.borrow();
            let handle = state.connections.find(connection);
            handle.is_some_and(|handle| handle.is_session)
        };
        Opened {
            at: continued.from,
            resumption: Some(continued.resumption),
            behind: Some(Behind {
                routed: shared.log.ring().routed(),
                of: BehindOf::User {
                    hindsight: Box::new(continued.hindsight),
                    subscriptions,
                    known,
                    is_kept,
                    read_at: continued_at,
                },
            }),
        }
    }
}

/// The subscriptions listen from now on. Gives what each needs, with its serial.
fn begin_all(
    shard: &Shard,
    connection: ConnectionRef,
    continued: &mut Continued,
) -> Vec<(Topic, Filter, u64)> {
    let mut needs = Vec::new();
    let mut state = shard.state.borrow_mut();
    for subscription in std::mem::take(&mut continued.subscriptions) {
        // Its revocation passed after the token was asked for.
        if state.revoked.contains(subscription.token.id) {
            continued.resumption.dropped.push(Dropped {
                subscription_id: subscription.id,
                error_slug: Refusal::TokenInvalid.slug(),
            });
        } else {
            needs.push((
                subscription.topic,
                subscription.filter.clone(),
                subscription.serial,
            ));
            state.subscribe(connection.index, subscription);
        }
    }
    needs
}

/// The subscriptions that go on, and those that do not.
fn known_of(continued: &Continued) -> Vec<SubscriptionId> {
    let going_on = continued.subscriptions.iter().map(|known| &known.id);
    let dropped = continued.resumption.dropped.iter();
    let dropped = dropped.map(|known| &known.subscription_id);
    going_on.chain(dropped).cloned().collect()
}

/// Where an app stream begins: behind its cursor, so many seconds ago, or now.
///
/// # Errors
/// The cursor or the number means nothing here; the database is in trouble.
pub(super) async fn begin_app(
    query: &Query,
    client: &ClientId,
    shared: &Arc<Shared>,
) -> Result<Start, Failure> {
    if let Some(pos) = sent_cursor(query, shared).await? {
        return Ok(Start::App(client.clone(), pos));
    }
    let Some(seconds) = query.sent("backfill") else {
        return Ok(Start::Now(None));
    };
    let seconds = seconds.parse::<u32>();
    let seconds = seconds.map_err(|_cause| Refusal::Invalid.at("backfill"))?;
    let moment = shared
        .store
        .now()
        .minus(Duration::from_secs(seconds.into()));
    let read = shared.store.read(move |db| db.log_position_before(moment));
    Ok(Start::App(client.clone(), read.await?))
}
