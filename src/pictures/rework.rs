//! One picture becomes others: decoded within limits, turned upright, cut, scaled, encoded.
//!
//! A picture that is twice as large as the largest size that is wanted, or larger, is scaled down to a third more than that
//! before the careful scaling begins, which works with 16 bytes for each pixel: while it is read, or at once behind it.

use bytes::Bytes;
use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::{CompressionType, FilterType as PngFilter, PngEncoder};
use image::imageops::FilterType;
use image::metadata::Orientation;
use image::{DynamicImage, RgbImage, RgbaImage};

use super::animation;
use super::probe::{Kind, Probe, refusal_of};
use super::shape::{Part, Shape, scaled};
use super::source::Source;
use crate::model::Refusal;

/// Of the JPEG encoder: no difference is seen at the size of an avatar, at a third of the bytes of 95.
const QUALITY: u8 = 85;

/// What is wanted of a picture.
#[derive(Clone, Debug, Default)]
pub struct Order {
    /// Largest first; one that has the size of the one before it is left out.
    pub shapes: Vec<Shape>,
    /// The picture, turned upright, has at least this width and height.
    pub at_least: Option<(u32, u32)>,
    /// A GIF that moves, and that the first shape would show whole and in its own size, goes on moving there.
    pub may_move: bool,
}

/// A picture that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Made {
    /// Place of its shape in the order.
    pub place: usize,
    /// JPEG, PNG, or a GIF that moves.
    pub kind: Kind,
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
    /// The file.
    pub bytes: Bytes,
}

/// What became of a picture.
#[derive(Clone, Debug)]
pub struct Reworked {
    /// What was sent.
    pub from: Probe,
    /// What was made, in the order of the shapes.
    pub made: Vec<Made>,
}

/// Makes what was ordered.
///
/// # Errors
/// The file is no picture that is known, is damaged, or is too large or too small.
pub fn rework(bytes: &[u8], order: &Order) -> Result<Reworked, Refusal> {
    let from = Probe::of(bytes)?;
    let (picture, upright) = decode(bytes, from, order)?;
    let mut made = Vec::new();
    let mut sizes = Vec::new();
    for (place, shape) in order.shapes.iter().enumerate() {
        let size = shape.size(shape.part(upright.0, upright.1));
        if sizes.last() == Some(&size) {
            continue;
        }
        let moving = (place == 0 && order.may_move && size == upright)
            .then(|| animation::moving(bytes, from));
        made.push(match moving.flatten() {
            Some(bytes) => Made {
                place,
                kind: Kind::Gif,
                width: from.width,
                height: from.height,
                bytes,
            },
            None => Made {
                place,
                ..still(&picture, from.kind, *shape, size)?
            },
        });
        sizes.push(size);
    }
    Ok(Reworked { from, made })
}

/// The picture, upright, hardly larger than is wanted, and the size that it had.
fn decode(bytes: &[u8], from: Probe, order: &Order) -> Result<(DynamicImage, (u32, u32)), Refusal> {
    let mut source = Source::open(bytes, from)?;
    let orientation = source.orientation();
    let is_turned = matches!(
        orientation,
        Orientation::Rotate90
            | Orientation::Rotate270
            | Orientation::Rotate90FlipH
            | Orientation::Rotate270FlipH
    );
    let upright = match is_turned {
        true => (from.height, from.width),
        false => (from.width, from.height),
    };
    if let Some((width, height)) = order.at_least
        && (upright.0 < width || upright.1 < height)
    {
        return Err(Refusal::PictureTooSmall);
    }
    let to = reduced(upright, order).map(|(width, height)| match is_turned {
        true => (height, width),
        false => (width, height),
    });
    let mut picture = source.read(from, to)?;
    picture.apply_orientation(orientation);
    Ok((eight_bits(picture), upright))
}

/// A third more than the largest shape asks for, if there is at least twice as much. (Of one that is hardly larger the averages
/// would be uneven.) Of a PNG or a GIF more than that is never in memory; a JPEG or a WebP is there as a whole before, with
/// what its decoder keeps beside it, for a progressive JPEG as much again or twice.
fn reduced((width, height): (u32, u32), order: &Order) -> Option<(u32, u32)> {
    let needed = |shape: &Shape| {
        let part = shape.part(width, height);
        let (w, _) = shape.size(part);
        scaled(width, w, part.width)
    };
    let needed = order.shapes.iter().map(needed).max()?;
    let reduced = scaled(needed, 4, 3);
    (needed.saturating_mul(2) <= width).then(|| (reduced, scaled(height, reduced, width)))
}

/// The channels that the encoders take; transparency only where some is used.
fn eight_bits(picture: DynamicImage) -> DynamicImage {
    if !picture.color().has_alpha() {
        return DynamicImage::ImageRgb8(picture.into_rgb8());
    }
    let picture = picture.into_rgba8();
    match picture.pixels().all(|pixel| pixel.0[3] == u8::MAX) {
        true => opaque(picture),
        false => DynamicImage::ImageRgba8(picture),
    }
}

/// Without its transparency, in the place where it is: a copy would be half of the memory.
fn opaque(picture: RgbaImage) -> DynamicImage {
    let (width, height) = picture.dimensions();
    let mut bytes = picture.into_raw();
    let pixels = bytes.len() / 4;
    for pixel in 0..pixels {
        bytes.copy_within(4 * pixel..4 * pixel + 3, 3 * pixel);
    }
    bytes.truncate(3 * pixels);
    let made = RgbImage::from_raw(width, height, bytes);
    DynamicImage::ImageRgb8(made.unwrap_or_default())
}

fn still(
    picture: &DynamicImage,
    from: Kind,
    shape: Shape,
    (width, height): (u32, u32),
) -> Result<Made, Refusal> {
    let Part {
        x,
        y,
        width: w,
        height: h,
    } = shape.part(picture.width(), picture.height());
    // A copy of what is shown, at most 16 MiB: what is larger is shown whole, or was reduced before.
    let cut;
    let part = match (w, h) == (picture.width(), picture.height()) {
        true => picture,
        false => {
            cut = picture.crop_imm(x, y, w, h);
            &cut
        }
    };
    match (w, h) == (width, height) {
        true => encode(part, from),
        false => encode(
            &part.resize_exact(width, height, FilterType::CatmullRom),
            from,
        ),
    }
}

fn encode(picture: &DynamicImage, from: Kind) -> Result<Made, Refusal> {
    let mut bytes = Vec::new();
    let is_photo = matches!(from, Kind::Jpeg | Kind::Webp) && !picture.color().has_alpha();
    let kind = if is_photo { Kind::Jpeg } else { Kind::Png };
    let written = match is_photo {
        true => picture.write_with_encoder(JpegEncoder::new_with_quality(&mut bytes, QUALITY)),
        false => picture.write_with_encoder(PngEncoder::new_with_quality(
            &mut bytes,
            CompressionType::Fast,
            PngFilter::Adaptive,
        )),
    };
    written.map_err(|error| refusal_of(&error))?;
    Ok(Made {
        // The caller knows.
        place: 0,
        kind,
        width: picture.width(),
        height: picture.height(),
        bytes: Bytes::from(bytes),
    })
}
