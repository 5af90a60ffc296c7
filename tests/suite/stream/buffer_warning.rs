//! `control=1`: a stream is told how full its queue is before it is closed for that.

use serde_json::Value;

use super::slow_reader::{MESSAGES_THAT_FILL_THE_KERNEL, never_read_with, says_much};
use crate::support::{Person, Stream, TestServer, build, text};

/// Messages of ten kilobytes go over the bound one by one. After the warning there is room for ten more: a busy server may
/// be a few behind its writer.
const QUEUE: (&str, &str) = ("STREAMS_QUEUE_BYTES", "524288");
/// Only a full queue closes the stream.
const PATIENT: (&str, &str) = ("STREAMS_STALLED_MS", "600000");

/// Says large messages until the counter has this value. Gives their ids.
fn says_until(
    server: &TestServer,
    (person, room): (&Person, &str),
    slow: &mut Stream,
    (counter, value): (&str, u64),
) -> Vec<String> {
    let mut said = Vec::new();
    while server.counter(counter) < value {
        slow.signals();
        said.push(says_much(person, room));
        assert!(
            said.len() < MESSAGES_THAT_FILL_THE_KERNEL,
            "{}",
            server.actors()
        );
    }
    said
}

fn is_warning(frame: &Value) -> bool {
    let Some(control) = frame.get("control") else {
        return false;
    };
    assert_eq!(control["type"], "buffer", "{frame}");
    let level = control["level"].as_u64().expect("a level");
    assert!((80..=100).contains(&level), "{frame}");
    assert!(control["lag_ms"].is_u64(), "{frame}");
    assert!(frame["meta"]["timestamp"].is_i64(), "{frame}");
    for never in ["connection_id", "subscription_ids", "type", "code", "pong"] {
        assert!(frame["meta"].get(never).is_none(), "{frame}");
    }
    assert!(frame.get("data").is_none(), "{frame}");
    true
}

/// Reads so many messages, and the places of warnings between them.
fn reads(slow: &mut Stream, messages: usize) -> (Vec<String>, Vec<usize>) {
    let (mut heard, mut warned) = (Vec::new(), Vec::new());
    while heard.len() < messages {
        let frame = slow.frame();
        if is_warning(&frame) {
            warned.push(heard.len());
        } else if frame["meta"].get("pong").is_none() {
            heard.push(text(&frame["data"][0]["id"]));
        }
    }
    (heard, warned)
}

#[test]
fn a_stream_that_asked_is_warned_once_ahead_of_what_waits_and_loses_nothing() {
    const WARNINGS: &str = "stream_buffer_warnings_total";
    let server = TestServer::with(&[QUEUE, PATIENT]);
    let ada = server.ada();
    let room = build::room(&ada, "Lounge");
    let mut slow = never_read_with(&server, &room, "&control=1");
    for warnings in 1..=2 {
        let said = says_until(&server, (&ada, &room), &mut slow, (WARNINGS, warnings));
        let (heard, warned) = reads(&mut slow, said.len());
        assert_eq!(heard, said, "complete and in order");
        assert_eq!(warned.len(), 1, "{warned:?}");
        // Four fifths of the queue are forty messages, less what the queue costs beside their bytes.
        assert!(warned[0] + 30 <= said.len(), "{warned:?} of {}", said.len());
    }
    assert_eq!(server.counter("stream_slow_closes_total"), 0);
}

#[test]
fn a_stream_that_did_not_ask_is_told_nothing_but_the_close_code() {
    let server = TestServer::with(&[QUEUE, PATIENT, ("STREAMS_LINGER_MS", "60000")]);
    let ada = server.ada();
    let room = build::room(&ada, "Lounge");
    let mut slow = never_read_with(&server, &room, "&control=0");
    let counter = ("stream_slow_closes_total", 1);
    says_until(&server, (&ada, &room), &mut slow, counter);
    while let Some(frame) = slow.event_or_end() {
        assert!(frame.get("control").is_none(), "{frame}");
    }
    assert_eq!(server.counter("stream_buffer_warnings_total"), 0);
}

#[test]
fn a_stream_that_is_cut_was_warned_and_is_told_why() {
    let server = TestServer::with(&[QUEUE, PATIENT, ("STREAMS_LINGER_MS", "60000")]);
    let ada = server.ada();
    let room = build::room(&ada, "Lounge");
    let mut slow = never_read_with(&server, &room, "&control=1");
    let counter = ("stream_slow_closes_total", 1);
    says_until(&server, (&ada, &room), &mut slow, counter);
    assert_eq!(server.counter("stream_buffer_warnings_total"), 1);
    let mut last = Value::Null;
    while let Some(frame) = slow.event_or_end() {
        last = frame;
    }
    // What waited is dropped with the warning in it; a frame that was partly sent is whole.
    assert_eq!(last["meta"]["code"], 4008, "{last}");
    assert_eq!(last["meta"]["error_slug"], "too-slow", "{last}");
}
