//! The users from whom an author's events are hidden: an index kept up to date by the log.
//!
//! Loaded per author on first use and updated by the relation events that pass, so that the answer for an
//! event is that of its position in the log, and no receiver needs a look-up of its own.

use std::collections::HashMap;
use std::sync::Arc;

use super::delivery::HiddenFrom;
use crate::event::Payload;
use crate::model::{Relation, UserId};
use crate::store::{Failure, Store};

/// Authors whose answer is cached; beyond that the cache is emptied.
const REMEMBERED: usize = 100_000;

/// The index.
#[derive(Debug, Default)]
pub struct BlockIndex {
    of: HashMap<UserId, Arc<HiddenFrom>>,
    nobody: Arc<HiddenFrom>,
}

impl BlockIndex {
    /// Applies an event.
    pub fn apply(&mut self, payload: &Payload) {
        let Payload::Related {
            relation,
            user,
            other,
            undone,
        } = payload
        else {
            return;
        };
        match (relation, undone) {
            (Relation::Follow, _) => {}
            (Relation::Mute, false) => self.change(other.id, |hidden| {
                hidden.muted_by.insert(user.id);
            }),
            (Relation::Mute, true) => self.change(other.id, |hidden| {
                hidden.muted_by.remove(&user.id);
            }),
            (Relation::Block, false) => {
                self.change(other.id, |hidden| {
                    hidden.blocked.insert(user.id);
                });
                self.change(user.id, |hidden| {
                    hidden.blocked.insert(other.id);
                });
            }
            // The other user may still block this one: the table decides.
            (Relation::Block, true) => {
                self.of.remove(&other.id);
                self.of.remove(&user.id);
            }
        }
    }

    fn change(&mut self, actor: UserId, change: impl FnOnce(&mut HiddenFrom)) {
        if let Some(known) = self.of.get_mut(&actor) {
            change(Arc::make_mut(known));
        }
    }

    /// The users from whom events of this author are hidden.
    ///
    /// # Errors
    /// The database is in trouble.
    pub async fn hidden_from(
        &mut self,
        actor: Option<UserId>,
        store: &Store,
    ) -> Result<Arc<HiddenFrom>, Failure> {
        let Some(actor) = actor else {
            return Ok(self.nobody.clone());
        };
        if let Some(known) = self.of.get(&actor) {
            return Ok(known.clone());
        }
        let read = store.read(move |db| db.mutes_and_blocks(actor)).await?;
        let hidden = HiddenFrom {
            muted_by: read.muted_by.into_iter().collect(),
            blocked: read.blocked.into_iter().collect(),
        };
        let hidden = if hidden.is_empty() {
            self.nobody.clone()
        } else {
            Arc::new(hidden)
        };
        if self.of.len() >= REMEMBERED {
            self.of.clear();
        }
        self.of.insert(actor, hidden.clone());
        Ok(hidden)
    }
}
