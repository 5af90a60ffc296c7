//! Messages of a websocket that are compressed once for all their receivers (`compress=zstd`).
//!
//! A message is one zstd frame (RFC 8878): blocks that all receivers share, and a last block that holds as it is what
//! differs between them. It is decoded by itself, with the dictionary alone, so that no side keeps a state per socket.

#[cfg(test)]
mod training;

use std::cell::RefCell;
use std::collections::HashMap;
use std::io;
use std::sync::LazyLock;

use bytes::{BufMut, Bytes, BytesMut};
use zstd::bulk::Compressor;
use zstd::dict::EncoderDictionary;

use super::query::Query;
use crate::fault::{Seeded, seeded};
use crate::model::Refusal;

/// What most events have in common; trained from events of ours (`training.rs`).
pub const DICTIONARY: &[u8] = include_bytes!("events.dict");

/// The library's own default. A higher one makes a frame smaller by a few bytes and costs several times as much.
const LEVEL: i32 = 3;

const MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
/// Most bytes of one block.
const BLOCK_BYTES: usize = 128 * 1024;
/// Of the frame's descriptor: the window is as large as the content, and the dictionary's id has two bytes.
const WHOLE_WITH_ID: u8 = 0x20 | 0x02;
const STORED: usize = 0;
const REPEATED: usize = 1;

/// The id of the dictionary, which every compressed message names.
pub const fn dictionary_id() -> u16 {
    match DICTIONARY {
        [_, _, _, _, low, high, ..] => u16::from_le_bytes([*low, *high]),
        _ => 0,
    }
}

/// How the messages of a stream are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coding {
    /// As text.
    Text,
    /// Binary, each compressed.
    Zstd,
}

impl Coding {
    /// What the address of a websocket asks for.
    ///
    /// # Errors
    /// Another compression.
    pub fn from_query(query: &Query) -> Result<Self, Refusal> {
        match query.sent("compress") {
            None => Ok(Self::Text),
            Some("zstd") => Ok(Self::Zstd),
            Some(_) => Err(Refusal::CompressionUnknown),
        }
    }
}

/// The part of a message that all its receivers share, compressed.
#[derive(Clone, Debug)]
pub struct Blocks {
    bytes: Bytes,
    /// Bytes that it decodes to.
    decoded: usize,
}

impl Blocks {
    /// Compresses a text. One that cannot be is stored.
    pub fn new(text: &[u8]) -> Self {
        let blocks = compressed(text)
            .ok()
            .and_then(|frame| blocks_to_continue(&frame));
        Self {
            bytes: blocks.unwrap_or_else(|| stored(text)).into(),
            decoded: text.len(),
        }
    }

    /// Bytes in memory.
    pub(super) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Bytes of a message with so many more behind the shared ones.
    pub(super) fn message_len(&self, rest: usize) -> usize {
        let descriptor = MAGIC.len() + 1 + 2;
        let content = match self.decoded + rest {
            0..=0xff => 1,
            0x100..=0x1_00ff => 2,
            _ => 4,
        };
        descriptor + content + self.bytes.len() + 3 + rest
    }

    /// Begins a message: `rest` more bytes have to follow, as they are. They fit into one block: ids of subscriptions.
    pub(super) fn begin(&self, rest: usize, out: &mut BytesMut) {
        let content = self.decoded + rest;
        out.put_slice(&MAGIC);
        let width = match content {
            0..=0xff => 0,
            0x100..=0x1_00ff => 1,
            _ => 2,
        };
        out.put_u8(WHOLE_WITH_ID | (width << 6));
        out.put_u16_le(dictionary_id());
        match (width, u8::try_from(content)) {
            (0, Ok(content)) => out.put_u8(content),
            (1, _) => out.put_uint_le((content - 0x100) as u64, 2),
            _ => out.put_uint_le(content as u64, 4),
        }
        out.put_slice(&self.bytes);
        out.put_slice(&block_header(STORED, rest, true));
    }
}

static PREPARED: LazyLock<EncoderDictionary<'static>> =
    LazyLock::new(|| EncoderDictionary::copy(DICTIONARY, LEVEL));

thread_local! {
    /// Its tables are some hundred KiB, once per thread that renders.
    static COMPRESSOR: RefCell<Option<Compressor<'static>>> = const { RefCell::new(None) };
}

/// A whole frame, whose header is replaced afterwards: the content is longer.
fn compressed(text: &[u8]) -> io::Result<Vec<u8>> {
    if seeded(Seeded::CompressedOfAnother) {
        return compressed_before(text);
    }
    compressed_now(text)
}

/// The fault: of texts of one length the first one, compressed again and again.
fn compressed_before(text: &[u8]) -> io::Result<Vec<u8>> {
    thread_local! {
        static BEFORE: RefCell<HashMap<usize, Vec<u8>>> = RefCell::default();
    }
    BEFORE.with_borrow_mut(|before| {
        let first = before.entry(text.len()).or_insert_with(|| text.to_vec());
        compressed_now(first)
    })
}

