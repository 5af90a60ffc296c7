//! Received bytes of one socket: complete frames of a read, and their meaning.

use super::circle::{Circle, Seen};
use super::listener::{Listener, Stage};
use crate::load::across::Arrival;
use crate::load::faults::Fault;
use crate::load::frame::{self, Step};
use crate::load::held::Held;
use crate::load::ledger::{Newest, Receipt};
use crate::load::measure::Tally;
use crate::load::stamp::Stamp;
use crate::load::timestamps::Timestamps;

/// The action after a read.
#[derive(Debug)]
pub(super) enum Next {
    Read,
    Wait,
    Greeted,
    Over(Option<u16>),
    Refused(u16, String),
}

/// The parts of the engine that a frame touches.
pub(super) struct Scene<'a> {
    pub(super) tally: &'a mut Tally,
    pub(super) held: &'a mut Held,
    pub(super) circle: Option<&'a mut Circle>,
    pub(super) slot: usize,
    pub(super) now_ns: u64,
    /// The wall clock at the same time, if the server's timestamps are requested.
    pub(super) now_us: Option<u64>,
    pub(super) completed: u64,
}

impl Scene<'_> {
    /// Consumes complete frames of `bytes`; the rest is the start of the next one.
    pub(super) fn frames(&mut self, listener: &mut Listener, bytes: &mut &[u8]) -> Next {
        let mut next = Next::Read;
        loop {
            match frame::next(bytes) {
                Step::Partial => return next,
                Step::Broken => return Next::Over(Some(1002)),
                Step::Whole {
                    opcode,
                    payload,
                    used,
                } => {
                    match opcode {
                        frame::TEXT if listener.stage == Stage::Greeting => {
                            listener.connection_id =
                                frame::quoted(payload, b"\"connection_id\":\"").unwrap_or_default();
                            if listener.wants_cursor {
                                // Until the first event this is where it goes on.
                                listener.cursor =
                                    frame::quoted(payload, b"\"cursor\":\"").unwrap_or_default();
                            }
                            let yes = b"\"resumed\":true";
                            listener.resumed = payload.windows(yes.len()).any(|part| part == yes);
                            listener.stage = Stage::Subscribing;
                            next = Next::Greeted;
                        }
                        frame::TEXT => self.text(listener, payload, used),
                        frame::CLOSE => return Next::Over(Some(frame::close_code(payload))),
                        _ => self.tally.other_frames += 1,
                    }
                    *bytes = bytes.get(used..).unwrap_or_default();
                }
            }
        }
    }

    fn text(&mut self, listener: &mut Listener, payload: &[u8], used: usize) {
        let Some(circle) = &mut self.circle else {
            return;
        };
        let Some(stamp) = Stamp::find(payload, &mut circle.stamp_hint) else {
            if circle.is_only_ours() {
                self.held.suspect(self.slot, payload);
            }
            self.tally.other_frames += 1;
            return;
        };
        let own = listener.own_ids();
        let seen = circle.examine(stamp, payload, own, &mut self.tally.faults);
        let Seen::Ours(number) = seen else {
            self.tally.other_frames += 1;
            return;
        };
        self.tally.frames += 1;
        self.tally.frame_bytes += used as u64;
        self.held.pass(payload);
        let heard_before = circle.ledger.end_place();
        let (heard, complete) = circle.ledger.hear(&mut listener.reception, stamp.seq);
        self.completed += u64::from(complete);
        let room = circle.room_of(stamp.seq);
        let fault = fault_of(heard, &mut listener.newest, (room, number));
        if let Some(fault) = fault {
            let (seq, slot) = (stamp.seq, self.slot);
            let id = circle.rooms.get(room).map_or("", |room| &room.id);
            self.tally.faults.add(fault, || {
                let meta = number.map_or(String::new(), |number| format!(" (meta.id {number})"));
                format!("message number {seq} of channel {id}{meta}, on socket {slot}")
            });
        }
        if self.tally.recording {
            let recorded = Recorded {
                room,
                node: listener.node,
                stamp,
                payload,
                now_ns: self.now_ns,
                now_us: self.now_us,
                is_first: circle.ledger.end_place() > heard_before,
            };
            recorded.record(circle, self.tally);
        }
        if listener.wants_cursor
            && let Some(cursor) = frame::quoted(payload, b"\"cursor\":\"")
        {
            listener.cursor = cursor;
        }
    }
}

/// A frame of the measurement.
struct Recorded<'a> {
    room: usize,
    /// Server of the socket.
    node: usize,
    stamp: Stamp,
    payload: &'a [u8],
    now_ns: u64,
    now_us: Option<u64>,
    /// No listener had its message before.
    is_first: bool,
}

impl Recorded<'_> {
    fn record(&self, circle: &mut Circle, tally: &mut Tally) {
        let (seq, intended_ns) = (self.stamp.seq, self.stamp.intended_ns);
        if let Some(room) = circle.arrivals.get_mut(self.room) {
            room.frames += 1;
            room.delay.record(intended_ns, self.now_ns);
        }
        tally.arrival_now.record(intended_ns, self.now_ns);
        // With one server it is not asked for.
        let several = tally.across.as_ref();
        let writer = several.and_then(|_| circle.ledger.writer(seq));
        if let (Some(across), Some(writer)) = (&mut tally.across, writer) {
            across.arrived(Arrival {
                node: self.node,
                writer,
                intended_ns,
                now_ns: self.now_ns,
            });
        }
        let Some(now_us) = self.now_us else { return };
        let Some(timestamps) = Timestamps::find(self.payload, &mut circle.timestamps_hint) else {
            return;
        };
        tally.split.record(&timestamps, now_us, self.is_first);
        if let Some(across) = &mut tally.across {
            let elsewhere = writer.is_some_and(|writer| writer != self.node);
            let committed = timestamps.committed;
            circle.committed(seq, committed, elsewhere.then_some(now_us), across);
        }
    }
}

/// What a reception says, with its room and its `meta.id`.
fn fault_of(
    heard: Receipt,
    newest: &mut Newest,
    (room, number): (usize, Option<u64>),
) -> Option<Fault> {
    match heard {
        Receipt::Again => Some(Fault::Repeated),
        Receipt::Unknown => Some(Fault::Foreign),
        Receipt::InOrder | Receipt::Skipped(_) | Receipt::Late => {
            let rises = match number {
                Some(number) => newest.take(room, number),
                // Without a number the order of the others is all there is.
                None => heard != Receipt::Late,
            };
            (!rises).then_some(Fault::Reordered)
        }
    }
}
