//! What became of a session while a connection that continues it was prepared.

use std::collections::HashSet;

use super::Engine;
use crate::actors::shard::state::Subscription;
use crate::event::Pos;
use crate::model::{ConnectionId, Failure, SubscriptionId, UserId};
use crate::store::{SessionStep, StepKind};

/// What became of a session while another connection of it was prepared.
#[derive(Debug)]
pub enum Meanwhile {
    /// It was ended.
    Ended,
    /// Another node took it over.
    Moved,
    /// It goes on.
    Goes {
        /// The subscriptions that it still has.
        kept: HashSet<SubscriptionId>,
        /// Those that are not known there.
        later: Vec<Subscription>,
    },
}

impl Engine {
    /// What became of a session while a connection that continues it was prepared, and the last event before. Asked by one
    /// that calls find already. A session that is not kept ends with the question: it goes on with this connection alone.
    ///
    /// # Errors
    /// The database is in trouble, or busy.
    pub async fn changed_meanwhile(
        &self,
        (id, is_kept): (&ConnectionId, bool),
        user: UserId,
        (known, from): (&[SubscriptionId], Pos),
    ) -> Result<(Meanwhile, Pos), Failure> {
        // In the lane: behind every deletion that was written before.
        let step = SessionStep {
            id: id.clone(),
            user,
            node: self.shared.node(),
            kind: StepKind::Look { is_kept },
        };
        let held = self.shared.directory.numbered(id);
        let found = self.store().step_session(step).await?;
        let mut at = found.at;
        if found.holder.is_some() {
            self.let_go(id, held).await;
            return Ok((Meanwhile::Moved, at));
        }
        let Some(mut later) = found.kept else {
            return Ok((Meanwhile::Ended, at));
        };
        later.retain(|kept| kept.ended.is_none());
        // The limit may have been another one when they were made: the rest is told when the session is continued again.
        later.truncate(self.shared.streams.subscriptions);
        let kept = later.iter().map(|kept| kept.id.clone()).collect();
        later.retain(|kept| !known.contains(&kept.id));
        let mut subscriptions = Vec::new();
        if !later.is_empty() {
            let present = self.present(user, &later).await?;
            at = present.head;
            for kept in later {
                if let Ok(token) = self.admit(&kept, &present).await? {
                    subscriptions.push(self.going_on(kept, from, token));
                }
            }
        }
        let later = subscriptions;
        Ok((Meanwhile::Goes { kept, later }, at))
    }
}
