//! The limit: a plain loop of `send()` over the sockets of a room, with nothing around it.
//!
//! It answers just enough of the protocol for `groundnut loadtest --url` to drive it like a real server, and
//! sends every event as one frame of a fixed length. No tokens, no database, no checks: what remains is
//! one small POST per message and the kernel's send path, which is what fan-out is compared with.
//!
//! `raw_loop PORT FRAME_BYTES [joined] [reno]`: with `joined`, events of one turn leave in one `send()` per
//! socket; with `reno` (or another name) its sockets use that congestion control instead of the host's.

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};
use nix::sys::socket::{Backlog, MsgFlags, listen, send, setsockopt, sockopt};
use std::collections::HashMap;
use std::ffi::OsString;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::fd::{AsFd, AsRawFd};
use std::process::ExitCode;

const LISTENER: u64 = u64::MAX;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().filter(|word| word != "--bench").collect();
    run(arguments.get(1..).unwrap_or_default())
}

/// Serves as the arguments say, until it is killed.
pub(crate) fn run(arguments: &[String]) -> ExitCode {
    let number = |at: usize| {
        arguments
            .get(at)
            .and_then(|word| word.parse::<usize>().ok())
    };
    let (Some(port), Some(frame_bytes)) = (number(0), number(1)) else {
        // `cargo bench` starts every bench; this one is a server and has nothing to measure by itself.
        return ExitCode::SUCCESS;
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
            writeln!(io::stderr(), "raw_loop: {error}").unwrap_or_default();
            ExitCode::FAILURE
        }
    }
}

fn serve(port: usize, frame_bytes: usize, joined: bool, control: Option<&str>) -> io::Result<()> {
    let port = u16::try_from(port).unwrap_or(0);
    let listener = TcpListener::bind(("127.0.0.1", port))?;
    // The standard library asks for a backlog of 128: a burst of handshakes would wait a second for a retry.
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
    sockets: HashMap<u64, Peer>,
    rooms: Vec<Room>,
    /// Rooms with frames that wait for the end of the turn.
    dirty: Vec<usize>,
}

struct Peer {
    stream: TcpStream,
    room: Option<usize>,
    upgraded: bool,
    input: Vec<u8>,
}

#[derive(Default)]
struct Room {
    members: Vec<(u64, i32)>,
    pending: Vec<u8>,
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
                // Heartbeats need no answer here; a goodbye does.
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
            room.members.retain(|(member, _)| *member != number);
        }
    }

    fn requests(&mut self, number: u64) {
        while let Some(peer) = self.sockets.get_mut(&number) {
            let text = String::from_utf8_lossy(&peer.input).into_owned();
            let Some((head, rest)) = text.split_once("\r\n\r\n") else {
                return;
            };
            let length = head
                .lines()
                .find_map(|line| line.strip_prefix("Content-Length: "))
                .and_then(|value| value.parse().ok())
                .unwrap_or(0);
            let Some(body) = rest.get(..length) else {
                return;
            };
            peer.input.drain(..head.len() + 4 + length);
            let mut words = head.split(' ');
            let (method, path) = (words.next().unwrap_or(""), words.next().unwrap_or(""));
            let answer = self.answer(number, method, path, body);
            if let Some(peer) = self.sockets.get_mut(&number) {
                peer.stream.write_all(&answer).unwrap_or_default();
            }
        }
    }

    fn answer(&mut self, number: u64, method: &str, path: &str, body: &str) -> Vec<u8> {
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let parts: Vec<&str> = path.split('/').collect();
        match (method, parts.as_slice()) {
            ("GET", ["", "v1", "user" | "app"]) => self.upgrade(number),
            ("POST", ["", "v1", "channels"]) => {
                self.rooms.push(Room::default());
                ok(&format!("{{\"data\":{{\"id\":\"{}\"}}}}", self.rooms.len()))
            }
            ("GET", ["", "v1", "channels", id, "messages"]) => {
                self.join(place(id), query);
                ok("{\"meta\":{\"code\":200,\"subscription_id\":\"1\"},\"data\":[]}")
            }
            ("POST", ["", "v1", "channels", id, "messages"]) => {
                let frame = self.event(body);
                self.publish(place(id), &frame);
                ok("{\"meta\":{\"code\":201}}")
            }
            _ => b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n".to_vec(),
        }
    }

    fn upgrade(&mut self, number: u64) -> Vec<u8> {
        if let Some(peer) = self.sockets.get_mut(&number) {
            peer.upgraded = true;
        }
        let mut answer = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\
            Connection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"
            .to_vec();
        let hello = format!("{{\"meta\":{{\"stream\":{{}},\"connection_id\":\"{number}\"}}}}");
        answer.extend(frame(&hello));
        answer
    }

    fn join(&mut self, room: usize, query: &str) {
        let member = query
            .split('&')
            .find_map(|pair| pair.strip_prefix("connection_id="))
            .and_then(|id| id.parse::<u64>().ok());
        let Some(member) = member else { return };
        let (Some(peer), Some(place)) = (self.sockets.get_mut(&member), self.rooms.get_mut(room))
        else {
            return;
        };
        peer.room = Some(room);
        place.members.push((member, peer.stream.as_raw_fd()));
    }

    /// The posted body inside a frame of the set length.
    fn event(&self, body: &str) -> Vec<u8> {
        let fixed = "{\"data\":[],\"pad\":\"\"}".len() + body.len() + 4;
        let pad = "x".repeat(self.frame_bytes.saturating_sub(fixed));
        frame(&format!("{{\"data\":[{body}],\"pad\":\"{pad}\"}}"))
    }

    fn publish(&mut self, room: usize, frame: &[u8]) {
        let Some(place) = self.rooms.get_mut(room) else {
            return;
        };
        if self.joined {
            if place.pending.is_empty() {
                self.dirty.push(room);
            }
            place.pending.extend_from_slice(frame);
        } else {
            send_to_all(&place.members, frame, &self.sockets);
        }
    }

    fn flush(&mut self) {
        for room in std::mem::take(&mut self.dirty) {
            let Some(place) = self.rooms.get_mut(room) else {
                continue;
            };
            send_to_all(&place.members, &place.pending, &self.sockets);
            place.pending.clear();
        }
    }
}

/// The loop. A socket that takes the frame costs one call and eight bytes of memory touched.
fn send_to_all(members: &[(u64, i32)], frame: &[u8], sockets: &HashMap<u64, Peer>) {
    let flags = MsgFlags::MSG_DONTWAIT | MsgFlags::MSG_NOSIGNAL;
    for (number, descriptor) in members {
        let sent = send(*descriptor, frame, flags);
        if sent != Ok(frame.len()) {
            send_rest(sent, frame, sockets.get(number));
        }
    }
}

/// Nothing may be lost, so a full socket holds up everybody: that, too, is what a plain loop does.
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

fn place(id: &str) -> usize {
    id.parse::<usize>()
        .map_or(usize::MAX, |id| id.wrapping_sub(1))
}

fn ok(body: &str) -> Vec<u8> {
    format!(
        "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

fn frame(text: &str) -> Vec<u8> {
    let mut frame = vec![0x81];
    match u16::try_from(text.len()) {
        Ok(short) if short < 126 => frame.push(u8::try_from(short).unwrap_or(0)),
        Ok(length) => {
            frame.push(126);
            frame.extend(length.to_be_bytes());
        }
        Err(_) => {
            frame.push(127);
            frame.extend((text.len() as u64).to_be_bytes());
        }
    }
    frame.extend(text.as_bytes());
    frame
}
