//! The loop: the members of one room, the queued frames, one `send()` per member.

use super::http::put_frame;
use super::{Peer, Sockets};
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::socket::{MsgFlags, send};
use nix::time::ClockId;
use std::os::fd::{AsFd, AsRawFd, RawFd};
use std::time::Duration;

/// Digits of a timestamp, constant until the year 2286.
const DIGITS: usize = 16;

/// Microseconds since the Unix epoch, as written into a frame.
#[derive(Clone, Copy)]
pub(super) struct Moment([u8; DIGITS]);

impl Moment {
    pub(super) fn now() -> Self {
        let now = ClockId::CLOCK_REALTIME.now().map(Duration::from);
        let mut micros = now.unwrap_or_default().as_micros();
        let mut digits = [b'0'; DIGITS];
        for digit in digits.iter_mut().rev() {
            *digit += u8::try_from(micros % 10).unwrap_or(0);
            micros /= 10;
        }
        Self(digits)
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0).into_owned()
    }
}

#[derive(Default)]
pub(super) struct Room {
    members: Vec<(u64, RawFd)>,
    /// Members whose frames carry timestamps.
    timed: Vec<(u64, RawFd)>,
    /// Queued frames.
    plain: Vec<u8>,
    /// The same with gaps for the timestamps, and the offsets of the gaps.
    dated: Vec<u8>,
    begun: Vec<usize>,
    written: Vec<usize>,
}

impl Room {
    pub(super) fn join(&mut self, number: u64, peer: &Peer) {
        let members = if peer.timed {
            &mut self.timed
        } else {
            &mut self.members
        };
        members.push((number, peer.stream.as_raw_fd()));
    }

    pub(super) fn leave(&mut self, number: u64) {
        self.members.retain(|(member, _)| *member != number);
        self.timed.retain(|(member, _)| *member != number);
    }

    /// No frame is queued.
    pub(super) fn is_empty(&self) -> bool {
        self.plain.is_empty() && self.dated.is_empty()
    }

    /// Puts the posted body into a frame of the fixed length. `read`: when the whole request had arrived.
    pub(super) fn add(&mut self, body: &str, frame_bytes: usize, read: Moment) {
        let of_length = |head: &str| {
            let fixed = head.len() + "\"data\":[],\"pad\":\"\"}".len() + body.len() + 4;
            let pad = "x".repeat(frame_bytes.saturating_sub(fixed));
            format!("{head}\"data\":[{body}],\"pad\":\"{pad}\"}}")
        };
        if !self.members.is_empty() || self.timed.is_empty() {
            put_frame(&of_length("{"), &mut self.plain);
        }
        if !self.timed.is_empty() {
            let (read, zero) = (read.text(), "0".repeat(DIGITS));
            let timing = format!(
                "{{\"accepted\":{read},\"committed\":{read},\"fanned_out\":{zero},\"written\":{zero}}}"
            );
            let head = format!("{{\"meta\":{{\"timing\":{timing}}},");
            let text = of_length(&head);
            put_frame(&text, &mut self.dated);
            let at = self.dated.len() - text.len() + "{\"meta\":{\"timing\":".len();
            self.written.push(at + timing.len() - 1 - DIGITS);
            self.begun
                .push(at + timing.len() - 1 - 2 * DIGITS - ",\"written\":".len());
        }
    }

    /// The loop. A socket that takes the frame costs one system call and a few bytes of memory.
    pub(super) fn send(&mut self, sockets: &Sockets) {
        for (number, descriptor) in &self.members {
            send_one((*number, *descriptor), &self.plain, sockets);
        }
        if !self.timed.is_empty() {
            let began = Moment::now();
            put_moment(began, &self.begun, &mut self.dated);
        }
        for (number, descriptor) in &self.timed {
            put_moment(Moment::now(), &self.written, &mut self.dated);
            send_one((*number, *descriptor), &self.dated, sockets);
        }
        self.plain.clear();
        self.dated.clear();
        self.begun.clear();
        self.written.clear();
    }
}

fn put_moment(moment: Moment, places: &[usize], frames: &mut [u8]) {
    for at in places {
        if let Some(gap) = frames.get_mut(*at..*at + DIGITS) {
            gap.copy_from_slice(&moment.0);
        }
    }
}

fn send_one((number, descriptor): (u64, RawFd), frames: &[u8], sockets: &Sockets) {
    let flags = MsgFlags::MSG_DONTWAIT | MsgFlags::MSG_NOSIGNAL;
    let sent = send(descriptor, frames, flags);
    if sent != Ok(frames.len()) {
        send_rest(sent, frames, sockets.get(&number));
    }
}

/// No frame may be lost, so a full socket delays all others, as in any plain loop.
fn send_rest(mut sent: nix::Result<usize>, mut frame: &[u8], peer: Option<&Peer>) {
    let Some(peer) = peer else { return };
    loop {
        match sent {
            Ok(sent) if sent >= frame.len() => return,
            Ok(sent) => frame = frame.get(sent..).unwrap_or_default(),
            Err(Errno::EAGAIN) => {
                let mut waiting = [PollFd::new(peer.stream.as_fd(), PollFlags::POLLOUT)];
                if poll(&mut waiting, PollTimeout::from(1000_u16)).is_err() {
                    return;
                }
            }
            Err(_) => return,
        }
        let flags = MsgFlags::MSG_DONTWAIT | MsgFlags::MSG_NOSIGNAL;
        sent = send(peer.stream.as_raw_fd(), frame, flags);
    }
}
