//! The users from whom an author's events are hidden: an index kept up to date by the log.
//!
//! Loaded per author on first use and updated by the relation events that pass, so that the answer for an
//! event is that of its position in the log, and no receiver needs a look-up of its own.

use std::sync::Arc;

use quick_cache::unsync::Cache;

use super::delivery::HiddenFrom;
use crate::event::{Payload, Pos};
use crate::model::{Failure, Relation, UserId};
use crate::store::{MutesAndBlocks, Purpose, Store};

/// Authors whose answer is cached; beyond that those asked for least often leave.
const REMEMBERED: usize = 100_000;

/// The index.
#[derive(Debug)]
pub struct BlockIndex {
    of: Cache<UserId, Arc<HiddenFrom>>,
    nobody: Arc<HiddenFrom>,
}

impl Default for BlockIndex {
    fn default() -> Self {
        Self {
            of: Cache::new(REMEMBERED),
            nobody: Arc::default(),
        }
    }
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
        if let Some(mut known) = self.of.get_mut(&actor) {
            change(Arc::make_mut(&mut known));
        }
    }

    /// The users from whom events of this author are hidden. `at` is the position of the event: the tables may be ahead of
    /// it, and the events of what was decided since are still to come. An event that is not in the log comes now.
    ///
    /// # Errors
    /// The database is in trouble.
    pub async fn hidden_from(
        &mut self,
        actor: Option<UserId>,
        at: Option<Pos>,
        store: &Store,
    ) -> Result<Arc<HiddenFrom>, Failure> {
        let Some(actor) = actor else {
            return Ok(self.nobody.clone());
        };
        if let Some(known) = self.of.get(&actor) {
            return Ok(known.clone());
        }
        let at = at.unwrap_or(Pos(i64::MAX));
        let read = store.read_for(Purpose::Delivery, move |db| {
            db.mutes_and_blocks_at(actor, at)
        });
        let read = read.await?;
        Ok(self.remember(actor, read))
    }

    fn remember(&mut self, actor: UserId, read: MutesAndBlocks) -> Arc<HiddenFrom> {
        let hidden = HiddenFrom {
            muted_by: read.muted_by.into_iter().collect(),
            blocked: read.blocked.into_iter().collect(),
        };
        let hidden = if hidden.is_empty() {
            self.nobody.clone()
        } else {
            Arc::new(hidden)
        };
        self.of.insert(actor, hidden.clone());
        hidden
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::samples::{ADA, BOB, one_of_each, related};

    /// An index that knows two users, and whom it hides the first from after some events: by muting, by a block.
    fn after(events: &[Payload]) -> Option<(bool, bool)> {
        let mut index = BlockIndex::default();
        for user in [ADA, BOB] {
            index.remember(user, MutesAndBlocks::default());
        }
        events.iter().for_each(|payload| index.apply(payload));
        let hidden = index.of.get(&ADA)?;
        Some((
            hidden.muted_by.contains(&BOB),
            hidden.blocked.contains(&BOB),
        ))
    }

    #[test]
    fn each_relation_hides_the_one_from_the_other_as_its_table_says() {
        let (mute, block, follow) = (Relation::Mute, Relation::Block, Relation::Follow);
        let table = [
            (
                "bob mutes ada",
                vec![related(mute, BOB, ADA, false)],
                Some((true, false)),
            ),
            (
                "ada mutes bob",
                vec![related(mute, ADA, BOB, false)],
                Some((false, false)),
            ),
            (
                "bob mutes ada, and no longer",
                vec![
                    related(mute, BOB, ADA, false),
                    related(mute, BOB, ADA, true),
                ],
                Some((false, false)),
            ),
            (
                "bob blocks ada",
                vec![related(block, BOB, ADA, false)],
                Some((false, true)),
            ),
            (
                "ada blocks bob",
                vec![related(block, ADA, BOB, false)],
                Some((false, true)),
            ),
            (
                "bob blocks ada, and no longer: she may still block him, so it is read again",
                vec![
                    related(block, BOB, ADA, false),
                    related(block, BOB, ADA, true),
                ],
                None,
            ),
            (
                "bob follows ada",
                vec![related(follow, BOB, ADA, false)],
                Some((false, false)),
            ),
            (
                "nothing else hides",
                {
                    let others = one_of_each().into_iter();
                    others
                        .filter(|payload| payload.facts().kind != "related")
                        .collect()
                },
                Some((false, false)),
            ),
        ];
        for (name, events, expected) in table {
            assert_eq!(after(&events), expected, "{name}");
        }
    }

    #[test]
    fn a_delivery_keeps_the_answer_of_its_place_in_the_log() {
        let mut index = BlockIndex::default();
        let before = index.remember(ADA, MutesAndBlocks::default());
        index.apply(&related(Relation::Mute, BOB, ADA, false));
        assert!(before.is_empty(), "what was given out does not change");
        assert!(!index.of.get(&ADA).unwrap().is_empty());
    }

    #[test]
    fn a_full_index_keeps_what_is_asked_for_often() {
        let mut index = BlockIndex::default();
        index.remember(ADA, MutesAndBlocks::default());
        for id in 0..i64::try_from(REMEMBERED).unwrap() * 2 {
            index.remember(UserId(100 + id), MutesAndBlocks::default());
            assert!(index.of.get(&ADA).is_some(), "after {id} others");
        }
        assert!(index.of.len() <= REMEMBERED);
    }
}
