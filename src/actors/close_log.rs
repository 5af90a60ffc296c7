//! The last streams that ended, so that the author of a client can ask why. In memory: a restart forgets them.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use crate::model::StreamOwner;
use crate::protocol::object::ClosedStream;

/// Entries per owner: one that reconnects all the time displaces only its own.
const PER_OWNER: usize = 32;
/// Entries in all, some 200 bytes each; beyond it the oldest goes.
const IN_ALL: usize = 20_000;

/// The last streams that ended.
#[derive(Debug, Default)]
pub struct CloseLog {
    entries: Mutex<Entries>,
}

#[derive(Debug, Default)]
struct Entries {
    by_owner: HashMap<StreamOwner, VecDeque<(u64, Arc<ClosedStream>)>>,
    /// The owner of each entry, by its number: the oldest is the first.
    owners: BTreeMap<u64, StreamOwner>,
    numbered: u64,
}

impl CloseLog {
    /// A stream ended.
    pub fn note(&self, owner: StreamOwner, closed: ClosedStream) {
        // The lists are whole after each of the few steps, so a panic in another thread does not matter.
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        entries.add(owner, closed);
    }

    /// The last streams of an owner that ended, newest first.
    pub fn of(&self, owner: &StreamOwner) -> Vec<Arc<ClosedStream>> {
        let entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        let known = entries.by_owner.get(owner);
        let known = known.into_iter().flatten().rev();
        known.map(|(_, closed)| closed.clone()).collect()
    }
}

impl Entries {
    fn add(&mut self, owner: StreamOwner, closed: ClosedStream) {
        self.numbered += 1;
        self.owners.insert(self.numbered, owner.clone());
        let known = self.by_owner.entry(owner).or_default();
        known.push_back((self.numbered, Arc::new(closed)));
        if known.len() > PER_OWNER
            && let Some((number, _)) = known.pop_front()
        {
            self.owners.remove(&number);
        }
        if self.owners.len() > IN_ALL {
            self.forget_oldest();
        }
    }

    fn forget_oldest(&mut self) {
        let Some((_, owner)) = self.owners.pop_first() else {
            return;
        };
        if let Some(known) = self.by_owner.get_mut(&owner) {
            known.pop_front();
            if known.is_empty() {
                self.by_owner.remove(&owner);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Stamp, UserId};
    use crate::protocol::goodbye::{Ended, Goodbye};

    fn owner(user: i64) -> StreamOwner {
        StreamOwner::User(UserId(user), "app".into())
    }

    fn closed(number: i64) -> ClosedStream {
        ClosedStream {
            connection_id: "c".into(),
            client_id: "app".into(),
            key: None,
            connected_at: Stamp(0),
            closed_at: Stamp(number),
            ended: Ended::Told(Goodbye::Slow),
            bytes_waiting: 0,
        }
    }

    fn times(log: &CloseLog, owner: &StreamOwner) -> Vec<i64> {
        let known = log.of(owner);
        known.iter().map(|closed| closed.closed_at.0).collect()
    }

    #[test]
    fn one_that_reconnects_all_the_time_displaces_only_its_own() {
        let log = CloseLog::default();
        log.note(owner(1), closed(-1));
        for number in 0..100_000 {
            log.note(owner(2), closed(number));
        }
        assert_eq!(times(&log, &owner(1)), [-1]);
        let newest: Vec<i64> = (0..100_000).rev().take(PER_OWNER).collect();
        assert_eq!(times(&log, &owner(2)), newest);
        let entries = log.entries.lock().unwrap();
        assert_eq!(entries.owners.len(), PER_OWNER + 1);
    }

    #[test]
    fn the_oldest_of_all_goes_and_nothing_of_it_is_left() {
        let log = CloseLog::default();
        let most = i64::try_from(IN_ALL).unwrap();
        for user in 0..most + 5 {
            log.note(owner(user), closed(user));
        }
        assert!(times(&log, &owner(4)).is_empty());
        assert_eq!(times(&log, &owner(5)), [5]);
        assert_eq!(times(&log, &owner(most + 4)), [most + 4]);
        let entries = log.entries.lock().unwrap();
        assert_eq!(entries.owners.len(), IN_ALL);
        assert_eq!(entries.by_owner.len(), IN_ALL);
    }
}
