//! When a connection that makes no progress is given up.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use tokio::time::{Sleep, sleep_until};

/// What a connection waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Overdue {
    /// The peer takes nothing of its answer.
    Answer,
    /// The request does not end, or its answer does not begin.
    Request,
}

/// The deadlines of one connection. There is one timer, which is set again only after it went off or when a nearer
/// deadline is set: a connection with many requests a second touches it twice a minute.
#[derive(Debug, Default)]
pub(super) struct Deadline {
    answer: Option<Instant>,
    request: Option<Instant>,
    timer: Option<Pin<Box<Sleep>>>,
}

impl Deadline {
    /// The peer does not take what is written.
    pub(super) fn stalls(&mut self, patience: Duration) {
        if self.answer.is_none() {
            self.answer = Some(Instant::now() + patience);
        }
    }

    /// The peer takes bytes: the answer makes progress, and the request has one.
    pub(super) fn writes(&mut self) {
        (self.answer, self.request) = (None, None);
    }

    /// Bytes of a request arrive; false if that went on for too long. A peer that never stops sending is never waited
    /// for, so the timer alone would not see it.
    pub(super) fn reads(&mut self, patience: Duration) -> bool {
        let now = Instant::now();
        *self.request.get_or_insert(now + patience) > now
    }

    /// The request is there, and its answer may be a long time in coming.
    pub(super) fn arrived(&mut self) {
        self.request = None;
    }

    /// Bytes of an upload arrive, which may go on for as long as they do.
    pub(super) fn progresses(&mut self, patience: Duration) {
        self.request = Some(Instant::now() + patience);
    }

    /// Whether a request began to arrive, and nothing of its answer has left.
    pub(super) fn has_request(&self) -> bool {
        self.request.is_some()
    }

    /// The next deadline.
    fn next(&self) -> Option<(Instant, Overdue)> {
        let answer = self.answer.map(|due| (due, Overdue::Answer));
        let request = self.request.map(|due| (due, Overdue::Request));
        match (answer, request) {
            (Some(answer), Some(request)) if request.0 < answer.0 => Some(request),
            (answer, request) => answer.or(request),
        }
    }

    /// Ready once a deadline has passed; else the task is woken then.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Overdue> {
        let Some((due, what)) = self.next() else {
            return Poll::Pending;
        };
        let timer = self
            .timer
            .get_or_insert_with(|| Box::pin(sleep_until(due.into())));
        if timer.deadline() > due.into() {
            timer.as_mut().reset(due.into());
        }
        while timer.as_mut().poll(cx).is_ready() {
            if timer.deadline() >= due.into() {
                return Poll::Ready(what);
            }
            timer.as_mut().reset(due.into());
        }
        Poll::Pending
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::poll_fn;

    const SOON: Duration = Duration::from_millis(20);
    const LATE: Duration = Duration::from_secs(600);

    #[actix_web::test]
    async fn the_nearest_deadline_that_still_holds_goes_off() {
        let mut deadline = Deadline::default();
        assert!(deadline.reads(LATE));
        assert!(
            poll_fn(|cx| Poll::Ready(deadline.poll(cx)))
                .await
                .is_pending()
        );
        deadline.stalls(SOON);
        // More of the same does not move it.
        deadline.stalls(LATE);
        assert_eq!(poll_fn(|cx| deadline.poll(cx)).await, Overdue::Answer);
        deadline.writes();
        assert!(
            poll_fn(|cx| Poll::Ready(deadline.poll(cx)))
                .await
                .is_pending()
        );
        assert!(deadline.reads(SOON));
        assert_eq!(poll_fn(|cx| deadline.poll(cx)).await, Overdue::Request);
        assert!(!deadline.reads(SOON), "too late for more");
    }
}
