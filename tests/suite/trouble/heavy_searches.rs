//! Searches that cost as much as a search can, all at once: the rest of the server goes on, and a stop ends them too.

use std::io::Write as _;
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use nix::sys::signal::Signal;
use serde_json::json;

use super::readiness::is_ready;
use crate::support::http::{read_answer, request};
use crate::support::template::{PASSWORD, template};
use crate::support::{DEADLINE, Person, Stream, TestServer, build, eventually};

/// As many as there are readers for answers, and twice those for searches.
const SEARCHERS: usize = 4;
/// Messages of equal words. With fifteen a search once took minutes; with so many it takes seconds, or as long as it may.
const MESSAGES: usize = 1000;
/// Of a question, in characters (`src/http/channels/search.rs`).
const LONGEST: usize = 512;

/// Requests that search, from all threads.
#[derive(Default)]
struct Searches {
    begun: AtomicUsize,
    ended: AtomicUsize,
    stopping: AtomicBool,
}

impl Searches {
    fn in_progress(&self) -> usize {
        let ended = self.ended.load(Ordering::SeqCst);
        self.begun.load(Ordering::SeqCst) - ended
    }

    /// Calls until ten calls in a row were answered while no search was: they did not wait for one of them to end. (A
    /// single one may find the moment in which a thread has ended one search and not begun the next.)
    fn does_not_delay(&self, what: &str, mut call: impl FnMut()) {
        eventually(what, || {
            let (begun, ended) = (&self.begun, &self.ended);
            let before = (begun.load(Ordering::SeqCst), ended.load(Ordering::SeqCst));
            (0..10).for_each(|_| call());
            let after = (begun.load(Ordering::SeqCst), ended.load(Ordering::SeqCst));
            before == after && before.0 - before.1 == SEARCHERS
        });
    }

    /// Searches until the story stops the server. Each search is answered: with hits, or that it is too much.
    fn go_on(&self, person: &Person, path: &str) {
        while !self.stopping.load(Ordering::SeqCst) {
            self.begun.fetch_add(1, Ordering::SeqCst);
            let status = status_of(person, path);
            self.ended.fetch_add(1, Ordering::SeqCst);
            let is_known = status.is_some_and(|status| [200, 400, 503].contains(&status));
            let is_stopping = self.stopping.load(Ordering::SeqCst);
            assert!(is_known || is_stopping, "{path}: {status:?}");
        }
    }
}

/// The status of an answer; none if the server is gone.
fn status_of(person: &Person, path: &str) -> Option<u16> {
    let mut socket = TcpStream::connect(person.address).ok()?;
    socket.set_read_timeout(Some(DEADLINE)).ok()?;
    let bearer = format!("Bearer {}", person.token());
    let headers = [("Authorization", bearer.as_str())];
    let asked = request("GET", &format!("/v1{path}"), &headers, b"");
    socket.write_all(&asked).ok()?;
    let status = read_answer(&mut socket, path).status;
    (status != 0).then_some(status)
}

/// Questions of the longest kind that is taken, each expensive in another way.
fn questions() -> [String; 2] {
    // Phrases of equal words, no two of them alike.
    let mut phrases = String::new();
    for words in 1.. {
        let phrase = vec!["a"; words].join(".");
        if phrases.len() + phrase.len() >= LONGEST {
            break;
        }
        phrases = format!("{phrases}+{phrase}");
    }
    // One phrase of as many equal words as there is room for.
    [phrases, vec!["a"; LONGEST / 2].join(".")]
}

/// From several connections, so that one commit holds several of them.
fn says_equal_words(person: &Person, room: &str) {
    let path = format!("/channels/{room}/messages");
    let body = json!({"text": "a ".repeat(1024)});
    std::thread::scope(|scope| {
        for _ in 0..SEARCHERS {
            scope.spawn(|| {
                for _ in 0..MESSAGES / SEARCHERS {
                    person.post(&path, &body).is(201);
                }
            });
        }
    });
}

fn signs_in(server: &TestServer) {
    let template = template();
    let fields = format!(
        "grant_type=password&client_id={}&client_secret={}&username=bob&password={}&scope=basic",
        template.client_id,
        template.client_secret,
        PASSWORD.replace(' ', "+"),
    );
    let nobody = server.anonymous();
    nobody.form("POST", "/oauth/access_token", &fields).is(200);
}

/// Signing in, writing, delivery and readiness.
fn the_rest_goes_on(server: &TestServer, room: &str, stream: &mut Stream, round: usize) {
    let ada = server.ada();
    signs_in(server);
    build::posts(&ada, &format!("post {round}"));
    let said = format!("message {round}");
    build::says(&ada, room, &said);
    stream.hears_text(&said);
    is_ready(server);
}

#[test]
fn questions_of_any_length_are_refused_before_they_cost_anything() {
    let server = TestServer::start();
    let ada = server.ada();
    let room = build::room(&ada, "Lounge");
    let words = vec!["a"; 31_000].join("+");
    for path in [
        format!("/channels/messages/search?channel_ids={room}&q={words}"),
        format!("/channels/search?q={words}"),
        format!("/users/search?q={words}"),
        format!("/feed/rss/channels/search?q={words}"),
    ] {
        ada.get(&path).refused_as(400, "too-long");
    }
}

#[test]
fn heavy_searches_stop_nothing_else_and_end_with_the_server() {
    let mut server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    let room = build::room(&ada, "Lounge");
    says_equal_words(&ada, &room);
    let paths = questions()
        .map(|question| format!("/channels/messages/search?channel_ids={room}&q={question}"));
    let mut stream = bob.stream();
    stream.subscribes(&bob, &format!("/channels/{room}/messages"));
    let searches = Searches::default();
    let all_search = || {
        eventually("all searchers wait for an answer", || {
            searches.in_progress() == SEARCHERS
        });
    };
    std::thread::scope(|scope| {
        for path in paths.iter().cycle().take(SEARCHERS) {
            scope.spawn(|| searches.go_on(&ada, path));
        }
        for round in 0..5 {
            searches.does_not_delay("a page is read beside the searches", || {
                let page = format!("/channels/{room}/messages?count=5");
                ada.get(&page).is(200);
            });
            the_rest_goes_on(&server, &room, &mut stream, round);
        }
        all_search();
        searches.stopping.store(true, Ordering::SeqCst);
        server.signal(Signal::SIGTERM);
        assert_eq!(stream.closed_with(), 1001);
        // In order: not 75, which says that the stop was forced because its time was over.
        assert_eq!(server.exit_code(), 0, "{}", server.log());
    });
    assert!(searches.ended.load(Ordering::SeqCst) >= SEARCHERS);
}
