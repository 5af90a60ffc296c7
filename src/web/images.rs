//! Default pictures, drawn from the id: clients require a URL for every account. They are PNG, since many clients have no
//! decoder for SVG; two colours, so the largest has a few hundred bytes.

use std::fmt::Display;

use actix_web::web::{Bytes, Path};
use actix_web::{HttpRequest, HttpResponse};

use super::{LASTING, is_known, reply, tag_of};
use crate::protocol::query::Query;

const PNG: &str = "image/png";
/// Part of the tags of all pictures: a change of the drawing or of its encoding raises it.
const DRAWING: u32 = 1;
/// Pixels on each side of an avatar.
const AVATAR: Size = Size {
    width: 256,
    height: 256,
};
/// As in the original.
const COVER: Size = Size {
    width: 960,
    height: 223,
};
/// Cells on each side of an avatar: five of the pattern and a margin.
const CELLS: u32 = 7;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Size {
    width: u32,
    height: u32,
}

type Colour = [u8; 3];

/// `GET /images/avatar/{id}`
pub(super) async fn avatar(request: HttpRequest, id: Path<u64>) -> HttpResponse {
    let id = id.into_inner();
    let size = AVATAR.fitted(&Query::parse(request.query_string()));
    answer(&request, id, size, || {
        let pattern = Pattern::of(id);
        let cell = |pixel: u32, of: u32| pixel * CELLS / of;
        encode(size, [pattern.ground, pattern.ink], |x, y| {
            pattern.is_inked(cell(x, size.width), cell(y, size.height))
        })
    })
}

/// `GET /images/cover`: plain.
pub(super) async fn cover(request: HttpRequest) -> HttpResponse {
    let size = COVER.fitted(&Query::parse(request.query_string()));
    answer(&request, "cover", size, || {
        encode(size, [[255; 3]; 2], |_, _| false)
    })
}

/// The tag follows from what decides about the picture, so that a client that has it costs no drawing.
fn answer(
    request: &HttpRequest,
    subject: impl Display,
    size: Size,
    draw: impl FnOnce() -> Result<Vec<u8>, png::EncodingError>,
) -> HttpResponse {
    let Size { width, height } = size;
    let tag = tag_of(format!("{DRAWING} {subject} {width} {height}").as_bytes());
    if is_known(request, &tag) {
        return reply(PNG, LASTING, &tag, None);
    }
    match draw() {
        Ok(bytes) => reply(PNG, LASTING, &tag, Some(Bytes::from(bytes))),
        Err(error) => {
            tracing::error!(%error, "a default picture could not be encoded");
            HttpResponse::InternalServerError().finish()
        }
    }
}

impl Size {
    /// `w` scales down to a width, else `h` to a height, never up. This also bounds the work.
    fn fitted(self, query: &Query) -> Self {
        let asked = |name| query.number(name).and_then(|side| u32::try_from(side).ok());
        let asked = |name| asked(name).filter(|side| *side > 0);
        let scaled = |side: u32, by: u32, of: u32| (side * by).div_ceil(of);
        match (asked("w"), asked("h")) {
            (Some(width), _) if width < self.width => Self {
                width,
                height: scaled(self.height, width, self.width),
            },
            (None, Some(height)) if height < self.height => Self {
                width: scaled(self.width, height, self.height),
                height,
            },
            (Some(_) | None, _) => self,
        }
    }
}

/// A symmetric grid of five by five; the id chooses the hue and the cells.
struct Pattern {
    bits: u64,
    ground: Colour,
    ink: Colour,
}

impl Pattern {
    fn of(id: u64) -> Self {
        // The odd constant spreads neighbouring ids over all bits, so that their pictures differ.
        let bits = id.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let hue = i64::try_from(bits % 360).unwrap_or_default();
        Self {
            bits,
            ground: colour(hue, 35, 92),
            ink: colour(hue, 45, 45),
        }
    }

