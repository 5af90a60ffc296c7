//! A stop closes many streams in waves.

use nix::sys::signal::Signal;

use crate::support::{Stream, TestServer, eventually};

/// As many as a second and a fifth are spread over.
const STREAMS: usize = 600;

/// Streams that are open in the eyes of the server too: one that is still being opened is closed apart from the waves.
fn opened(server: &TestServer) -> Vec<Stream> {
    let ada = server.ada();
    let mut streams: Vec<Stream> = (0..STREAMS).map(|_| ada.stream()).collect();
    for stream in &mut streams {
        stream.beats();
    }
    streams
}

/// How many streams each wave closed, as the server logged it.
fn waves(log: &str) -> Vec<usize> {
    let lines = log
        .lines()
        .filter(|line| line.contains("streams were closed"));
    let closed = |line: &str| {
        let number = line.split("closed=").nth(1)?;
        let digits: String = number.chars().take_while(char::is_ascii_digit).collect();
        digits.parse().ok()
    };
    lines
        .map(|line| closed(line).unwrap_or_else(|| panic!("no number: {line}")))
        .collect()
}

#[test]
fn many_streams_are_closed_in_waves() {
    let mut server = TestServer::with(&[
        ("SERVER_LOG", "groundnut=debug"),
        ("STREAMS_USER_CONNECTIONS", "1000"),
        ("STREAMS_LINGER_MS", "60000"),
        ("SERVER_DRAIN_MS", "120000"),
    ]);
    let mut streams = opened(&server);
    server.signal(Signal::SIGTERM);
    // The one that does not answer keeps the server until it goes.
    let silent = streams.pop().expect("a stream");
    for stream in &mut streams {
        assert_eq!(stream.closed_with(), 1001);
    }
    eventually("all waves are over", || {
        waves(&server.log()).iter().sum::<usize>() == STREAMS
    });
    let waves = waves(&server.log());
    let filled = waves.iter().filter(|closed| **closed > 0).count();
    assert!(filled >= 6, "{waves:?}");
    let largest = waves.iter().max().copied().unwrap_or_default();
    assert!(largest < STREAMS / 2, "{waves:?}");
    drop(silent);
    assert!(server.stop_status(), "{}", server.log());
}

#[test]
fn a_second_signal_closes_all_that_are_left_at_once() {
    let mut server = TestServer::with(&[
        ("SERVER_LOG", "groundnut=debug"),
        ("STREAMS_USER_CONNECTIONS", "1000"),
        ("STREAMS_LINGER_MS", "60000"),
        ("SERVER_DRAIN_MS", "600000"),
    ]);
    let mut streams = opened(&server);
    server.signal(Signal::SIGTERM);
    eventually("the waves begin", || {
        server.log().contains("closing all streams")
    });
    server.signal(Signal::SIGTERM);
    // None of them answers before: only the signal ends the stop.
    assert_eq!(server.exit_code(), 75, "{}", server.log());
    for stream in &mut streams {
        assert_eq!(stream.closed_with(), 1001);
    }
}
