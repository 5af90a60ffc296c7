//! PNG, read row by row, whatever its depth, with eight bits for each channel. Profiles and texts are skipped: they may be
//! packed a thousandfold, and nothing that is made keeps them.

use std::io::Cursor;

use image::DynamicImage;
use image::metadata::Orientation;
use png::{Decoder, DecodingError, Limits, Reader, Transformations};

use super::rows::{Rows, whole};
use crate::model::Refusal;

/// Bytes that the decoder itself may take: some lines, and what a camera wrote, which is not packed.
const BESIDE: usize = 16 << 20;

/// A file whose header was read.
pub(super) struct Png<'b> {
    reader: Reader<Cursor<&'b [u8]>>,
}

fn decoder(bytes: &[u8]) -> Decoder<Cursor<&[u8]>> {
    let mut decoder = Decoder::new_with_limits(Cursor::new(bytes), Limits { bytes: BESIDE });
    decoder.set_ignore_iccp_chunk(true);
    decoder.set_ignore_text_chunk(true);
    decoder.set_transformations(Transformations::normalize_to_color8());
    decoder
}

/// Width and height that it claims; nothing behind its header is read.
///
/// # Errors
/// It has no header.
pub(super) fn size(bytes: &[u8]) -> Result<(u32, u32), Refusal> {
    let mut decoder = decoder(bytes);
    let info = decoder.read_header_info();
    Ok(info.map_err(|error| refusal_of(&error))?.size())
}

impl<'b> Png<'b> {
    /// Reads what comes before the pixels.
    ///
    /// # Errors
    /// It is damaged.
    pub(super) fn open(bytes: &'b [u8]) -> Result<Self, Refusal> {
        let reader = decoder(bytes).read_info();
        let reader = reader.map_err(|error| refusal_of(&error))?;
        Ok(Self { reader })
    }

    /// How it has to be turned.
    pub(super) fn orientation(&self) -> Option<Orientation> {
        Orientation::from_exif_chunk(self.reader.info().exif_metadata.as_deref()?)
    }

    /// The picture, made as small as this.
    ///
    /// # Errors
    /// It is damaged.
    pub(super) fn read(mut self, to: Option<(u32, u32)>) -> Result<DynamicImage, Refusal> {
        let info = self.reader.info();
        let (size, is_interlaced) = (info.size(), info.interlaced);
        let channels = self.reader.output_color_type().0.samples();
        let channels = u8::try_from(channels).unwrap_or_default();
        let rows = || Rows::new(size, to, channels).ok_or(Refusal::PictureTooLarge);
        if !is_interlaced {
            let mut rows = rows()?;
            // The end is asked for too, so that a file that was cut off behind its last row is not taken.
            while let Some(row) = self.reader.next_row().map_err(|error| refusal_of(&error))? {
                rows.take(row.data())?;
            }
            return rows.finish();
        }
        // Its rows come in seven passes.
        let bytes = self.reader.output_buffer_size();
        let mut all = vec![0; bytes.ok_or(Refusal::PictureTooLarge)?];
        let read = self.reader.next_frame(&mut all);
        let line = read.map_err(|error| refusal_of(&error))?.line_size;
        if to.is_none() {
            return whole(size, usize::from(channels), all);
        }
        let mut rows = rows()?;
        let mut lines = all.chunks_exact(line.max(1));
        lines.try_for_each(|row| rows.take(row))?;
        rows.finish()
    }
}

fn refusal_of(error: &DecodingError) -> Refusal {
    match error {
        DecodingError::LimitsExceeded => Refusal::PictureTooLarge,
        DecodingError::IoError(_) | DecodingError::Format(_) | DecodingError::Parameter(_) => {
            Refusal::PictureBroken
        }
    }
}
