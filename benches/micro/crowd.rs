//! Receivers: the other ends of a shard's sockets, which are read here.

use super::cores::Pinned;
use super::shard::{self, Audience};
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

const EVENTS: usize = 1024;
const READ_BYTES: usize = 256 * 1024;

pub(crate) struct Crowd {
    shard: Child,
    control: TcpStream,
    frame_bytes: usize,
    epoll: Epoll,
    ears: Vec<TcpStream>,
    buffer: Vec<u8>,
    _pinned: Pinned,
}

impl Crowd {
    /// A shard with so many listeners of one room or author.
    pub(crate) fn gather(count: usize, audience: Audience) -> Self {
        let mut shard = {
            // What is started inherits where it may run.
            let _pinned = Pinned::first();
            Command::new(std::env::current_exe().unwrap())
                .args([shard::NAME, &count.to_string(), audience.name()])
                .stdout(Stdio::piped())
                .spawn()
                .unwrap()
        };
        let mut port = String::new();
        let mut stdout = BufReader::new(shard.stdout.take().unwrap());
        stdout.read_line(&mut port).unwrap();
        let address = ("127.0.0.1", port.trim().parse().unwrap());
        let mut control = TcpStream::connect(address).unwrap();
        control.set_nodelay(true).unwrap();
        let epoll = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC).unwrap();
        let ear = |number| {
            let ear = TcpStream::connect(address).unwrap();
            ear.set_nonblocking(true).unwrap();
            let event = EpollEvent::new(EpollFlags::EPOLLIN, number);
            epoll.add(&ear, event).unwrap();
            ear
        };
        let ears = (0..count as u64).map(ear).collect();
        let mut length = [0; 4];
        control.read_exact(&mut length).unwrap();
        Self {
            shard,
            control,
            frame_bytes: u32::from_be_bytes(length) as usize,
            epoll,
            ears,
            buffer: vec![0; READ_BYTES],
            _pinned: Pinned::second(),
        }
    }

    /// Has messages delivered and reads until everybody has all of them.
    pub(crate) fn hear(&mut self, messages: u8) {
        self.control.write_all(&[messages]).unwrap();
        let mut missing = self.ears.len() * usize::from(messages) * self.frame_bytes;
        let mut events = [EpollEvent::empty(); EVENTS];
        while missing > 0 {
            // Not asleep: waking the reader would be the shard's work.
            let count = self.epoll.wait(&mut events, EpollTimeout::ZERO).unwrap();
            for event in events.iter().take(count) {
                let number = usize::try_from(event.data()).unwrap();
                let ear = self.ears.get_mut(number).unwrap();
                let read = ear.read(&mut self.buffer).unwrap();
                assert!(read > 0, "the shard hung up");
                missing = missing.checked_sub(read).unwrap();
            }
        }
    }
}

impl Drop for Crowd {
    fn drop(&mut self) {
        self.shard.kill().unwrap_or_default();
        self.shard.wait().map(drop).unwrap_or_default();
    }
}

/// Whether so many sockets may be opened, here and in the shard, which inherits the limit.
pub(crate) fn allowed(count: usize) -> bool {
    let needed = count as u64 + 200;
    let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE).unwrap();
    soft >= needed || setrlimit(Resource::RLIMIT_NOFILE, needed, hard.max(needed)).is_ok()
}
