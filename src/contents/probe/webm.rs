//! WebM: elements within elements, each with a name and a length of its own length (EBML).

use std::io::{self, Read, Seek};
use std::time::Duration;

use super::{Found, Source, big};

const SEGMENT: u64 = 0x1853_8067;
const CLUSTER: u64 = 0x1f43_b675;
const INFO: u64 = 0x1549_a966;
const SCALE: u64 = 0x2a_d7b1;
const DURATION: u64 = 0x4489;
const TRACKS: u64 = 0x1654_ae6b;
const TRACK: u64 = 0xae;
const VIDEO: u64 = 0xe0;
const WIDTH: u64 = 0xb0;
const HEIGHT: u64 = 0xba;

/// Nanoseconds of a unit of time, if the film does not say it.
const USUAL_SCALE: u64 = 1_000_000;

struct Element {
    name: u64,
    from: u64,
    /// Of an element of unknown length: the end of the one around it.
    to: u64,
}

/// What was read so far.
#[derive(Default)]
struct Reading {
    found: Found,
    scale: Option<u64>,
    units: f64,
}

/// Walks what may hold the four numbers. All of it is before the first cluster of pictures.
pub(super) fn webm<R: Read + Seek>(source: &mut Source<R>) -> io::Result<Option<Found>> {
    let mut reading = Reading::default();
    let size = source.size;
    walk(source, (0, size), 4, &mut reading)?;
    let nanoseconds = reading.scale.unwrap_or(USUAL_SCALE) as f64 * reading.units;
    // A check follows; what is no length of time at all, such as a negative one, is none here.
    let long = Duration::try_from_secs_f64(nanoseconds / 1e9).unwrap_or_default();
    reading.found.milliseconds = u64::try_from(long.as_millis()).unwrap_or(u64::MAX);
    Ok(Some(reading.found))
}

/// False: there is nothing to be found any more.
fn walk<R: Read + Seek>(
    source: &mut Source<R>,
    (mut place, end): (u64, u64),
    depth: usize,
    reading: &mut Reading,
) -> io::Result<bool> {
    while place < end {
        let Some(next) = element(source, place, end)? else {
            return Ok(false);
        };
        let holds = matches!(next.name, SEGMENT | INFO | TRACKS | TRACK | VIDEO) && depth > 0;
        if holds && !walk(source, (next.from, next.to), depth - 1, reading)? {
            return Ok(false);
        }
        match next.name {
            SCALE => reading.scale = number(source, &next)?,
            DURATION => reading.units = float(source, &next)?.unwrap_or(0.0),
            WIDTH if reading.found.width == 0 => reading.found.width = pixels(source, &next)?,
            HEIGHT if reading.found.height == 0 => reading.found.height = pixels(source, &next)?,
            CLUSTER => return Ok(false),
            _ => {}
        }
        place = next.to;
    }
    Ok(true)
}

fn element<R: Read + Seek>(
    source: &mut Source<R>,
    at: u64,
    end: u64,
) -> io::Result<Option<Element>> {
    let head = source.at(at, 12)?.unwrap_or_default();
    let read = || {
        // The zeros in front of the first one say how long it is, and are part of a name.
        let name_length = length_of(*head.first()?)?;
        let name = big(&head, 0, name_length)?;
        let length = length_of(*head.get(name_length)?)?;
        let mask = (1_u64 << (7 * length)) - 1;
        let bytes = big(&head, name_length, length)? & mask;
        let from = at + (name_length + length) as u64;
        let to = match bytes == mask {
            true => end,
            false => from.checked_add(bytes)?,
        };
        (name_length <= 4 && from <= end).then_some(Element { name, from, to })
    };
    Ok(read())
}

fn length_of(first: u8) -> Option<usize> {
    let length = first.leading_zeros() as usize + 1;
    (length <= 8).then_some(length)
}

fn number<R: Read + Seek>(source: &mut Source<R>, of: &Element) -> io::Result<Option<u64>> {
    let bytes = source.at(of.from, 8)?.unwrap_or_default();
    let length = usize::try_from(of.to - of.from).unwrap_or(9);
    Ok(big(&bytes, 0, length).filter(|_| length <= 8))
}

fn float<R: Read + Seek>(source: &mut Source<R>, of: &Element) -> io::Result<Option<f64>> {
    let bits = number(source, of)?;
    Ok(match (bits, of.to - of.from) {
        (Some(bits), 8) => Some(f64::from_bits(bits)),
        (Some(bits), 4) => u32::try_from(bits)
            .ok()
            .map(|bits| f32::from_bits(bits).into()),
        (Some(_) | None, _) => None,
    })
}

fn pixels<R: Read + Seek>(source: &mut Source<R>, of: &Element) -> io::Result<u32> {
    let number = number(source, of)?.and_then(|number| u32::try_from(number).ok());
    Ok(number.unwrap_or(0))
}
