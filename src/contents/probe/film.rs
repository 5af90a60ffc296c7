//! Films: MP4 and QuickTime, AVI, MPEG.

use std::io::{self, Read, Seek};

use super::{Found, Source, big, little, milliseconds, position};

/// A box of an MP4 file.
struct Boxed {
    kind: [u8; 4],
    /// Where its contents begin and end.
    from: u64,
    to: u64,
}

/// Boxes within boxes: `moov` holds `mvhd`, which says how long it is, and for each track a `trak` with a `tkhd`, which
/// says how large.
pub(super) fn mp4<R: Read + Seek>(source: &mut Source<R>) -> io::Result<Option<Found>> {
    let size = source.size;
    let Some(movie) = inner(source, (0, size), *b"moov")? else {
        return Ok(None);
    };
    let mut found = Found::default();
    let mut place = movie.from;
    while let Some(next) = boxed(source, place, movie.to)? {
        place = next.to;
        match &next.kind {
            b"mvhd" => {
                let head = source.at(next.from, 32)?.unwrap_or_default();
                found.milliseconds = duration(&head).unwrap_or(0);
            }
            b"trak" if found.width == 0 => {
                if let Some(track) = inner(source, (next.from, next.to), *b"tkhd")? {
                    let head = source.at(track.from, 96)?.unwrap_or_default();
                    (found.width, found.height) = extent(&head).unwrap_or((0, 0));
                }
            }
            _ => {}
        }
    }
    Ok(Some(found))
}

/// The first box of a kind between two places.
fn inner<R: Read + Seek>(
    source: &mut Source<R>,
    (mut from, to): (u64, u64),
    kind: [u8; 4],
) -> io::Result<Option<Boxed>> {
    while let Some(next) = boxed(source, from, to)? {
        if next.kind == kind {
            return Ok(Some(next));
        }
        from = next.to;
    }
    Ok(None)
}

/// The box at a place; `None`: there is none before `end`.
fn boxed<R: Read + Seek>(source: &mut Source<R>, at: u64, end: u64) -> io::Result<Option<Boxed>> {
    if at.saturating_add(8) > end {
        return Ok(None);
    }
    let head = source.at(at, 16)?.unwrap_or_default();
    let kind = head
        .get(4..8)
        .and_then(|kind| <[u8; 4]>::try_from(kind).ok());
    let (Some(kind), Some(short)) = (kind, big(&head, 0, 4)) else {
        return Ok(None);
    };
    let (length, behind) = match short {
        0 => (end - at, 8),
        1 => (big(&head, 8, 8).unwrap_or(0), 16),
        length => (length, 8),
    };
    let to = at.saturating_add(length);
    let is_whole = length >= behind && to <= end;
    Ok(is_whole.then_some(Boxed {
        kind,
        from: at + behind,
        to,
    }))
}

fn duration(head: &[u8]) -> Option<u64> {
    let (units, per_second) = match head.first()? {
        // All ones: not known.
        0 => {
            let units = big(head, 16, 4).filter(|units| *units != u64::from(u32::MAX));
            (units?, big(head, 12, 4)?)
        }
        _ => (big(head, 24, 8)?, big(head, 20, 4)?),
    };
    Some(milliseconds(units, per_second))
}

/// Width and height as they are shown: a telephone that is held upright turns its films by the matrix.
fn extent(head: &[u8]) -> Option<(u32, u32)> {
    let later = if *head.first()? == 0 { 0 } else { 12 };
    // Numbers with 16 bits behind the point.
    let pixels = |at: usize| u32::try_from(big(head, at + later, 4)? >> 16).ok();
    let (width, height) = (pixels(76)?, pixels(80)?);
    let is_turned = big(head, 40 + later, 4)? == 0 && big(head, 56 + later, 4)? == 0;
    Some(if is_turned {
        (height, width)
    } else {
        (width, height)
    })
}

/// The head of an AVI file.
pub(super) fn avi<R: Read + Seek>(source: &mut Source<R>) -> io::Result<Option<Found>> {
    let head = source.at(0, 512)?.unwrap_or_default();
    let read = || {
        let at = position(&head, b"avih")? + 8;
        let number = |offset: usize| little(&head, at + offset, 4);
        let (micros, frames) = (number(0)?, number(16)?);
        Some(Found {
            milliseconds: micros.saturating_mul(frames) / 1000,
            kilobits: None,
            width: u32::try_from(number(32)?).ok()?,
            height: u32::try_from(number(36)?).ok()?,
        })
    };
    Ok(read())
}

/// The first sequence of an MPEG film says its size and its rate; how long it is follows from the rate.
pub(super) fn mpeg<R: Read + Seek>(source: &mut Source<R>) -> io::Result<Option<Found>> {
    let head = source.at(0, super::PIECE)?.unwrap_or_default();
    let size = source.size;
    let read = || {
        let at = position(&head, &[0, 0, 1, 0xb3])? + 4;
        let (pixels, rate) = (big(&head, at, 3)?, big(&head, at + 4, 3)? >> 6);
        // In 400 bits a second; all ones: it varies.
        let per_second = Some(rate * 400).filter(|_| rate > 0 && rate != 0x3_ffff)?;
        Some(Found {
            milliseconds: milliseconds(size.saturating_mul(8), per_second),
            kilobits: Some(per_second / 1000),
            width: u32::try_from(pixels >> 12).ok()?,
            height: u32::try_from(pixels & 0xfff).ok()?,
        })
    };
    Ok(read())
}
