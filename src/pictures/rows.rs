//! A picture that comes row by row, eight bits for each channel: made smaller as it comes, if less of it is wanted, so that
//! the whole of it is never in memory. Some rows at a time become one of the smaller picture.

use image::{DynamicImage, ImageBuffer};

use crate::model::Refusal;

/// What came so far.
pub(super) struct Rows {
    of: (u32, u32),
    channels: usize,
    /// Bytes of a row.
    line: usize,
    /// What is made, if it is smaller than what comes.
    to: Option<(u32, u32)>,
    taken: u32,
    /// The rows that become the next one that is made.
    band: Vec<u8>,
    in_band: u32,
    made: Vec<u8>,
    rows_made: u32,
}

impl Rows {
    /// Nothing came yet. `to`: the size that is made, smaller than that of the picture.
    pub(super) fn new(of: (u32, u32), to: Option<(u32, u32)>, channels: u8) -> Option<Self> {
        let (width, height) = to.unwrap_or(of);
        let size = u64::from(width) * u64::from(height) * u64::from(channels);
        let line = u64::from(of.0) * u64::from(channels);
        Some(Self {
            of,
            channels: channels.into(),
            line: line.try_into().ok()?,
            to,
            taken: 0,
            band: Vec::new(),
            in_band: 0,
            made: Vec::with_capacity(size.try_into().ok()?),
            rows_made: 0,
        })
    }

    /// The next row. One that is too short is none, and what comes behind the last one is left.
    ///
    /// # Errors
    /// The band does not fit its own size, which cannot be.
    pub(super) fn take(&mut self, row: &[u8]) -> Result<(), Refusal> {
        let Some(row) = row.get(..self.line).filter(|_| self.taken < self.of.1) else {
            return Ok(());
        };
        self.taken += 1;
        let Some((width, height)) = self.to else {
            self.made.extend_from_slice(row);
            return Ok(());
        };
        self.band.extend_from_slice(row);
        self.in_band += 1;
        // The rows are dealt out evenly.
        let dealt = u64::from(self.rows_made + 1) * u64::from(self.of.1) / u64::from(height.max(1));
        if u64::from(self.taken) >= dealt {
            let size = (self.of.0, std::mem::take(&mut self.in_band));
            let bytes = self.band.len();
            let band = whole(size, self.channels, std::mem::take(&mut self.band))?;
            self.made
                .extend(band.thumbnail_exact(width, 1).into_bytes());
            self.band.reserve(bytes);
            self.rows_made += 1;
        }
        Ok(())
    }

    /// The picture.
    ///
    /// # Errors
    /// Rows are missing, or were too short.
    pub(super) fn finish(self) -> Result<DynamicImage, Refusal> {
        whole(self.to.unwrap_or(self.of), self.channels, self.made)
    }
}

/// A picture of all these bytes.
///
/// # Errors
/// They are too few.
pub(super) fn whole(
    (width, height): (u32, u32),
    channels: usize,
    bytes: Vec<u8>,
) -> Result<DynamicImage, Refusal> {
    let picture = match channels {
        1 => ImageBuffer::from_raw(width, height, bytes).map(DynamicImage::ImageLuma8),
        2 => ImageBuffer::from_raw(width, height, bytes).map(DynamicImage::ImageLumaA8),
        3 => ImageBuffer::from_raw(width, height, bytes).map(DynamicImage::ImageRgb8),
        4 => ImageBuffer::from_raw(width, height, bytes).map(DynamicImage::ImageRgba8),
        _ => None,
    };
    picture.ok_or(Refusal::PictureBroken)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(of: (u32, u32), to: Option<(u32, u32)>, rows: &[&[u8]]) -> Result<Vec<u8>, Refusal> {
        let mut taken = Rows::new(of, to, 1).unwrap();
        rows.iter().try_for_each(|row| taken.take(row))?;
        let picture = taken.finish()?;
        assert_eq!((picture.width(), picture.height()), to.unwrap_or(of));
        Ok(picture.into_luma8().into_raw())
    }

    #[test]
    fn each_pixel_is_the_average_of_its_own() {
        let rows: [&[u8]; 5] = [
            &[0, 100, 6, 6],
            &[50, 50, 8, 8],
            &[9, 9, 9, 9],
            &[9, 9, 9, 9],
            &[200, 200, 200, 200],
        ];
        // Two rows become the first one, three the second.
        assert_eq!(made((4, 5), Some((2, 2)), &rows).unwrap(), [50, 7, 73, 73]);
        assert_eq!(made((4, 5), None, &rows).unwrap(), rows.concat());
    }

    #[test]
    fn the_brightest_of_pictures_is_as_bright_in_one_pixel() {
        let row = [u8::MAX; 4096];
        let rows = [&row[..]; 300];
        assert_eq!(made((4096, 300), Some((1, 1)), &rows).unwrap(), [u8::MAX]);
    }

    #[test]
    fn a_picture_without_all_its_rows_is_broken() {
        let rows: [&[u8]; 2] = [&[1, 2], &[3]];
        for to in [None, Some((1, 1))] {
            assert_eq!(made((2, 3), to, &rows[..1]), Err(Refusal::PictureBroken));
            assert_eq!(made((2, 2), to, &rows), Err(Refusal::PictureBroken));
        }
        // What is too much is left.
        let many: [&[u8]; 3] = [&[1, 2]; 3];
        assert_eq!(made((2, 2), None, &many).unwrap(), [1, 2, 1, 2]);
    }
}
