//! How far a hook is, as the database has it: written down from time to time, never per event.

use std::time::{Duration, Instant};

use super::lane::Lanes;
use super::registry::HookKey;
use crate::event::Pos;
use crate::model::{Failure, NodeEpoch, Stamp};
use crate::store::{HookPlace, Store};

/// How often the place of a hook is written down while it moves: after a crash the deliveries of this time are repeated.
const EVERY: Duration = Duration::from_secs(1);

/// What is kept: the position of each lane, and since when no delivery has succeeded.
pub type Kept = (Vec<i64>, Option<Stamp>);

/// Keeps it.
#[derive(Debug)]
pub struct Keeping {
    saved: Kept,
    saved_at: Instant,
}

impl Keeping {
    /// The database has this.
    pub fn new(saved: Kept) -> Self {
        Self {
            saved,
            saved_at: Instant::now(),
        }
    }

    /// When it is to be written down; `None` if nothing changed.
    pub fn due(&self, now: &Kept) -> Option<Instant> {
        (*now != self.saved).then(|| self.saved_at + EVERY)
    }

    /// Whether that time has come.
    pub fn is_due(&self) -> bool {
        self.saved_at.elapsed() >= EVERY
    }

    /// Writes it down. What cannot be written now will be later: until then a crash repeats more. False: another node has
    /// gone on with the hook, so that this task is over.
    pub async fn save(
        &mut self,
        now: Kept,
        (client, key): HookKey,
        (store, epoch, node): (&Store, &str, Option<NodeEpoch>),
    ) -> bool {
        self.saved_at = Instant::now();
        if now == self.saved {
            return true;
        }
        let place = HookPlace {
            epoch: epoch.to_owned(),
            positions: now.0.clone(),
        };
        let since = now.1;
        let written = store.write(move |tx| {
            // Another node has gone on with it: what this one knows is old.
            let is_ours = tx.holds_hook((&client, &key), node.as_ref())?;
            if is_ours {
                tx.move_hook((&client, &key), &place, since)?;
            }
            Ok(is_ours)
        });
        let written: Result<bool, Failure> = written.await;
        if let Ok(true) = written {
            self.saved = now;
        }
        written.unwrap_or(true)
    }
}

/// Where the lanes of a hook begin.
#[derive(Debug)]
pub struct Begin {
    /// Where they were, or with all that a new log has.
    pub lanes: Lanes,
    /// Events up to here were delivered that the log has no more, since it ends before them.
    pub taken_back: Option<Pos>,
}

/// Where the lanes of a hook begin, in a log that ends at `head`.
pub fn begin_at(place: &HookPlace, epoch: &str, head: Pos) -> Begin {
    if place.epoch != epoch {
        return Begin {
            lanes: Lanes::new(&[0]),
            taken_back: None,
        };
    }
    let known = place.positions.iter();
    let there: Vec<i64> = known.clone().map(|pos| head.0.min(*pos)).collect();
    let farthest = known.copied().max().map(Pos);
    Begin {
        lanes: Lanes::new(&there),
        taken_back: farthest.filter(|pos| *pos > head),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actors::hooks::lane::GAPS;

    #[test]
    fn a_hook_begins_where_the_log_ends_if_it_was_farther_and_knows_it() {
        let mut positions = vec![90; GAPS + 1];
        positions[3] = 100;
        let place = |epoch: &str| HookPlace {
            epoch: epoch.to_owned(),
            positions: positions.clone(),
        };
        let begin = begin_at(&place("e"), "e", Pos(95));
        let mut there = vec![90; GAPS + 1];
        there[3] = 95;
        assert_eq!(begin.lanes.positions(), there);
        assert_eq!(begin.taken_back, Some(Pos(100)));
        let begin = begin_at(&place("e"), "e", Pos(100));
        assert_eq!(begin.lanes.positions(), positions);
        assert_eq!(begin.taken_back, None);
        let begin = begin_at(&place("other"), "e", Pos(95));
        assert_eq!(begin.lanes.positions(), vec![0; GAPS + 1]);
        assert_eq!(begin.taken_back, None);
    }
}
