//! A stream that continues from a cursor: first what it missed, in the pace of its socket, then live.
//!
//! The connection is registered from the beginning, so that every later event is mailed to its shard. Until it has caught
//! up it is sent none of these: it reads the log on, and when it has read as far as the shard has begun to send, it goes
//! on live in the same turn of the thread, and drops by their position the events that it was sent already. So nothing
//! waits in memory for it, however long it takes.

mod judge;

use std::collections::VecDeque;
use std::rc::Rc;
use std::sync::Arc;

use bytes::BytesMut;
use smallvec::SmallVec;

use super::Shard;
use super::state::{ConnectionHandle, ConnectionRef, State};
use crate::event::{Gap, Pos};
use crate::fault::{Seeded, seeded};
use crate::log::reader::Entry;
use crate::log::{Interest, LogReader};
use crate::model::Failure;
use crate::protocol::cursor::Cursor;
use crate::protocol::gap::gap_frame;
use crate::protocol::goodbye::Goodbye;
use crate::protocol::timing::fill_all;
use crate::telemetry::Counter;
pub use judge::Judge;

/// Events looked at before the thread does something else.
const AT_ONCE: usize = 256;

/// Bytes that are written before the socket is waited for.
const ENOUGH: usize = 64 * 1024;

/// A stream that catches up.
pub struct CatchUp {
    /// Which.
    pub connection: ConnectionRef,
    /// Reads the log.
    pub log: LogReader,
    /// Says what it may receive.
    pub judge: Judge,
    /// Everything up to here was received.
    pub at: Pos,
    /// Events up to here may not be mailed to this shard, since the connection was not registered yet.
    pub routed: Pos,
}

/// Whether there is more to do.
enum Turn {
    /// More is missing.
    On,
    /// The stream is live, or over.
    Done,
}

/// Frames that leave together.
#[derive(Default)]
struct Chunk {
    bytes: BytesMut,
    frames: u64,
}

/// A part of the log that was read and is not sent yet.
#[derive(Default)]
struct Page {
    entries: VecDeque<Entry>,
    reached: Pos,
}

impl CatchUp {
    /// Until the stream is live, or over.
    pub async fn run(mut self, shard: Rc<Shard>) {
        let mut page = Page::default();
        while self.is_ready(&shard).await {
            if page.entries.is_empty() {
                self.at = self.at.max(page.reached);
                match self.next_page(&shard).await {
                    Ok(Some(next)) => page = next,
                    // It is over, or the process stops and closes its streams.
                    Ok(None) | Err(_) => return,
                }
            }
            if self.learn(&shard).await.is_err() {
                return;
            }
            match self.turn(&shard, &mut page) {
                Turn::On => {}
                Turn::Done => return,
            }
            let is_at_end = page.entries.is_empty() && self.at >= self.log.ring().head();
            if is_at_end && self.at < self.routed {
                self.wait_for_delivery().await;
            }
            if self.log.ring().routed() < self.routed {
                return self.end_behind_log(&shard);
            }
            tokio::task::yield_now().await;
        }
    }

    /// While a page waits for its socket, the shard takes in what the receiver did. All of that has to be known before the
    /// page goes on: what the receiver is now would pass for what it was at the events of the page.
    async fn learn(&mut self, shard: &Shard) -> Result<(), Failure> {
        loop {
            let reached = self.judge.reached();
            if reached >= shard.state.borrow().begun() {
                return Ok(());
            }
            self.judge
                .look_ahead(shard, self.connection, &self.log)
                .await?;
            // Nothing more is known of the log.
            if self.judge.reached() == reached {
                return Ok(());
            }
        }
    }

    /// Waits for the socket, and for pages that are read for the connection. Says no if it is over.
    async fn is_ready(&self, shard: &Shard) -> bool {
        loop {
            let waits_for = {
                let state = shard.state.borrow();
                let Some(handle) = state.connections.find_open(self.connection) else {
                    return false;
                };
                let is_behind = match handle.socket.descriptor() {
                    Some(_) => state.connections.is_behind(self.connection.index),
                    None => handle.socket.queued_bytes() > 0,
                };
                let waits = is_behind || handle.hold.borrow().is_some();
                handle.catching_up.clone().filter(|_| waits)
            };
            match waits_for {
                Some(progress) => progress.notified().await,
                None => return true,
            }
        }
    }

    /// The events that are already known to delivery, and are not in the ring yet; or that the log went back, so that they
    /// never will be.
    async fn wait_for_delivery(&self) {
        let mut head = self.log.ring().watch();
        let (routed, now) = (self.routed, *head.borrow());
        // The sender lives as long as the reader.
        drop(head.wait_for(|head| *head >= routed || *head < now).await);
    }

    /// The log went back after the stream was registered: what it was sent may not be in it any more.
    fn end_behind_log(&self, shard: &Rc<Shard>) {
        if shard.has_open(self.connection) {
            shard.close(self.connection.index, Goodbye::Incomplete);
        }
    }

