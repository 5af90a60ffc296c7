//! A database server that hangs, goes away and comes back.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::json;

use crate::support::http::Answer;
use crate::support::postgres::{BrokenWay, PostgresServer};
use crate::support::{Person, cli, eventually, http, template, text};

/// Within this time a call is refused while the server does not answer.
const REFUSED_WITHIN: Duration = Duration::from_secs(12);

/// The program on a database server, with a person and a room.
struct Served {
    child: Child,
    url: String,
    client: String,
    ada: Person,
    room: String,
}

/// Where it listens.
fn serve(url: &str) -> (Child, SocketAddr) {
    let mut child = cli::command(&["serve", "--bind", "127.0.0.1:0", "--database-url", url])
        // Some stories try until what they wait for happens.
        .env("GROUNDNUT_RATE_LIMITS_ENABLED", "false")
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the server starts");
    let lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
    let said = "listening on http://";
    let line = lines
        .map_while(Result::ok)
        .find(|line| line.starts_with(said));
    let line = line.expect("the server listens");
    let address: SocketAddr = line[said.len()..].trim().parse().expect("an address");
    (child, address)
}

impl Served {
    fn on(url: &str) -> Self {
        let (child, address) = serve(url);
        let db = ["--database-url", url, "--json"];
        let client = cli::run(&[&["client", "create", "--name", "Rooms"], &db[..]].concat());
        let client = text(&cli::object(&client)["client_id"]);
        let create = [&["user", "create", "ada", "--password-stdin"], &db[..]].concat();
        let user = cli::object(&cli::run_with_input(&create, "correct horse battery\n"));
        let token = template::token(url, &client, Some("ada"), Some(template::SCOPES));
        let ada = Person {
            address,
            id: text(&user["id"]),
            name: String::from("ada"),
            token: Some(token),
        };
        let acl = json!({"read": {"public": true}, "write": {"any_user": true}});
        let room = json!({"type": "org.example.room", "acl": acl});
        let room = text(&ada.post("/channels", &room).data()["id"]);
        Self {
            child,
            url: url.to_owned(),
            client,
            ada,
            room,
        }
    }

    /// Another server on the same database, which gets there in its own way.
    fn beside(&self, url: &str) -> Self {
        let (child, address) = serve(url);
        Self {
            child,
            url: url.to_owned(),
            client: self.client.clone(),
            ada: Person {
                address,
                ..self.ada.clone()
            },
            room: self.room.clone(),
        }
    }

    /// The same with a key.
    fn says_once(&self, key: &str, words: &str) -> Answer {
        let path = format!("/channels/{}/messages", self.room);
        let headers = [
            ("Content-Type", "application/json"),
            ("Idempotency-Key", key),
        ];
        let body = json!({"text": words}).to_string();
        self.ada.call("POST", &path, &headers, body.as_bytes())
    }

    fn says(&self, words: &str) -> Answer {
        let path = format!("/channels/{}/messages", self.room);
        self.ada.post(&path, &json!({"text": words}))
    }

    /// The texts of the room, oldest first.
    fn said(&self) -> Vec<String> {
        let path = format!("/channels/{}/messages", self.room);
        let page = self.ada.get(&path).data();
        let texts = page.as_array().expect("a list").iter();
        let mut texts: Vec<String> = texts.map(|one| text(&one["content"]["text"])).collect();
        texts.reverse();
        texts
    }

    fn is_ready(&self) -> bool {
        let asked = http::request("GET", "/readyz", &[], b"");
        http::exchange(self.ada.address, &asked).status == 200
    }

    /// A token that the server has not seen yet.
    fn unseen(&self) -> Person {
        Person {
            token: Some(template::token(
                &self.url,
                &self.client,
                Some("ada"),
                Some("basic"),
            )),
            ..self.ada.clone()
        }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let process = Pid::from_raw(i32::try_from(self.child.id()).expect("a process"));
        kill(process, Signal::SIGTERM).unwrap_or_default();
        let ended = self.child.wait().expect("it ends");
        assert!(std::thread::panicking() || ended.success(), "{ended}");
    }
}

fn is_away(answer: &Answer) {
    let slug = answer.refused(503);
    assert!(["database-away", "busy"].contains(&&*slug), "{answer}");
    assert!(answer.header("retry-after").is_some(), "{answer}");
}

#[test]
fn a_database_that_hangs_refuses_within_seconds_and_streams_live_on() {
    let database = PostgresServer::start();
    let server = Served::on(&database.url("groundnut"));
    let unseen = server.unseen();
    let mut stream = server.ada.stream();
    let path = format!("/channels/{}/messages", server.room);
    stream.subscribes(&server.ada, &path);
    server.says("before").is(201);
    stream.hears_text("before");

    database.hangs();
    let began = Instant::now();
    std::thread::scope(|all| {
        all.spawn(|| is_away(&server.says("meanwhile")));
        all.spawn(|| is_away(&server.ada.get(&path)));
        // Unknown is not what it is.
        all.spawn(|| is_away(&unseen.get("/users/me")));
    });
    assert!(began.elapsed() < REFUSED_WITHIN, "{:?}", began.elapsed());
    eventually("it is not ready", || !server.is_ready());
    stream.beats();

    database.goes_on();
    eventually("it is ready again", || server.is_ready());
    server.says("after").is(201);
    stream.hears_text("after");
    assert_eq!(server.said(), ["before", "after"]);
    unseen.get("/users/me").is(200);
}

