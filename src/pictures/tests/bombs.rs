//! Files that lie about their size, that take very much to decode, or that are damaged.

use image::ImageFormat;

use super::{file, halves, moving, order, sizes};
use crate::model::Refusal;
use crate::pictures::{Order, Probe, Shape, rework};

/// A PNG file of a few bytes that claims a size.
fn claims(width: u32, height: u32) -> Vec<u8> {
    let small = file(halves(2, 2), ImageFormat::Png);
    let mut header = small[12..33 - 4].to_vec();
    header[4..8].copy_from_slice(&width.to_be_bytes());
    header[8..12].copy_from_slice(&height.to_be_bytes());
    let mut all = u32::MAX;
    for byte in &header {
        all ^= u32::from(*byte);
        for _ in 0..8 {
            all = if all & 1 == 1 {
                all >> 1 ^ 0xedb8_8320
            } else {
                all >> 1
            };
        }
    }
    [&small[..12], &header, &(!all).to_be_bytes(), &small[33..]].concat()
}

#[test]
fn a_bomb_is_refused_by_its_header() {
    let mut gif = moving(2, 1);
    gif[6..10].copy_from_slice(&[0xff; 4]);
    let mut webp = file(halves(2, 2), ImageFormat::WebP);
    let at = webp.windows(4).position(|some| some == b"VP8L").unwrap();
    webp[at + 9..at + 12].copy_from_slice(&[0xfe, 0xbf, 0xff]);
    let mut jpeg = file(halves(8, 8), ImageFormat::Jpeg);
    let at = jpeg
        .windows(2)
        .position(|some| some == [0xff, 0xc0])
        .unwrap();
    jpeg[at + 5..at + 9].copy_from_slice(&[0xff; 4]);
    // A lossy frame of 16383 × 16383 on a canvas of 10 × 10, by itself and in an animation.
    let lossy = b"VP8 \x0a\0\0\0\x10\0\0\x9d\x01\x2a\xff\x3f\xff\x3f";
    let frame = [&b"ANMF\x22\0\0\0"[..], &[0; 16], lossy].concat();
    let canvas = |flags: u8, content: &[u8]| {
        let size = u32::try_from(22 + content.len()).unwrap().to_le_bytes();
        let head = [flags, 0, 0, 0, 9, 0, 0, 9, 0, 0];
        [&b"RIFF"[..], &size, b"WEBPVP8X\x0a\0\0\0", &head, content].concat()
    };
    for (name, bomb) in [
        ("frame", canvas(0, lossy)),
        ("animation", canvas(2, &frame)),
        ("square", claims(60_000, 60_000)),
        ("line", claims(4097, 3072)),
        ("gif", gif),
        ("webp", webp),
        ("jpeg", jpeg),
    ] {
        assert_eq!(Probe::of(&bomb), Err(Refusal::PictureTooLarge), "{name}");
        let refused = rework(&bomb, &order(&[Shape::Square(10)])).unwrap_err();
        assert_eq!(refused, Refusal::PictureTooLarge);
    }
    // It claims what may be, and has not the pixels.
    assert!(Probe::of(&claims(4096, 3072)).is_ok());
    let refused = rework(&claims(4096, 3072), &order(&[Shape::Square(10)])).unwrap_err();
    assert_eq!(refused, Refusal::PictureBroken);
}

/// A JPEG file whose scan is there many times.
fn scans(count: usize) -> Vec<u8> {
    let jpeg = file(halves(8, 8), ImageFormat::Jpeg);
    let at = jpeg
        .windows(2)
        .position(|some| some == [0xff, 0xda])
        .unwrap();
    let scan = &jpeg[at..jpeg.len() - 2];
    [&jpeg[..at], &scan.repeat(count), &[0xff, 0xd9]].concat()
}

#[test]
fn a_jpeg_of_very_many_scans_is_not_decoded() {
    assert!(Probe::of(&scans(64)).is_ok());
    assert_eq!(Probe::of(&scans(65)), Err(Refusal::PictureTooLarge));
}

#[test]
fn a_jpeg_that_says_two_sizes_is_refused() {
    let jpeg = file(halves(8, 8), ImageFormat::Jpeg);
    let at = jpeg
        .windows(2)
        .position(|some| some == [0xff, 0xc0])
        .unwrap();
    let header = &jpeg[at..at + 19];
    let mut twice = [&jpeg[..at], header, &jpeg[at..]].concat();
    assert_eq!(Probe::of(&twice), Err(Refusal::PictureBroken));
    twice[at + 19 + 5..at + 19 + 9].copy_from_slice(&[0xff; 4]);
    assert_eq!(Probe::of(&twice), Err(Refusal::PictureBroken));
}

#[test]
fn what_a_progressive_jpeg_takes_to_decode_counts() {
    let mut jpeg = file(halves(8, 8), ImageFormat::Jpeg);
    let at = jpeg
        .windows(2)
        .position(|some| some == [0xff, 0xc0])
        .unwrap();
    jpeg[at + 5..at + 9]
        .copy_from_slice(&[3072_u16.to_be_bytes(), 4096_u16.to_be_bytes()].concat());
    assert!(Probe::of(&jpeg).is_ok());
    // Progressive, without subsampling: 36 MiB of pixels and 72 MiB of coefficients.
    jpeg[at + 1] = 0xc2;
    jpeg[at + 11] = 0x11;
    assert_eq!(Probe::of(&jpeg), Err(Refusal::PictureTooLarge));
}

#[test]
fn a_file_that_was_cut_off_anywhere_is_refused_and_panics_nowhere() {
    for format in [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::WebP] {
        let whole = file(halves(40, 30), format);
        for length in 0..whole.len() - 12 {
            let refused = rework(&whole[..length], &order(&[Shape::Square(10)]));
            let refused = refused.map(|made| sizes(&made)).unwrap_err();
            let known = [Refusal::PictureBroken, Refusal::PictureUnknown];
            assert!(known.contains(&refused), "{format:?} {length}: {refused:?}");
        }
    }
    // A GIF shows what it has of its first frame; it may not panic.
    let whole = moving(20, 3);
    for length in 0..whole.len() {
        let avatar = Order {
            may_move: true,
            ..order(&[Shape::Square(20)])
        };
        drop(rework(&whole[..length], &avatar));
    }
}

#[test]
fn damage_anywhere_panics_nowhere() {
    for format in [
        ImageFormat::Jpeg,
        ImageFormat::Png,
        ImageFormat::Gif,
        ImageFormat::WebP,
    ] {
        let whole = file(halves(24, 16), format);
        for at in 0..whole.len() {
            for value in [0, 1, 0x7f, 0xff] {
                let mut damaged = whole.clone();
                damaged[at] = value;
                drop(rework(&damaged, &order(&[Shape::Square(10), Shape::Whole])));
            }
        }
    }
}

#[test]
fn content_decides_and_what_is_no_picture_is_refused() {
    for other in [
        &b""[..],
        b"\xff\xd8",
        b"<svg xmlns=\"http://www.w3.org/2000/svg\"/>",
        b"<html>",
        b"BM\x00\x00\x00\x00",
        b"II*\x00\x08\x00\x00\x00",
        b"%PDF-1.7",
        b"PK\x03\x04",
    ] {
        let refused = Probe::of(other).unwrap_err();
        let known = [Refusal::PictureUnknown, Refusal::PictureBroken];
        assert!(known.contains(&refused), "{other:?}");
    }
}