    fn is_inked(&self, column: u32, row: u32) -> bool {
        let is_margin = |cell: u32| cell == 0 || cell + 1 >= CELLS;
        if is_margin(column) || is_margin(row) {
            return false;
        }
        // The right half mirrors the left one.
        let column = (column - 1).min(CELLS - 2 - column);
        self.bits >> (16 + (row - 1) * 3 + column) & 1 == 1
    }
}

/// A hue in degrees, saturation and lightness in percent, as CSS has them; in whole numbers.
fn colour(hue: i64, saturation: i64, lightness: i64) -> Colour {
    let reach = saturation * lightness.min(100 - lightness);
    [0, 240, 120].map(|offset| {
        let angle = (offset + hue) % 360;
        let slope = (angle - 90).min(270 - angle).clamp(-30, 30);
        let parts = lightness * 3000 - reach * slope;
        u8::try_from(parts * 255 / 300_000).unwrap_or(u8::MAX)
    })
}

/// A picture of two colours; `is_second` says which pixels have the second one.
fn encode(
    size: Size,
    colours: [Colour; 2],
    is_second: impl Fn(u32, u32) -> bool,
) -> Result<Vec<u8>, png::EncodingError> {
    let mut pixels = Vec::new();
    for y in 0..size.height {
        for x in (0..size.width).step_by(8) {
            let of_byte = (x..x + 8).map(|x| x < size.width && is_second(x, y));
            pixels.push(of_byte.fold(0, |byte, second| byte << 1 | u8::from(second)));
        }
    }
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, size.width, size.height);
    encoder.set_color(png::ColorType::Indexed);
    encoder.set_depth(png::BitDepth::One);
    encoder.set_palette(colours.as_flattened());
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&pixels)?;
    writer.finish()?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fitted(of: Size, query: &str) -> (u32, u32) {
        let size = of.fitted(&Query::parse(query));
        (size.width, size.height)
    }

    #[test]
    fn a_size_scales_down_by_width_or_height_and_never_up() {
        for (query, size) in [
            ("", (960, 223)),
            ("w=480", (480, 112)),
            ("h=100", (431, 100)),
            ("w=480&h=1", (480, 112)),
            ("w=5000", (960, 223)),
            ("w=5000&h=10", (960, 223)),
            ("w=1", (1, 1)),
            ("h=1", (5, 1)),
            ("w=0", (960, 223)),
            ("w=-5&h=x", (960, 223)),
            ("w=99999999999999", (960, 223)),
        ] {
            assert_eq!(fitted(COVER, query), size, "{query}");
        }
        assert_eq!(fitted(AVATAR, "h=96&w=96"), (96, 96));
    }

    #[test]
    fn colours_are_those_of_css() {
        for (hsl, rgb) in [
            ((0, 100, 50), [255, 0, 0]),
            ((120, 100, 50), [0, 255, 0]),
            ((240, 100, 50), [0, 0, 255]),
            ((60, 100, 50), [255, 255, 0]),
            ((0, 0, 100), [255, 255, 255]),
            ((210, 45, 45), [63, 114, 166]),
        ] {
            assert_eq!(colour(hsl.0, hsl.1, hsl.2), rgb, "{hsl:?}");
        }
    }

    #[test]
    fn a_pattern_is_symmetric_has_a_margin_and_is_its_own() {
        let cells = |id: u64| -> Vec<bool> {
            let pattern = Pattern::of(id);
            let rows = (0..CELLS).flat_map(|y| (0..CELLS).map(move |x| (x, y)));
            rows.map(|(x, y)| pattern.is_inked(x, y)).collect()
        };
        for id in [0, 1, 2, 77, u64::MAX] {
            let cells = cells(id);
            for (place, inked) in cells.iter().enumerate() {
                let (x, y) = (place % 7, place / 7);
                assert_eq!(*inked, cells[y * 7 + 6 - x], "{id}: {x}, {y}");
                assert!(!inked || ((1..6).contains(&x) && (1..6).contains(&y)));
            }
        }
        assert_ne!(cells(1), cells(2));
    }
}
