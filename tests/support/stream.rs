//! A stream that waits for events and never sleeps: a websocket, or what the story chose in place of it ([`Door`]). The
//! codec is not ours, so that ours does not test itself.

use std::io::ErrorKind;
use std::net::{Shutdown, SocketAddr, TcpStream};

use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::{self, Error, Message, WebSocket};

use super::compressed::Decoder;
use super::door::{AnswerStream, Door};
use super::poll::Polls;
use super::{DEADLINE, Person, build, conform, text};

/// The client's end of it.
enum End {
    Websocket(WebSocket<TcpStream>),
    Answer(AnswerStream),
    Polls(Polls),
}

pub(crate) struct Stream {
    end: End,
    /// Every message is binary.
    decoder: Option<Decoder>,
    pub(crate) hello: Value,
    pub(crate) id: String,
}

impl Stream {
    /// Opens it and reads the hello, which must be the first frame.
    pub(crate) fn open(address: SocketAddr, path: &str) -> Self {
        let end = match Door::of_this_story() {
            Door::LongPoll => return Self::polled(address, path),
            Door::Websocket => End::Websocket(upgraded(address, path)),
            Door::Compressed => {
                let sign = if path.contains('?') { '&' } else { '?' };
                End::Websocket(upgraded(address, &format!("{path}{sign}compress=zstd")))
            }
            door @ (Door::EventStream | Door::JsonStream) => {
                End::Answer(AnswerStream::open(address, path, door))
            }
        };
        let mut stream = Self {
            end,
            decoder: (Door::of_this_story() == Door::Compressed).then(|| Decoder::of(address)),
            hello: Value::Null,
            id: String::new(),
        };
        stream.hello = stream.frame();
        stream.id = text(&stream.hello["meta"]["connection_id"]);
        if let End::Answer(answer) = &stream.end {
            assert_eq!(answer.head.header("connection-id"), Some(&*stream.id));
        }
        stream
    }

    /// What polls hear in place of it.
    fn polled(address: SocketAddr, path: &str) -> Self {
        let (polls, hello) = Polls::begin(address, path);
        Self {
            end: End::Polls(polls),
            hello,
            id: String::new(),
            decoder: None,
        }
    }

    fn websocket(&mut self) -> &mut WebSocket<TcpStream> {
        match &mut self.end {
            End::Websocket(socket) => socket,
            End::Answer(_) | End::Polls(_) => panic!("an answer takes no frames of its client"),
        }
    }

    /// The answer that it is.
    pub(crate) fn answer(&mut self) -> &mut AnswerStream {
        match &mut self.end {
            End::Answer(answer) => answer,
            End::Websocket(_) | End::Polls(_) => panic!("it is not one answer"),
        }
    }

    /// Subscribes by a REST call of this person; gives the subscription id.
    pub(crate) fn subscribes(&self, person: &Person, path: &str) -> String {
        let answer = self.calls(person, path);
        answer.data();
        let id = text(&answer.meta()["subscription_id"]);
        assert_eq!(id.len(), 32, "the shape of ids: {id}");
        id
    }

    /// The subscribing call itself.
    pub(crate) fn calls(&self, person: &Person, path: &str) -> super::http::Answer {
        let sign = if path.contains('?') { '&' } else { '?' };
        person.get(&format!("{path}{sign}connection_id={}", self.id))
    }

