//! The frames inside a WebP file. The decoder measures the canvas that the file claims, and only compares the frame on
//! it when that is decoded: a canvas of ten pixels may hold a frame of 268 million.

/// Bytes of the header of a chunk, and of what an animation frame says before its own chunks.
const HEADER: usize = 8;
const FRAME: usize = 16;

/// Pixels of the largest lossy frame; lossless ones are measured by the decoder.
pub(super) fn largest_frame(bytes: &[u8]) -> u64 {
    largest(bytes.get(12..).unwrap_or_default(), true)
}

fn largest(mut chunks: &[u8], is_outside: bool) -> u64 {
    let mut largest = 0;
    while let Some((name, content, rest)) = chunk(chunks) {
        let pixels = match name {
            b"VP8 " => frame(content).unwrap_or_default(),
            // Frames hold no frames.
            b"ANMF" if is_outside => self::largest(content.get(FRAME..).unwrap_or_default(), false),
            _ => 0,
        };
        largest = largest.max(pixels);
        chunks = rest;
    }
    largest
}

/// Name, content, and what follows. A last chunk may be cut off.
fn chunk(bytes: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let (name, size) = bytes.get(..HEADER)?.split_at(4);
    let size = usize::try_from(u32::from_le_bytes(size.try_into().ok()?)).ok()?;
    let behind = bytes.get(HEADER..)?;
    let content = behind.get(..size).unwrap_or(behind);
    let rest = behind
        .get(size.saturating_add(size & 1)..)
        .unwrap_or_default();
    Some((name, content, rest))
}

/// Behind three bytes of a tag and three of a signature: width and height, of 14 bits each.
fn frame(content: &[u8]) -> Option<u64> {
    let side = |at: usize| {
        let side = u16::from_le_bytes(content.get(at..at + 2)?.try_into().ok()?);
        Some(u64::from(side & 0x3fff))
    };
    Some(side(6)? * side(8)?)
}
