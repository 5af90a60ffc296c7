//! The other doors to a stream: the answer to a request, as server-sent events or as lines of JSON. Read by hand, so that
//! each byte that the server writes is looked at.

use std::cell::Cell;
use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};

use serde_json::Value;

use super::{DEADLINE, http, text};

/// How the streams of a story reach it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Door {
    Websocket,
    /// A websocket with `compress=zstd`.
    Compressed,
    EventStream,
    JsonStream,
    /// One request after another ([`super::poll`]); app streams only.
    LongPoll,
}

thread_local! {
    static OF_THIS_STORY: Cell<Door> = const { Cell::new(Door::Websocket) };
}

impl Door {
    /// Both that are one answer.
    pub(crate) const ANSWERS: [Self; 2] = [Self::EventStream, Self::JsonStream];

    /// Tells a story in which all streams come through this door.
    pub(crate) fn carries<T>(self, story: impl FnOnce() -> T) -> T {
        let before = OF_THIS_STORY.replace(self);
        let told = story();
        OF_THIS_STORY.set(before);
        told
    }

    pub(crate) fn of_this_story() -> Self {
        OF_THIS_STORY.get()
    }

    /// The headers that ask for it.
    pub(crate) fn asked_with(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Websocket | Self::Compressed => &[
                ("Connection", "Upgrade"),
                ("Upgrade", "websocket"),
                ("Sec-WebSocket-Version", "13"),
                ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
            ],
            Self::EventStream => &[("Accept", "text/event-stream")],
            Self::JsonStream => &[("Accept", "application/json")],
            Self::LongPoll => &[],
        }
    }
}

/// What comes next on an answer.
#[derive(Debug, PartialEq)]
pub(crate) enum Item {
    Frame(Value),
    /// The last object, which says why.
    Close(Value),
    /// A sign of life.
    Beat,
    /// How long a client is to wait before it comes back.
    Retry(u64),
    /// The end of the answer, as HTTP ends it.
    End,
    /// The end of the connection within the answer.
    Torn,
}

/// An answer that is a stream.
pub(crate) struct AnswerStream {
    pub(crate) socket: TcpStream,
    /// Of a server that may be away.
    is_of_any: bool,
    door: Door,
    pub(crate) head: http::Answer,
    is_chunked: bool,
    /// As they came.
    raw: Vec<u8>,
    /// Of the body.
    body: Vec<u8>,
    end: Option<Item>,
    /// The `id` of the newest event that had one.
    pub(crate) last_id: Option<String>,
}

impl AnswerStream {
    /// Asks for it. The answer has to be a stream.
    pub(crate) fn open(address: SocketAddr, path: &str, door: Door) -> Self {
        let request = http::request("GET", path, door.asked_with(), b"");
        let stream = Self::asked(address, &request, door);
        assert_eq!(stream.head.status, 200, "no stream: {}", stream.head);
        stream
    }

    /// Sends this request and reads the head of its answer.
    pub(crate) fn asked(address: SocketAddr, request: &[u8], door: Door) -> Self {
        let mut socket = TcpStream::connect(address).expect("the server accepts connections");
        socket.set_read_timeout(Some(DEADLINE)).expect("a deadline");
        socket.set_nodelay(true).expect("a socket");
        socket.write_all(request).expect("the server reads");
        let mut stream = Self::sent(socket, request, door);
        assert!(stream.reads_head(), "no answer: {}", stream.head);
        stream
    }

    /// The same on a connection over which this request was sent. The server may be away: what does not come in time is an
    /// end.
    pub(crate) fn sent_to_any(socket: TcpStream, request: &[u8], door: Door) -> Option<Self> {
        let mut stream = Self::sent(socket, request, door);
        stream.is_of_any = true;
        stream.reads_head().then_some(stream)
    }

    fn sent(socket: TcpStream, request: &[u8], door: Door) -> Self {
        let first_line = request.split(|byte| *byte == b'\r').next().unwrap_or(b"");
        Self {
            socket,
            is_of_any: false,
            door,
            head: http::Answer {
                status: 0,
                headers: Vec::new(),
                body: Vec::new(),
                asked: String::from_utf8_lossy(first_line).into_owned(),
            },
            is_chunked: false,
            raw: Vec::new(),
            body: Vec::new(),
            end: None,
            last_id: None,
        }
    }

    /// Whether it came.
    fn reads_head(&mut self) -> bool {
        let end = loop {
            let found = self.raw.windows(4).position(|four| four == b"\r\n\r\n");
            match found {
                Some(end) => break end,
                None if self.reads_more() => {}
                None => return false,
            }
        };
        let head = String::from_utf8(self.raw[..end].to_vec()).expect("a head in ASCII");
        let mut lines = head.split("\r\n");
        let status = lines.next().and_then(|line| line.split(' ').nth(1));
        self.head.status = status.and_then(|code| code.parse().ok()).unwrap_or(0);
        let headers = lines.filter_map(|line| line.split_once(": "));
        self.head.headers = headers
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        self.raw.drain(..end + 4);
        self.is_chunked = self.head.header("transfer-encoding") == Some("chunked");
        true
    }

