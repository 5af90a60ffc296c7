//! Messages that were sent before, and are sent once more by something that has read them: signed, and old.
//!
//! Each server numbers its messages, and they arrive in that order or not at all. A server that this one has not heard of
//! yet is known by its clock: clocks of servers that run are less than five minutes apart.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Mutex, PoisonError};

use super::NodeId;
use super::sealing::Opened;
use crate::model::Stamp;

/// How far the time of a message may be from the own clock: what servers allow their clocks, each in its direction, and what a message may be on
/// its way.
const APART: i64 = 11 * 60 * 1_000_000;

/// Servers that are remembered. One that was not heard of for longer than a message may be old is forgotten first.
const NODES: usize = 1024;

/// The last message of each server.
#[derive(Debug, Default)]
pub(super) struct Repeats(Mutex<HashMap<NodeId, Last>>);

#[derive(Clone, Copy, Debug)]
struct Last {
    number: u64,
    heard_at: Stamp,
}

impl Repeats {
    /// Whether this message is a new one.
    pub(super) fn is_new(&self, message: &Opened, now: Stamp) -> bool {
        if now.0.saturating_sub(message.at.0).saturating_abs() > APART {
            return false;
        }
        // No other code runs under the lock.
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if last.len() >= NODES && !last.contains_key(&message.node) {
            // What these sent is refused by its age from now on.
            last.retain(|_, last| now.0.saturating_sub(last.heard_at.0) <= 2 * APART);
            if last.len() >= NODES {
                return false;
            }
        }
        let this = Last {
            number: message.sent,
            heard_at: now,
        };
        match last.entry(message.node) {
            Entry::Vacant(place) => {
                place.insert(this);
                true
            }
            Entry::Occupied(mut known) if known.get().number < message.sent => {
                known.insert(this);
                true
            }
            Entry::Occupied(_) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::super::sealing::Kind;
    use super::*;

    fn message(node: u64, sent: u64, at: i64) -> Opened {
        Opened {
            node: NodeId(node),
            sent,
            at: Stamp(at),
            kind: Kind::Beat,
            content: Bytes::new(),
        }
    }

    #[test]
    fn a_message_counts_once_and_not_behind_a_later_one() {
        let repeats = Repeats::default();
        let now = Stamp(100 * APART);
        let is_new = |node, sent, at| repeats.is_new(&message(node, sent, at), now);
        assert!(is_new(1, 5, now.0) && is_new(1, 9, now.0));
        assert!(!is_new(1, 9, now.0) && !is_new(1, 5, now.0) && !is_new(1, 7, now.0));
        assert!(is_new(2, 5, now.0), "another server");
        assert!(is_new(1, 10, now.0));
        // Of servers that ended before this one began.
        assert!(!is_new(3, 5, now.0 - APART - 1) && !is_new(3, 5, now.0 + APART + 1));
        assert!(is_new(3, 5, now.0 - APART));
    }

    #[test]
    fn servers_that_ended_are_forgotten_once_their_messages_are_old() {
        let repeats = Repeats::default();
        let of = |node, at| repeats.is_new(&message(node, 1, at), Stamp(at));
        for node in 0..NODES as u64 {
            assert!(of(node, 0));
        }
        assert!(!of(9999, 2 * APART), "full");
        assert!(of(9999, 2 * APART + 1));
        assert_eq!(repeats.0.lock().unwrap().len(), 1);
    }
}
