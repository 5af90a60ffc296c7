//! User streams that outlive their connection (`auto_delete=0`): opened, kept, ended.

use std::sync::atomic::Ordering;
use std::time::Duration;

use super::Engine;
use crate::actors::Shared;
use crate::model::{ConnectionId, Failure, Stamp, UserId};
use crate::store::{KeptSubscription, SessionStep, StepKind, Store};

/// Sessions that one turn of the sweep looks at.
const SWEPT: i64 = 1024;

impl Engine {
    /// Begins a session for a stream that is about to be opened.
    ///
    /// # Errors
    /// The database is in trouble, or busy.
    pub async fn open_session(&self, id: &ConnectionId, user: UserId) -> Result<(), Failure> {
        let (id, most) = (id.clone(), self.shared.streams.sessions_per_user);
        let node = self.shared.node();
        let opened = self
            .store()
            .write(move |tx| tx.open_stream_session(&id, user, most, node.as_ref()));
        opened.await
    }

    /// The subscriptions of a session of this user that is not over.
    pub(super) async fn take_session(
        &self,
        id: &ConnectionId,
        user: UserId,
    ) -> Result<Option<Vec<KeptSubscription>>, Failure> {
        // What is still open is not over.
        let oldest = match self.shared.directory.connection(id).is_some() {
            true => Stamp(0),
            false => self.store().now().minus(lifetime(&self.shared)),
        };
        let step = SessionStep {
            id: id.clone(),
            user,
            node: self.shared.node(),
            kind: StepKind::Take(oldest),
        };
        let found = self.store().step_session(step).await?;
        if let (Some(before), Some(_)) = (found.holder, &found.kept) {
            self.tell_moved(before, id.clone());
        }
        Ok(found.kept)
    }

    /// How many there were when they were swept last.
    pub fn session_count(&self) -> usize {
        self.shared.sessions.load(Ordering::Relaxed)
    }

    /// Ends sessions that had no connection for too long, and keeps those that have one.
    pub async fn sweep_sessions(&self) {
        if let Err(failure) = self.sweep().await {
            tracing::warn!(%failure, "sessions of streams were not swept");
        }
    }

    async fn sweep(&self) -> Result<(), Failure> {
        let (now, life) = (self.store().now(), lifetime(&self.shared));
        // A session that has a connection is noted long before it would be over.
        let (aged, over) = (now.minus(life / 2), now.minus(life));
        let read = self.store().read(move |db| {
            let ids = db.stream_sessions_seen_before(aged, SWEPT)?;
            Ok((ids, db.stream_session_count()?))
        });
        let (ids, count) = read.await?;
        let count = usize::try_from(count).unwrap_or(0);
        self.shared.sessions.store(count, Ordering::Relaxed);
        if ids.is_empty() {
            return Ok(());
        }
        let is_open = |id: &ConnectionId| self.shared.directory.connection(id).is_some();
        let (open, parked): (Vec<_>, Vec<_>) = ids.into_iter().partition(is_open);
        let node = self.shared.node();
        let swept = self.store().write(move |tx| {
            tx.see_stream_sessions(&open)?;
            tx.end_stream_sessions(&parked, over, node.as_ref())
        });
        swept.await
    }
}

/// The connections of all sessions ended with the process before this one; where several servers share the database,
/// those of servers that are gone.
///
/// # Errors
/// The database is in trouble.
pub async fn note_restart(store: &Store) -> Result<(), Failure> {
    let is_shared = store.is_shared();
    let seen = store.write(move |tx| match is_shared {
        true => tx.bury_nodes().map(drop),
        false => tx.see_all_stream_sessions(),
    });
    seen.await
}

fn lifetime(shared: &Shared) -> Duration {
    Duration::from_millis(shared.streams.session_ms)
}
