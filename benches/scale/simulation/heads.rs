//! Writes wait for the row of the log's head: one group at a time in the whole database.
//!
//! A lane takes the writes that wait for it when its last commit has ended, and then waits for the row with them
//! (`store/lane.rs`). After its messages it indexes their words, which takes the row too (`store/search/indexing.rs`).

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

use super::Nanos;
use super::design::Design;
use super::measured::{
    GROUP, GROUP_RARE, INDEX, INDEX_AFTER, INDEX_MANY, INDEX_MESSAGE, LANE_BATCH, MESSAGE,
};
use super::random::Random;

/// The writes of a commit, by the moments at which they were accepted.
pub(super) struct Commit {
    pub(super) at: Nanos,
    pub(super) writes: Vec<Nanos>,
}

impl Commit {
    pub(super) fn events(&self) -> u64 {
        u64::try_from(self.writes.len()).unwrap_or(u64::MAX)
    }
}

/// What happened at one head.
#[derive(Default)]
pub(super) struct Record {
    pub(super) commits: Vec<Commit>,
    /// Nanoseconds for which the row was locked, until `ended`.
    pub(super) held: Nanos,
    pub(super) ended: Nanos,
}

/// What a lane holds the row for.
enum Turn {
    Group(Vec<Nanos>),
    /// So many messages.
    Index(u64),
}

#[derive(Default)]
struct Lane {
    waiting: VecDeque<Nanos>,
    /// It waits for the row, or has it.
    is_busy: bool,
    unindexed: u64,
    index_due: Option<Nanos>,
    /// In its last turn.
    has_indexed: bool,
}

impl Lane {
    /// What it wants the row for at this moment. Groups and slices of the index take turns.
    fn turn(&mut self, now: Nanos) -> Option<Turn> {
        if self.is_busy {
            return None;
        }
        let is_due = self.index_due.is_some_and(|due| due <= now) || self.unindexed >= INDEX_MANY;
        if is_due && (!self.has_indexed || self.waiting.is_empty()) {
            let count = std::mem::take(&mut self.unindexed);
            (self.index_due, self.has_indexed) = (None, true);
            return Some(Turn::Index(count));
        }
        self.has_indexed = false;
        let count = self.waiting.len().min(LANE_BATCH);
        let group: Vec<Nanos> = self.waiting.drain(..count).collect();
        (!group.is_empty()).then_some(Turn::Group(group))
    }
}

/// One head and its lanes.
pub(super) struct Head {
    lanes: Vec<Lane>,
    indexes_once: bool,
    /// A commit takes so much more than was measured.
    longer: Nanos,
    queue: VecDeque<(usize, Turn)>,
    /// The lane that has the row, and until when.
    holder: Option<(usize, Turn, Nanos)>,
    timers: BinaryHeap<Reverse<(Nanos, usize)>>,
    random: Random,
    record: Record,
}

impl Head {
    pub(super) fn new(lanes: usize, design: Design, random: Random) -> Self {
        Self {
            lanes: (0..lanes).map(|_| Lane::default()).collect(),
            indexes_once: design.indexes_once,
            longer: design.commit_longer,
            queue: VecDeque::new(),
            holder: None,
            timers: BinaryHeap::new(),
            random,
            record: Record::default(),
        }
    }

    /// Until all of these writes (moments and lanes, in order) are committed and indexed.
    pub(super) fn run(mut self, writes: Vec<(Nanos, usize)>) -> Record {
        for (at, lane) in writes {
            self.advance(at);
            if let Some(state) = self.lanes.get_mut(lane) {
                state.waiting.push_back(at);
            }
            self.offer(lane, at);
        }
        self.advance(Nanos::MAX);
        self.record
    }

    /// Ends and begins turns up to this moment.
    fn advance(&mut self, until: Nanos) {
        loop {
            let ends = self.holder.as_ref().map(|(.., end)| *end);
            let timer = self.timers.peek().map(|Reverse((at, _))| *at);
            let next = [ends, timer].into_iter().flatten().min();
            let Some(now) = next.filter(|now| *now <= until) else {
                return;
            };
            if ends == Some(now) {
                self.end_turn();
            } else if let Some(Reverse((_, lane))) = self.timers.pop() {
                self.offer(lane, now);
            }
        }
    }

    fn offer(&mut self, lane: usize, now: Nanos) {
        let Some(state) = self.lanes.get_mut(lane) else {
            return;
        };
        if let Some(turn) = state.turn(now) {
            state.is_busy = true;
            self.queue.push_back((lane, turn));
            self.begin_turn(now);
        }
    }

    fn begin_turn(&mut self, now: Nanos) {
        if self.holder.is_some() {
            return;
        }
        let Some((lane, turn)) = self.queue.pop_front() else {
            return;
        };
        let held = match &turn {
            Turn::Group(writes) => {
                let count = u64::try_from(writes.len()).unwrap_or(u64::MAX);
                let usual = self.random.spread(GROUP.nanos, GROUP_RARE.nanos);
                usual + self.longer + count * MESSAGE.nanos
            }
            Turn::Index(count) => INDEX.nanos + count * INDEX_MESSAGE.nanos,
        };
        self.record.held += held;
        self.holder = Some((lane, turn, now + held));
    }

    fn end_turn(&mut self) {
        let Some((lane, turn, at)) = self.holder.take() else {
            return;
        };
        self.record.ended = at;
        if let Some(state) = self.lanes.get_mut(lane) {
            state.is_busy = false;
        }
        if let Turn::Group(writes) = turn {
            let commit = Commit { at, writes };
            self.note_unindexed(lane, commit.events(), at);
            self.record.commits.push(commit);
        }
        self.begin_turn(at);
        self.offer(lane, at);
    }

    fn note_unindexed(&mut self, lane: usize, count: u64, now: Nanos) {
        let indexer = if self.indexes_once { 0 } else { lane };
        let Some(state) = self.lanes.get_mut(indexer) else {
            return;
        };
        state.unindexed += count;
        if state.index_due.is_none() {
            let due = match state.unindexed >= INDEX_MANY {
                true => now,
                false => now + INDEX_AFTER,
            };
            state.index_due = Some(due);
            self.timers.push(Reverse((due, indexer)));
        }
    }
}
