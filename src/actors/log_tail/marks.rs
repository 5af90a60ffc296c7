//! Events that were delivered, by which a log that went back is known though it has grown since: it has other events at
//! their positions.
//!
//! What was lost may be as little as the last commit, and what came in its place may be delivered behind it before the log
//! is asked for its end again. So there is a mark for each batch since the last answer, not only for the newest.

use crate::event::{Event, Pos};
use crate::model::Stamp;
use crate::store::{LogEnd, LogMark};

/// Marks at most. Above it every second one goes: a log that went back by less than two batches may be missed then.
const MOST: usize = 1024;

/// The last event of each batch that was delivered since the log was compared, rising.
#[derive(Debug, Default)]
pub(super) struct Marks(Vec<LogMark>);

impl Marks {
    /// All up to this event was delivered.
    pub(super) fn note(&mut self, last: &Event) {
        if let Some(pos) = last.pos {
            self.push(pos, last.at);
        }
    }

    fn push(&mut self, pos: Pos, at: Stamp) {
        if self.0.len() >= MOST {
            let mut stays = false;
            self.0.retain(|_| {
                stays = !stays;
                stays
            });
        }
        self.0.push(LogMark { pos, at });
    }

    /// What the log is compared with.
    pub(super) fn all(&self) -> &[LogMark] {
        &self.0
    }

    /// The log has what was delivered up to here. The newest mark of it stays for the next question. Without any the event
    /// at the end of the log is one, if nothing else was delivered last: so it is behind a start.
    pub(super) fn are_there(&mut self, up_to: Pos, (end, last): (LogEnd, Pos)) {
        let known = self.0.partition_point(|mark| mark.pos <= up_to);
        self.0.drain(..known.saturating_sub(1));
        if let Some(at) = end.at.filter(|_| self.0.is_empty() && end.pos == last) {
            self.push(end.pos, at);
        }
    }

    /// The log went back, and goes on from this end.
    pub(super) fn begin_again(&mut self, end: LogEnd) {
        self.0.clear();
        if let Some(at) = end.at {
            self.push(end.pos, at);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn positions(marks: &Marks) -> Vec<i64> {
        marks.all().iter().map(|mark| mark.pos.0).collect()
    }

    fn end(pos: i64) -> LogEnd {
        LogEnd {
            pos: Pos(pos),
            at: Some(Stamp(pos)),
            is_another: false,
        }
    }

    #[test]
    fn the_newest_mark_of_what_is_there_stays_and_all_behind_it() {
        let mut marks = Marks::default();
        marks.are_there(Pos(2), (end(3), Pos(2)));
        assert!(marks.all().is_empty(), "3 was not delivered");
        marks.are_there(Pos(3), (end(3), Pos(3)));
        assert_eq!(positions(&marks), [3]);
        for pos in [5, 7, 9] {
            marks.push(Pos(pos), Stamp(pos));
        }
        marks.are_there(Pos(8), (end(9), Pos(9)));
        assert_eq!(positions(&marks), [7, 9]);
        marks.are_there(Pos(9), (end(9), Pos(9)));
        marks.are_there(Pos(9), (end(9), Pos(9)));
        assert_eq!(positions(&marks), [9]);
        marks.begin_again(end(8));
        assert_eq!(positions(&marks), [8]);
    }

    #[test]
    fn they_are_bounded_and_the_newest_is_among_them() {
        let mut marks = Marks::default();
        for pos in 1..=5000 {
            marks.push(Pos(pos), Stamp(pos));
            assert!(marks.all().len() <= MOST);
        }
        assert_eq!(marks.all().last().map(|mark| mark.pos), Some(Pos(5000)));
    }
}
