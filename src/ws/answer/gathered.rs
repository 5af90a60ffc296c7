//! The events of one answer of a long poll.

use bytes::{BufMut, BytesMut};

use crate::event::Pos;
use crate::protocol::cursor::Cursor;
use crate::protocol::framing::cursor_in;

/// Most events of an answer.
const FRAMES: usize = 500;

/// Most bytes of its events, unless the first one is larger.
const BYTES: usize = 256 * 1024;

/// Events, as they are listed in an answer.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    list: BytesMut,
    count: usize,
    is_full: bool,
    reached: Option<Pos>,
}

impl Gathered {
    /// Adds what a connection was sent: whole lines, of which empty ones are signs of life. What has no room any more is left
    /// out, and all that follows.
    pub(super) fn add(&mut self, lines: &[u8]) {
        for line in lines.split(|byte| *byte == b'\n') {
            let frame = line.trim_ascii_end();
            if frame.is_empty() {
                continue;
            }
            let is_over = self.list.len() + frame.len() > BYTES;
            self.is_full |= self.count == FRAMES || (self.count > 0 && is_over);
            if self.is_full {
                return;
            }
            if self.count > 0 {
                self.list.put_u8(b',');
            }
            self.list.put_slice(frame);
            self.count += 1;
            self.reached = position(frame).or(self.reached);
        }
    }

    /// There was more.
    pub(super) fn is_full(&self) -> bool {
        self.is_full
    }

    pub(super) fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The position of the last event that has one: presence has none.
    pub(super) fn reached(&self) -> Option<Pos> {
        self.reached
    }

    /// The body of the answer.
    pub(super) fn body(&self, cursor: &Cursor) -> Vec<u8> {
        // A cursor has no character that JSON escapes.
        let head = format!("{{\"meta\":{{\"code\":200,\"cursor\":\"{cursor}\"}},\"data\":[");
        [head.as_bytes(), &self.list, b"]}"].concat()
    }
}

fn position(frame: &[u8]) -> Option<Pos> {
    let cursor = std::str::from_utf8(cursor_in(frame)?).ok()?;
    Cursor::parse(cursor).map(|cursor| cursor.pos)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn frame(pos: usize) -> String {
        format!("{{\"meta\":{{\"id\":\"{pos}\",\"cursor\":\"e.{pos}\"}}}}\r\n")
    }

    fn answered(gathered: &Gathered) -> Value {
        let body = gathered.body(&Cursor::at(&"e".into(), Pos(9)));
        serde_json::from_slice(&body).unwrap()
    }

    #[test]
    fn an_answer_lists_what_was_sent_without_signs_of_life() {
        let mut gathered = Gathered::default();
        gathered.add(b"\r\n");
        assert!(gathered.is_empty());
        assert_eq!(
            answered(&gathered),
            json!({"meta": {"code": 200, "cursor": "e.9"}, "data": []})
        );
        gathered.add(format!("{}\r\n{}", frame(3), frame(4)).as_bytes());
        gathered.add(b"{\"meta\":{\"type\":\"user_presence\"}}\r\n");
        assert_eq!(gathered.reached(), Some(Pos(4)));
        let answer = answered(&gathered);
        assert_eq!(answer["data"][1]["meta"]["id"], "4");
        assert_eq!(answer["data"].as_array().map(Vec::len), Some(3));
        assert!(!gathered.is_full());
    }

    #[test]
    fn an_answer_is_full_when_there_is_more_than_it_may_list() {
        let mut gathered = Gathered::default();
        (1..=FRAMES).for_each(|pos| gathered.add(frame(pos).as_bytes()));
        assert!(!gathered.is_full(), "there may be no more");
        gathered.add(frame(FRAMES + 1).as_bytes());
        assert!(gathered.is_full());
        assert_eq!(gathered.reached(), Some(Pos(500)));
        assert_eq!(
            answered(&gathered)["data"].as_array().map(Vec::len),
            Some(500)
        );
    }

    #[test]
    fn a_large_event_is_listed_alone_and_none_passes_one_that_has_no_room() {
        let large = |pos: usize| {
            let text = "x".repeat(BYTES);
            format!("{{\"meta\":{{\"cursor\":\"e.{pos}\"}},\"data\":\"{text}\"}}\r\n")
        };
        let mut gathered = Gathered::default();
        gathered.add(large(1).as_bytes());
        assert!(!gathered.is_full() && !gathered.is_empty());
        gathered.add(frame(2).as_bytes());
        assert!(gathered.is_full());
        assert_eq!(gathered.reached(), Some(Pos(1)));
        let mut gathered = Gathered::default();
        gathered.add(format!("{}{}{}", frame(1), large(2), frame(3)).as_bytes());
        gathered.add(frame(4).as_bytes());
        assert_eq!(gathered.reached(), Some(Pos(1)), "not 3 nor 4");
    }
}
