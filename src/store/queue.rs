//! A bounded queue between the callers and the threads of the store. Full means *no*, at once.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::Failure;

/// Work that waits for a thread.
pub(super) struct Queue<T> {
    state: Mutex<State<T>>,
    arrived: Condvar,
    capacity: usize,
}

struct State<T> {
    waiting: VecDeque<T>,
    is_closed: bool,
}

/// What a thread came back with from the queue.
pub(super) enum Taken<T> {
    /// At least one, oldest first.
    Work(Vec<T>),
    /// Nothing came for as long as it wanted to wait.
    Idle,
    /// Nothing waits and nothing will come.
    Closed,
}

impl<T> Queue<T> {
    pub(super) fn new(capacity: usize) -> Self {
        Self {
            state: Mutex::new(State {
                waiting: VecDeque::new(),
                is_closed: false,
            }),
            arrived: Condvar::new(),
            capacity: capacity.max(1),
        }
    }

    /// Appends, unless the queue is full or closed; then the work is given back.
    pub(super) fn offer(&self, work: T) -> Result<(), (T, Failure)> {
        let mut state = self.lock();
        if state.is_closed {
            return Err((work, Failure::Stopping));
        }
        if state.waiting.len() >= self.capacity {
            return Err((work, Failure::Busy));
        }
        state.waiting.push_back(work);
        drop(state);
        self.arrived.notify_one();
        Ok(())
    }

    /// Waits until something is there, then takes all of it, up to `most`.
    pub(super) fn take(&self, most: usize, patience: Duration) -> Taken<T> {
        let until = Instant::now() + patience;
        let mut state = self.lock();
        loop {
            if !state.waiting.is_empty() {
                let n = state.waiting.len().min(most.max(1));
                return Taken::Work(state.waiting.drain(..n).collect());
            }
            if state.is_closed {
                return Taken::Closed;
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Taken::Idle;
            }
            state = self
                .arrived
                .wait_timeout(state, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
    }

    /// Takes what has arrived meanwhile, without waiting, until `taken` holds `most`.
    pub(super) fn take_more(&self, most: usize, taken: &mut Vec<T>) {
        let room = most.saturating_sub(taken.len());
        let mut state = self.lock();
        let n = state.waiting.len().min(room);
        taken.extend(state.waiting.drain(..n));
    }

    /// Takes no more; what waits is still done.
    pub(super) fn close(&self) {
        self.lock().is_closed = true;
        self.arrived.notify_all();
    }

    /// Closes the queue and drops waiting jobs: its thread ended.
    pub(super) fn abandon(&self) {
        let mut state = self.lock();
        state.is_closed = true;
        let waiting = std::mem::take(&mut state.waiting);
        drop(state);
        // Outside of the lock: dropping a job may wake its sender.
        drop(waiting);
    }

    /// Whether one more would be refused.
    pub(super) fn is_full(&self) -> bool {
        self.depth() >= self.capacity
    }

    /// How much waits.
    pub(super) fn depth(&self) -> usize {
        self.lock().waiting.len()
    }

    // No caller's code runs under the lock, so a poisoned one is still sound.
    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_queue_says_busy_and_a_closed_one_stopping() {
        let queue = Queue::new(2);
        assert!(queue.offer(1).is_ok() && queue.offer(2).is_ok());
        assert!(matches!(queue.offer(3), Err((3, Failure::Busy))));
        queue.close();
        assert!(matches!(queue.offer(4), Err((4, Failure::Stopping))));
        let Taken::Work(first) = queue.take(1, Duration::ZERO) else {
            panic!("two wait");
        };
        assert_eq!(first, [1]);
        let mut full = first.clone();
        queue.take_more(1, &mut full);
        assert_eq!(full, first, "it holds as many as it may");
        let Taken::Work(rest) = queue.take(9, Duration::ZERO) else {
            panic!("one waits");
        };
        assert_eq!(rest, [2]);
        assert!(matches!(queue.take(9, Duration::ZERO), Taken::Closed));
    }

    #[test]
    fn what_arrives_while_a_group_waits_joins_it_in_order() {
        let queue = Queue::new(9);
        assert!((1..=4).all(|n| queue.offer(n).is_ok()));
        let mut group = vec![0];
        queue.take_more(3, &mut group);
        assert_eq!(group, [0, 1, 2]);
        queue.take_more(9, &mut group);
        assert_eq!(group, [0, 1, 2, 3, 4]);
        queue.take_more(9, &mut group);
        assert_eq!((group.len(), queue.depth()), (5, 0));
    }

    #[tokio::test]
    async fn an_abandoned_queue_leaves_no_caller_waiting() {
        use crate::store::Answer;
        let queue = Queue::new(2);
        let (answer, pending) = Answer::<()>::new();
        assert!(queue.offer(answer).is_ok());
        queue.abandon();
        assert!(matches!(pending.wait().await, Err(Failure::Stopping)));
        let (late, _pending) = Answer::new();
        assert!(matches!(queue.offer(late), Err((_, Failure::Stopping))));
    }
}