    /// What is behind `at`. `None`: the connection is over.
    async fn next_page(&mut self, shard: &Shard) -> Result<Option<Page>, Failure> {
        self.judge
            .look_ahead(shard, self.connection, &self.log)
            .await?;
        let Some(keys) = self.judge.keys(shard, self.connection) else {
            return Ok(None);
        };
        let interest = match &keys {
            Some(keys) => Interest::Keys(keys),
            None => Interest::All,
        };
        let repeated = i64::from(seeded(Seeded::ReplayRepeatsCursor));
        let behind = Pos(self.at.0 - repeated);
        let read = self.log.read_on(behind, interest, AT_ONCE).await?;
        // Behind that it is not known what the receiver is.
        let known = self.judge.reached();
        let mut entries: VecDeque<Entry> = read.entries.into();
        entries.retain(|entry| match entry {
            Entry::Event(event) => event.event.pos.is_some_and(|pos| pos <= known),
            Entry::Gap(gap) => gap.first <= known,
        });
        let page = Page {
            entries,
            reached: read.reached.min(known),
        };
        self.judge
            .prepare(shard, self.connection, (&page.entries, self.at), &self.log)
            .await?;
        Ok(Some(page))
    }

    /// Sends a part of the page. At its end the stream may be live.
    fn turn(&mut self, shard: &Rc<Shard>, page: &mut Page) -> Turn {
        let mut chunk = Chunk::default();
        {
            let state = shard.state.borrow();
            let Some(handle) = state.connections.find_open(self.connection) else {
                return Turn::Done;
            };
            // A page that is read since: it is waited for.
            if handle.hold.borrow().is_some() {
                return Turn::On;
            }
            while chunk.bytes.len() < ENOUGH
                && let Some(entry) = page.entries.pop_front()
            {
                if seeded(Seeded::ReplaySkipsLast) && page.entries.is_empty() {
                    continue;
                }
                self.add(shard, &state, handle, &entry, &mut chunk);
                if seeded(Seeded::ReplayCutAtBound) && chunk.bytes.len() > ENOUGH / 8 {
                    page.entries.clear();
                }
            }
        }
        shard.send_replayed(self.connection, chunk);
        if page.entries.is_empty() {
            self.at = self.at.max(page.reached);
        }
        shard.begin_behind(self.connection, self.at);
        if !page.entries.is_empty() {
            return Turn::On;
        }
        // What the shard has not begun to send, it will send to this connection too.
        let begun = shard.state.borrow().begun().max(self.routed);
        if self.at < begun && !seeded(Seeded::SeamLost) {
            return Turn::On;
        }
        shard.go_live(self.connection, self.at);
        Turn::Done
    }

    fn add(
        &mut self,
        shard: &Shard,
        state: &State,
        handle: &ConnectionHandle,
        entry: &Entry,
        chunk: &mut Chunk,
    ) {
        let event = match entry {
            Entry::Event(event) => event,
            Entry::Gap(gap) => {
                shard.metrics.add(Counter::StreamGaps, 1);
                let frame = gap_of(gap, handle, self.log.ring().epoch());
                chunk.bytes.extend_from_slice(&frame);
                chunk.frames += 1;
                self.at = self.at.max(gap.last);
                return;
            }
        };
        let repeats = seeded(Seeded::ReplayRepeatsCursor);
        let is_next = |pos: &Pos| *pos > self.at || (repeats && *pos == self.at);
        let Some(pos) = event.event.pos.filter(is_next) else {
            return;
        };
        self.at = pos;
        let before = chunk.bytes.len();
        let judge = &mut self.judge;
        let moment = judge.add_frame(shard, (state, handle), (event, pos), &mut chunk.bytes);
        if let Some(moment) = moment {
            fill_all(&mut chunk.bytes, &[moment], shard.clock.now());
        }
        if chunk.bytes.len() > before {
            chunk.frames += 1;
            shard.metrics.add(Counter::ReplayedEvents, 1);
        }
    }
}

/// Says what a stream lacks, and where its subscriptions can be read.
fn gap_of(gap: &Gap, handle: &ConnectionHandle, epoch: &Arc<str>) -> bytes::Bytes {
    let known = handle.subscriptions.iter();
    let places = known.map(|known| (known.id.as_str(), known.topic));
    let from = Cursor::at(epoch, Pos(gap.first.0 - 1));
    let to = Cursor::at(epoch, gap.last);
    let coding = handle.render_class.coding();
    gap_frame(&from, &to, gap.cause, places, coding)
}

impl Shard {
    /// Writes what a stream missed. It is no slow reader, however long it takes.
    fn send_replayed(self: &Rc<Self>, connection: ConnectionRef, chunk: Chunk) {
        if chunk.frames > 0 {
            self.count(chunk.frames, 1, chunk.bytes.len() as u64);
            self.write(connection.index, &chunk.bytes.freeze());
        }
    }

    /// A stream is sent, or was sent already, nothing up to `at`.
    pub fn begin_behind(&self, connection: ConnectionRef, at: Pos) {
        let mut state = self.state.borrow_mut();
        if let Some(handle) = state.connections.find_mut(connection) {
            handle.from = at;
        }
    }

    /// A stream has caught up: from now on it receives what is behind `at`.
    pub fn go_live(&self, connection: ConnectionRef, at: Pos) {
        let at = Pos(at.0 - i64::from(seeded(Seeded::SeamTwice)) * 3);
        let mut state = self.state.borrow_mut();
        let Some(handle) = state.connections.find_mut(connection) else {
            return;
        };
        handle.catching_up = None;
        handle.from = at;
        handle.socket.note_live();
        let known = handle.subscriptions.iter().map(|known| known.serial);
        let serials: SmallVec<[u64; 16]> = known.collect();
        for serial in serials {
            state.begin_behind(connection.index, serial, at);
        }
        state.place_anew(connection.index);
    }

    /// A connection that catches up may have something to do.
    pub(super) fn wake(&self, connection: ConnectionRef) {
        let state = self.state.borrow();
        if let Some(handle) = state.connections.find(connection)
            && let Some(progress) = &handle.catching_up
        {
            progress.notify_one();
        }
    }
}