    /// The next frame, whatever it is.
    pub(crate) fn frame(&mut self) -> Value {
        let socket = match &mut self.end {
            End::Answer(answer) => return checked(answer.frame()),
            End::Polls(polls) => return checked(polls.frame()),
            End::Websocket(socket) => socket,
        };
        loop {
            match socket.read() {
                Ok(message @ (Message::Text(_) | Message::Binary(_))) => {
                    let frame = decoded(self.decoder.as_ref(), &message);
                    assert!(frame["meta"].is_object(), "every frame has meta: {frame}");
                    return checked(frame);
                }
                Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_)) => {}
                Ok(Message::Close(close)) => panic!("closed while an event was awaited: {close:?}"),
                Err(error) => panic!("no frame in time: {error}"),
            }
        }
    }

    /// The next event: what every event must look like is checked here.
    pub(crate) fn event(&mut self) -> Value {
        loop {
            let frame = self.frame();
            let meta = &frame["meta"];
            if meta.get("pong").is_some() {
                continue;
            }
            for never in ["code", "connection_id", "more", "min_id", "max_id"] {
                assert!(meta.get(never).is_none(), "{never} in an event: {frame}");
            }
            assert!(
                meta["timestamp"]
                    .as_i64()
                    .is_some_and(|t| t > 1_000_000_000),
                "{frame}"
            );
            assert!(
                meta["timestamp"]
                    .as_i64()
                    .is_some_and(|t| t < 100_000_000_000),
                "{frame}"
            );
            text(&meta["id"]);
            text(&meta["type"]);
            assert_ne!(meta.get("is_deleted"), Some(&json!(false)), "{frame}");
            assert!(frame.get("data").is_some(), "{frame}");
            return frame;
        }
    }

    /// The next event, or nothing if the connection ended.
    pub(crate) fn event_or_end(&mut self) -> Option<Value> {
        let socket = match &mut self.end {
            End::Answer(answer) => return answer.frame_or_end(),
            End::Polls(polls) => return Some(polls.frame()),
            End::Websocket(socket) => socket,
        };
        loop {
            match socket.read() {
                Ok(message @ (Message::Text(_) | Message::Binary(_))) => {
                    return Some(decoded(self.decoder.as_ref(), &message));
                }
                Ok(Message::Close(_)) => return None,
                Err(Error::Io(error))
                    if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) =>
                {
                    panic!("neither an event nor the end came in time")
                }
                Ok(_) => {}
                Err(_) => return None,
            }
        }
    }

    /// The next event must be of this type.
    pub(crate) fn hears(&mut self, kind: &str) -> Value {
        let event = self.event();
        assert_eq!(event["meta"]["type"], kind, "another event came: {event}");
        event
    }

    /// The next event must be a new message with this text.
    pub(crate) fn hears_text(&mut self, said: &str) -> Value {
        let event = self.hears("message");
        assert_eq!(event["data"][0]["content"]["text"], said, "{event}");
        event
    }

    /// Nothing came before what is said into the fence now.
    pub(crate) fn hears_nothing_more(&mut self, fence: &Fence) {
        let said = build::says(&fence.keeper, &fence.channel, "fence");
        let event = self.event();
        let id = &event["data"][0]["id"];
        assert_eq!(id.as_str(), Some(said.as_str()), "something came: {event}");
    }

    /// The events before what is said into the fence now.
    pub(crate) fn heard_before(&mut self, fence: &Fence) -> Vec<Value> {
        let said = build::says(&fence.keeper, &fence.channel, "fence");
        let next = || Some(self.event());
        let events = std::iter::from_fn(next);
        events
            .take_while(|event| {
                event["meta"]["type"] != "message" || event["data"][0]["id"] != said.as_str()
            })
            .collect()
    }

    /// Lets everything pass that was committed before.
    pub(crate) fn settles(&mut self, person: &Person) {
        drop(Fence::on(self, person, person));
    }

    pub(crate) fn says(&mut self, text: &str) {
        self.websocket()
            .send(Message::text(text))
            .expect("an open socket");
    }

    /// A sign of life, and its answer. One that is an answer needs none.
    pub(crate) fn beats(&mut self) {
        if matches!(self.end, End::Answer(_) | End::Polls(_)) {
            return;
        }
        self.sends(Message::Ping("beat".into()));
        loop {
            match self.raw() {
                Message::Pong(_) => return,
                Message::Close(close) => panic!("closed while it was kept alive: {close:?}"),
                Message::Text(_) | Message::Binary(_) | Message::Ping(_) | Message::Frame(_) => {}
            }
        }
    }

    /// A sign of life that wants no answer. A connection that is over by now shows elsewhere.
    pub(crate) fn signals(&mut self) {
        if let End::Websocket(socket) = &mut self.end {
            drop(socket.send(Message::Pong("alive".into())));
        }
    }

    /// From now on the kernel keeps so many bytes of what is not read yet. With few a reader falls behind soon.
    pub(crate) fn keeps_unread(&self, bytes: usize) {
        let socket = match &self.end {
            End::Websocket(socket) => socket.get_ref(),
            End::Answer(answer) => &answer.socket,
            End::Polls(_) => return,
        };
        nix::sys::socket::setsockopt(socket, nix::sys::socket::sockopt::RcvBuf, &bytes)
            .expect("a socket");
    }

    pub(crate) fn sends(&mut self, message: Message) {
        self.websocket().send(message).expect("an open socket");
    }

    /// The same where the server may have hung up: says whether it has not.
    pub(crate) fn offers(&mut self, message: Message) -> bool {
        let sent = self.websocket().send(message);
        if let Err(error) = &sent {
            // Shown if the story fails.
            println!("nothing can be sent any more: {error}");
        }
        sent.is_ok()
    }

    /// The next raw message, protocol frames included.
    pub(crate) fn raw(&mut self) -> Message {
        self.websocket().read().expect("a message in time")
    }

    /// Reads on until the server hangs up; gives its code (1006: it went without a word).
    pub(crate) fn closed_with(&mut self) -> u16 {
        let socket = match &mut self.end {
            End::Answer(answer) => {
                let code = answer
                    .last_object()
                    .map(|last| last["meta"]["code"].as_u64());
                let code = code.map_or(Some(1006), |code| u16::try_from(code?).ok());
                return code.expect("a code in the last object");
            }
            End::Polls(_) => panic!("no connection between two polls"),
            End::Websocket(socket) => socket,
        };
        loop {
            match socket.read() {
                Ok(Message::Close(close)) => {
                    let code = close.map_or(1005, |close| u16::from(close.code));
                    // Our answer to it may find the socket gone; either is an end.
                    drop(socket.flush());
                    return code;
                }
                Ok(_) => {}
                Err(Error::Io(error))
                    if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) =>
                {
                    panic!("never closed");
                }
                Err(_) => return 1006,
            }
        }
    }

    /// Says goodbye and waits for the answer; gives its code. Where it is an answer, the end of our side is the goodbye, and
    /// the end of the other side the answer.
    pub(crate) fn closes(&mut self) -> u16 {
        match &mut self.end {
            End::Websocket(socket) => socket.close(None).expect("an open socket"),
            End::Answer(answer) => {
                drop(answer.socket.shutdown(Shutdown::Write));
                while answer.frame_or_end().is_some() {}
                return 1000;
            }
            End::Polls(_) => return 1000,
        }
        self.closed_with()
    }

    /// The ids of the subscriptions that an event names.
    pub(crate) fn named(event: &Value) -> Vec<String> {
        let list = event["meta"]["subscription_ids"].as_array();
        let list = list.unwrap_or_else(|| panic!("subscription_ids: {event}"));
        let mut ids: Vec<_> = list.iter().map(text).collect();
        assert!(!ids.is_empty(), "never empty: {event}");
        ids.sort();
        ids
    }
}

