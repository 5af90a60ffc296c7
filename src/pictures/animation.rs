//! GIFs that move: taken over frame by frame, without choosing their colours again, and without anything beside the
//! frames.

use bytes::Bytes;
use gif::{ColorOutput, DecodeOptions, Decoder, DecodingError, Encoder, MemoryLimit};

use super::probe::{BYTES_MAX, Kind, PIXELS_MAX, Probe};

/// Frames of one animation: half a minute at 20 a second. Empty frames cost no pixels.
const FRAMES_MAX: usize = 600;

/// The animation, or nothing: it does not move, is damaged, or has more frames, or more pixels in all of them, than
/// one picture may have. Its first frame is shown then.
pub(super) fn moving(bytes: &[u8], from: Probe) -> Option<Bytes> {
    if from.kind != Kind::Gif {
        return None;
    }
    let mut options = DecodeOptions::new();
    options.set_color_output(ColorOutput::Indexed);
    options.check_frame_consistency(true);
    options.set_memory_limit(MemoryLimit::Bytes(BYTES_MAX.try_into().ok()?));
    let decoder = options.read_info(bytes).ok()?;
    copy(decoder).ok().flatten().map(Bytes::from)
}

/// `None`: it does not move, or is too long.
fn copy(mut decoder: Decoder<&[u8]>) -> Result<Option<Vec<u8>>, DecodingError> {
    let palette = decoder.global_palette().unwrap_or_default().to_vec();
    let mut copied = Vec::new();
    let failed = |error: gif::EncodingError| DecodingError::from(std::io::Error::other(error));
    let encoder = Encoder::new(&mut copied, decoder.width(), decoder.height(), &palette);
    let mut encoder = encoder.map_err(failed)?;
    let (mut frames, mut pixels) = (0, 0);
    while let Some(info) = decoder.next_frame_info()? {
        frames += 1;
        pixels += u64::from(info.width) * u64::from(info.height);
        if frames > FRAMES_MAX || pixels > PIXELS_MAX {
            return Ok(None);
        }
        let mut frame = info.clone();
        let mut indices = vec![0; decoder.buffer_size()];
        decoder.read_into_buffer(&mut indices)?;
        frame.buffer = indices.into();
        // The decoder put the lines into their order.
        frame.interlaced = false;
        if frames == 2 {
            // Known once the first frame was read; players look for it anywhere.
            encoder.set_repeat(decoder.repeat()).map_err(failed)?;
        }
        encoder.write_frame(&frame).map_err(failed)?;
    }
    drop(encoder);
    Ok((frames > 1).then_some(copied))
}
