//! What a file is, by its content, and whether it may be decoded. Nothing is decoded here.

use std::io::Cursor;

use image::codecs::gif::GifDecoder;
use image::codecs::webp::WebPDecoder;
use image::{ImageDecoder, ImageFormat, Limits};

use serde::{Deserialize, Serialize};

use super::{jpeg, png, webp};
use crate::model::Refusal;

/// Pixels of a picture: 12 megapixels, in whole blocks of cameras (4096 × 3072).
pub(super) const PIXELS_MAX: u64 = 4096 * 3072;

/// Bytes that decoding may take, the decoded picture included, if as much is wanted of it as it has. A JPEG of 12 megapixels
/// takes 36 MiB, a progressive one mostly 72; a PNG with transparency 48, of any depth, and a GIF 60.
pub(super) const BYTES_MAX: u64 = 96 << 20;

/// The longest side: a line of one pixel is no picture, and JPEG knows no more.
const SIDE_MAX: u32 = 65_535;

/// What pictures are sent as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Photographs.
    Jpeg,
    /// Drawings, and what is transparent.
    Png,
    /// Moving ones too.
    Gif,
    /// Either; taken, and never made.
    Webp,
}

impl Kind {
    /// By the first bytes, whatever a name or a header claims.
    pub fn of(bytes: &[u8]) -> Option<Self> {
        let format = image::guess_format(bytes).ok()?;
        let mut kinds = [Self::Jpeg, Self::Png, Self::Gif, Self::Webp].into_iter();
        kinds.find(|kind| kind.format() == format)
    }

    /// The media type.
    pub fn mime(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Gif => "image/gif",
            Self::Webp => "image/webp",
        }
    }

    pub(super) fn format(self) -> ImageFormat {
        match self {
            Self::Jpeg => ImageFormat::Jpeg,
            Self::Png => ImageFormat::Png,
            Self::Gif => ImageFormat::Gif,
            Self::Webp => ImageFormat::WebP,
        }
    }
}

/// A picture that may be decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Probe {
    /// What it is.
    pub kind: Kind,
    /// Pixels, as stored: before it is turned upright.
    pub width: u32,
    /// The same.
    pub height: u32,
}

impl Probe {
    /// Looks at a file: at its headers only.
    ///
    /// # Errors
    /// No picture that is known, a damaged one, or one that takes too much to decode.
    pub fn of(bytes: &[u8]) -> Result<Self, Refusal> {
        let kind = Kind::of(bytes).ok_or(Refusal::PictureUnknown)?;
        let file = || Cursor::new(bytes);
        let (width, height, cost) = match kind {
            Kind::Jpeg => {
                // The decoder would take a file that was cut off for a grey one, and has no limit of its own.
                let header = jpeg::header(bytes)?;
                let decoded = pixels(header.width, header.height).saturating_mul(3);
                (header.width, header.height, decoded + header.kept)
            }
            Kind::Png => {
                let (width, height) = png::size(bytes)?;
                (width, height, pixels(width, height).saturating_mul(4))
            }
            Kind::Gif => measure(GifDecoder::new(file()), 1)?,
            Kind::Webp => {
                if webp::largest_frame(bytes) > PIXELS_MAX {
                    return Err(Refusal::PictureTooLarge);
                }
                let decoder = WebPDecoder::new(file());
                // Planes of the lossy form, or the lossless form before its transparency is dropped; transparency by
                // itself; the canvas of an animation.
                let beside = match decoder
                    .as_ref()
                    .map(|d| (d.has_animation(), d.color_type()))
                {
                    Ok((true, _)) => 15,
                    Ok((false, color)) if color.has_alpha() => 7,
                    Ok(_) | Err(_) => 4,
                };
                measure(decoder, beside)?
            }
        };
        if width == 0 || height == 0 {
            return Err(Refusal::PictureBroken);
        }
        let too_large =
            width.max(height) > SIDE_MAX || pixels(width, height) > PIXELS_MAX || cost > BYTES_MAX;
        match too_large {
            true => Err(Refusal::PictureTooLarge),
            false => Ok(Self {
                kind,
                width,
                height,
            }),
        }
    }
}

/// What the decoders themselves keep to.
pub(super) fn limits() -> Limits {
    let mut limits = Limits::default();
    limits.max_alloc = Some(BYTES_MAX);
    limits
}

fn pixels(width: u32, height: u32) -> u64 {
    u64::from(width) * u64::from(height)
}

/// Size and cost. `beside`: bytes for each pixel that the decoder takes beside the picture.
fn measure<D: ImageDecoder>(
    decoder: image::ImageResult<D>,
    beside: u64,
) -> Result<(u32, u32, u64), Refusal> {
    let decoder = decoder.map_err(|error| refusal_of(&error))?;
    let (width, height) = decoder.dimensions();
    let beside = pixels(width, height).saturating_mul(beside);
    Ok((width, height, decoder.total_bytes().saturating_add(beside)))
}

/// What the client is told. Errors of decoders speak of their insides.
pub(super) fn refusal_of(error: &image::ImageError) -> Refusal {
    match error {
        image::ImageError::Limits(_) => Refusal::PictureTooLarge,
        image::ImageError::Decoding(_)
        | image::ImageError::Encoding(_)
        | image::ImageError::Parameter(_)
        | image::ImageError::Unsupported(_)
        | image::ImageError::IoError(_) => Refusal::PictureBroken,
    }
}
