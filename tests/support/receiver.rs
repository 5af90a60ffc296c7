//! A receiver of webhooks: a small HTTP server that keeps what it is sent, and answers as the story says.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use ring::hmac;
use serde_json::{Value, json};

use super::{DEADLINE, Person, text};

/// What its deliveries are signed with.
pub(crate) const SECRET: &str = "a-secret-of-the-story";

/// A delivery, or an attempt at one.
#[derive(Clone, Debug)]
pub(crate) struct Received {
    pub(crate) id: String,
    pub(crate) attempt: u32,
    pub(crate) signature: String,
    pub(crate) path: String,
    pub(crate) body: Value,
    raw: Vec<u8>,
}

impl Received {
    /// The text of the message or post that it holds.
    pub(crate) fn said(&self) -> String {
        let content = &self.body["data"][0]["content"]["text"];
        text(content)
    }

    /// Whether it is signed with this secret, as a receiver checks it.
    pub(crate) fn is_signed(&self, secret: &str) -> bool {
        let parts = self.signature.strip_prefix("t=");
        let (time, hex) = parts
            .and_then(|rest| rest.split_once(",v1="))
            .expect("both");
        assert!(time.parse::<u64>().is_ok(), "{time}");
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
        let signed = [time.as_bytes(), b".", &self.raw].concat();
        let tag = hmac::sign(&key, &signed);
        let shown: String = tag.as_ref().iter().map(|b| format!("{b:02x}")).collect();
        shown == hex
    }
}

/// How an attempt is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// With this status.
    Status(u16),
    /// With this status, and a header.
    With(u16, &'static str),
    /// Never.
    Hangs,
    /// With 200, once the story lets it.
    WhenLet,
    /// With 200 and a body that does not end.
    Endless,
}

type Answers = Box<dyn Fn(&Received) -> Answer + Send>;

struct Inner {
    received: Mutex<Vec<Received>>,
    arrived: Condvar,
    answers: Mutex<Answers>,
    is_let: Mutex<bool>,
    lets: Condvar,
}

/// See the module. Its threads end with the process of the tests.
#[derive(Clone)]
pub(crate) struct Receiver {
    pub(crate) address: SocketAddr,
    inner: Arc<Inner>,
}

impl Receiver {
    /// Takes everything.
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let inner = Arc::new(Inner {
            received: Mutex::default(),
            arrived: Condvar::new(),
            answers: Mutex::new(Box::new(|_| Answer::Status(200))),
            is_let: Mutex::new(false),
            lets: Condvar::new(),
        });
        let served = Arc::clone(&inner);
        std::thread::spawn(move || {
            for socket in listener.incoming().map_while(Result::ok) {
                let inner = Arc::clone(&served);
                std::thread::spawn(move || serve(socket, &inner));
            }
        });
        Self { address, inner }
    }

    /// Answers like this from now on.
    pub(crate) fn answers(&self, answers: impl Fn(&Received) -> Answer + Send + 'static) {
        *self.inner.answers.lock().expect("no panic") = Box::new(answers);
    }

    /// Lets answers go that wait for it.
    pub(crate) fn lets_go(&self) {
        *self.inner.is_let.lock().expect("no panic") = true;
        self.inner.lets.notify_all();
    }

    /// What arrived so far.
    pub(crate) fn all(&self) -> Vec<Received> {
        self.inner.received.lock().expect("no panic").clone()
    }

    /// Waits until what arrived satisfies the story.
    pub(crate) fn until(&self, what: &str, holds: impl Fn(&[Received]) -> bool) -> Vec<Received> {
        let begun = Instant::now();
        let mut received = self.inner.received.lock().expect("no panic");
        while !holds(&received) {
            let left = DEADLINE.checked_sub(begun.elapsed());
            let left = left.unwrap_or_else(|| panic!("never arrived: {what}; {received:#?}"));
            let waited = self
                .inner
                .arrived
                .wait_timeout(received, left.min(Duration::from_secs(1)));
            received = waited.expect("no panic").0;
        }
        received.clone()
    }

    /// Waits for so many attempts.
    pub(crate) fn waits_for(&self, count: usize) -> Vec<Received> {
        self.until(&format!("{count} attempts"), |all| all.len() >= count)
    }

    /// Where it is.
    pub(crate) fn url(&self) -> String {
        format!("http://{}/in", self.address)
    }

    /// The body that makes a hook which posts here.
    pub(crate) fn hook(&self, key: &str, object_types: &[&str]) -> Value {
        json!({"type": "webhook", "key": key, "object_types": object_types, "url": self.url(),
            "secret": SECRET})
    }

    /// Makes a hook that posts here.
    pub(crate) fn is_hooked(&self, app: &Person, key: &str, object_types: &[&str]) {
        app.post("/streams", &self.hook(key, object_types)).is(200);
    }
}

