//! What arrives on one socket: whole frames out of a read, and what each of them means.

use super::Circle;
use super::listener::{Listener, Stage};
use crate::load::audience::Heard;
use crate::load::frame::{self, Step};
use crate::load::measure::Tally;
use crate::load::moments::Moments;
use crate::load::stamp::Stamp;

/// What comes after a read.
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
    pub(super) circle: Option<&'a mut Circle>,
    pub(super) now_ns: u64,
    /// The same moment on the wall, if the server's own moments are wanted.
    pub(super) now_us: Option<u64>,
    pub(super) completed: u64,
}

impl Scene<'_> {
    /// Takes whole frames off `bytes`; what is left is the start of the next one.
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
                                quoted(payload, b"\"connection_id\":\"").unwrap_or_default();
                            let yes = b"\"resumed\":true";
                            listener.resumed = payload.windows(yes.len()).any(|part| part == yes);
                            listener.stage = Stage::Following;
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
            self.tally.other_frames += 1;
            return;
        };
        self.tally.frames += 1;
        self.tally.frame_bytes += used as u64;
        let heard_before = circle.audience.end_place();
        let (heard, complete) = circle.audience.hear(&mut listener.ear, stamp.seq);
        self.completed += u64::from(complete);
        match heard {
            Heard::InOrder | Heard::Skipped(_) => {}
            Heard::Late => self.tally.reordered += 1,
            Heard::Again => self.tally.repeated += 1,
            Heard::Unknown => self.tally.unknown += 1,
        }
        if self.tally.recording {
            let room = circle.room_of(stamp.seq);
            if let Some(room) = circle.arrivals.get_mut(room) {
                room.frames += 1;
                room.delay.record(stamp.intended_ns, self.now_ns);
            }
            self.tally
                .arrival_now
                .record(stamp.intended_ns, self.now_ns);
            if let Some(now_us) = self.now_us
                && let Some(moments) = Moments::find(payload, &mut circle.moments_hint)
            {
                let first = circle.audience.end_place() > heard_before;
                self.tally.split.record(&moments, now_us, first);
            }
        }
        if listener.wants_cursor
            && let Some(cursor) = quoted(payload, b"\"cursor\":\"")
        {
            listener.cursor = cursor;
        }
    }
}

/// The text after `name`, up to the next quote.
fn quoted(payload: &[u8], name: &[u8]) -> Option<String> {
    let at = payload
        .windows(name.len())
        .position(|window| window == name)?
        + name.len();
    let rest = payload.get(at..)?;
    let end = rest.iter().position(|byte| *byte == b'"')?;
    rest.get(..end)
        .map(|text| String::from_utf8_lossy(text).into_owned())
}
