//! Bytes for sockets: unmasked frames of data with what all receivers share written once.

use std::sync::LazyLock;

use bytes::{BufMut, Bytes, BytesMut};

use super::compression::{Blocks, Coding};

/// The pong that answers every text or binary message, as a whole frame.
const PONG: &[u8] = b"\x81\x13{\"meta\":{\"pong\":1}}";

static COMPRESSED_PONG: LazyLock<Bytes> =
    LazyLock::new(|| whole_frame(b"{\"meta\":{\"pong\":1}}", Coding::Zstd));

/// A ping without content, as a whole frame: the sign of life of a stream that is no websocket. Websockets are sent none,
/// since a client that answers it would stay alive without a frame of its own.
pub const HEARTBEAT: &[u8] = b"\x89\x00";

/// Longest header of an unmasked frame.
const MOST_HEADER_BYTES: usize = 10;

/// Length of a rendered id of ours between its quotes.
pub const ID_LENGTH: usize = 32;

/// Opcode of a final frame (RFC 6455 §5.2).
const TEXT: u8 = 0x81;
const BINARY: u8 = 0x82;

/// An event as user streams see it, cut open where the subscription ids go.
#[derive(Clone, Debug)]
pub struct Frame {
    /// What is compressed, before all else; `None`: the frame is text.
    blocks: Option<Blocks>,
    /// `{"meta":{…,"subscription_ids":[`, or what is left of it.
    head: Bytes,
    /// `]},"data":…}`; `]}}` if it is compressed.
    tail: Bytes,
    /// Where the digits of `meta.timing.written` begin in the head, if it has them.
    moment: Option<usize>,
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
        put_header(TEXT, payload.len(), &mut out);
        let moment = moment.map(|at| out.len() + at);
        out.put_slice(payload);
        Self {
            bytes: out.freeze(),
            moment,
        }
    }

    /// The same compressed, as [`Frame::compressed`] has it: `head` is `{"meta":{…`.
    pub(super) fn compressed(head: &[u8], data: &[u8], moment: Option<usize>) -> Self {
        let frame = Frame::compressed(head, data, b"}}", moment);
        let mut out = BytesMut::new();
        let Gaps { moment, .. } = frame.write(&[], &mut out);
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
    /// A text frame.
    pub(super) fn text(head: Vec<u8>, tail: Vec<u8>, moment: Option<usize>) -> Self {
        Self {
            blocks: None,
            head: head.into(),
            tail: tail.into(),
            moment,
        }
    }

    /// A frame that is compressed once for all receivers. What differs between them has to be at its end, so the data come
    /// first: `{"data":…,"meta":{…,"subscription_ids":[…]}}`. `head` is `{"meta":{…` and `close` what follows the ids.
    pub(super) fn compressed(
        head: &[u8],
        data: &[u8],
        close: &'static [u8],
        moment: Option<usize>,
    ) -> Self {
        let meta = head.strip_prefix(b"{").unwrap_or(head);
        let cut = moment.map_or(meta.len(), |at| at - (head.len() - meta.len()));
        let (shared, own) = meta.split_at_checked(cut).unwrap_or((meta, &[]));
        let text = [b"{\"data\":", data, b",", shared].concat();
        Self {
            blocks: Some(Blocks::new(&text)),
            head: Bytes::copy_from_slice(own),
            tail: Bytes::from_static(close),
            moment: moment.map(|_| 0),
        }
    }

    /// Bytes in memory.
    pub fn weight(&self) -> usize {
        let shared = self.blocks.as_ref().map_or(0, Blocks::len);
        shared + self.head.len() + self.tail.len() + size_of::<Self>()
    }

    /// Appends the frame for a receiver with these ids (rendered, quoted, with commas).
    pub fn write(&self, ids: &[u8], out: &mut BytesMut) -> Gaps {
        let length = self.head.len() + ids.len() + self.tail.len();
        match &self.blocks {
            None => {
                out.reserve(length + MOST_HEADER_BYTES);
                put_header(TEXT, length, out);
            }
            Some(blocks) => put_compressed(blocks, length, out),
        }
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
    put_header(TEXT, payload.len(), &mut out);
    out.put_slice(payload);
    out.freeze()
}

/// A whole frame for one stream.
pub fn whole_frame(payload: &[u8], coding: Coding) -> Bytes {
    match coding {
        Coding::Text => text_frame(payload),
        Coding::Zstd => {
            let mut out = BytesMut::new();
            put_compressed(&Blocks::new(payload), 0, &mut out);
            out.freeze()
        }
    }
}

/// The pong.
pub fn pong(coding: Coding) -> Bytes {
    match coding {
        Coding::Text => Bytes::from_static(PONG),
        Coding::Zstd => COMPRESSED_PONG.clone(),
    }
}

/// All of a compressed frame but its last bytes.
fn put_compressed(blocks: &Blocks, rest: usize, out: &mut BytesMut) {
    let length = blocks.message_len(rest);
    out.reserve(length + MOST_HEADER_BYTES);
    put_header(BINARY, length, out);
    blocks.begin(rest, out);
}

/// Header of an unmasked frame.
fn put_header(opcode: u8, length: usize, out: &mut BytesMut) {
    out.put_u8(opcode);
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
