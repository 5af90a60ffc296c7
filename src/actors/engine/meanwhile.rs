//! What became of a session while a connection that continues it was prepared.

use std::collections::HashSet;

use super::Engine;
use crate::actors::shard::state::Subscription;
use crate::event::Pos;
use crate::model::{ConnectionId, Failure, SubscriptionId, UserId};

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
    /// What became of a session while a connection that continues it was prepared. Asked by one that calls find already. A
    /// session that is not kept ends with the question: it goes on with this connection alone.
    ///
    /// # Errors
    /// The database is in trouble, or busy.
    pub async fn changed_meanwhile(
        &self,
        (id, is_kept): (&ConnectionId, bool),
        user: UserId,
        (known, from): (&[SubscriptionId], Pos),
    ) -> Result<Meanwhile, Failure> {
        let (session, node) = (id.clone(), self.shared.node());
        // In the lane: behind every deletion that was written before.
        let read = self.store().write(move |tx| {
            let is_moved = tx.is_session_elsewhere(&session, node.as_ref())?;
            let later = tx.stream_session(&session, user)?;
            if !is_kept && !is_moved {
                tx.end_stream_session(user, &session)?;
            }
            Ok((is_moved, later))
        });
        let (is_moved, later) = read.await?;
        if is_moved {
            self.let_go(id).await;
            return Ok(Meanwhile::Moved);
        }
        let Some(mut later) = later else {
            return Ok(Meanwhile::Ended);
        };
        later.retain(|kept| kept.ended.is_none());
        let kept = later.iter().map(|kept| kept.id.clone()).collect();
        later.retain(|kept| !known.contains(&kept.id));
        let mut subscriptions = Vec::new();
        if !later.is_empty() {
            let present = self.present(user, &later).await?;
            for kept in later {
                if let Ok(token) = self.admit(&kept, &present).await? {
                    subscriptions.push(self.going_on(kept, from, token));
                }
            }
        }
        Ok(Meanwhile::Goes {
            kept,
            later: subscriptions,
        })
    }
}