fn checked(frame: Value) -> Value {
    conform::check_frame(&frame);
    frame
}

fn decoded(decoder: Option<&Decoder>, message: &Message) -> Value {
    match (decoder, message) {
        (None, Message::Text(text)) => serde_json::from_str(text).expect("JSON in every frame"),
        (Some(decoder), Message::Binary(bytes)) => decoder.decodes(bytes),
        (_, other) => panic!("of the other kind: {other:?}"),
    }
}

fn upgraded(address: SocketAddr, path: &str) -> WebSocket<TcpStream> {
    let socket = TcpStream::connect(address).expect("the server accepts connections");
    socket.set_read_timeout(Some(DEADLINE)).expect("a deadline");
    socket.set_nodelay(true).expect("a socket");
    let url = format!("ws://{address}{path}");
    let (socket, _) = tungstenite::client(url.as_str(), socket)
        .unwrap_or_else(|error| panic!("no upgrade for {path}: {error}"));
    socket
}

/// A channel that a stream subscribes to so that a test can prove that nothing else came: events reach a
/// connection in the order of their commits, over all channels.
pub(crate) struct Fence {
    keeper: Person,
    channel: String,
}

impl Fence {
    /// A channel of the keeper's that the stream's user may read, subscribed to. What was committed before
    /// may still be on its way to a fresh subscription (it is in the page, too): it is let pass here.
    pub(crate) fn on(stream: &mut Stream, keeper: &Person, listener: &Person) -> Self {
        let fence = Self::made_by(keeper);
        stream.subscribes(listener, &format!("/channels/{}/messages", fence.channel));
        let said = build::says(&fence.keeper, &fence.channel, "fence");
        while stream.event()["data"][0]["id"] != said.as_str() {}
        fence
    }

    /// A channel that its keeper subscribes to, so that an app of the keeper's hears it.
    pub(crate) fn of_app(keeper: &Person) -> Self {
        let fence = Self::made_by(keeper);
        keeper
            .does(&format!("/channels/{}/subscribe", fence.channel))
            .data();
        fence
    }

    fn made_by(keeper: &Person) -> Self {
        let acl = json!({"read": {"any_user": true}});
        let made = keeper.post(
            "/channels",
            &json!({"type": "org.example.fence", "acl": acl}),
        );
        Self {
            keeper: keeper.clone(),
            channel: text(&made.data()["id"]),
        }
    }
}
