//! What the segments before the first scan of a JPEG say: its size, and whether a camera or a program wrote notes into it.
//!
//! Cameras write previews and maps of depth there, megabytes of them, 64 KiB in a segment: the segments are stepped over.

use std::fs::File;
use std::io::{self, Read, Seek};

use super::{BYTES, PIECES, Source, big};
use crate::model::ImageInfo;

/// What is read of a segment: more than its length, the size of a frame, and the name of any notes.
const GLANCE: usize = 64;
/// How notes begin: EXIF and XMP, which may say where a picture was taken.
const NOTES: [&[u8]; 2] = [b"Exif\0\0", b"http://ns.adobe.com/xap/1.0/"];

/// What there is to know.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct JpegHead {
    /// Its size, as stored; `None`: it does not say it.
    pub image: Option<ImageInfo>,
    /// Whether there are notes, or too many segments to see that there are none.
    pub has_notes: bool,
}

/// Reads the head of a JPEG.
///
/// # Errors
/// Trouble with the disk.
pub fn jpeg_head(file: &mut File) -> io::Result<JpegHead> {
    let size = file.metadata()?.len();
    head(file, size)
}

pub(super) fn head(bytes: impl Read + Seek, size: u64) -> io::Result<JpegHead> {
    let mut source = Source {
        bytes,
        size,
        pieces: PIECES,
        left: BYTES,
    };
    let mut found = JpegHead::default();
    // Behind the mark that every JPEG begins with.
    let mut at = 2;
    loop {
        let Some(piece) = source.at(at, GLANCE)? else {
            found.has_notes = true;
            return Ok(found);
        };
        let segment = match marker(&piece) {
            Some(0) => piece.get(2..).unwrap_or_default(),
            // Something else is between two segments, as decoders allow.
            Some(between) => {
                at += between as u64;
                continue;
            }
            None if piece.len() < GLANCE => return Ok(found),
            None => {
                // Its last byte may begin a mark.
                at += (GLANCE - 1) as u64;
                continue;
            }
        };
        at += 2;
        match piece.get(1).copied().unwrap_or_default() {
            // Marks without a segment.
            0x01 | 0xd0..=0xd8 => continue,
            // The picture itself, or the end.
            0xd9 | 0xda => return Ok(found),
            // The frame headers; the other three of this row are tables.
            0xc0..=0xc3 | 0xc5..=0xc7 | 0xc9..=0xcb | 0xcd..=0xcf => {
                found.image = found.image.or(size_of(segment));
            }
            0xe1 => {
                let text = segment.get(2..).unwrap_or_default();
                found.has_notes |= NOTES.iter().any(|notes| text.starts_with(notes));
            }
            _ => {}
        }
        let Some(length) = big(segment, 0, 2) else {
            return Ok(found);
        };
        at += length.max(2);
    }
}

/// Where the first mark of a piece is. Before one there may be any number of 0xff.
fn marker(piece: &[u8]) -> Option<usize> {
    let mut pairs = piece.windows(2);
    pairs.position(|pair| matches!(pair, [0xff, 0x01..=0xfe]))
}

fn size_of(frame: &[u8]) -> Option<ImageInfo> {
    let side = |at| u32::try_from(big(frame, at, 2)?).ok();
    let (height, width) = (side(3)?, side(5)?);
    (width > 0 && height > 0).then_some(ImageInfo { width, height })
}
