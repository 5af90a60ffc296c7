//! A file whose headers were read: how it has to be turned, and its pixels. What can be read row by row is.

use std::io::Cursor;

use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageReader};

use super::gif;
use super::png::Png;
use super::probe::{Kind, Probe, limits, refusal_of};
use crate::model::Refusal;

/// A file that may be decoded.
pub(super) enum Source<'b> {
    Png(Box<Png<'b>>),
    Gif(&'b [u8]),
    /// Its decoder knows only the whole picture.
    Whole(Box<dyn ImageDecoder + 'b>),
}

impl<'b> Source<'b> {
    /// # Errors
    /// It is damaged.
    pub(super) fn open(bytes: &'b [u8], from: Probe) -> Result<Self, Refusal> {
        Ok(match from.kind {
            Kind::Png => Self::Png(Box::new(Png::open(bytes)?)),
            Kind::Gif => Self::Gif(bytes),
            Kind::Jpeg | Kind::Webp => {
                let mut reader = ImageReader::with_format(Cursor::new(bytes), from.kind.format());
                reader.limits(limits());
                let decoder = reader.into_decoder();
                Self::Whole(Box::new(decoder.map_err(|error| refusal_of(&error))?))
            }
        })
    }

    pub(super) fn orientation(&mut self) -> Orientation {
        let said = match self {
            Self::Png(png) => png.orientation(),
            Self::Gif(_) => None,
            Self::Whole(decoder) => decoder.orientation().ok(),
        };
        said.unwrap_or(Orientation::NoTransforms)
    }

    /// The picture as it is stored, before it is turned, made as small as this.
    ///
    /// # Errors
    /// It is damaged.
    pub(super) fn read(self, from: Probe, to: Option<(u32, u32)>) -> Result<DynamicImage, Refusal> {
        match self {
            Self::Png(png) => png.read(to),
            Self::Gif(bytes) => gif::read(bytes, (from.width, from.height), to),
            Self::Whole(decoder) => {
                let picture = DynamicImage::from_decoder(decoder);
                let picture = picture.map_err(|error| refusal_of(&error))?;
                Ok(match to {
                    Some((width, height)) => picture.thumbnail_exact(width, height),
                    None => picture,
                })
            }
        }
    }
}
