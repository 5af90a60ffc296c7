//! One opening of a stream, through any door, read by a thread of its own.

use std::io::Write as _;
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use serde_json::Value;
use tokio_tungstenite::tungstenite::error::ProtocolError;
use tokio_tungstenite::tungstenite::{self, Error, Message, WebSocket};

use super::polls::Polls;
use crate::support::compressed::Decoder;
use crate::support::door::{AnswerStream, Door, Item};
use crate::support::{DEADLINE, http};

/// The doors that are open in any order. A door that joins them says in [`Opening`] how it is asked, and in [`Reader`] how
/// it is read.
pub(super) const DOORS: [Door; 5] = [
    Door::Websocket,
    Door::Compressed,
    Door::EventStream,
    Door::JsonStream,
    // Of app streams alone, so the last one.
    Door::LongPoll,
];

/// How the request began by which something came.
#[derive(Clone, Copy, Debug)]
pub(super) enum Began {
    /// With what was committed from then on.
    Now,
    /// Behind a cursor, when the log had this head.
    Behind(i64),
}

/// How a stream is asked for.
#[derive(Clone, Debug)]
pub(super) struct Opening {
    pub(super) door: Door,
    /// Path and query, without a cursor that goes with the requests of long polls.
    pub(super) path: String,
    pub(super) began: Began,
    /// Of long polls: behind which the first one goes on.
    pub(super) cursor: Option<String>,
    /// Where they read the head of the log.
    pub(super) database: String,
    /// What they leave to chance.
    pub(super) seed: u64,
    /// What a browser sends beside it.
    pub(super) last_event_id: Option<String>,
    /// The reader stops reading behind so many frames.
    pub(super) stalls_behind: Option<usize>,
    /// For so long; `None`: for good.
    pub(super) stalls_for: Option<Duration>,
}

/// A frame, as far as the oracle looks at it.
#[derive(Clone, Debug)]
pub(super) struct Frame {
    /// Everything up to here was received.
    pub(super) cursor: Option<String>,
    pub(super) json: Value,
    /// It is no event: the answer of a long poll says that nothing else was there up to its cursor.
    pub(super) is_answer: bool,
    pub(super) began: Began,
    /// Microseconds.
    pub(super) at: i64,
}

/// What was read.
#[derive(Debug, Default)]
pub(super) struct Heard {
    pub(super) frames: Vec<Frame>,
    /// How the last request began.
    pub(super) began: Option<Began>,
    /// Why the server ended it, if it said so: the code.
    pub(super) ended: Option<u64>,
    pub(super) is_over: bool,
}

/// A stream that is open.
pub(super) struct Open {
    pub(super) hello: Value,
    pub(super) heard: Arc<Mutex<Heard>>,
    /// Its reader stops reading somewhere.
    pub(super) stalls: bool,
    socket: TcpStream,
    thread: JoinHandle<()>,
}

enum Reader {
    /// With what reads its messages if they are compressed.
    Websocket(Box<WebSocket<TcpStream>>, Option<Decoder>),
    Answer(AnswerStream),
    Polls(Box<Polls>),
}

/// What comes next.
pub(super) enum Next {
    Frame(Value),
    /// The answer of a long poll, behind its frames.
    Answer(Value),
    Ended(Option<u64>),
}

/// The wall clock, as the server's: microseconds.
pub(super) fn now() -> i64 {
    let now = time::OffsetDateTime::now_utc().unix_timestamp_nanos() / 1000;
    i64::try_from(now).expect("a time of this era")
}

impl Opening {
    /// A new stream that is read to its end; not for long polls.
    pub(super) fn anew(door: Door, path: String) -> Self {
        Self {
            door,
            path,
            began: Began::Now,
            cursor: None,
            database: String::new(),
            seed: 0,
            last_event_id: None,
            stalls_behind: None,
            stalls_for: None,
        }
    }

