//! A stream that is in its shard, and what it needs until it is live.

use std::collections::HashSet;
use std::rc::Rc;
use std::sync::Arc;

use crate::actors::resume::{AppView, Hindsight};
use crate::actors::shard::Shard;
use crate::actors::shard::catch_up::{CatchUp, Judge};
use crate::actors::shard::state::ConnectionRef;
use crate::actors::{Engine, Meanwhile, Shared};
use crate::event::Pos;
use crate::model::{ClientId, ConnectionId, Failure, SubscriptionId};
use crate::protocol::filter::Filter;
use crate::protocol::goodbye::Goodbye;
use crate::protocol::hello::Resumption;
use crate::protocol::topic::Topic;

/// A stream that is in its shard.
pub(super) struct Opened {
    /// It is sent every event behind this place.
    pub at: Pos,
    /// What the hello says of the session.
    pub resumption: Option<Resumption>,
    pub behind: Option<Behind>,
}

/// What a stream that was left needs until it is live.
pub(super) struct Behind {
    /// What was routed when it was registered: a log that ends before this went back since.
    pub routed: Pos,
    /// Whose.
    pub of: BehindOf,
}

pub(super) enum BehindOf {
    /// A session.
    User {
        hindsight: Box<Hindsight>,
        /// With their serials.
        subscriptions: Vec<(Topic, Filter, u64)>,
        /// All that are known of it.
        known: Vec<SubscriptionId>,
        /// It outlives the connection.
        is_kept: bool,
        /// The last event before it was read once more.
        read_at: Pos,
    },
    /// An app stream.
    App(ClientId),
}

impl Opened {
    /// Behind the hello: what was missed, then live.
    pub(super) fn catch_up(
        self,
        shared: Arc<Shared>,
        shard: Rc<Shard>,
        connection: ConnectionRef,
        id: ConnectionId,
    ) {
        let Some(mut behind) = self.behind else {
            return;
        };
        let (log, at) = (shared.log.clone(), self.at);
        actix_rt::spawn(async move {
            let taken_in = behind.take_in(&shared, &shard, (connection, &id), at);
            let judge = match taken_in.await {
                Ok(()) => behind.of.judge(&shared, &id, at).await,
                Err(failure) => Err(failure),
            };
            if let Ok(judge) = judge {
                // What was taken in later is heard since then; rooms of an inbox and authors of a home since they were filled in,
                // which was just now.
                let routed = behind.routed.max(shared.log.ring().routed());
                let work = CatchUp {
                    connection,
                    log,
                    judge,
                    at,
                    routed,
                };
                work.run(shard).await;
                return;
            }
            if shard.has_open(connection) {
                shard.close(connection.index, Goodbye::Incomplete);
            }
        });
    }
}

impl Behind {
    /// What became of the session while this connection was prepared holds here too: subscriptions that another one got
    /// go on, and those that were deleted do not.
    async fn take_in(
        &mut self,
        shared: &Arc<Shared>,
        shard: &Rc<Shard>,
        (connection, id): (ConnectionRef, &ConnectionId),
        at: Pos,
    ) -> Result<(), Failure> {
        let BehindOf::User {
            hindsight,
            subscriptions,
            known,
            is_kept,
            read_at,
        } = &mut self.of
        else {
            return Ok(());
        };
        let engine = Engine::new(Arc::clone(shared));
        let (user, session) = (hindsight.viewer(), (id, *is_kept));
        let meanwhile = engine.changed_meanwhile(session, user, (known, at));
        let (meanwhile, looked_at) = meanwhile.await?;
        *read_at = looked_at;
        let is_open = shard.has_open(connection);
        let (kept, later) = match meanwhile {
            Meanwhile::Goes { kept, later } if is_open => (kept, later),
            Meanwhile::Ended if is_open && *is_kept => {
                shard.close(connection.index, Goodbye::Asked);
                return Ok(());
            }
            // The other node closes it; an earlier try of the client ended a session that is not kept.
            Meanwhile::Moved | Meanwhile::Goes { .. } | Meanwhile::Ended => return Ok(()),
        };
        let mut state = shard.state.borrow_mut();
        // By serials: what a call made here meanwhile stays, though it may have the id of one that was deleted.
        let made: HashSet<u64> = subscriptions.iter().map(|(_, _, serial)| *serial).collect();
        state.unsubscribe(connection.index, |known| {
            made.contains(&known.serial) && !kept.contains(&known.id)
        });
        subscriptions.retain(|(_, _, serial)| state.has_subscription(connection, *serial));
        for subscription in later {
            // A call may have reached this connection by now, with an id of its client's.
            let is_there = state
                .connections
                .find_open(connection)
                .is_none_or(|handle| {
                    let mut ids = handle.subscriptions.iter().map(|known| &known.id);
                    ids.any(|id| *id == subscription.id)
                });
            if is_there || state.revoked.contains(subscription.token.id) {
                continue;
            }
            let (topic, filter) = (subscription.topic, subscription.filter.clone());
            subscriptions.push((topic, filter, subscription.serial));
            state.subscribe(connection.index, subscription);
        }
        Ok(())
    }
}

impl BehindOf {
    /// Reads what has to be known of the receiver, now that every change of it is heard.
    async fn judge(
        self,
        shared: &Arc<Shared>,
        id: &ConnectionId,
        at: Pos,
    ) -> Result<Judge, Failure> {
        match self {
            Self::User {
                hindsight,
                subscriptions,
                read_at,
                known: _,
                is_kept: _,
            } => {
                let engine = Engine::new(Arc::clone(shared));
                let user = hindsight.viewer();
                let filled = engine.fill_continued(id, user, &subscriptions).await?;
                shared.log.delivered(filled.unwrap_or(read_at)).await?;
                Ok(Judge::User(hindsight))
            }
            Self::App(client) => {
                let view = AppView::read(client, at, &shared.log).await?;
                Ok(Judge::App(Box::new(view)))
            }
        }
    }
}
