//! Signals: none ends the process without its ordered stop, and one has the settings read again.

use nix::sys::signal::Signal;
use serde_json::json;

use crate::support::{Person, TestServer, build, eventually};

/// Reads its settings from a file.
const WITH_FILE: &[(&str, &str)] = &[("CONFIG", "groundnut.toml")];

fn length_of_messages(person: &Person) -> serde_json::Value {
    person.get("/sys/config").data()["message"]["max_length"].clone()
}

#[test]
fn signals_that_ask_for_nothing_do_nothing() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    let room = build::room(&ada, "Lounge");
    let mut stream = bob.stream();
    stream.subscribes(&bob, &format!("/channels/{room}/messages"));
    for signal in [
        Signal::SIGUSR1,
        Signal::SIGUSR2,
        Signal::SIGXFSZ,
        Signal::SIGPIPE,
        Signal::SIGHUP,
    ] {
        server.signal(signal);
        build::says(&ada, &room, signal.as_str());
        stream.hears_text(signal.as_str());
    }
}

#[test]
fn sighup_reads_the_settings_again_all_or_none() {
    let server = TestServer::with(WITH_FILE);
    let ada = server.ada();
    let room = build::room(&ada, "Lounge");
    let path = format!("/channels/{room}/messages");
    let write = |text: &str| ada.post(&path, &json!({"text": text}));
    write("longer than five").is(201);
    server.reads_again("[limits]\nmessage_length = 5\n[server]\nlog = \"debug\"");
    eventually("the limit holds", || length_of_messages(&ada) == 5);
    write("longer than five").refused(400);
    eventually("the filter holds", || server.log().contains("/sys/config"));
    // One wrong value: none of the others counts.
    server.reads_again("[limits]\nmessage_length = 50\nraw_bytes = 1");
    eventually("the file is refused", || {
        server.log().contains("the settings stay as they were")
    });
    assert_eq!(length_of_messages(&ada), 5);
    // What cannot change is named, and the rest holds.
    server.reads_again("[limits]\nmessage_length = 50\n[server]\ndrain_ms = 9000");
    eventually("the limit holds", || length_of_messages(&ada) == 50);
    write("longer than five").is(201);
    eventually("the setting is named", || {
        let log = server.log();
        let line = log.lines().find(|line| line.contains("need a restart"));
        line.is_some_and(|line| line.contains("server.drain_ms"))
    });
}

#[test]
fn rate_limits_change_at_sighup_too() {
    let settings = [
        ("CONFIG", "groundnut.toml"),
        ("RATE_LIMITS_ENABLED", "true"),
    ];
    let server = TestServer::with(&settings);
    server.reads_again("[rate_limits]\nauthorized_reads = 77");
    let ada = server.ada();
    eventually("the limit holds", || {
        ada.get("/token").header("x-ratelimit-limit") == Some("77")
    });
}

#[test]
fn a_second_signal_shortens_the_stop() {
    let settings = [("SERVER_DRAIN_MS", "600000")];
    let mut server = TestServer::with_faults(&settings);
    let (ada, bob) = (server.ada(), server.bob());
    let room = build::room(&ada, "Lounge");
    let mut stream = bob.stream();
    stream.subscribes(&bob, &format!("/channels/{room}/messages"));
    let held = server.fault("lane");
    std::thread::scope(|scope| {
        let path = format!("/channels/{room}/messages");
        let message = json!({"text": "held"});
        let writer = {
            let ada = &ada;
            scope.spawn(move || std::panic::catch_unwind(|| ada.post(&path, &message)))
        };
        held.is_met();
        server.signal(Signal::SIGTERM);
        assert_eq!(stream.closed_with(), 1001);
        // Once for the request that waits, once more for the lane that does not end.
        server.signal(Signal::SIGTERM);
        eventually("the second signal is heard", || {
            server.log().contains("another signal shortened the stop")
        });
        server.signal(Signal::SIGTERM);
        assert_eq!(server.exit_code(), 75);
        drop(writer.join());
    });
    server.forgives("stopped by force", 1);
}