    fn reads_more(&mut self) -> bool {
        let mut piece = [0; 16 * 1024];
        match self.socket.read(&mut piece) {
            Ok(count) => {
                self.raw.extend_from_slice(&piece[..count]);
                count > 0
            }
            Err(error)
                if !self.is_of_any
                    && matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) =>
            {
                panic!("nothing came in time: {}", self.head)
            }
            Err(_) => false,
        }
    }

    /// Moves what came into the body.
    fn unwraps(&mut self) {
        if !self.is_chunked {
            self.body.append(&mut self.raw);
            return;
        }
        while let Some(line) = self.raw.windows(2).position(|two| two == b"\r\n") {
            let size = String::from_utf8_lossy(&self.raw[..line]).into_owned();
            let size = usize::from_str_radix(&size, 16).expect("the size of a chunk");
            let end = line + 2 + size;
            if self.raw.len() < end + 2 {
                return;
            }
            assert_eq!(&self.raw[end..end + 2], b"\r\n", "the end of a chunk");
            self.body.extend_from_slice(&self.raw[line + 2..end]);
            self.raw.drain(..end + 2);
            if size == 0 {
                self.end = Some(Item::End);
                return;
            }
        }
    }

    /// What comes next.
    pub(crate) fn next(&mut self) -> Item {
        loop {
            self.unwraps();
            let found = match self.door {
                Door::EventStream => self.takes_event(),
                Door::Websocket | Door::Compressed | Door::JsonStream | Door::LongPoll => {
                    self.takes_line()
                }
            };
            if let Some(item) = found {
                return item;
            }
            if let Some(end) = self.end.take() {
                assert_eq!(self.body, b"", "the rest is whole");
                return end;
            }
            if !self.reads_more() {
                // Without chunks the end of the connection is the end of the answer.
                let is_end = !self.is_chunked && self.body.is_empty();
                return if is_end { Item::End } else { Item::Torn };
            }
        }
    }

    fn takes(&mut self, end: &[u8]) -> Option<String> {
        let at = self.body.windows(end.len()).position(|some| some == end)?;
        let taken = String::from_utf8(self.body[..at].to_vec()).expect("UTF-8");
        self.body.drain(..at + end.len());
        Some(taken)
    }

    fn takes_line(&mut self) -> Option<Item> {
        let line = self.takes(b"\r\n")?;
        if line.is_empty() {
            return Some(Item::Beat);
        }
        let object: Value = serde_json::from_str(&line).expect("JSON in every line");
        Some(match object["control"]["type"] == "close" {
            true => Item::Close(object),
            false => Item::Frame(object),
        })
    }

    /// As a browser reads it (WHATWG HTML §9.2.6).
    fn takes_event(&mut self) -> Option<Item> {
        let block = self.takes(b"\n\n")?;
        let (mut name, mut data, mut retry) = ("message", None, None);
        for line in block.split('\n') {
            let (field, value) = line.split_once(':').unwrap_or((line, ""));
            let value = value.strip_prefix(' ').unwrap_or(value);
            match field {
                "" => {}
                "event" => name = value,
                "id" => self.last_id = Some(value.to_owned()),
                "retry" => retry = Some(value.parse().expect("milliseconds")),
                "data" => assert!(data.replace(value).is_none(), "one line of data: {block}"),
                other => panic!("an unknown field {other}: {block}"),
            }
        }
        let Some(data) = data else {
            return Some(retry.map_or(Item::Beat, Item::Retry));
        };
        let object: Value = serde_json::from_str(data).expect("JSON in every event");
        Some(match name {
            "message" => Item::Frame(object),
            "close" => {
                let told = object["meta"].get("retry_after_ms").and_then(Value::as_u64);
                assert_eq!(told, retry, "a browser is told the same: {object}");
                Item::Close(object)
            }
            other => panic!("an unknown event {other}: {block}"),
        })
    }

    /// The next frame; signs of life are passed.
    pub(crate) fn frame(&mut self) -> Value {
        loop {
            match self.next() {
                Item::Frame(frame) => {
                    assert!(frame["meta"].is_object(), "every frame has meta: {frame}");
                    return frame;
                }
                Item::Beat | Item::Retry(_) => {}
                end @ (Item::Close(_) | Item::End | Item::Torn) => {
                    panic!("ended while an event was awaited: {end:?}")
                }
            }
        }
    }

    /// The next frame, or nothing if the stream ended.
    pub(crate) fn frame_or_end(&mut self) -> Option<Value> {
        loop {
            match self.next() {
                Item::Frame(frame) => return Some(frame),
                Item::Beat | Item::Retry(_) => {}
                Item::Close(_) | Item::End | Item::Torn => return None,
            }
        }
    }

    /// Reads on to the end; gives the last object if there was one.
    pub(crate) fn last_object(&mut self) -> Option<Value> {
        let mut last = None;
        loop {
            match self.next() {
                Item::Close(object) => {
                    text(&object["meta"]["error_slug"]);
                    assert_eq!(last.replace(object), None, "said once");
                }
                Item::Frame(frame) => assert_eq!(last, None, "nothing behind it: {frame}"),
                Item::Beat | Item::Retry(_) => {}
                Item::End => {
                    assert!(last.is_some(), "an end in order says why");
                    return last;
                }
                Item::Torn => return last,
            }
        }
    }
}
