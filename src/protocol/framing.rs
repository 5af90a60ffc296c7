//! Streams in the body of an HTTP answer: the frames of a websocket, framed again as server-sent events or as lines.
//!
//! All that a connection is sent is written as websocket frames ([`super::frame`]). A connection that is no websocket
//! has them framed again at its end of the way, so that the JSON of an event is rendered once for all receivers.

use bytes::{BufMut, Bytes, BytesMut};

use crate::fault::{Seeded, seeded};
use crate::model::ConnectionId;

/// How frames are written into the body of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Framing {
    /// Server-sent events, with the cursor of a frame as its `id`.
    EventStream {
        /// Written before the cursor: a browser comes back to the same address with the id alone.
        connection: Option<ConnectionId>,
    },
    /// One JSON object per line; an empty line is a sign of life.
    Lines,
}

/// Bytes that a frame takes beside its payload, at most: names of fields, ids, line ends.
const FRAME_COST: usize = 192;

impl Framing {
    /// What an answer begins with. `retry_ms`: how long a browser that lost the stream waits before it comes back.
    pub fn preface(&self, retry_ms: u64) -> Bytes {
        match self {
            Self::EventStream { .. } => Bytes::from(format!("retry: {retry_ms}\n\n")),
            Self::Lines => Bytes::new(),
        }
    }

    /// Frames again what a websocket would be sent: whole, unmasked frames.
    pub fn reframe(&self, frames: &[u8]) -> Bytes {
        let mut out = BytesMut::with_capacity(frames.len() + FRAME_COST);
        let mut frames = Frames(frames).peekable();
        while let Some((opcode, payload)) = frames.next() {
            let is_last = matches!(frames.peek(), Some((Opcode::Close, _)));
            if seeded(Seeded::FramingDropsLast) && frames.peek().is_none() && !out.is_empty() {
                break;
            }
            match opcode {
                Opcode::Text if is_last => self.put_last(payload, &mut out),
                Opcode::Text => self.put_event(payload, &mut out),
                Opcode::Ping => self.put_beat(&mut out),
                Opcode::Close | Opcode::Other => {}
            }
        }
        out.freeze()
    }

    fn put_event(&self, payload: &[u8], out: &mut BytesMut) {
        match self {
            Self::EventStream { connection } => {
                if let Some(cursor) = cursor_in(payload) {
                    out.put_slice(b"id: ");
                    if let Some(connection) = connection {
                        out.put_slice(connection.as_str().as_bytes());
                        out.put_u8(b':');
                    }
                    let cut = usize::from(seeded(Seeded::EventIdOfAnother));
                    out.put_slice(cursor.get(cut..).unwrap_or_default());
                    out.put_u8(b'\n');
                }
                put_data(payload, out);
            }
            Self::Lines => {
                put_line(payload, out);
                out.put_slice(b"\r\n");
            }
        }
    }

    fn put_beat(&self, out: &mut BytesMut) {
        out.put_slice(match self {
            Self::EventStream { .. } => b":\n\n",
            Self::Lines => b"\r\n",
        });
    }

    /// The frame that explains the close frame behind it. A browser comes back when that says.
    fn put_last(&self, payload: &[u8], out: &mut BytesMut) {
        match self {
            Self::EventStream { .. } => {
                if let Some(retry_ms) = retry_in(payload) {
                    out.put_slice(format!("retry: {retry_ms}\n").as_bytes());
                }
                out.put_slice(b"event: close\n");
                put_data(payload, out);
            }
            Self::Lines => self.put_event(payload, out),
        }
    }
}

/// The `data` of a server-sent event, and its end.
fn put_data(payload: &[u8], out: &mut BytesMut) {
    out.put_slice(b"data: ");
    put_line(payload, out);
    out.put_slice(b"\n\n");
}

/// JSON has line ends between its tokens alone, where a client sent raw with them; a blank means the same there. A line
/// end that passed would begin a field or an object of the client's own.
fn put_line(payload: &[u8], out: &mut BytesMut) {
    let begin = out.len();
    out.put_slice(payload);
    let line = out.get_mut(begin..).unwrap_or_default();
    for byte in line.iter_mut() {
        if matches!(*byte, b'\n' | b'\r') {
            *byte = b' ';
        }
    }
}

/// `meta.retry_after_ms` of the last frame.
fn retry_in(payload: &[u8]) -> Option<u64> {
    let frame: serde_json::Value = serde_json::from_slice(payload).ok()?;
    frame.get("meta")?.get("retry_after_ms")?.as_u64()
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Opcode {
    Text,
    Close,
    Ping,
    Other,
}

/// The JSON of one whole frame.
pub fn payload_of(frame: &[u8]) -> &[u8] {
    Frames(frame).next().map_or(&[], |(_, payload)| payload)
}

/// The frames in bytes that hold whole, unmasked, final ones.
struct Frames<'a>(&'a [u8]);

impl<'a> Iterator for Frames<'a> {
    type Item = (Opcode, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let (length, header) = match self.0 {
            [_, 126, high, low, ..] => (usize::from(u16::from_be_bytes([*high, *low])), 4),
            [_, 127, a, b, c, d, e, f, g, h, ..] => {
                let length = u64::from_be_bytes([*a, *b, *c, *d, *e, *f, *g, *h]);
                (usize::try_from(length).ok()?, 10)
            }
            [_, length, ..] => (usize::from(*length), 2),
            _ => return None,
        };
        let opcode = match self.0.first()? & 0x0f {
            1 => Opcode::Text,
            8 => Opcode::Close,
            9 => Opcode::Ping,
            _ => Opcode::Other,
        };
        let payload = self.0.get(header..header + length)?;
        self.0 = self.0.get(header + length..)?;
        Some((opcode, payload))
    }
}

