//! The way to each node: how much is under way there, and whether it answers. One that stands still takes no turn from the
//! ways to the others, and few of its own.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::model::NodeEpoch;

/// Requests to a node at one time: a socket each.
const AT_ONCE: usize = 256;
/// Of those that it may miss so many more.
const WORDS_AT_ONCE: usize = 16;
/// For so long a node that did not answer in time is asked nothing more.
const PAUSE: Duration = Duration::from_secs(1);
/// Ways that are kept although nothing is under way.
const KEPT: usize = 64;

/// What goes there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Errand {
    /// A question that a caller waits for.
    Question,
    /// A word that the node may miss.
    Word,
}

/// All ways, by the process at their end.
#[derive(Debug, Default)]
pub(super) struct Ways(Mutex<HashMap<NodeEpoch, Arc<Way>>>);

#[derive(Debug)]
struct Way {
    questions: Arc<Semaphore>,
    words: Arc<Semaphore>,
    heard: Mutex<Heard>,
}

/// What is known of the node at the end.
#[derive(Debug, Default)]
struct Heard {
    /// It did not answer in time: until then it is asked nothing.
    late_until: Option<Instant>,
    /// When it answered last.
    answered: Option<Instant>,
}

/// Something is under way.
#[derive(Debug)]
pub(super) struct Turn {
    way: Arc<Way>,
    began: Instant,
    _permit: OwnedSemaphorePermit,
}

impl Ways {
    /// A turn on the way to a node. `None`: as much is under way as may be, or the node does not answer. Of such a node one
    /// turn at a time shows whether it does again.
    pub(super) fn turn(&self, node: &NodeEpoch, errand: Errand, now: Instant) -> Option<Turn> {
        let way = self.way(node);
        let turns = match errand {
            Errand::Question => &way.questions,
            Errand::Word => &way.words,
        };
        let permit = Arc::clone(turns).try_acquire_owned().ok()?;
        let mut heard = way.heard();
        if let Some(until) = &mut heard.late_until {
            if now < *until {
                return None;
            }
            *until = now + PAUSE;
        }
        drop(heard);
        Some(Turn {
            way,
            began: now,
            _permit: permit,
        })
    }

    fn way(&self, node: &NodeEpoch) -> Arc<Way> {
        // No other code runs under the lock.
        let mut ways = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(way) = ways.get(node) {
            return Arc::clone(way);
        }
        if ways.len() >= KEPT {
            ways.retain(|_, way| Arc::strong_count(way) > 1);
        }
        let way = Arc::new(Way {
            questions: Arc::new(Semaphore::new(AT_ONCE)),
            words: Arc::new(Semaphore::new(WORDS_AT_ONCE)),
            heard: Mutex::default(),
        });
        ways.insert(node.clone(), Arc::clone(&way));
        way
    }
}

impl Way {
    fn heard(&self) -> MutexGuard<'_, Heard> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Turn {
    /// The node answered.
    pub(super) fn was_answered(&self, now: Instant) {
        *self.way.heard() = Heard {
            late_until: None,
            answered: Some(now),
        };
    }

    /// The node did not answer in time. If it answered something else meanwhile it is only this that takes long.
    pub(super) fn was_late(&self, now: Instant) {
        let mut heard = self.way.heard();
        if heard.answered.is_none_or(|at| at < self.began) {
            heard.late_until = Some(now + PAUSE);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(name: &str) -> NodeEpoch {
        NodeEpoch::from(name)
    }

    #[test]
    fn what_is_under_way_to_one_node_takes_no_turn_from_another() {
        let (ways, now) = (Ways::default(), Instant::now());
        let (b, c) = (node("b"), node("c"));
        let question = |to| ways.turn(to, Errand::Question, now);
        let word = |to| ways.turn(to, Errand::Word, now);
        let mut held: Vec<_> = (0..AT_ONCE).map(|_| question(&b).unwrap()).collect();
        assert!(question(&b).is_none());
        let words: Vec<_> = (0..WORDS_AT_ONCE).map(|_| word(&b).unwrap()).collect();
        assert!(word(&b).is_none());
        assert!(question(&c).is_some() && word(&c).is_some());
        held.pop();
        assert!(question(&b).is_some(), "a turn that is over is free");
        drop((held, words));
        for other in 0..2 * KEPT {
            ways.way(&node(&other.to_string()));
        }
        assert!(ways.0.lock().unwrap().len() <= KEPT + 1);
    }

    #[test]
    fn a_node_that_does_not_answer_is_asked_once_a_second_until_it_does() {
        let (ways, begin) = (Ways::default(), Instant::now());
        let b = node("b");
        let turn = |errand, at| ways.turn(&b, errand, at);
        let first = turn(Errand::Question, begin).unwrap();
        let late = begin + Duration::from_secs(10);
        first.was_late(late);
        for errand in [Errand::Question, Errand::Word] {
            assert!(turn(errand, late + PAUSE / 2).is_none());
            assert!(
                ways.turn(&node("c"), errand, late).is_some(),
                "only this one"
            );
        }
        let again = late + PAUSE;
        let probe = turn(Errand::Question, again).unwrap();
        assert!(turn(Errand::Question, again).is_none(), "one at a time");
        assert!(turn(Errand::Question, again + PAUSE).is_some());
        probe.was_answered(again + PAUSE);
        assert!(turn(Errand::Question, again + PAUSE).is_some());
    }

    #[test]
    fn one_answer_that_takes_long_stops_nothing_if_others_come() {
        let (ways, begin) = (Ways::default(), Instant::now());
        let b = node("b");
        let turn = |at| ways.turn(&b, Errand::Question, at);
        let long = turn(begin).unwrap();
        let short = turn(begin + PAUSE).unwrap();
        short.was_answered(begin + 2 * PAUSE);
        long.was_late(begin + 10 * PAUSE);
        assert!(turn(begin + 10 * PAUSE).is_some());
    }
}
