//! Pictures that are small as files and large as pictures, or that hold much beside their pixels: what the server needs
//! for them is bounded.

use std::io::Write as _;

use flate2::Crc;
use flate2::write::ZlibEncoder;
use image::codecs::jpeg::JpegEncoder;
use png::{BitDepth, ColorType, Encoder};
use serde_json::Value;

use crate::support::build::{self, MULTIPART};
use crate::support::{TestServer, text};

/// 12 megapixels.
const SIZE: (u16, u16) = (4096, 3072);
const PIXELS: usize = 4096 * 3072;
/// In KiB, over what the server has before the first picture.
const MOST: u64 = 64 << 10;

fn png(colour: ColorType, depth: BitDepth, bytes_each: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, SIZE.0.into(), SIZE.1.into());
    encoder.set_color(colour);
    encoder.set_depth(depth);
    let mut writer = encoder.write_header().expect("a header");
    let pixels = vec![0xa5; PIXELS * bytes_each];
    writer.write_image_data(&pixels).expect("a picture");
    drop(writer);
    bytes
}

/// A small picture with a profile of 256 MiB, which are 256 KiB in the file.
fn with_profile() -> Vec<u8> {
    let mut content = b"x\0\0".to_vec();
    let mut packer = ZlibEncoder::new(&mut content, flate2::Compression::fast());
    let part = vec![0; 1 << 20];
    (0..256).for_each(|_| packer.write_all(&part).expect("memory"));
    packer.finish().expect("memory");
    let mut sum = Crc::new();
    sum.update(b"iCCP");
    sum.update(&content);
    let length = u32::try_from(content.len()).expect("small");
    let small = crate::api::pictures::picture(300, 300, image::ImageFormat::Png);
    let parts = [
        &small[..33],
        &length.to_be_bytes(),
        b"iCCP",
        &content,
        &sum.sum().to_be_bytes(),
        &small[33..],
    ];
    parts.concat()
}

fn gif() -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = gif::Encoder::new(&mut bytes, SIZE.0, SIZE.1, &[9; 6]).expect("a head");
    let frame = gif::Frame {
        width: SIZE.0,
        height: SIZE.1,
        buffer: vec![0; PIXELS].into(),
        ..gif::Frame::default()
    };
    encoder.write_frame(&frame).expect("a frame");
    drop(encoder);
    bytes
}

fn jpeg() -> Vec<u8> {
    let mut bytes = Vec::new();
    let pixels = vec![0x55; PIXELS * 3];
    JpegEncoder::new_with_quality(&mut bytes, 50)
        .encode(
            &pixels,
            SIZE.0.into(),
            SIZE.1.into(),
            image::ExtendedColorType::Rgb8,
        )
        .expect("a picture");
    bytes
}

#[test]
fn an_avatar_of_twelve_megapixels_takes_little_memory_whatever_is_in_its_file() {
    for (name, bytes) in [
        ("a profile", with_profile()),
        ("RGBA, 16 bits", png(ColorType::Rgba, BitDepth::Sixteen, 8)),
        ("RGBA", png(ColorType::Rgba, BitDepth::Eight, 4)),
        ("GIF", gif()),
        ("JPEG", jpeg()),
    ] {
        // A server for each: what one picture took is not given back at once.
        let server = TestServer::start();
        let ada = server.ada();
        let before = server.memory();
        assert!(bytes.len() < 2 << 20, "{name}: {} bytes", bytes.len());
        let form = build::form(&[], &[("avatar", "me.png", "image/png", &bytes)]);
        ada.call("POST", "/users/me/avatar", &[MULTIPART], &form)
            .is(200);
        let grown = server.most_memory().saturating_sub(before);
        assert!(grown < MOST, "{name}: {grown} KiB");
    }
}

/// A PNG that claims this many pixels on each side, and has four.
fn claims(side: u32) -> Vec<u8> {
    let mut bytes = crate::api::pictures::picture(2, 2, image::ImageFormat::Png);
    bytes[16..20].copy_from_slice(&side.to_be_bytes());
    bytes[20..24].copy_from_slice(&side.to_be_bytes());
    let mut sum = Crc::new();
    sum.update(&bytes[12..29]);
    bytes[29..33].copy_from_slice(&sum.sum().to_be_bytes());
    bytes
}

fn frames(count: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = gif::Encoder::new(&mut bytes, 2, 2, &[9; 6]).expect("a head");
    for _ in 0..count {
        let frame = gif::Frame::from_indexed_pixels(2, 2, vec![0; 4], None);
        encoder.write_frame(&frame).expect("a frame");
    }
    drop(encoder);
    bytes
}

#[test]
fn a_bomb_is_refused_as_an_avatar_and_kept_as_a_file_that_is_not_decoded() {
    let server = TestServer::start();
    let ada = server.ada();
    let before = server.memory();
    let avatar = |bytes: &[u8]| {
        let form = build::form(&[], &[("avatar", "me.png", "image/png", bytes)]);
        ada.call("POST", "/users/me/avatar", &[MULTIPART], &form)
    };
    avatar(&claims(60_000)).refused_as(400, "picture-too-large");
    let of_user = |answer: &Value| answer["content"]["avatar_image"].clone();
    assert_eq!(of_user(&ada.get("/users/me").data())["is_default"], true);
    // Fifty thousand frames: the first one is shown, and stands still.
    let many = frames(50_000);
    assert!(many.len() < 2 << 20);
    let shown = of_user(&avatar(&many).is(200).data());
    let link = text(&shown["url"]);
    let path = link.splitn(4, '/').nth(3).expect("a path");
    let answer = ada.call_at("GET", &format!("/{path}"), &[], b"").is(200);
    assert_eq!(answer.header("content-type"), Some("image/png"));
    for (name, bytes) in [("a.png", claims(60_000)), ("a.gif", many)] {
        let form = build::form(
            &[("type", "a.b")],
            &[("content", name, "image/png", &bytes)],
        );
        let file = ada.uploads("/files", &form).is(201).data();
        assert!(file.get("derived_files").is_none(), "{name}: {file}");
    }
    let grown = server.most_memory().saturating_sub(before);
    assert!(grown < MOST, "{grown} KiB");
}