#[test]
fn a_database_that_was_restarted_is_found_again() {
    let database = PostgresServer::start();
    let server = Served::on(&database.url("groundnut"));
    let mut stream = server.ada.stream();
    let path = format!("/channels/{}/messages", server.room);
    stream.subscribes(&server.ada, &path);
    server.says("before").is(201);
    stream.hears_text("before");

    database.crash();
    is_away(&server.says("meanwhile"));
    eventually("it is not ready", || !server.is_ready());
    database.begin();
    eventually("it is ready again", || server.is_ready());
    server.says("after").is(201);
    stream.hears_text("after");
    assert_eq!(server.said(), ["before", "after"]);
}

#[test]
fn a_commit_whose_answer_is_lost_is_looked_for() {
    let database = PostgresServer::start();
    let way = BrokenWay::to(database.address(), "COMMIT");
    let server = Served::on(&way.url("groundnut"));
    server.says("before").is(201);
    for round in 0..5 {
        way.breaks();
        server.says(&format!("lost {round}")).is(201);
        way.has_broken();
        server.says(&format!("then {round}")).is(201);
    }
    let said = server.said();
    let expected = (0..5).flat_map(|round| [format!("lost {round}"), format!("then {round}")]);
    let expected: Vec<String> = std::iter::once(String::from("before"))
        .chain(expected)
        .collect();
    assert_eq!(said, expected);
}

#[test]
fn a_write_that_loses_its_way_before_the_commit_was_not_made() {
    let database = PostgresServer::start();
    let way = BrokenWay::to(database.address(), "UPDATE 1");
    let server = Served::on(&way.url("groundnut"));
    server.says("before").is(201);
    let (_, mut said) = loses(&way, |words| server.says(words));
    server.says("after").is(201);
    said.push(String::from("after"));
    assert_eq!(server.said(), said);
}

/// Says something each time until the way breaks in that, and not in the write of something else, such as the index. Gives
/// what was lost, and what was said before.
fn loses(way: &BrokenWay, says: impl Fn(&str) -> Answer) -> (String, Vec<String>) {
    let mut said = vec![String::from("before")];
    let lost = (0..50).map(|round| format!("lost-{round}")).find(|words| {
        way.breaks();
        let answer = says(words);
        way.has_broken();
        let is_it = answer.status != 201;
        match is_it {
            true => is_away(&answer),
            false => said.push(words.clone()),
        }
        is_it
    });
    (lost.expect("a write that lost its way"), said)
}

#[test]
fn a_call_whose_outcome_is_unknown_is_repeated_with_its_key_on_another_server() {
    let database = PostgresServer::start();
    let way = BrokenWay::to(database.address(), "COMMIT");
    let first = Served::on(&way.url("groundnut"));
    let other = first.beside(&database.url("groundnut"));
    first.says("before").is(201);
    let mut said = vec![String::from("before")];
    // The way may break in the commit of something else, such as the index.
    let lost = (0..50).map(|round| format!("lost-{round}")).find(|words| {
        way.breaks_for_good();
        let is_it = match first.says_once(words, words) {
            answer if answer.status == 503 => answer.refused(503) == "outcome-unknown",
            answer => {
                answer.is(201);
                said.push(words.clone());
                false
            }
        };
        if !is_it {
            way.is_mended();
            eventually("the first server is ready again", || first.is_ready());
        }
        is_it
    });
    let words = lost.expect("a commit that lost its way");
    said.push(words.clone());
    let again = other.says_once(&words, &words).is(201);
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    assert_eq!(again.data()["content"]["text"], words.as_str());
    assert_eq!(other.said(), said);

    way.is_mended();
    eventually("the first server is ready again", || first.is_ready());
    let here = first.says_once(&words, &words).is(201);
    assert_eq!(here.data()["id"], again.data()["id"]);
    assert_eq!(first.said(), said);
}

#[test]
fn a_call_that_was_lost_before_its_commit_is_carried_out_when_it_is_repeated() {
    let database = PostgresServer::start();
    let way = BrokenWay::to(database.address(), "UPDATE 1");
    let first = Served::on(&way.url("groundnut"));
    let other = first.beside(&database.url("groundnut"));
    first.says("before").is(201);
    let (lost, mut said) = loses(&way, |words| first.says_once(words, words));
    let again = other.says_once(&lost, &lost).is(201);
    assert_eq!(again.header("idempotent-replayed"), None);
    said.push(lost);
    assert_eq!(other.said(), said);
}
