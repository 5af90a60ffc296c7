//! The first frame of a GIF, read as numbers of colours, a byte for each pixel, and coloured row by row.

use gif::{ColorOutput, DecodeOptions, DecodingError};
use image::DynamicImage;

use super::probe::PIXELS_MAX;
use super::rows::Rows;
use crate::model::Refusal;

/// The picture, made as small as this. What the frame leaves uncovered is transparent.
///
/// # Errors
/// It is damaged, or has a frame larger than a picture may be, whatever size it claims itself.
pub(super) fn read(
    bytes: &[u8],
    size: (u32, u32),
    to: Option<(u32, u32)>,
) -> Result<DynamicImage, Refusal> {
    let mut options = DecodeOptions::new();
    options.set_color_output(ColorOutput::Indexed);
    let broken = |_: DecodingError| Refusal::PictureBroken;
    let mut decoder = options.read_info(bytes).map_err(broken)?;
    let frame = decoder.next_frame_info().map_err(broken)?;
    let frame = frame.ok_or(Refusal::PictureBroken)?;
    if u64::from(frame.width) * u64::from(frame.height) > PIXELS_MAX {
        return Err(Refusal::PictureTooLarge);
    }
    let (left, top) = (usize::from(frame.left), usize::from(frame.top));
    let (wide, transparent) = (usize::from(frame.width), frame.transparent);
    let mut pixels = vec![0; decoder.buffer_size()];
    decoder.read_into_buffer(&mut pixels).map_err(broken)?;
    let colours = colours(decoder.palette().map_err(broken)?, transparent);

    let mut rows = Rows::new(size, to, 4).ok_or(Refusal::PictureTooLarge)?;
    let width = usize::try_from(size.0).unwrap_or_default();
    let (empty, mut row) = (vec![0; width * 4], vec![0; width * 4]);
    let mut lines = pixels.chunks_exact(wide.max(1));
    for y in 0..usize::try_from(size.1).unwrap_or_default() {
        let Some(line) = (y >= top).then(|| lines.next()).flatten() else {
            rows.take(&empty)?;
            continue;
        };
        let shown = row.chunks_exact_mut(4).skip(left);
        for (pixel, number) in shown.zip(line) {
            let colour = colours.get(usize::from(*number));
            pixel.copy_from_slice(colour.unwrap_or(&[0; 4]));
        }
        rows.take(&row)?;
    }
    rows.finish()
}

fn colours(palette: &[u8], transparent: Option<u8>) -> Vec<[u8; 4]> {
    let transparent = transparent.map(usize::from);
    let colours = palette.chunks_exact(3).enumerate();
    let colour = |(number, colour): (usize, &[u8])| match *colour {
        [red, green, blue] => {
            let is_clear = transparent == Some(number);
            [red, green, blue, if is_clear { 0 } else { u8::MAX }]
        }
        _ => [0; 4],
    };
    colours.map(colour).collect()
}