fn serve(mut socket: TcpStream, inner: &Inner) {
    while let Some(received) = read(&mut socket) {
        let answer = inner.answers.lock().expect("no panic")(&received);
        inner.received.lock().expect("no panic").push(received);
        inner.arrived.notify_all();
        let sent = match answer {
            Answer::Status(status) => respond(&mut socket, status, ""),
            Answer::With(status, header) => respond(&mut socket, status, header),
            Answer::Hangs => {
                // Until the other side gives up.
                let mut rest = [0; 64];
                while socket.read(&mut rest).is_ok_and(|count| count > 0) {}
                return;
            }
            Answer::WhenLet => {
                let mut is_let = inner.is_let.lock().expect("no panic");
                while !*is_let {
                    is_let = inner.lets.wait(is_let).expect("no panic");
                }
                drop(is_let);
                respond(&mut socket, 200, "")
            }
            Answer::Endless => {
                let head = b"HTTP/1.1 200 OK\r\nContent-Length: 10000000000\r\n\r\n";
                let mut going = socket.write_all(head);
                while going.is_ok() {
                    going = socket.write_all(&[b'x'; 16 * 1024]);
                }
                going
            }
        };
        if sent.is_err() {
            return;
        }
    }
}

fn respond(socket: &mut TcpStream, status: u16, header: &str) -> std::io::Result<()> {
    let header = match header {
        "" => String::new(),
        header => format!("{header}\r\n"),
    };
    let answer = format!("HTTP/1.1 {status} So\r\n{header}Content-Length: 2\r\n\r\nok");
    socket.write_all(answer.as_bytes())
}

fn read(socket: &mut TcpStream) -> Option<Received> {
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(at) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break at;
        }
        more(socket, &mut bytes)?;
    };
    let head = String::from_utf8(bytes[..end].to_vec()).expect("a head");
    let header = |name: &str| {
        let mut lines = head.lines().filter_map(|line| line.split_once(": "));
        let found = lines.find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.to_owned())
    };
    let length: usize = header("content-length")?.parse().ok()?;
    let mut raw = bytes.split_off(end + 4);
    while raw.len() < length {
        more(socket, &mut raw)?;
    }
    assert_eq!(header("content-type").as_deref(), Some("application/json"));
    Some(Received {
        id: header("x-groundnut-delivery").expect("an id"),
        attempt: header("x-groundnut-attempt")?.parse().ok()?,
        signature: header("x-groundnut-signature").expect("a signature"),
        path: head.split(' ').nth(1)?.to_owned(),
        body: serde_json::from_slice(&raw).expect("JSON"),
        raw,
    })
}

fn more(socket: &mut TcpStream, bytes: &mut Vec<u8>) -> Option<()> {
    let mut piece = [0; 4096];
    match socket.read(&mut piece) {
        Ok(0) | Err(_) => None,
        Ok(count) => {
            bytes.extend_from_slice(&piece[..count]);
            Some(())
        }
    }
}
