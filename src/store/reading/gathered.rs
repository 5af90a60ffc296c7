//! Questions of one kind that are answered together: a read takes all that wait when it begins, in one transaction with a few
//! statements, where each alone would have its own.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

use super::super::Failure;

/// Questions that one read answers.
const AT_ONCE: usize = 256;
/// Questions that may wait.
const WAITING: usize = 16 * AT_ONCE;

type Asked<Q, A> = (Q, oneshot::Sender<Result<A, Failure>>);

/// Questions that wait.
pub(in super::super) struct Gathered<Q, A>(Mutex<Waiting<Q, A>>);

struct Waiting<Q, A> {
    asked: Vec<Asked<Q, A>>,
    /// Reads that have not begun: enough for all that wait.
    turns: usize,
}

/// One read. Dropped before it has begun, it leaves nothing waiting for it.
pub(super) struct Turn<Q, A> {
    gathered: Arc<Gathered<Q, A>>,
    has_begun: bool,
    questions: Vec<Q>,
    answers: Vec<oneshot::Sender<Result<A, Failure>>>,
}

/// Where an answer arrives, and the read that has to be handed to the threads for it, if none is that will have room.
type Put<Q, A> = (oneshot::Receiver<Result<A, Failure>>, Option<Turn<Q, A>>);

impl<Q, A> Default for Gathered<Q, A> {
    fn default() -> Self {
        Self(Mutex::new(Waiting {
            asked: Vec::new(),
            turns: 0,
        }))
    }
}

impl<Q, A> Gathered<Q, A> {
    /// # Errors
    /// Busy: too many wait.
    pub(super) fn put(self: &Arc<Self>, question: Q) -> Result<Put<Q, A>, Failure> {
        let mut waiting = self.lock();
        if waiting.asked.len() >= WAITING {
            return Err(Failure::Busy);
        }
        let (answer, answered) = oneshot::channel();
        waiting.asked.push((question, answer));
        let is_new = waiting.turns * AT_ONCE < waiting.asked.len();
        waiting.turns += usize::from(is_new);
        let turn = is_new.then(|| Turn {
            gathered: Arc::clone(self),
            has_begun: false,
            questions: Vec::new(),
            answers: Vec::new(),
        });
        Ok((answered, turn))
    }

    /// The oldest ones.
    fn take(&self) -> Vec<Asked<Q, A>> {
        let mut waiting = self.lock();
        waiting.turns = waiting.turns.saturating_sub(1);
        let count = waiting.asked.len().min(AT_ONCE);
        waiting.asked.drain(..count).collect()
    }

    // No caller's code runs under the lock, so a poisoned one is still sound.
    fn lock(&self) -> MutexGuard<'_, Waiting<Q, A>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<Q, A> Turn<Q, A> {
    /// What it has to answer, in order. What is asked from now on is for a later one: this one may not see its state.
    pub(super) fn begin(&mut self) -> &[Q] {
        if !std::mem::replace(&mut self.has_begun, true) {
            let asked = self.gathered.take().into_iter();
            // What nothing waits for any more is left out.
            let asked = asked.filter(|(_, answer)| !answer.is_closed());
            (self.questions, self.answers) = asked.unzip();
        }
        &self.questions
    }

    /// One answer for each question, or one failure for all of them.
    pub(super) fn answer(mut self, outcome: Result<Vec<A>, Failure>) {
        match outcome {
            Ok(all) => {
                let answers = std::mem::take(&mut self.answers).into_iter();
                // A caller that is gone misses its answer.
                answers
                    .zip(all)
                    .for_each(|(answer, one)| drop(answer.send(Ok(one))));
            }
            Err(failure) => self.fail(&failure),
        }
    }

    fn fail(&mut self, failure: &Failure) {
        // It may not have come to its begin.
        self.begin();
        for answer in self.answers.drain(..) {
            drop(answer.send(Err(failure.clone())));
        }
    }
}

impl<Q, A> Drop for Turn<Q, A> {
    fn drop(&mut self) {
        // No thread has room for it, or the threads end: it may be asked again.
        self.fail(&Failure::Busy);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_read_answers_all_that_wait_when_it_begins() {
        let gathered: Arc<Gathered<usize, usize>> = Arc::default();
        let (first, turn) = gathered.put(1).unwrap();
        let (second, none) = gathered.put(2).unwrap();
        let (gone, _) = gathered.put(3).unwrap();
        assert!(none.is_none());
        drop(gone);
        let mut turn = turn.unwrap();
        assert_eq!(turn.begin(), [1, 2]);
        let (third, next) = gathered.put(4).unwrap();
        turn.answer(Ok(vec![10, 20]));
        assert!(matches!(first.await, Ok(Ok(10))));
        assert!(matches!(second.await, Ok(Ok(20))));
        next.unwrap().answer(Err(Failure::Away));
        assert!(matches!(third.await, Ok(Err(Failure::Away))));
    }

    #[tokio::test]
    async fn there_are_reads_enough_and_no_question_waits_for_one_that_is_dropped() {
        let gathered: Arc<Gathered<usize, usize>> = Arc::default();
        let put: Vec<_> = (0..WAITING).map(|n| gathered.put(n).unwrap()).collect();
        assert!(matches!(gathered.put(0), Err(Failure::Busy)));
        let (answers, turns): (Vec<_>, Vec<_>) = put.into_iter().unzip();
        let mut turns: Vec<_> = turns.into_iter().flatten().collect();
        assert_eq!(turns.len(), WAITING / AT_ONCE);
        turns.pop();
        let mut heard = 0;
        for mut turn in turns {
            let all = turn.begin().to_vec();
            heard += all.len();
            turn.answer(Ok(all));
        }
        assert_eq!(heard, WAITING - AT_ONCE);
        let mut refused = 0;
        for (n, answer) in answers.into_iter().enumerate() {
            match answer.await.unwrap() {
                Ok(answer) => assert_eq!(answer, n),
                Err(Failure::Busy) => refused += 1,
                Err(other) => panic!("{other:?}"),
            }
        }
        assert_eq!(refused, AT_ONCE);
        assert!(gathered.put(0).unwrap().1.is_some());
    }
}
