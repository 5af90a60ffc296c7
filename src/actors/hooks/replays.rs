//! Dead letters that are to be delivered again: one at a time, beside the lanes, one attempt each.

use std::collections::VecDeque;

use super::lane::Letter;
use super::poster::Outcome;
use super::reading::Reader;
use super::registry::HookKey;
use crate::event::Pos;
use crate::model::{DeadLetter, Failure, HookFault, Stamp};
use crate::store::Store;

/// Dead letters that are read at one time.
const AT_ONCE: i64 = 64;

/// The replays of a hook.
#[derive(Debug)]
pub struct Replays {
    waiting: VecDeque<DeadLetter>,
    /// There may be more in the database.
    is_wanted: bool,
    is_posting: bool,
}

impl Default for Replays {
    /// A task that ended may have left some.
    fn default() -> Self {
        Self {
            waiting: VecDeque::new(),
            is_wanted: true,
            is_posting: false,
        }
    }
}

impl Replays {
    /// There may be something to replay.
    pub fn want(&mut self) {
        self.is_wanted = true;
    }

    /// Whether one could begin.
    pub fn is_due(&self) -> bool {
        !self.is_posting && (self.is_wanted || !self.waiting.is_empty())
    }

    /// The next one, as it is today. Those that cannot be delivered go back to the dead.
    ///
    /// # Errors
    /// The database is in trouble, or the process stops.
    pub async fn next(
        &mut self,
        (client, key): &HookKey,
        reader: &mut Reader,
        (epoch, store): (&str, &Store),
    ) -> Result<Option<(DeadLetter, Letter)>, Failure> {
        if self.waiting.is_empty() {
            let (client, key) = (client.clone(), key.clone());
            let read = store.read(move |db| db.dead_letters_to_replay(&client, &key, AT_ONCE));
            self.waiting = read.await?.into();
            self.is_wanted = !self.waiting.is_empty();
        }
        let Some(dead) = self.waiting.front().cloned() else {
            return Ok(None);
        };
        let read = match dead.epoch == epoch {
            true => reader.one(Pos(dead.first)).await?,
            false => None,
        };
        let fault = match &read {
            Some(letter) if letter.is_gap && !dead.is_gap => HookFault::Trimmed,
            None if dead.epoch != epoch => HookFault::Trimmed,
            None => HookFault::NotVisible,
            Some(letter) => {
                let letter = letter.clone();
                self.waiting.pop_front();
                self.is_posting = true;
                return Ok(Some((dead, letter)));
            }
        };
        let failed = DeadLetter {
            fault,
            status: None,
            died_at: store.now(),
            ..dead
        };
        store.write(move |tx| tx.fail_replay(&failed)).await?;
        self.waiting.pop_front();
        Ok(None)
    }

    /// An attempt ended.
    ///
    /// # Errors
    /// The database is in trouble, or the process stops: it will be delivered once more.
    pub async fn settle(
        &mut self,
        dead: DeadLetter,
        outcome: Outcome,
        (now, store): (Stamp, &Store),
    ) -> Result<(), Failure> {
        self.is_posting = false;
        match outcome {
            Outcome::Delivered => store.write(move |tx| tx.forget_dead_letter(dead.id)).await,
            Outcome::Failed { fault, status, .. } => {
                let failed = DeadLetter {
                    attempts: dead.attempts.saturating_add(1),
                    fault,
                    status,
                    died_at: now,
                    ..dead
                };
                store.write(move |tx| tx.fail_replay(&failed)).await
            }
        }
    }
}
