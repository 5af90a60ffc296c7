//! A proxy between the load tester and a server: requests pass as they are, and one frame of a stream is dropped,
//! moved or changed.

use std::collections::HashMap;
use std::io::{Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What happens to a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trick {
    Nothing,
    Drop,
    /// It comes after the next one.
    Swap,
    Double,
    Delay(Duration),
    /// The first text is replaced by the second one.
    Change(&'static str, &'static str),
    /// The whole of `subscription_ids` is cut out.
    CutIds,
    /// A frame of another room comes before it.
    OtherRoom,
    /// The socket is closed instead.
    Close,
    /// The socket is closed right behind it.
    CloseBehind,
}

/// Which frame of which streams.
#[derive(Clone, Copy, Debug)]
pub(super) struct Aim {
    pub(super) trick: Trick,
    /// All streams, not only the first one.
    pub(super) at_all: bool,
    /// The message frame of a stream, from 0.
    pub(super) turn: usize,
}

impl Aim {
    /// At a frame in the middle of the first stream.
    pub(super) fn at_one(trick: Trick) -> Self {
        Self {
            trick,
            at_all: false,
            turn: 4,
        }
    }
}

pub(super) struct Proxy {
    pub(super) address: SocketAddr,
    stopping: Arc<AtomicBool>,
}

/// What the connections of one proxy share.
struct Shared {
    server: SocketAddr,
    aim: Aim,
    streams: AtomicUsize,
    /// The last frame of each room.
    rooms: Mutex<HashMap<String, Vec<u8>>>,
}

impl Proxy {
    pub(super) fn start(server: SocketAddr, aim: Aim) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let stopping = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stopping);
        let shared = Arc::new(Shared {
            server,
            aim,
            streams: AtomicUsize::new(0),
            rooms: Mutex::default(),
        });
        std::thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                if stopped.load(Ordering::Relaxed) {
                    return;
                }
                let shared = Arc::clone(&shared);
                std::thread::spawn(move || shared.connect(&client));
            }
        });
        Self { address, stopping }
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.stopping.store(true, Ordering::Relaxed);
        // Wakes the thread that accepts.
        drop(TcpStream::connect(self.address));
    }
}

impl Shared {
    fn connect(&self, client: &TcpStream) {
        let server = TcpStream::connect(self.server).expect("the server listens");
        for socket in [client, &server] {
            socket.set_nodelay(true).expect("a socket");
        }
        let (mut from, mut to) = (clone(client), clone(&server));
        std::thread::spawn(move || {
            drop(std::io::copy(&mut from, &mut to));
            drop(to.shutdown(Shutdown::Write));
        });
        // An end by either side is no failure of the proxy.
        drop(self.answer(clone(&server), clone(client)));
        drop(client.shutdown(Shutdown::Both));
        drop(server.shutdown(Shutdown::Both));
    }

    /// Passes answers as they are, until one of them upgrades.
    fn answer(&self, mut server: TcpStream, mut client: TcpStream) -> std::io::Result<()> {
        let mut bytes = vec![0; 64 * 1024];
        let read = server.read(&mut bytes)?;
        bytes.truncate(read);
        client.write_all(&bytes)?;
        if !bytes.starts_with(b"HTTP/1.1 101") {
            return std::io::copy(&mut server, &mut client).map(drop);
        }
        let end = b"\r\n\r\n";
        let at = bytes.windows(4).position(|window| window == end);
        let mut rest = bytes.split_off(at.expect("a whole head") + 4);
        // What came with the head has passed already: only a hello.
        let mut passed = rest.len();
        let stream = self.streams.fetch_add(1, Ordering::Relaxed);
        let mut victim = Victim {
            shared: self,
            is_aimed_at: self.aim.at_all || stream == 0,
            turn: 0,
            held: None,
            is_over: false,
        };
        loop {
            while let Some((payload, used)) = frame(&rest).filter(|_| !victim.is_over) {
                let raw: Vec<u8> = rest.drain(..used).collect();
                if passed > 0 {
                    let more = raw.len().saturating_sub(passed);
                    client.write_all(&raw[raw.len() - more..])?;
                    passed -= raw.len() - more;
                    continue;
                }
                client.write_all(&victim.pass(&raw[payload..], &raw)?)?;
            }
            if victim.is_over {
                return Ok(());
            }
            let mut piece = [0; 16 * 1024];
            let read = server.read(&mut piece)?;
            if read == 0 {
                return Ok(());
            }
            rest.extend_from_slice(&piece[..read]);
        }
    }
}

