//! What the markers of a JPEG file say, without decoding it: its size, its scans, and what decoding it takes.

use crate::model::Refusal;

/// Scans of a file. Programs write at most some twenty; each scan costs a pass over all blocks, whatever its length, so
/// that a small file of a thousand scans would keep a core busy for minutes.
const SCANS_MAX: u32 = 64;

/// Of the whole file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) width: u32,
    pub(super) height: u32,
    /// Bytes of the coefficients, which the decoder keeps when they come in several scans.
    pub(super) kept: u64,
}

/// What one frame header says of its picture.
struct Frame {
    width: u32,
    height: u32,
    /// Of each component, across and down.
    sampling: Vec<(u64, u64)>,
    is_progressive: bool,
}

/// Reads all markers, to the end of the picture.
///
/// # Errors
/// The file ends before its picture does, it has no size, or too many scans.
pub(super) fn header(bytes: &[u8]) -> Result<Header, Refusal> {
    let (mut at, mut frame, mut scans, mut interleaved) = (2, None, 0, true);
    loop {
        let (marker, after) = next_marker(bytes, at)?;
        at = after;
        match marker {
            END => break,
            // Markers without a segment.
            0x01 | 0xd0..=0xd8 => continue,
            _ => {}
        }
        let segment = segment(bytes, at)?;
        at += segment.len();
        match marker {
            // The frame headers; the other three of this row are tables.
            0xc0..=0xc3 | 0xc5..=0xc7 | 0xc9..=0xcb | 0xcd..=0xcf => {
                let another = frame.replace(read_frame(segment, marker)?);
                // The decoder might go by either.
                if another.is_some() {
                    return Err(Refusal::PictureBroken);
                }
            }
            SCAN => {
                scans += 1;
                let components = segment.get(2).copied().unwrap_or_default();
                let of = frame.as_ref().map_or(0, |frame| frame.sampling.len());
                interleaved &= usize::from(components) == of;
            }
            _ => {}
        }
    }
    let frame = frame.ok_or(Refusal::PictureBroken)?;
    if scans == 0 {
        return Err(Refusal::PictureBroken);
    }
    if scans > SCANS_MAX {
        return Err(Refusal::PictureTooLarge);
    }
    let kept = match frame.is_progressive || !interleaved {
        true => frame.coefficients(),
        false => 0,
    };
    Ok(Header {
        width: frame.width,
        height: frame.height,
        kept,
    })
}

const END: u8 = 0xd9;
const SCAN: u8 = 0xda;

/// The next marker at or behind a place, and where its segment begins. Data of a scan is stepped over: in it, 0xff is
/// followed by 0 or by the number of a restart.
fn next_marker(bytes: &[u8], from: usize) -> Result<(u8, usize), Refusal> {
    let mut at = from;
    loop {
        let rest = bytes.get(at..).ok_or(Refusal::PictureBroken)?;
        let found = rest.iter().position(|byte| *byte == 0xff);
        at += found.ok_or(Refusal::PictureBroken)? + 1;
        match bytes.get(at) {
            None => return Err(Refusal::PictureBroken),
            Some(0 | 0xd0..=0xd7) => at += 1,
            // A filling byte: the marker follows.
            Some(0xff) => {}
            Some(marker) => return Ok((*marker, at + 1)),
        }
    }
}

/// A segment with the two bytes of its length.
fn segment(bytes: &[u8], at: usize) -> Result<&[u8], Refusal> {
    let length = number(bytes, at).ok_or(Refusal::PictureBroken)?;
    let segment = bytes.get(at..at + usize::from(length));
    segment
        .filter(|segment| segment.len() >= 2)
        .ok_or(Refusal::PictureBroken)
}

fn number(bytes: &[u8], at: usize) -> Option<u16> {
    let two = bytes.get(at..at + 2)?;
    Some(u16::from_be_bytes(two.try_into().ok()?))
}

fn read_frame(segment: &[u8], marker: u8) -> Result<Frame, Refusal> {
    let read = || {
        let components = usize::from(*segment.get(7)?);
        let factors = (0..components).map(|component| {
            let factors = segment.get(9 + 3 * component)?;
            Some((u64::from(factors >> 4), u64::from(factors & 15)))
        });
        Some(Frame {
            height: number(segment, 3)?.into(),
            width: number(segment, 5)?.into(),
            sampling: factors.collect::<Option<_>>()?,
            is_progressive: marker & 3 == 2,
        })
    };
    read().ok_or(Refusal::PictureBroken)
}

impl Frame {
    /// Two bytes for each, in whole units of the coarsest sampling.
    fn coefficients(&self) -> u64 {
        let most = |side: fn(&(u64, u64)) -> u64| self.sampling.iter().map(side).max();
        let across = most(|factors| factors.0).unwrap_or_default().max(1);
        let down = most(|factors| factors.1).unwrap_or_default().max(1);
        let columns = u64::from(self.width).div_ceil(8 * across);
        let rows = u64::from(self.height).div_ceil(8 * down);
        let blocks = self.sampling.iter().map(|(h, v)| h * v).sum::<u64>();
        columns * rows * blocks * 64 * 2
    }
}
