//! Users that write all the time, whatever becomes of the server: only what was acknowledged counts.

use std::io::Write as _;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use serde_json::{Value, json};

use super::door::connected;
use crate::support::random::Random;
use crate::support::{DEADLINE, http};

/// Messages of one writer at most: a run is short.
const MOST: u64 = 150;

/// Where and as which users.
#[derive(Clone)]
pub(super) struct Places {
    pub(super) tokens: Vec<String>,
    pub(super) channels: Vec<String>,
}

/// A message that the server acknowledged.
#[derive(Clone, Debug)]
pub(super) struct Acknowledged {
    pub(super) id: i64,
    pub(super) channel: String,
    /// Its author, as a place in the list of tokens.
    pub(super) author: usize,
}

pub(super) struct Writers {
    stop: Arc<AtomicBool>,
    address: Arc<Mutex<SocketAddr>>,
    threads: Vec<JoinHandle<Vec<Acknowledged>>>,
}

impl Writers {
    /// Begins to write.
    pub(super) fn start(count: u64, places: &Places, address: SocketAddr, seed: u64) -> Self {
        let (stop, address) = (Arc::default(), Arc::new(Mutex::new(address)));
        let threads = (0..count).map(|n| {
            let (stop, address) = (Arc::clone(&stop), Arc::clone(&address));
            let places = places.clone();
            let random = Random::silent(seed.wrapping_mul(31).wrapping_add(n + 1));
            std::thread::spawn(move || writes(&places, &address, &stop, random))
        });
        let threads = threads.collect();
        Self {
            stop,
            address,
            threads,
        }
    }

    /// The server is somewhere else now.
    pub(super) fn go_to(&self, address: SocketAddr) {
        *self.address.lock().expect("an address") = address;
    }

    /// Ends; what was acknowledged.
    pub(super) fn end(mut self) -> Vec<Acknowledged> {
        self.stop.store(true, Ordering::Relaxed);
        let threads = std::mem::take(&mut self.threads);
        let written = threads
            .into_iter()
            .map(|thread| thread.join().expect("a writer"));
        written.flatten().collect()
    }
}

impl Drop for Writers {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

fn writes(
    places: &Places,
    address: &Mutex<SocketAddr>,
    stop: &AtomicBool,
    mut random: Random,
) -> Vec<Acknowledged> {
    let mut written = Vec::new();
    for _ in 0..MOST {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        let at = *address.lock().expect("an address");
        let message = write(places, at, &mut random);
        if message.is_none() {
            // The server is away, or the channel is closed to this user.
            std::thread::park_timeout(Duration::from_millis(5));
        }
        written.extend(message);
        std::thread::park_timeout(Duration::from_micros(random.below(8000)));
    }
    written
}

/// One message of one of them, if it is acknowledged.
pub(super) fn write(
    places: &Places,
    address: SocketAddr,
    random: &mut Random,
) -> Option<Acknowledged> {
    let author = usize::try_from(random.below(places.tokens.len() as u64)).ok()?;
    let channel = random.pick(&places.channels).clone();
    // Some fill a page, and a socket, soon.
    let length = [8, 40, 700][usize::try_from(random.below(3)).ok()?];
    let text = format!("{:x} {}", random.next(), "x".repeat(length));
    let path = format!("/v1/channels/{channel}/messages");
    let answer = post(
        address,
        &places.tokens[author],
        &path,
        &json!({"text": text}),
    )?;
    let id = super::ledger::number(&answer["id"]);
    Some(Acknowledged {
        id,
        channel,
        author,
    })
}

/// `data` of a write that was acknowledged.
fn post(address: SocketAddr, token: &str, path: &str, body: &Value) -> Option<Value> {
    let mut socket = connected(address, DEADLINE).ok()?;
    let bearer = format!("Bearer {token}");
    let headers = [
        ("Authorization", bearer.as_str()),
        ("Content-Type", "application/json"),
    ];
    let request = http::request("POST", path, &headers, body.to_string().as_bytes());
    socket.write_all(&request).ok()?;
    let answer = http::read_answer(&mut socket, path);
    (answer.status == 201).then(|| answer.data())
}
