//! Sounds: WAVE, FLAC, and MPEG audio of layer III.

use std::io::{self, Read, Seek};

use super::{Found, Source, big, little, milliseconds};

/// Chunks from the beginning of a WAVE file: how it is sampled, and how much there is.
pub(super) fn wave<R: Read + Seek>(source: &mut Source<R>) -> io::Result<Option<Found>> {
    let (mut place, mut rate) = (12, None);
    while let Some(head) = source.at(place, 24)? {
        let (Some(kind), Some(length)) = (head.get(..4), little(&head, 4, 4)) else {
            return Ok(None);
        };
        match kind {
            b"fmt " => rate = little(&head, 16, 4).filter(|rate| *rate > 0),
            b"data" => {
                // A recorder that was cut off did not come back to write the length.
                let there = source.size.saturating_sub(place + 8);
                let length = match length {
                    0 | 0xffff_ffff => there,
                    length => length.min(there),
                };
                return Ok(rate.map(|rate| Found {
                    milliseconds: milliseconds(length, rate),
                    kilobits: Some(rate * 8 / 1000),
                    ..Found::default()
                }));
            }
            _ => {}
        }
        // Chunks begin at even places.
        place = place.saturating_add(8 + length + length % 2);
    }
    Ok(None)
}

/// The first block of a FLAC file counts its samples.
pub(super) fn flac<R: Read + Seek>(source: &mut Source<R>) -> io::Result<Option<Found>> {
    let head = source.at(0, 42)?.unwrap_or_default();
    // 20 bits of rate, 3 of channels, 5 of depth, 36 of samples.
    let packed = big(&head, 18, 8);
    Ok(packed.map(|packed| Found {
        milliseconds: milliseconds(packed & 0xf_ffff_ffff, packed >> 44),
        ..Found::default()
    }))
}

/// Bytes within which the first frame begins, behind the tags.
const SEARCHED: usize = 16 * 1024;
/// Rates of layer III in kilobits, of version 1 and of the later ones.
const RATES: [[u64; 15]; 2] = [
    [
        0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320,
    ],
    [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
];
/// Samples a second of version 1; half of it in version 2, a quarter in version 2.5.
const SAMPLES: [u64; 3] = [44_100, 48_000, 32_000];

/// The head of a frame.
struct Frame {
    is_first_version: bool,
    is_mono: bool,
    kilobits: u64,
    per_second: u64,
}

/// MPEG audio: the encoder may have counted the frames in the first one; else each is taken to be as long as the first.
pub(super) fn mpeg<R: Read + Seek>(source: &mut Source<R>) -> io::Result<Option<Found>> {
    let head = source.at(0, 10)?.unwrap_or_default();
    let begin = match head.as_slice() {
        [b'I', b'D', b'3', _, _, flags, a, b, c, d] => {
            let seven = [a, b, c, d].into_iter();
            let length = seven.fold(0, |sum, byte| (sum << 7) | u64::from(byte & 0x7f));
            let foot = if flags & 0x10 == 0 { 0 } else { 10 };
            10 + length + foot
        }
        _ => 0,
    };
    let bytes = source.at(begin, SEARCHED)?.unwrap_or_default();
    let mut places = 0..bytes.len();
    let first = places.find_map(|at| Some((at, frame(bytes.get(at..at + 4)?)?)));
    let Some((at, frame)) = first else {
        return Ok(None);
    };
    let there = source.size.saturating_sub(begin + at as u64);
    let each = if frame.is_first_version { 1152 } else { 576 };
    Ok(Some(
        match counted(bytes.get(at..).unwrap_or_default(), &frame) {
            Some(frames) => Found {
                milliseconds: milliseconds(frames.saturating_mul(each), frame.per_second),
                ..Found::default()
            },
            None => Found {
                milliseconds: there.saturating_mul(8) / frame.kilobits,
                kilobits: Some(frame.kilobits),
                ..Found::default()
            },
        },
    ))
}

fn frame(head: &[u8]) -> Option<Frame> {
    let [first, second, third, fourth] = *head else {
        return None;
    };
    let (version, layer) = ((second >> 3) & 3, (second >> 1) & 3);
    if first != 0xff || second & 0xe0 != 0xe0 || version == 1 || layer != 1 {
        return None;
    }
    let is_first_version = version == 3;
    let rates = RATES.get(usize::from(!is_first_version))?;
    let kilobits = *rates.get(usize::from(third >> 4))?;
    let per_second = *SAMPLES.get(usize::from((third >> 2) & 3))?;
    let shift = match version {
        3 => 0,
        2 => 1,
        _ => 2,
    };
    (kilobits > 0).then_some(Frame {
        is_first_version,
        is_mono: fourth >> 6 == 3,
        kilobits,
        per_second: per_second >> shift,
    })
}

/// Frames of the whole file, as encoders write them into the first one.
fn counted(bytes: &[u8], frame: &Frame) -> Option<u64> {
    let behind = match (frame.is_first_version, frame.is_mono) {
        (true, false) => 36,
        (true, true) | (false, false) => 21,
        (false, true) => 13,
    };
    let frames = match bytes.get(behind..behind + 4)? {
        b"Xing" | b"Info" if big(bytes, behind + 4, 4)? & 1 == 1 => big(bytes, behind + 8, 4),
        _ if bytes.get(36..40)? == b"VBRI" => big(bytes, 50, 4),
        _ => None,
    };
    frames.filter(|frames| *frames > 0)
}
