//! The lower bound: a plain loop of `send()` over the sockets of a room, and nothing else.
//!
//! It implements just enough of the protocol for `groundnut loadtest --url` to drive it like a real server, and
//! sends every event as one frame of a fixed length. No tokens, no database, no checks: the cost that remains is
//! one small POST per message and the kernel's send path, which the fan-out is compared with.
//!
//! `raw-loop PORT FRAME_BYTES [joined] [reno]`: with `joined`, all events of one turn of the loop share one `send()`
//! per socket; with `reno` (or another name) its sockets use that congestion control instead of the host's.
//!
//! `http` holds the protocol, `room` the loop.

mod http;
mod room;

use nix::errno::Errno;
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};
use nix::sys::socket::{Backlog, listen, setsockopt, sockopt};
use room::Room;
use std::collections::HashMap;
use std::ffi::OsString;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::ExitCode;

/// The argument that turns this program into the loop.
pub(crate) const NAME: &str = "raw-loop";

const LISTENER: u64 = u64::MAX;

/// Serves until it is killed.
pub(crate) fn run(arguments: &[String]) -> ExitCode {
    let number = |at: usize| {
        arguments
            .get(at)
            .and_then(|word| word.parse::<usize>().ok())
    };
    let (Some(port), Some(frame_bytes)) = (number(0), number(1)) else {
        writeln!(io::stderr(), "{NAME} PORT FRAME_BYTES [joined] [CONTROL]").unwrap_or_default();
        return ExitCode::FAILURE;
    };
    let options = arguments.get(2..).unwrap_or_default();
    let joined = options.iter().any(|word| word == "joined");
    let control = options
        .iter()
        .find(|word| *word != "joined")
        .map(String::as_str);
    match serve(port, frame_bytes, joined, control) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            writeln!(io::stderr(), "{NAME}: {error}").unwrap_or_default();
            ExitCode::FAILURE
        }
    }
}

fn serve(port: usize, frame_bytes: usize, joined: bool, control: Option<&str>) -> io::Result<()> {
    let port = u16::try_from(port).unwrap_or(0);
    let listener = TcpListener::bind(("127.0.0.1", port))?;
    // The standard library sets a backlog of 128: in a burst, handshakes would wait a second for a retry.
    listen(&listener, Backlog::new(4096)?)?;
    if let Some(name) = control {
        // Accepted sockets inherit it, so that hosts with different defaults can be compared.
        setsockopt(&listener, sockopt::TcpCongestion, &OsString::from(name))?;
    }
    listener.set_nonblocking(true)?;
    let epoll = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)?;
    epoll.add(&listener, EpollEvent::new(EpollFlags::EPOLLIN, LISTENER))?;
    let mut out = io::stdout();
    writeln!(out, "listening on http://{}", listener.local_addr()?)?;
    out.flush()?;
    let mut raw = Raw {
        joined,
        frame_bytes,
        ..Raw::default()
    };
    let mut events = vec![EpollEvent::empty(); 1024];
    loop {
        let count = match epoll.wait(&mut events, EpollTimeout::NONE) {
            Ok(count) => count,
            Err(Errno::EINTR) => 0,
            Err(error) => return Err(error.into()),
        };
        for event in events.iter().take(count) {
            if event.data() == LISTENER {
                raw.accept(&listener, &epoll)?;
            } else {
                raw.read(event.data());
            }
        }
        raw.flush();
    }
}

#[derive(Default)]
struct Raw {
    joined: bool,
    frame_bytes: usize,
    /// Number of the next socket; numbers are never used twice.
    next: u64,
    sockets: Sockets,
    rooms: Vec<Room>,
    /// Rooms with queued frames, sent at the end of the turn.
    dirty: Vec<usize>,
}

type Sockets = HashMap<u64, Peer>;

struct Peer {
    stream: TcpStream,
    room: Option<usize>,
    upgraded: bool,
    /// Its frames carry the timestamps of acceptance and write (`include_timing=1`).
    timed: bool,
    input: Vec<u8>,
}

impl Raw {
    fn accept(&mut self, listener: &TcpListener, epoll: &Epoll) -> io::Result<()> {
        loop {
            let stream = match listener.accept() {
                Ok((stream, _)) => stream,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error),
            };
            stream.set_nonblocking(true)?;
            stream.set_nodelay(true)?;
            epoll.add(&stream, EpollEvent::new(EpollFlags::EPOLLIN, self.next))?;
            let peer = Peer {
                stream,
                room: None,
                upgraded: false,
                timed: false,
                input: Vec::new(),
            };
            self.sockets.insert(self.next, peer);
            self.next += 1;
        }
    }

    fn read(&mut self, number: u64) {
        let mut piece = [0; 16384];
        let Some(peer) = self.sockets.get_mut(&number) else {
            return;
        };
        match peer.stream.read(&mut piece) {
            Ok(read) if read > 0 => {
                // Heartbeats need no reply here; a close frame does.
                if !peer.upgraded {
                    peer.input
                        .extend_from_slice(piece.get(..read).unwrap_or_default());
                    self.requests(number);
                } else if piece.first() == Some(&0x88) {
                    self.gone(number);
                }
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Ok(_) | Err(_) => self.gone(number),
        }
    }

    fn gone(&mut self, number: u64) {
        let room = self.sockets.remove(&number).and_then(|peer| peer.room);
        if let Some(room) = room.and_then(|room| self.rooms.get_mut(room)) {
            room.leave(number);
        }
    }

    fn flush(&mut self) {
        for room in std::mem::take(&mut self.dirty) {
            if let Some(room) = self.rooms.get_mut(room) {
                room.send(&self.sockets);
            }
        }
    }
}
