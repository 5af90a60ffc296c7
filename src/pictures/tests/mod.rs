//! Pictures become others, on the thread too.

mod bombs;
mod depth;

use std::io::Cursor;
use std::sync::Arc;

use bytes::Bytes;
use image::{DynamicImage, GenericImageView, ImageFormat, Rgb, RgbImage, Rgba, RgbaImage};

use super::*;
use crate::model::{Failure, Refusal};
use crate::telemetry::{Counter, Metrics};

const RED: [u8; 3] = [230, 20, 20];
const BLUE: [u8; 3] = [20, 20, 230];

/// Left half red, right half blue.
fn halves(width: u32, height: u32) -> RgbImage {
    let colour = |x| if x < width / 2 { RED } else { BLUE };
    RgbImage::from_fn(width, height, |x, _| Rgb(colour(x)))
}

fn file(picture: impl Into<DynamicImage>, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    picture.into().write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

fn order(shapes: &[Shape]) -> Order {
    Order {
        shapes: shapes.to_vec(),
        ..Order::default()
    }
}

fn sizes(made: &Reworked) -> Vec<(u32, u32)> {
    let made = made.made.iter();
    made.map(|made| (made.width, made.height)).collect()
}

fn opened(made: &Made) -> DynamicImage {
    let picture = image::load_from_memory(&made.bytes).unwrap();
    assert_eq!(picture.dimensions(), (made.width, made.height));
    picture
}

fn looks_like(picture: &DynamicImage, x: u32, y: u32, colour: [u8; 3]) -> bool {
    let near = |(a, b): (u8, u8)| a.abs_diff(b) < 40;
    let seen = picture.get_pixel(x, y).0;
    colour.into_iter().zip(seen).all(near)
}

#[test]
fn a_picture_is_cut_scaled_and_encoded_for_each_shape() {
    let shapes = [
        Shape::Square(200),
        Shape::Square(64),
        Shape::Within(640, 960),
    ];
    for (format, kind, made_as) in [
        (ImageFormat::Jpeg, Kind::Jpeg, Kind::Jpeg),
        (ImageFormat::Png, Kind::Png, Kind::Png),
        (ImageFormat::Gif, Kind::Gif, Kind::Png),
        (ImageFormat::WebP, Kind::Webp, Kind::Jpeg),
    ] {
        let sent = file(halves(900, 600), format);
        let made = rework(&sent, &order(&shapes)).unwrap();
        assert_eq!((made.from.kind, made.from.width), (kind, 900));
        assert_eq!(sizes(&made), [(200, 200), (64, 64), (640, 427)]);
        for one in &made.made {
            assert_eq!(one.kind, made_as);
            assert_eq!(Kind::of(&one.bytes), Some(made_as));
            let picture = opened(one);
            assert!(looks_like(&picture, 4, 4, RED), "{kind:?}");
            assert!(looks_like(&picture, one.width - 4, 4, BLUE), "{kind:?}");
        }
    }
}

#[test]
fn a_small_picture_stays_as_it_is_and_equal_sizes_are_made_once() {
    let sent = file(halves(100, 100), ImageFormat::Png);
    let shapes = [Shape::Square(1024), Shape::Square(512), Shape::Square(64)];
    let made = rework(&sent, &order(&shapes)).unwrap();
    assert_eq!(sizes(&made), [(100, 100), (64, 64)]);
}

#[test]
fn transparency_stays_where_there_is_some() {
    let clear = RgbaImage::from_fn(80, 80, |x, _| {
        Rgba([200, 0, 0, if x < 40 { 0 } else { 255 }])
    });
    for format in [ImageFormat::Png, ImageFormat::WebP] {
        let sent = file(clear.clone(), format);
        let made = rework(&sent, &order(&[Shape::Square(40)])).unwrap();
        assert_eq!(made.made[0].kind, Kind::Png);
        let picture = opened(&made.made[0]);
        assert_eq!(picture.get_pixel(2, 2).0[3], 0);
        assert_eq!(picture.get_pixel(38, 2).0[3], 255);
    }
    let opaque = RgbaImage::from_pixel(80, 80, Rgba([1, 2, 3, 255]));
    let made = rework(&file(opaque, ImageFormat::Png), &order(&[Shape::Whole])).unwrap();
    assert!(!opened(&made.made[0]).color().has_alpha());
}

#[test]
fn sixteen_bits_and_grey_are_taken() {
    let deep = DynamicImage::ImageRgb8(halves(60, 60)).into_rgba16();
    for picture in [
        DynamicImage::ImageRgba16(deep),
        DynamicImage::ImageLuma8(DynamicImage::ImageRgb8(halves(60, 60)).into_luma8()),
    ] {
        let made = rework(
            &file(picture, ImageFormat::Png),
            &order(&[Shape::Square(30)]),
        );
        assert_eq!(sizes(&made.unwrap()), [(30, 30)]);
    }
}

/// A JPEG file with an orientation in its EXIF data.
fn turned(jpeg: &[u8], orientation: u8) -> Vec<u8> {
    let exif: &[u8] = &[
        b'E',
        b'x',
        b'i',
        b'f',
        0,
        0,
        b'M',
        b'M',
        0,
        42,
        0,
        0,
        0,
        8,
        0,
        1,
        0x01,
        0x12,
        0,
        3,
        0,
        0,
        0,
        1,
        0,
        orientation,
        0,
        0,
        0,
        0,
        0,
        0,
    ];
    let length = u16::try_from(exif.len() + 2).unwrap().to_be_bytes();
    [&jpeg[..2], &[0xff, 0xe1], &length, exif, &jpeg[2..]].concat()
}

#[test]
fn a_photo_is_turned_upright_and_loses_its_metadata() {
    let sent = turned(&file(halves(400, 200), ImageFormat::Jpeg), 6);
    let made = rework(&sent, &order(&[Shape::Whole, Shape::Within(50, 50)])).unwrap();
    assert_eq!(sizes(&made), [(200, 400), (25, 50)]);
    // A quarter turn to the right: what was left is above.
    let picture = opened(&made.made[0]);
    assert!(looks_like(&picture, 100, 20, RED));
    assert!(looks_like(&picture, 100, 380, BLUE));
    assert!(!made.made[0].bytes.windows(4).any(|some| some == b"Exif"));
}

#[test]
fn the_least_size_is_that_of_the_upright_picture() {
    let cover = Order {
        at_least: Some((300, 100)),
        ..order(&[Shape::Banner(960)])
    };
    let wide = file(halves(300, 100), ImageFormat::Jpeg);
    assert!(rework(&wide, &cover).is_ok());
    let refused = rework(&turned(&wide, 6), &cover).unwrap_err();
    assert_eq!(refused, Refusal::PictureTooSmall);
}

fn moving(side: u32, frames: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = image::codecs::gif::GifEncoder::new(&mut bytes);
    for frame in 0..frames {
        let shade = u8::try_from(frame % 200).unwrap();
        let picture = RgbaImage::from_pixel(side, side, Rgba([shade, 0, 0, 255]));
        encoder.encode_frame(image::Frame::new(picture)).unwrap();
    }
    drop(encoder);
    bytes
}

#[test]
fn a_square_gif_goes_on_moving_in_its_own_size() {
    let avatar = Order {
        may_move: true,
        ..order(&[Shape::Square(256), Shape::Square(64)])
    };
    let sent = [moving(100, 3), b"<script>alert(1)</script>".to_vec()].concat();
    let made = rework(&sent, &avatar).unwrap();
    assert_eq!(sizes(&made), [(100, 100), (64, 64)]);
    assert_eq!(
        (made.made[0].kind, made.made[1].kind),
        (Kind::Gif, Kind::Png)
    );
    let read = image::codecs::gif::GifDecoder::new(Cursor::new(&*made.made[0].bytes)).unwrap();
    let frames = image::AnimationDecoder::into_frames(read).collect_frames();
    let frames = frames.unwrap();
    assert_eq!(frames.len(), 3);
    assert_eq!(frames[2].buffer().get_pixel(50, 50).0[0], 2);
    assert!(!made.made[0].bytes.windows(7).any(|some| some == b"<script"));
    // Resized, or not moving at all, or too long: a picture that does not move.
    for still in [moving(400, 2), moving(100, 1), moving(2, 601)] {
        let made = rework(&still, &avatar).unwrap();
        assert_eq!(made.made[0].kind, Kind::Png);
    }
}

#[tokio::test]
async fn pictures_are_made_on_a_thread_and_trouble_is_told_to_the_caller() {
    let metrics = Arc::new(Metrics::default());
    let pictures = Pictures::start(metrics.clone()).unwrap();
    let sent = Bytes::from(file(halves(100, 50), ImageFormat::Png));
    let made = pictures.make(sent, order(&[Shape::Square(20)])).await;
    assert_eq!(sizes(&made.unwrap()), [(20, 20)]);
    let refused = pictures.make(Bytes::from_static(b"no"), order(&[Shape::Whole]));
    let refused = refused.await.unwrap_err();
    assert_eq!(refused.refusal(), Some(Refusal::PictureUnknown));
    assert_eq!(metrics.get(Counter::PicturesRefused), 0);
}

#[tokio::test]
async fn one_more_than_may_wait_is_busy_at_once() {
    let metrics = Arc::new(Metrics::default());
    let pictures = Pictures::start(metrics.clone()).unwrap();
    // Slow enough that the others find the thread at work.
    let large = Bytes::from(file(halves(3000, 3000), ImageFormat::Png));
    let mut calls: Vec<_> = (0..40)
        .map(|_| Box::pin(pictures.make(large.clone(), order(&[Shape::Square(2000)]))))
        .collect();
    let mut refused = 0;
    for call in &mut calls {
        let polled = futures_util::poll!(call);
        if let std::task::Poll::Ready(Err(Failure::Busy)) = polled {
            refused += 1;
        }
    }
    assert!(refused > 0);
    assert_eq!(metrics.get(Counter::PicturesRefused), refused);
}