fn compressed_now(text: &[u8]) -> io::Result<Vec<u8>> {
    COMPRESSOR.with_borrow_mut(|kept| {
        let compressor = match kept {
            Some(compressor) => compressor,
            None => kept.insert(compressor()?),
        };
        compressor.compress(text)
    })
}

fn compressor() -> io::Result<Compressor<'static>> {
    let mut compressor = Compressor::with_prepared_dictionary(&PREPARED)?;
    compressor.include_contentsize(false)?;
    compressor.include_dictid(false)?;
    compressor.include_checksum(false)?;
    Ok(compressor)
}

/// The blocks of a frame, none of which is the last one. `None`: the header is not of the form that was asked for.
fn blocks_to_continue(frame: &[u8]) -> Option<Vec<u8>> {
    // Neither the content's size nor an id, but the window's.
    let blocks = frame.strip_prefix(&MAGIC)?.strip_prefix(&[0])?;
    let mut blocks = blocks.get(1..)?.to_vec();
    let mut at = 0;
    loop {
        let [low, middle, high] = *blocks.get(at..)?.first_chunk()?;
        let header = usize::try_from(u32::from_le_bytes([low, middle, high, 0])).ok()?;
        let bytes = match (header >> 1) & 3 {
            REPEATED => 1,
            _ => header >> 3,
        };
        let end = at + 3 + bytes;
        if header & 1 == 1 {
            *blocks.get_mut(at)? &= !1;
            return (end == blocks.len()).then_some(blocks);
        }
        at = end;
    }
}

fn stored(text: &[u8]) -> Vec<u8> {
    let mut blocks = Vec::with_capacity(text.len() + 3);
    for part in text.chunks(BLOCK_BYTES) {
        blocks.extend_from_slice(&block_header(STORED, part.len(), false));
        blocks.extend_from_slice(part);
    }
    blocks
}

fn block_header(kind: usize, bytes: usize, is_last: bool) -> [u8; 3] {
    let header = (bytes << 3) | (kind << 1) | usize::from(is_last);
    let [low, middle, high, ..] = header.to_le_bytes();
    [low, middle, high]
}

#[cfg(test)]
mod tests {
    use super::*;
    use zstd::bulk::Decompressor;

    fn message(text: &[u8], rest: &[u8]) -> BytesMut {
        let blocks = Blocks::new(text);
        let mut out = BytesMut::new();
        blocks.begin(rest.len(), &mut out);
        out.put_slice(rest);
        assert_eq!(out.len(), blocks.message_len(rest.len()));
        out
    }

    fn decoded(message: &[u8]) -> Vec<u8> {
        let mut decompressor = Decompressor::with_dictionary(DICTIONARY).unwrap();
        let size = zstd::zstd_safe::get_frame_content_size(message).unwrap();
        decompressor
            .decompress(message, size.unwrap().try_into().unwrap())
            .unwrap()
    }

    #[test]
    fn one_ordinary_call_decodes_what_is_shared_and_what_is_not() {
        // Around the widths of the content's size, and of blocks.
        for length in [
            0, 1, 190, 250, 255, 256, 4000, 65_700, 65_800, 131_072, 400_000,
        ] {
            let text: Vec<u8> = (0_usize..length)
                .flat_map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes())
                .take(length)
                .collect();
            let plain = "{\"data\":[],\"id\":\"7\"}".repeat(length / 20);
            for text in [&text[..], plain.as_bytes(), &vec![b'a'; length]] {
                for rest in [&b""[..], b"\"0123456789abcdef0123456789abcdef\"]}}"] {
                    assert_eq!(decoded(&message(text, rest)), [text, rest].concat());
                }
            }
        }
    }

    #[test]
    fn a_message_names_the_dictionary() {
        let message = message(b"{}", b"");
        let id = zstd::zstd_safe::get_dict_id_from_frame(&message).unwrap();
        assert_eq!(id.get(), u32::from(dictionary_id()));
        let kept = zstd::zstd_safe::get_dict_id_from_dict(DICTIONARY).unwrap();
        assert_eq!(kept, id, "two bytes of the four are enough");
        assert!(id.get() >= 0x8000, "the lower ones are registered");
        assert!(
            Decompressor::new()
                .unwrap()
                .decompress(&message, 100)
                .is_err()
        );
    }

    #[test]
    fn what_cannot_be_compressed_is_stored() {
        let text = vec![b'x'; 2 * BLOCK_BYTES + 1];
        let blocks = Blocks {
            bytes: stored(&text).into(),
            decoded: text.len(),
        };
        let mut out = BytesMut::new();
        blocks.begin(2, &mut out);
        out.put_slice(b"yz");
        assert_eq!(decoded(&out), [&text[..], b"yz"].concat());
        assert_eq!(blocks_to_continue(b"no frame"), None);
        assert_eq!(blocks_to_continue(b"\x28\xb5\x2f\xfd\0"), None);
    }
}
