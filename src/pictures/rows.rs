//! A picture that comes row by row, eight bits for each channel: made smaller as it comes, if less of it is wanted, so that
//! the whole of it is never in memory.

use image::{DynamicImage, ImageBuffer};

use crate::model::Refusal;

/// What came so far.
pub(super) struct Rows {
    width: usize,
    height: usize,
    channels: usize,
    /// What is made: no larger than what comes.
    to: (usize, usize),
    /// Of the rows that become one, for each channel of each column. Nothing overflows: all pixels of the largest picture, each
    /// 255, are less than 2³².
    sums: Vec<u32>,
    /// Rows in the sums.
    summed: u32,
    taken: usize,
    made: Vec<u8>,
}

impl Rows {
    /// Nothing came yet. `to`: the size that is made, at most that of the picture.
    pub(super) fn new(of: (u32, u32), to: Option<(u32, u32)>, channels: u8) -> Option<Self> {
        let pair = |(width, height)| {
            let side = |side: u32| usize::try_from(side).ok();
            Some((side(width)?, side(height)?))
        };
        let ((width, height), to) = (pair(of)?, pair(to.unwrap_or(of))?);
        let channels = usize::from(channels);
        let is_smaller = to != (width, height);
        Some(Self {
            width,
            height,
            channels,
            to,
            sums: vec![0; if is_smaller { width * channels } else { 0 }],
            summed: 0,
            taken: 0,
            made: Vec::with_capacity(to.0 * to.1 * channels),
        })
    }

    /// The next row.
    pub(super) fn take(&mut self, row: &[u8]) {
        // One that is too short is none, and what comes behind the last one is left.
        let row = row.get(..self.width * self.channels);
        let Some(row) = row.filter(|_| self.taken < self.height) else {
            return;
        };
        self.taken += 1;
        if self.sums.is_empty() {
            self.made.extend_from_slice(row);
            return;
        }
        for (sum, value) in self.sums.iter_mut().zip(row) {
            *sum += u32::from(*value);
        }
        self.summed += 1;
        // The last row that belongs to the one that is being made: they are dealt out evenly.
        let rows_made = self.made.len() / (self.to.0 * self.channels);
        if self.taken >= (rows_made + 1) * self.height / self.to.1 {
            self.close_row();
        }
    }

    fn close_row(&mut self) {
        let (channels, width, wide) = (self.channels, self.width, self.to.0);
        let mut rest = self.sums.as_slice();
        for n in 0..wide {
            // The columns are dealt out as the rows are.
            let columns = (n + 1) * width / wide - n * width / wide;
            let Some((own, behind)) = rest.split_at_checked(columns * channels) else {
                return;
            };
            rest = behind;
            let pixels = u32::try_from(columns).unwrap_or(u32::MAX);
            let pixels = pixels.saturating_mul(self.summed).max(1);
            for channel in 0..channels {
                let sum: u32 = own.iter().skip(channel).step_by(channels).sum();
                let average = sum.saturating_add(pixels / 2) / pixels;
                self.made.push(u8::try_from(average).unwrap_or(u8::MAX));
            }
        }
        self.sums.fill(0);
        self.summed = 0;
    }

    /// The picture.
    ///
    /// # Errors
    /// Rows are missing, or were too short.
    pub(super) fn finish(self) -> Result<DynamicImage, Refusal> {
        let side = |side: usize| u32::try_from(side).unwrap_or_default();
        let size = (side(self.to.0), side(self.to.1));
        whole(size, self.channels, self.made)
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
        rows.iter().for_each(|row| taken.take(row));
        let picture = taken.finish()?;
        assert_eq!((picture.width(), picture.height()), to.unwrap_or(of));
        Ok(picture.into_luma8().into_raw())
    }

    #[test]
    fn each_pixel_is_the_average_of_its_own() {
        let rows: [&[u8]; 3] = [&[0, 100, 7, 7, 1], &[50, 50, 7, 7, 1], &[9, 9, 9, 9, 9]];
        // Columns 2 and 3, rows 1 and 2.
        assert_eq!(made((5, 3), Some((2, 2)), &rows).unwrap(), [50, 5, 30, 7]);
        assert_eq!(made((5, 3), Some((1, 1)), &rows).unwrap(), [18]);
        assert_eq!(made((5, 3), None, &rows).unwrap(), rows.concat());
    }

    #[test]
    fn the_brightest_of_the_largest_pictures_is_as_bright_in_one_pixel() {
        let row = [u8::MAX; 4096];
        let rows = [&row[..]; 3072];
        assert_eq!(made((4096, 3072), Some((1, 1)), &rows).unwrap(), [u8::MAX]);
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
