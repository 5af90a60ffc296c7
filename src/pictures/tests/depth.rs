//! PNG of every depth, and interlaced; GIF with frames beside their canvas.

use std::io::Write as _;

use ::png::{BitDepth, ColorType, Encoder};
use flate2::Crc;
use flate2::write::ZlibEncoder;
use image::DynamicImage;

use super::{RED, file, looks_like, opened, order, sizes};
use crate::model::Refusal;
use crate::pictures::{Probe, Shape, rework};

/// A chunk of a PNG file.
pub(super) fn chunk(name: &[u8; 4], content: &[u8]) -> Vec<u8> {
    let mut sum = Crc::new();
    sum.update(name);
    sum.update(content);
    let length = u32::try_from(content.len()).unwrap().to_be_bytes();
    [&length[..], name, content, &sum.sum().to_be_bytes()].concat()
}

pub(super) fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut packer = ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    packer.write_all(bytes).unwrap();
    packer.finish().unwrap()
}

/// A PNG file of one colour for all pixels.
fn plain(colour: ColorType, depth: BitDepth, pixel: &[u8], side: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, side, side);
    encoder.set_color(colour);
    encoder.set_depth(depth);
    if colour == ColorType::Indexed {
        encoder.set_palette([&[0, 0, 255][..], &RED].concat());
        encoder.set_trns(vec![0]);
    }
    let bits = usize::from(depth as u8) * colour.samples();
    let side = usize::try_from(side).unwrap();
    let row: Vec<u8> = match bits {
        8.. => pixel.repeat(side),
        _ => pixel.repeat((side * bits).div_ceil(8)),
    };
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(&row.repeat(side)).unwrap();
    drop(writer);
    bytes
}

#[test]
fn every_depth_and_colour_is_read_whole_and_reduced() {
    let deep = |colour: [u8; 3]| colour.map(|value| [value, 0x7f]).concat();
    let red = RED.to_vec();
    let grey = |value: u8| [value; 3];
    for (colour, depth, pixel, seen) in [
        (ColorType::Rgb, BitDepth::Eight, red.clone(), RED),
        (ColorType::Rgb, BitDepth::Sixteen, deep(RED), RED),
        (
            ColorType::Rgba,
            BitDepth::Eight,
            [&red[..], &[255]].concat(),
            RED,
        ),
        (
            ColorType::Rgba,
            BitDepth::Sixteen,
            [&deep(RED)[..], &[255, 255]].concat(),
            RED,
        ),
        (ColorType::Indexed, BitDepth::One, vec![0xff], RED),
        (ColorType::Indexed, BitDepth::Eight, vec![1], RED),
        (ColorType::Grayscale, BitDepth::One, vec![0xff], grey(255)),
        (ColorType::Grayscale, BitDepth::Two, vec![0x55], grey(85)),
        (ColorType::Grayscale, BitDepth::Four, vec![0x88], grey(136)),
        (
            ColorType::Grayscale,
            BitDepth::Sixteen,
            vec![136, 9],
            grey(136),
        ),
        (
            ColorType::GrayscaleAlpha,
            BitDepth::Sixteen,
            vec![99, 9, 255, 255],
            grey(99),
        ),
    ] {
        let sent = plain(colour, depth, &pixel, 90);
        for shape in [Shape::Whole, Shape::Square(20)] {
            let made = rework(&sent, &order(&[shape])).unwrap();
            let picture = opened(&made.made[0]);
            let name = format!("{colour:?} {depth:?} {shape:?}");
            assert!(looks_like(&picture, 10, 10, seen), "{name}");
            assert!(!picture.color().has_alpha(), "{name}");
        }
    }
    // The first colour of the palette is transparent.
    let clear = plain(ColorType::Indexed, BitDepth::One, &[0], 90);
    let made = rework(&clear, &order(&[Shape::Square(20)])).unwrap();
    assert!(opened(&made.made[0]).color().has_alpha());
}

/// Left half red, right half blue, in seven passes.
fn interlaced(side: usize) -> Vec<u8> {
    let passes = [
        (0, 0, 8, 8),
        (4, 0, 8, 8),
        (0, 4, 4, 8),
        (2, 0, 4, 4),
        (0, 2, 2, 4),
        (1, 0, 2, 2),
        (0, 1, 1, 2),
    ];
    let mut lines = Vec::new();
    for (left, top, across, down) in passes {
        for _ in (top..side).step_by(down) {
            let colour = |x| if x < side / 2 { RED } else { super::BLUE };
            let pixels = (left..side).step_by(across).flat_map(colour);
            lines.extend([0].into_iter().chain(pixels));
        }
    }
    let length = u32::try_from(side).unwrap().to_be_bytes();
    let header = [&length[..], &length, &[8, 2, 0, 0, 1]].concat();
    let parts = [
        chunk(b"IHDR", &header),
        chunk(b"IDAT", &packed(&lines)),
        chunk(b"IEND", b""),
    ];
    [&b"\x89PNG\r\n\x1a\n"[..], &parts.concat()].concat()
}