/// One stream.
struct Victim<'a> {
    shared: &'a Shared,
    is_aimed_at: bool,
    /// Message frames so far.
    turn: usize,
    held: Option<Vec<u8>>,
    /// No more frames pass.
    is_over: bool,
}

impl Victim<'_> {
    /// What the client gets for a frame.
    fn pass(&mut self, payload: &[u8], raw: &[u8]) -> std::io::Result<Vec<u8>> {
        let text = String::from_utf8_lossy(payload).into_owned();
        let Some(room) = text.split("\"channel_id\":\"").nth(1) else {
            return Ok(raw.to_vec());
        };
        let room = room.split('"').next().expect("an id").to_owned();
        let turn = self.turn;
        self.turn += 1;
        let mut rooms = self.shared.rooms.lock().expect("the rooms");
        rooms.insert(room.clone(), raw.to_vec());
        let other = rooms.iter().find(|(known, _)| **known != room);
        let other = other.map(|(_, frame)| frame.clone());
        drop(rooms);
        if let Some(held) = self.held.take() {
            return Ok([raw, &held].concat());
        }
        let is_it = self.is_aimed_at && turn == self.shared.aim.turn;
        let trick = if is_it {
            self.shared.aim.trick
        } else {
            Trick::Nothing
        };
        Ok(match trick {
            Trick::Nothing => raw.to_vec(),
            Trick::Drop => Vec::new(),
            Trick::Swap => {
                self.held = Some(raw.to_vec());
                Vec::new()
            }
            Trick::Double => raw.repeat(2),
            Trick::Delay(time) => {
                std::thread::park_timeout(time);
                raw.to_vec()
            }
            Trick::Change(from, to) => {
                assert!(text.contains(from), "{from} is in {text}");
                framed(&text.replacen(from, to, 1))
            }
            Trick::CutIds => {
                let begin = text.find(",\"subscription_ids\":[").expect("ids");
                let end = begin + text[begin..].find(']').expect("their end") + 1;
                framed(&(text[..begin].to_owned() + &text[end..]))
            }
            Trick::OtherRoom => match other {
                Some(other) => [&other, raw].concat(),
                None => {
                    // None has come yet: the next turn tries again.
                    self.turn = turn;
                    raw.to_vec()
                }
            },
            Trick::CloseBehind => {
                self.is_over = true;
                raw.to_vec()
            }
            Trick::Close => return Err(std::io::ErrorKind::ConnectionReset.into()),
        })
    }
}

fn clone(socket: &TcpStream) -> TcpStream {
    socket.try_clone().expect("a descriptor")
}

/// Where the payload of a whole frame begins, and where the frame ends.
fn frame(bytes: &[u8]) -> Option<(usize, usize)> {
    let (length, head) = match (bytes.get(1)?, bytes.get(2..4)) {
        (126, Some(long)) => (usize::from(long[0]) << 8 | usize::from(long[1]), 4),
        (126, None) => return None,
        (127, _) => panic!("no frame of a test is so long"),
        (short, _) => (usize::from(*short), 2),
    };
    (bytes.len() >= head + length).then_some((head, head + length))
}

fn framed(text: &str) -> Vec<u8> {
    let length = u16::try_from(text.len()).expect("a short frame");
    assert!(length > 125, "a message is longer than that");
    let mut frame = vec![0x81, 126];
    frame.extend_from_slice(&length.to_be_bytes());
    frame.extend_from_slice(text.as_bytes());
    frame
}