    /// Opens it and reads the hello. `Err`: it was refused, or ended before.
    pub(super) fn open(&self, address: SocketAddr, within: Duration) -> Result<Open, String> {
        let mut reader = match self.door {
            Door::Websocket => Reader::Websocket(self.upgraded((address, within), "")?, None),
            Door::Compressed => {
                let decoder = Decoder::of_any(connected(address, within)?);
                let decoder = decoder.ok_or_else(|| String::from("no dictionary"))?;
                let socket = self.upgraded((address, within), "&compress=zstd")?;
                Reader::Websocket(socket, Some(decoder))
            }
            Door::EventStream | Door::JsonStream => Reader::Answer(self.asked(address, within)?),
            Door::LongPoll => {
                let place = (&*self.path, self.cursor.as_deref());
                let chance = (&*self.database, self.seed);
                Reader::Polls(Box::new(Polls::begin(address, place, chance)?))
            }
        };
        let hello = reader.hello()?;
        let socket = reader.socket().try_clone().expect("a descriptor");
        socket.set_read_timeout(Some(DEADLINE)).expect("a deadline");
        if self.stalls_behind.is_some() {
            keeps_unread(&socket, 4096);
        }
        let heard: Arc<Mutex<Heard>> = Arc::default();
        let (feed, asked) = (Arc::clone(&heard), self.clone());
        let thread = std::thread::spawn(move || reads(reader, &feed, &asked));
        Ok(Open {
            hello,
            heard,
            stalls: self.stalls_behind.is_some(),
            socket,
            thread,
        })
    }

    fn upgraded(
        &self,
        (address, within): (SocketAddr, Duration),
        with: &str,
    ) -> Result<Box<WebSocket<TcpStream>>, String> {
        let socket = connected(address, within)?;
        let url = format!("ws://{address}{}{with}", self.path);
        let upgraded = tungstenite::client(url.as_str(), socket);
        upgraded
            .map(|(socket, _)| Box::new(socket))
            .map_err(|refused| format!("no upgrade: {refused}"))
    }

    fn asked(&self, address: SocketAddr, within: Duration) -> Result<AnswerStream, String> {
        let mut headers = self.door.asked_with().to_vec();
        if let Some(last) = &self.last_event_id {
            headers.push(("Last-Event-ID", last));
        }
        let request = http::request("GET", &self.path, &headers, b"");
        let mut socket = connected(address, within)?;
        socket
            .write_all(&request)
            .map_err(|error| error.to_string())?;
        let stream = AnswerStream::sent_to_any(socket, &request, self.door);
        let stream = stream.ok_or_else(|| String::from("no answer"))?;
        match stream.head.status {
            200 => Ok(stream),
            _ => Err(format!("no stream: {}", stream.head)),
        }
    }
}

/// A connection whose answers come within this time.
pub(super) fn connected(address: SocketAddr, within: Duration) -> Result<TcpStream, String> {
    let socket = TcpStream::connect(address).map_err(|error| error.to_string())?;
    socket.set_read_timeout(Some(within)).expect("a deadline");
    socket.set_nodelay(true).expect("a socket");
    Ok(socket)
}

/// From now on the kernel keeps so many bytes of what is not read yet.
fn keeps_unread(socket: &TcpStream, bytes: usize) {
    let buffer = nix::sys::socket::sockopt::RcvBuf;
    nix::sys::socket::setsockopt(socket, buffer, &bytes).expect("a socket");
}

impl Reader {
    fn socket(&self) -> &TcpStream {
        match self {
            Self::Websocket(socket, _) => socket.get_ref(),
            Self::Answer(answer) => &answer.socket,
            Self::Polls(polls) => &polls.socket,
        }
    }

    fn hello(&mut self) -> Result<Value, String> {
        if let Self::Polls(polls) = self {
            return polls.hello();
        }
        match self.next() {
            Next::Frame(hello) => Ok(hello),
            Next::Answer(_) => Err(String::from("an answer before the hello")),
            Next::Ended(code) => Err(format!("ended before the hello: {code:?}")),
        }
    }

