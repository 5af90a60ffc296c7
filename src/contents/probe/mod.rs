//! How long a sound or a film is, and how large: read from the head of its container. Of a photograph what is before it.
//!
//! Nothing is decoded, and no library is used: what there is reads tags and decodes frames, while a file object needs four
//! numbers. A probe reads a bounded number of bytes, whatever the contents say about themselves.

mod audio;
mod film;
mod jpeg;
mod webm;

#[cfg(test)]
mod tests;

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};

pub use jpeg::jpeg_head;

use crate::model::MediaInfo;

/// Most pieces that are read of one file: a box of a film, or an element, is one.
const PIECES: usize = 512;
/// Most bytes of a piece.
const PIECE: usize = 64 * 1024;
/// Most bytes of all pieces.
const BYTES: usize = 1 << 20;
/// No sound and no film is longer: ten years.
const LONGEST: u64 = 10 * 365 * 24 * 3600 * 1000;
/// No film is larger, in pixels.
const LARGEST: u32 = 65_535;

/// What there is to know; `None`: it is none, it does not say it, or it says nonsense.
pub fn media_info(file: &mut File, mime_type: &str) -> io::Result<Option<MediaInfo>> {
    let size = file.metadata()?.len();
    info(file, size, mime_type)
}

fn info(bytes: impl Read + Seek, size: u64, mime_type: &str) -> io::Result<Option<MediaInfo>> {
    let mut source = Source {
        bytes,
        size,
        pieces: PIECES,
        left: BYTES,
    };
    let found = match mime_type {
        "audio/wave" => audio::wave(&mut source)?,
        "audio/flac" => audio::flac(&mut source)?,
        "audio/mpeg" => audio::mpeg(&mut source)?,
        "audio/mp4" | "video/mp4" | "video/quicktime" => film::mp4(&mut source)?,
        "video/x-msvideo" => film::avi(&mut source)?,
        "video/mpeg" => film::mpeg(&mut source)?,
        "video/webm" => webm::webm(&mut source)?,
        _ => None,
    };
    Ok(found.and_then(|found| found.checked(size, mime_type.starts_with("video/"))))
}

/// What a container says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Found {
    milliseconds: u64,
    /// `None`: what the size and the duration make.
    kilobits: Option<u64>,
    width: u32,
    height: u32,
}

impl Found {
    fn checked(self, size: u64, is_film: bool) -> Option<MediaInfo> {
        if self.milliseconds == 0 || self.milliseconds > LONGEST {
            return None;
        }
        let is_size = |pixels: u32| (1..=LARGEST).contains(&pixels);
        let has_size = is_size(self.width) && is_size(self.height);
        if is_film && !has_size {
            return None;
        }
        // Bits for each millisecond are thousands of bits for each second.
        let average = size.saturating_mul(8) / self.milliseconds;
        let kilobits = self.kilobits.unwrap_or(average);
        Some(MediaInfo {
            milliseconds: self.milliseconds,
            kilobits: u32::try_from(kilobits).unwrap_or(u32::MAX),
            size: is_film.then_some((self.width, self.height)),
        })
    }
}

/// So many units at so many of them a second, in milliseconds.
fn milliseconds(units: u64, per_second: u64) -> u64 {
    if per_second == 0 {
        return 0;
    }
    let milliseconds = u128::from(units) * 1000 / u128::from(per_second);
    u64::try_from(milliseconds).unwrap_or(u64::MAX)
}

/// Contents that are read piece by piece, up to a bound.
struct Source<R> {
    bytes: R,
    size: u64,
    pieces: usize,
    left: usize,
}

impl<R: Read + Seek> Source<R> {
    /// Up to so many bytes at a place: fewer at the end. `None`: enough was read.
    fn at(&mut self, place: u64, most: usize) -> io::Result<Option<Vec<u8>>> {
        let most = most.min(PIECE).min(self.left);
        if self.pieces == 0 || most == 0 {
            return Ok(None);
        }
        self.pieces -= 1;
        self.bytes.seek(SeekFrom::Start(place))?;
        let mut piece = Vec::with_capacity(most);
        let limit = u64::try_from(most).unwrap_or(0);
        self.bytes.by_ref().take(limit).read_to_end(&mut piece)?;
        self.left -= piece.len();
        Ok(Some(piece))
    }
}

/// A number of the bytes at a place, the highest first; `None` beyond the end.
fn big(bytes: &[u8], at: usize, length: usize) -> Option<u64> {
    let bytes = bytes.get(at..at.checked_add(length)?)?;
    Some(
        bytes
            .iter()
            .fold(0, |number, byte| (number << 8) | u64::from(*byte)),
    )
}

/// The same, the lowest first.
fn little(bytes: &[u8], at: usize, length: usize) -> Option<u64> {
    let bytes = bytes.get(at..at.checked_add(length)?)?;
    let bytes = bytes.iter().rev();
    Some(bytes.fold(0, |number, byte| (number << 8) | u64::from(*byte)))
}

/// Where a mark begins.
fn position(bytes: &[u8], mark: &[u8]) -> Option<usize> {
    bytes.windows(mark.len()).position(|part| part == mark)
}
