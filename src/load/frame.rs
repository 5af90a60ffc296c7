//! Websocket frames of a client: finding the end of a server's frame, and masking the few
//! frames that we send ourselves.
//!
//! Written by hand because a general codec copies and allocates per frame, and a tester that costs as much
//! as the server measures itself.

/// Largest payload that a server may announce; more is a broken stream, not a message.
const LARGEST_PAYLOAD: u64 = 16 * 1024 * 1024;

pub(super) const TEXT: u8 = 1;
pub(super) const CLOSE: u8 = 8;

/// The result of parsing the start of some bytes.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step<'a> {
    /// One frame, `used` bytes long with its head.
    Whole {
        opcode: u8,
        payload: &'a [u8],
        used: usize,
    },
    /// The frame goes on in the next read.
    Partial,
    /// Not a frame that a server may send to a client that negotiated nothing.
    Broken,
}

/// The first frame of `bytes`.
pub(super) fn next(bytes: &[u8]) -> Step<'_> {
    let [first, second, rest @ ..] = bytes else {
        return Step::Partial;
    };
    // Reserved bits need a negotiated extension, and only clients mask.
    if first & 0x70 != 0 || second & 0x80 != 0 {
        return Step::Broken;
    }
    let (length, head) = match (second & 0x7f, rest) {
        (126, [a, b, ..]) => (u64::from(u16::from_be_bytes([*a, *b])), 4),
        (127, [a, b, c, d, e, f, g, h, ..]) => {
            (u64::from_be_bytes([*a, *b, *c, *d, *e, *f, *g, *h]), 10)
        }
        (126 | 127, _) => return Step::Partial,
        (short, _) => (u64::from(short), 2),
    };
    if length > LARGEST_PAYLOAD {
        return Step::Broken;
    }
    let Some(used) = usize::try_from(length)
        .ok()
        .and_then(|length| length.checked_add(head))
    else {
        return Step::Broken;
    };
    match bytes.get(head..used) {
        Some(payload) => Step::Whole {
            opcode: first & 0x0f,
            payload,
            used,
        },
        None => Step::Partial,
    }
}

/// A short masked frame. The mask is zero: loopback needs no protection, and the bytes stay readable in a trace.
pub(super) fn masked(opcode: u8, payload: &[u8]) -> Vec<u8> {
    let length = u8::try_from(payload.len().min(125)).unwrap_or(125);
    let mut frame = vec![0x80 | opcode, 0x80 | length, 0, 0, 0, 0];
    frame.extend(payload.iter().take(usize::from(length)));
    frame
}

/// The code in a close frame; 1005 is the protocol's own word for "none given".
pub(super) fn close_code(payload: &[u8]) -> u16 {
    match payload {
        [high, low, ..] => u16::from_be_bytes([*high, *low]),
        _ => 1005,
    }
}

/// The text after `name`, up to the next quote.
pub(super) fn quoted(payload: &[u8], name: &[u8]) -> Option<String> {
    let at = payload
        .windows(name.len())
        .position(|window| window == name)?
        + name.len();
    let rest = payload.get(at..)?;
    let end = rest.iter().position(|byte| *byte == b'"')?;
    rest.get(..end)
        .map(|text| String::from_utf8_lossy(text).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server_frame(length: usize) -> Vec<u8> {
        let mut frame = vec![0x81];
        match length {
            0..126 => frame.push(u8::try_from(length).unwrap()),
            126..65536 => {
                frame.push(126);
                frame.extend_from_slice(&u16::try_from(length).unwrap().to_be_bytes());
            }
            _ => {
                frame.push(127);
                frame.extend_from_slice(&(length as u64).to_be_bytes());
            }
        }
        frame.extend(std::iter::repeat_n(b'x', length));
        frame
    }

    #[test]
    fn every_length_form_is_measured() {
        for length in [0, 1, 125, 126, 1000, 65535, 65536, 200_000] {
            let frame = server_frame(length);
            let Step::Whole {
                opcode,
                payload,
                used,
            } = next(&frame)
            else {
                panic!("{length} bytes should be one frame");
            };
            assert_eq!((opcode, payload.len(), used), (TEXT, length, frame.len()));
        }
    }

    #[test]
    fn a_frame_cut_anywhere_is_partial() {
        for length in [3, 300, 70_000] {
            let frame = server_frame(length);
            for cut in [0, 1, 2, 3, 5, 9, frame.len() - 1] {
                if cut < frame.len() {
                    assert_eq!(next(&frame[..cut]), Step::Partial, "{length} cut at {cut}");
                }
            }
        }
    }

    #[test]
    fn masks_reserved_bits_and_giants_are_broken() {
        assert_eq!(next(&[0x81, 0x81, 0, 0, 0, 0, 1]), Step::Broken);
        assert_eq!(next(&[0xc1, 0x01, 0]), Step::Broken);
        assert_eq!(next(&[0x81, 127, 0x80, 0, 0, 0, 0, 0, 0, 0]), Step::Broken);
    }

    #[test]
    fn close_codes_are_read() {
        assert_eq!(close_code(&[0x0f, 0xa8, b's']), 4008);
        assert_eq!(close_code(&[]), 1005);
        assert_eq!(masked(CLOSE, &[3, 232]), [0x88, 0x82, 0, 0, 0, 0, 3, 232]);
    }
}