    fn next(&mut self) -> Next {
        match self {
            Self::Websocket(socket, decoder) => loop {
                match socket.read() {
                    Ok(Message::Text(frame)) => {
                        assert!(
                            decoder.is_none(),
                            "a message that is not compressed: {frame}"
                        );
                        return Next::Frame(serde_json::from_str(&frame).expect("JSON"));
                    }
                    Ok(Message::Binary(bytes)) => {
                        let decoder = decoder.as_ref().expect("a text");
                        return Next::Frame(decoder.decodes(&bytes));
                    }
                    Ok(Message::Close(close)) => {
                        let code = close.map(|close| u64::from(u16::from(close.code)));
                        drop(socket.flush());
                        return Next::Ended(code);
                    }
                    Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_)) => {}
                    Err(
                        Error::Io(_)
                        | Error::ConnectionClosed
                        | Error::AlreadyClosed
                        | Error::Protocol(ProtocolError::ResetWithoutClosingHandshake),
                    ) => return Next::Ended(None),
                    Err(wrong) => panic!("no websocket any more: {wrong}"),
                }
            },
            Self::Answer(answer) => loop {
                match answer.next() {
                    Item::Frame(frame) => return Next::Frame(frame),
                    Item::Close(object) => return Next::Ended(object["meta"]["code"].as_u64()),
                    Item::Beat | Item::Retry(_) => {}
                    Item::End | Item::Torn => return Next::Ended(None),
                }
            },
            Self::Polls(polls) => polls.next(),
        }
    }

    /// Asks for what comes next, where that has to be asked for. Gives how the request under way began.
    fn asks(&mut self, opening: &Opening) -> Began {
        match self {
            Self::Websocket(..) | Self::Answer(_) => opening.began,
            Self::Polls(polls) => polls.asks(),
        }
    }

    /// How the request began by which the last thing came.
    fn began(&self, opening: &Opening) -> Began {
        match self {
            Self::Websocket(..) | Self::Answer(_) => opening.began,
            Self::Polls(polls) => polls.began,
        }
    }

    /// The `id` of the newest server-sent event.
    fn last_id(&self) -> Option<&str> {
        match self {
            Self::Websocket(..) | Self::Polls(_) => None,
            Self::Answer(answer) => answer.last_id.as_deref(),
        }
    }
}

fn reads(mut reader: Reader, feed: &Mutex<Heard>, asked: &Opening) {
    let mut most = asked.stalls_behind;
    loop {
        let began = reader.asks(asked);
        feed.lock().expect("a feed").began = Some(began);
        if most.is_some_and(|most| feed.lock().expect("a feed").frames.len() >= most) {
            let Some(time) = asked.stalls_for else {
                // It keeps the socket and reads nothing, until the hand cuts it.
                std::thread::park();
                return;
            };
            std::thread::park_timeout(time);
            keeps_unread(reader.socket(), 256 * 1024);
            most = None;
        }
        // Nothing is wrong with the feed if something is wrong with a frame.
        let next = reader.next();
        let is_answer = matches!(next, Next::Answer(_));
        match next {
            Next::Frame(json) | Next::Answer(json) => {
                let cursor = json["meta"]["cursor"].as_str().map(str::to_owned);
                if let (Door::EventStream, Some(cursor)) = (asked.door, &cursor) {
                    let id = reader.last_id().unwrap_or_default();
                    let of_event = id.rsplit(':').next().unwrap_or_default();
                    assert_eq!(of_event, cursor, "the id of an event is its cursor: {json}");
                }
                let frame = Frame {
                    cursor,
                    json,
                    is_answer,
                    began: reader.began(asked),
                    at: now(),
                };
                feed.lock().expect("a feed").frames.push(frame);
            }
            Next::Ended(code) => {
                let mut heard = feed.lock().expect("a feed");
                heard.ended = code;
                heard.is_over = true;
                return;
            }
        }
    }
}

impl Open {
    /// Whether it ended by itself.
    pub(super) fn is_over(&self) -> bool {
        self.thread.is_finished() || self.heard.lock().expect("a feed").is_over
    }

    /// Cuts it: with a reset, or an end in order. Gives what was read, unless the reader could not read it.
    pub(super) fn cut(self, resets: bool) -> Result<Heard, String> {
        if resets {
            let now = with_a_reset();
            let linger = nix::sys::socket::sockopt::Linger;
            nix::sys::socket::setsockopt(&self.socket, linger, &now).expect("a socket");
        }
        // A reader that waits is woken; without a clone the socket is closed as the thread ends.
        let how = if resets {
            Shutdown::Read
        } else {
            Shutdown::Both
        };
        drop(self.socket.shutdown(how));
        drop(self.socket);
        self.thread.thread().unpark();
        self.thread.join().map_err(|panic| said(&*panic))?;
        let mut heard = self.heard.lock().expect("a feed");
        Ok(std::mem::take(&mut heard))
    }
}

/// Closes with a reset.
fn with_a_reset() -> nix::libc::linger {
    nix::libc::linger {
        l_onoff: 1,
        l_linger: 0,
    }
}

/// What a panic said.
pub(super) fn said(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().cloned();
    let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
    text.unwrap_or_else(|| String::from("a panic"))
}
