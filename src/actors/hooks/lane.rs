//! The order of a hook's deliveries: one lane for each part of its events, one delivery at a time in each.
//!
//! A lane that fails keeps its place in the log and lets the others go on: it holds a bounded number of letters, and what
//! is behind them is read when it has room again.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use bytes::Bytes;

use crate::event::Pos;
use crate::fault::{Seeded, seeded};

/// Lanes of a hook for events. One more is for gaps, which concern all of them.
pub const PARTS: u16 = 16;

/// The lane of gaps.
pub const GAPS: usize = PARTS as usize;

/// Letters that may wait in a lane, and their bytes.
const LETTERS: usize = 64;
const BYTES: usize = 128 * 1024;

/// Something to deliver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// The first position that it covers; of an event the same as the last.
    pub first: Pos,
    /// The last one.
    pub last: Pos,
    /// The same for each attempt.
    pub id: String,
    /// It says what the log lacks.
    pub is_gap: bool,
    /// JSON.
    pub body: Bytes,
}

/// One lane.
#[derive(Debug)]
pub struct Lane {
    /// Everything up to here is in the lane, or is none of it.
    read_to: Pos,
    letters: VecDeque<Letter>,
    bytes: usize,
    /// It has as many letters as it may, and has not got rid of half of them since.
    is_full: bool,
    /// The first letter is being posted.
    is_posting: bool,
    /// A right was lost while it was: it is judged again before it is posted again.
    is_stale: bool,
    /// Attempts with the letter at this position that failed.
    failed: (Pos, u32),
    /// Until then the lane waits.
    not_before: Option<Instant>,
}

impl Lane {
    fn new(at: Pos) -> Self {
        Self {
            read_to: at,
            letters: VecDeque::new(),
            bytes: 0,
            is_full: false,
            is_posting: false,
            is_stale: false,
            failed: (Pos(0), 0),
            not_before: None,
        }
    }

    /// Everything up to here is settled.
    fn position(&self) -> Pos {
        match seeded(Seeded::HookPlaceAhead) {
            true => self.read_to,
            false => self.position_without(0),
        }
    }

    /// The same without its first letters. Gaps may be out of order: each lane comes upon those that it lacks.
    fn position_without(&self, count: usize) -> Pos {
        let waiting = self.letters.iter().skip(count);
        let before = waiting.map(|letter| Pos(letter.first.0 - 1));
        before.fold(self.read_to, Pos::min)
    }

    /// Whether it takes what was read behind `from`.
    fn takes(&self, from: Pos) -> bool {
        !self.is_full && self.read_to >= from
    }

    fn due(&self) -> Option<Instant> {
        self.not_before
            .filter(|_| !self.is_posting && !self.letters.is_empty())
    }

    fn push(&mut self, letter: Letter) {
        self.read_to = self.read_to.max(letter.last);
        self.bytes += letter.body.len();
        self.letters.push_back(letter);
        self.is_full = self.letters.len() >= LETTERS || self.bytes >= BYTES;
    }

    /// Drops what waits: it is read again. A letter that is being posted is settled first.
    fn empty(&mut self) {
        let kept = usize::from(self.is_posting);
        self.is_stale = self.is_posting;
        self.read_to = self.position_without(kept);
        self.letters.truncate(kept);
        self.shrink();
    }

    /// A lane with room for one letter would cost a page of the log for each.
    fn shrink(&mut self) {
        self.bytes = self.letters.iter().map(|letter| letter.body.len()).sum();
        let is_half = self.letters.len() <= LETTERS / 2 && self.bytes <= BYTES / 2;
        if is_half || self.letters.len() <= 1 {
            self.is_full = false;
        }
    }
}

/// The lanes of a hook.
#[derive(Debug)]
pub struct Lanes(Vec<Lane>);

impl Lanes {
    /// Each where it was. Of positions of another number of lanes the first of all is taken.
    pub fn new(positions: &[i64]) -> Self {
        let count = GAPS + 1;
        let first = positions.iter().copied().min().unwrap_or_default();
        let at = |lane: usize| match positions.len() == count {
            true => positions.get(lane).copied().unwrap_or(first),
            false => first,
        };
        Self((0..count).map(|lane| Lane::new(Pos(at(lane)))).collect())
    }

    /// How far each lane is.
    pub fn positions(&self) -> Vec<i64> {
        self.0.iter().map(|lane| lane.position().0).collect()
    }

    /// How far the lane is that is farthest.
    pub fn farthest(&self) -> Pos {
        let positions = self.0.iter().map(Lane::position);
        positions.max().unwrap_or_default()
    }

    /// Where to read on: behind what the lane has that lacks most, of those with room.
    pub fn next_read(&self, head: Pos) -> Option<Pos> {
        let lacking = self.0.iter().filter(|lane| !lane.is_full);
        let first = lacking.map(|lane| lane.read_to).min();
        first.filter(|first| *first < head)
    }

    /// Whether a lane lacks what is read behind `from`. A gap is lacked if any lane lacks it: another may be behind it for long.
    pub fn wants(&self, lane: usize, from: Pos, pos: Pos) -> bool {
        let lacks = |lane: &Lane| lane.takes(from) && lane.read_to < pos;
        match lane {
            GAPS => self.0.iter().any(lacks),
            _ => self.0.get(lane).is_some_and(lacks),
        }
    }