/// `meta.cursor` of a frame, as it is written between its quotes. Other objects may have a member of this name, so the
/// braces are counted.
pub fn cursor_in(payload: &[u8]) -> Option<&[u8]> {
    const NAME: &[u8] = b"cursor";
    let meta = payload.strip_prefix(b"{\"meta\":{")?;
    let (mut at, mut depth) = (0, 1_usize);
    while depth > 0 {
        match meta.get(at)? {
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth -= 1,
            b'"' => {
                let string = string_at(meta, at)?;
                at += string.len() + 1;
                if depth == 1 && string == NAME && meta.get(at + 1) == Some(&b':') {
                    return string_at(meta, at + 2);
                }
            }
            _ => {}
        }
        at += 1;
    }
    None
}

/// The string that begins with the quote at this place, without its quotes.
fn string_at(text: &[u8], at: usize) -> Option<&[u8]> {
    let inner = text.get(at..)?.strip_prefix(b"\"")?;
    let mut escaped = false;
    let end = inner.iter().position(|byte| {
        let ends = *byte == b'"' && !escaped;
        escaped = *byte == b'\\' && !escaped;
        ends
    })?;
    inner.get(..end)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::frame::{HEARTBEAT, text_frame};
    use crate::protocol::goodbye::Goodbye;

    fn events() -> Framing {
        Framing::EventStream { connection: None }
    }

    fn reframed(framing: &Framing, frames: &[&[u8]]) -> String {
        let bytes = framing.reframe(&frames.concat());
        String::from_utf8(bytes.to_vec()).unwrap()
    }

    #[test]
    fn frames_of_every_length_become_events_and_lines() {
        for length in [0, 1, 125, 126, 65_535, 65_536] {
            let text = "x".repeat(length);
            let frame = text_frame(text.as_bytes());
            let twice: [&[u8]; 2] = [&frame, &frame];
            let event = format!("data: {text}\n\n");
            assert_eq!(reframed(&events(), &twice), event.repeat(2), "{length}");
            let line = format!("{text}\r\n");
            assert_eq!(reframed(&Framing::Lines, &twice), line.repeat(2));
        }
    }

    #[test]
    fn a_sign_of_life_is_no_event() {
        assert_eq!(reframed(&events(), &[HEARTBEAT]), ":\n\n");
        assert_eq!(reframed(&Framing::Lines, &[HEARTBEAT]), "\r\n");
    }

    #[test]
    fn the_last_object_explains_the_close_frame_that_is_not_there() {
        let close = Goodbye::GoingAway.frame();
        let last = r#"{"meta":{"code":1001,"retry_after_ms":1234},"control":{"type":"close"}}"#;
        let frames: [&[u8]; 2] = [&text_frame(last.as_bytes()), &close];
        assert_eq!(
            reframed(&events(), &frames),
            format!("retry: 1234\nevent: close\ndata: {last}\n\n")
        );
        assert_eq!(reframed(&Framing::Lines, &frames), format!("{last}\r\n"));
        let never = r#"{"meta":{"code":4001}}"#;
        assert_eq!(
            reframed(&events(), &[&text_frame(never.as_bytes()), &close]),
            format!("event: close\ndata: {never}\n\n")
        );
    }

    #[test]
    fn line_ends_of_a_client_begin_nothing_of_their_own() {
        let frame = text_frame(b"{\"data\":\n\nevent: close\r\r\n}");
        assert_eq!(
            reframed(&events(), &[&frame]),
            "data: {\"data\":  event: close   }\n\n"
        );
        assert_eq!(
            reframed(&Framing::Lines, &[&frame]),
            "{\"data\":  event: close   }\r\n"
        );
    }

    #[test]
    fn the_id_is_the_cursor_in_meta_and_no_other() {
        let with = |payload: &str| cursor_in(payload.as_bytes()).map(<[u8]>::to_vec);
        let found = Some(b"e.7".to_vec());
        assert_eq!(with(r#"{"meta":{"cursor":"e.7"},"data":1}"#), found);
        assert_eq!(
            with(r#"{"meta":{"list":[{"cursor":"no"}],"n":{"cursor":"no"},"cursor":"e.7"}}"#),
            found
        );
        assert_eq!(
            with(r#"{"meta":{"channel_name":"\",\"cursor\":\"no\\","cursor":"e.7"}}"#),
            found
        );
        for without in [
            r#"{"meta":{"id":"1","type":"cursor"},"data":{"cursor":"no"}}"#,
            r#"{"meta":{"id":"1"}}"#,
            r#"{"meta":{"cursor":7}}"#,
            r#"{"meta":{"cursor"#,
            r#"{"data":{"cursor":"no"}}"#,
            "",
        ] {
            assert_eq!(with(without), None, "{without}");
        }
    }

    #[test]
    fn a_user_stream_names_its_connection_in_each_id() {
        let framing = Framing::EventStream {
            connection: Some(ConnectionId::from("abc".to_owned())),
        };
        let frame = text_frame(br#"{"meta":{"cursor":"e.7"}}"#);
        assert_eq!(
            reframed(&framing, &[&frame]),
            "id: abc:e.7\ndata: {\"meta\":{\"cursor\":\"e.7\"}}\n\n"
        );
    }
}
