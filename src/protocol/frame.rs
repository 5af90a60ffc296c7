//! Bytes for sockets: unmasked text frames with what all receivers share written once.

use bytes::{BufMut, Bytes, BytesMut};

/// The pong that answers every text or binary message, as a whole frame.
pub const PONG: &[u8] = b"\x81\x13{\"meta\":{\"pong\":1}}";

/// A ping without content, as a whole frame: the sign of life of a stream that is no websocket. Websockets are sent none,
/// since a client that answers it would stay alive without a frame of its own.
pub const HEARTBEAT: &[u8] = b"\x89\x00";

/// Longest header of an unmasked frame.
const MOST_HEADER_BYTES: usize = 10;

/// Length of a rendered id of ours between its quotes.
pub const ID_LENGTH: usize = 32;

/// An event as user streams see it, cut open where the subscription ids go.
#[derive(Clone, Debug)]
pub struct Frame {
    /// `{"meta":{…,"subscription_ids":[`
    pub head: Bytes,
    /// `]},"data":…}`
    pub tail: Bytes,
    /// Where the digits of `meta.timing.written` begin in the head, if it has them.
    pub moment: Option<usize>,
}

/// A frame for app streams, the same for every receiver except for the timestamp of the write.
#[derive(Clone, Debug)]
pub struct AppFrame {
    /// All of it.
    pub bytes: Bytes,
    /// Where the digits of `meta.timing.written` begin, if it has them.
    pub moment: Option<usize>,
}

impl AppFrame {
    /// A frame around a payload, with the offset in it where the timestamp of the write goes.
    pub(super) fn new(payload: &[u8], moment: Option<usize>) -> Self {
        let mut out = BytesMut::with_capacity(payload.len() + MOST_HEADER_BYTES);
        put_header(payload.len(), &mut out);
        let moment = moment.map(|at| out.len() + at);
        out.put_slice(payload);
        Self {
            bytes: out.freeze(),
            moment,
        }
    }
}

/// Where a frame has to be filled in for its receiver.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gaps {
    /// Where the ids begin.
    pub ids: usize,
    /// Offset of the digits of the timestamp of the write.
    pub moment: Option<usize>,
}

impl Frame {
    /// Appends the frame for a receiver with these ids (rendered, quoted, with commas).
    pub fn write(&self, ids: &[u8], out: &mut BytesMut) -> Gaps {
        let length = self.head.len() + ids.len() + self.tail.len();
        out.reserve(length + MOST_HEADER_BYTES);
        put_header(length, out);
        let moment = self.moment.map(|at| out.len() + at);
        out.put_slice(&self.head);
        let gaps = Gaps {
            ids: out.len(),
            moment,
        };
        out.put_slice(ids);
        out.put_slice(&self.tail);
        gaps
    }
}

/// A whole text frame.
pub fn text_frame(payload: &[u8]) -> Bytes {
    let mut out = BytesMut::with_capacity(payload.len() + MOST_HEADER_BYTES);
    put_header(payload.len(), &mut out);
    out.put_slice(payload);
    out.freeze()
}

/// Header of an unmasked, final text frame (RFC 6455 §5.2).
fn put_header(length: usize, out: &mut BytesMut) {
    out.put_u8(0x81);
    match (u8::try_from(length), u16::try_from(length)) {
        (Ok(short), _) if short < 126 => out.put_u8(short),
        (_, Ok(medium)) => {
            out.put_u8(126);
            out.put_u16(medium);
        }
        _ => {
            out.put_u8(127);
            out.put_u64(length as u64);
        }
    }
}

/// Renders ids as written between the brackets: `"a","b"`.
pub fn render_ids<'a>(ids: impl IntoIterator<Item = &'a str>) -> Vec<u8> {
    let mut out = Vec::with_capacity(ID_LENGTH + 2);
    for id in ids {
        if !out.is_empty() {
            out.push(b',');
        }
        out.push(b'"');
        out.extend_from_slice(id.as_bytes());
        out.push(b'"');
    }
    out
}