    /// Takes letters that were read behind `from`, up to `reached`. Of a lane that becomes full the rest is left.
    pub fn take(&mut self, letters: Vec<(usize, Letter)>, (from, reached): (Pos, Pos)) {
        // Decided before the first letter: a lane that fills up must not skip what follows.
        let mut takes: Vec<bool> = self.0.iter().map(|lane| lane.takes(from)).collect();
        for (index, letter) in letters {
            if index == GAPS {
                self.take_gap(letter, &takes);
                continue;
            }
            let (Some(lane), Some(takes)) = (self.0.get_mut(index), takes.get_mut(index)) else {
                continue;
            };
            if !*takes || letter.last <= lane.read_to {
                continue;
            }
            match lane.is_full {
                true => *takes = false,
                false => lane.push(letter),
            }
        }
        for (lane, _) in self.0.iter_mut().zip(takes).filter(|(_, takes)| *takes) {
            lane.read_to = lane.read_to.max(reached);
        }
    }

    /// A gap that is not in the log. It keeps no lane from reading on.
    pub fn tell(&mut self, letter: Letter) {
        if let Some(gaps) = self.0.get_mut(GAPS) {
            gaps.push(letter);
        }
    }

    /// There is room for any gap: a lane that goes on behind one has to say it.
    fn take_gap(&mut self, letter: Letter, takes: &[bool]) {
        if seeded(Seeded::HookGapUnsaid) {
            return;
        }
        let mut taking = self.0.iter().zip(takes).filter(|(_, takes)| **takes);
        let is_lacked = taking.any(|(lane, _)| lane.read_to < letter.last);
        if let Some(gaps) = self.0.get_mut(GAPS).filter(|_| is_lacked)
            && gaps.letters.iter().all(|known| known.id != letter.id)
        {
            gaps.push(letter);
        }
    }

    /// The letters that are to be posted now, each with its lane and the number of its attempt. They count as being posted
    /// from here on.
    pub fn begin(&mut self, now: Instant) -> Vec<(usize, u32, Letter)> {
        let mut begun = Vec::new();
        for (index, lane) in self.0.iter_mut().enumerate() {
            let waits = lane.is_posting || lane.not_before.is_some_and(|until| until > now);
            let Some(letter) = lane.letters.front().filter(|_| !waits) else {
                continue;
            };
            let failed = match lane.failed {
                (pos, failed) if pos == letter.last => failed,
                _ => 0,
            };
            begun.push((index, failed + 1, letter.clone()));
            lane.is_posting = true;
        }
        begun
    }

    /// The letter that a lane posts was delivered, or given up.
    pub fn settle(&mut self, lane: usize) {
        if let Some(lane) = self.0.get_mut(lane) {
            lane.is_posting = false;
            lane.is_stale = false;
            lane.not_before = None;
            lane.letters.pop_front();
            lane.shrink();
        }
    }

    /// The attempt of a lane failed. Gives the letter, and how many attempts failed so far.
    pub fn fail(&mut self, lane: usize) -> Option<(Letter, u32)> {
        let lane = self.0.get_mut(lane)?;
        lane.is_posting = false;
        let letter = lane.letters.front()?.clone();
        let failed = match lane.failed {
            (pos, failed) if pos == letter.last => failed.saturating_add(1),
            _ => 1,
        };
        lane.failed = (letter.last, failed);
        Some((letter, failed))
    }

    /// The lane waits before its next attempt.
    pub fn pause(&mut self, lane: usize, until: Instant) {
        if seeded(Seeded::HookFailedLost) {
            return self.settle(lane);
        }
        if let Some(lane) = self.0.get_mut(lane) {
            lane.not_before = Some(until);
            if lane.is_stale {
                lane.empty();
            }
        }
    }

    /// How far each lane is once this one has given its letter up.
    pub fn positions_without_first_of(&self, lane: usize) -> Vec<i64> {
        let mut positions = self.positions();
        let found = self.0.get(lane).zip(positions.get_mut(lane));
        if let Some((lane, position)) = found {
            *position = lane.position_without(1).0;
        }
        positions
    }

    /// Forgets what waits, in one lane or in all: it is read again, with the rights of then.
    pub fn read_again(&mut self, which: Option<usize>) {
        for (index, lane) in self.0.iter_mut().enumerate() {
            if which.is_none_or(|which| which == index) {
                lane.empty();
            }
        }
    }

    /// When the first lane that pauses goes on.
    pub fn next_due(&self) -> Option<Instant> {
        self.0.iter().filter_map(Lane::due).min()
    }

    /// Bytes that wait.
    pub fn bytes(&self) -> usize {
        self.0.iter().map(|lane| lane.bytes).sum()
    }
}

/// A pause that differs from one lane to the next by a quarter up or down, so that a receiver that comes back is not
/// asked by all at once. `asked`: what the receiver asks for, within the longest pause of the settings.
pub fn jittered(pause: Duration, asked: Option<Duration>, longest: Duration) -> Duration {
    let asked = asked.unwrap_or_default().min(longest);
    let spread = 0.75 + 0.5 * rand::random::<f64>();
    pause.mul_f64(spread).max(asked)
}

#[cfg(test)]
#[path = "lane_tests.rs"]
mod tests;