#[test]
fn an_interlaced_picture_is_read_whole_and_reduced() {
    let sent = interlaced(90);
    for (shape, side) in [(Shape::Whole, 90), (Shape::Square(20), 20)] {
        let made = rework(&sent, &order(&[shape])).unwrap();
        assert_eq!(sizes(&made), [(side, side)]);
        let picture = opened(&made.made[0]);
        for y in [1, side / 2, side - 2] {
            assert!(looks_like(&picture, 1, y, RED));
            assert!(looks_like(&picture, side - 2, y, super::BLUE));
        }
    }
    let refused = rework(&sent[..sent.len() - 30], &order(&[Shape::Whole]));
    assert_eq!(refused.unwrap_err(), Refusal::PictureBroken);
}

#[test]
fn a_profile_that_is_packed_a_thousandfold_is_not_unpacked() {
    let small = file(super::halves(40, 40), image::ImageFormat::Png);
    let profile = [&b"x\0\0"[..], &packed(&vec![0; 64 << 20])].concat();
    let texts = [&b"x\0\0"[..], &packed(&vec![0; 64 << 20])].concat();
    let behind = [chunk(b"iCCP", &profile), chunk(b"zTXt", &texts)].concat();
    let sent = [&small[..33], &behind, &small[33..]].concat();
    assert!(Probe::of(&sent).is_ok());
    let made = rework(&sent, &order(&[Shape::Whole])).unwrap();
    assert!(looks_like(&opened(&made.made[0]), 5, 5, RED));
    // One that is no profile is no reason to refuse the picture.
    let broken = [&small[..33], &chunk(b"iCCP", b"no"), &small[33..]].concat();
    assert!(rework(&broken, &order(&[Shape::Whole])).is_ok());
}

/// A GIF of one frame, whatever the canvas.
fn frame(canvas: (u16, u16), at: (u16, u16), size: (u16, u16)) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = ::gif::Encoder::new(&mut bytes, canvas.0, canvas.1, &RED).unwrap();
    let pixels = usize::from(size.0) * usize::from(size.1);
    let frame = ::gif::Frame {
        left: at.0,
        top: at.1,
        width: size.0,
        height: size.1,
        buffer: vec![0; pixels].into(),
        ..::gif::Frame::default()
    };
    encoder.write_frame(&frame).unwrap();
    drop(encoder);
    bytes
}

#[test]
fn a_frame_beside_its_canvas_is_cut_and_the_rest_is_clear() {
    for (at, size, clear, red) in [
        ((50, 40), (80, 80), (10, 10), (90, 90)),
        ((0, 0), (50, 50), (90, 90), (10, 10)),
        ((0, 60), (100, 10), (10, 10), (10, 65)),
    ] {
        let sent = frame((100, 100), at, size);
        let made = rework(&sent, &order(&[Shape::Whole])).unwrap();
        let picture = opened(&made.made[0]);
        let DynamicImage::ImageRgba8(picture) = picture else {
            panic!("{at:?}: no transparency");
        };
        assert_eq!(picture.get_pixel(clear.0, clear.1).0[3], 0, "{at:?}");
        assert_eq!(picture.get_pixel(red.0, red.1).0, [230, 20, 20, 255]);
        let made = rework(&sent, &order(&[Shape::Square(10)])).unwrap();
        assert!(opened(&made.made[0]).color().has_alpha());
    }
    let covered = frame((100, 100), (0, 0), (100, 100));
    let made = rework(&covered, &order(&[Shape::Whole])).unwrap();
    assert!(!opened(&made.made[0]).color().has_alpha());
    let huge = frame((10, 10), (0, 0), (4097, 3072));
    let refused = rework(&huge, &order(&[Shape::Whole])).unwrap_err();
    assert_eq!(refused, Refusal::PictureTooLarge);
}

#[test]
fn the_lines_of_an_interlaced_gif_are_put_into_their_order() {
    let palette: Vec<u8> = (0..8_u8).flat_map(|n| [n * 30; 3]).collect();
    let mut bytes = Vec::new();
    let mut encoder = ::gif::Encoder::new(&mut bytes, 4, 8, &palette).unwrap();
    let lines = [0, 4, 2, 6, 1, 3, 5, 7].map(|line| [line; 4]);
    let frame = ::gif::Frame {
        width: 4,
        height: 8,
        interlaced: true,
        buffer: lines.concat().into(),
        ..::gif::Frame::default()
    };
    encoder.write_frame(&frame).unwrap();
    drop(encoder);
    let made = rework(&bytes, &order(&[Shape::Whole])).unwrap();
    let picture = opened(&made.made[0]).into_luma8();
    let shades: Vec<u8> = (0..8).map(|y| picture.get_pixel(1, y).0[0]).collect();
    assert_eq!(shades, [0, 30, 60, 90, 120, 150, 180, 210]);
}
