//! Small pictures that the server makes, and photographs without what their camera wrote into them.

use serde_json::json;

use super::{load, object, on_disk, png};
use crate::support::build::form;
use crate::support::{Person, TestServer, eventually, text};

fn uploads(person: &Person, fields: &[(&str, &str)], bytes: &[u8]) -> serde_json::Value {
    let form = form(fields, &[("content", "a.png", "image/png", bytes)]);
    person.uploads("/files", &form).is(201).data()
}

#[test]
fn a_large_picture_gets_small_ones_and_a_small_one_stands_for_itself() {
    let server = TestServer::start();
    let ada = server.ada();
    let file = uploads(&ada, &[("type", "a.b")], &png(1200, 800));
    let derived = &file["derived_files"];
    let sizes = [
        ("core_image_200s", json!({"width": 200, "height": 200})),
        ("core_image_600s", json!({"width": 600, "height": 600})),
        ("core_image_960r", json!({"width": 640, "height": 427})),
    ];
    for (key, size) in sizes {
        assert_eq!(derived[key]["image_info"], size, "{key}");
        let answer = load(&server, &text(&derived[key]["url"]), &[]).is(200);
        assert_eq!(answer.header("content-type"), Some("image/png"));
        assert_eq!(json!(answer.body.len()), derived[key]["size"]);
        let lead = ada.get(&format!("/files/{}/content/{key}", text(&file["id"])));
        assert_eq!(lead.status, 302, "{lead}");
    }
    assert!(file["total_size"].as_u64() > file["size"].as_u64());
    let small = uploads(&ada, &[("type", "a.b")], &png(150, 150));
    assert!(small.get("derived_files").is_none());
    let raw = json!({"+io.pnut.core.file": {"file_id": file["id"], "format": "oembed"}});
    let body = json!({"text": "look", "raw": {"io.pnut.core.oembed": [raw]}});
    let post = ada.post("/posts?include_raw=1", &body).is(201).data();
    let item = &post["raw"]["io.pnut.core.oembed"][0];
    assert_eq!(
        (&item["thumbnail_width"], &item["width"]),
        (&json!(200), &json!(1200))
    );
    let thumbnail = load(&server, &text(&item["thumbnail_url"]), &[]).is(200);
    assert_eq!(
        json!(thumbnail.body.len()),
        derived["core_image_200s"]["size"]
    );
    for file in [&file, &small] {
        ada.delete(&format!("/files/{}", text(&file["id"]))).is(200);
    }
    eventually("nothing is left on the disk", || {
        on_disk(&server.data().join("files")).is_empty()
    });
}

#[test]
fn a_picture_as_large_as_a_square_gets_it_and_none_is_enlarged() {
    let server = TestServer::start();
    let ada = server.ada();
    for (width, height, keys) in [
        (199, 400, &[][..]),
        (200, 200, &["core_image_200s"]),
        (300, 200, &["core_image_200s"]),
        (600, 600, &["core_image_200s", "core_image_600s"]),
        (
            1000,
            600,
            &["core_image_200s", "core_image_600s", "core_image_960r"],
        ),
    ] {
        let file = uploads(&ada, &[("type", "a.b")], &png(width, height));
        let derived = file["derived_files"].as_object();
        let mut found: Vec<&str> = derived
            .map(|derived| derived.keys().map(String::as_str).collect())
            .unwrap_or_default();
        found.sort_unstable();
        assert_eq!(found, keys, "{width} x {height}");
    }
}

/// A JPEG of 20 by 10 pixels, lying on its side as a camera writes it, with a secret among what the camera wrote.
fn photograph() -> Vec<u8> {
    let mut bytes = Vec::new();
    let pixels = vec![120; 20 * 10 * 3];
    image::codecs::jpeg::JpegEncoder::new(&mut bytes)
        .encode(&pixels, 20, 10, image::ExtendedColorType::Rgb8)
        .expect("a picture");
    // One entry: orientation, 6 (turn by 90 degrees); then the rest of the segment.
    let mut exif =
        b"Exif\0\0II\x2a\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0".to_vec();
    exif.extend_from_slice(b"where-i-live");
    let length = u16::try_from(exif.len() + 2).expect("a short segment");
    let mut whole = bytes[..2].to_vec();
    whole.extend_from_slice(&[0xff, 0xe1]);
    whole.extend_from_slice(&length.to_be_bytes());
    whole.extend_from_slice(&exif);
    whole.extend_from_slice(&bytes[2..]);
    whole
}

fn holds(bytes: &[u8], words: &[u8]) -> bool {
    bytes.windows(words.len()).any(|part| part == words)
}

#[test]
fn a_photograph_is_turned_upright_and_tells_nothing_of_its_camera() {
    let server = TestServer::start();
    let ada = server.ada();
    let photograph = photograph();
    assert!(holds(&photograph, b"where-i-live"));
    let file = uploads(&ada, &[("type", "a.b")], &photograph);
    assert_eq!(file["image_info"], json!({"width": 10, "height": 20}));
    let served = load(&server, &text(&file["url"]), &[]).is(200);
    assert!(!holds(&served.body, b"where-i-live") && !holds(&served.body, b"Exif"));
    let kept = uploads(
        &ada,
        &[("type", "a.b"), ("process_image_exif", "0")],
        &photograph,
    );
    assert_eq!(kept["image_info"], json!({"width": 20, "height": 10}));
    assert_eq!(load(&server, &text(&kept["url"]), &[]).body, photograph);
    assert_ne!(kept["sha256"], file["sha256"]);
    let made = ada
        .post("/files", &json!({"type": "a.b", "kind": "image"}))
        .is(201)
        .data();
    let path = format!("/files/{}/content", text(&made["id"]));
    ada.call("PUT", &path, &[("Content-Type", "image/jpeg")], &photograph)
        .is(204);
    let filled = object(&ada, &text(&made["id"]));
    assert_eq!(filled["sha256"], file["sha256"]);
}

#[test]
fn a_picture_that_cannot_be_decoded_is_kept_without_small_ones() {
    let server = TestServer::start();
    let ada = server.ada();
    let mut broken = png(1200, 800);
    broken.truncate(200);
    let file = uploads(&ada, &[("type", "a.b")], &broken);
    assert_eq!(file["image_info"], json!({"width": 1200, "height": 800}));
    assert!(file.get("derived_files").is_none());
    assert_eq!(load(&server, &text(&file["url"]), &[]).body, broken);
    // More pixels than are decoded.
    let mut bomb = png(4, 4);
    bomb[16..24].copy_from_slice(&[0, 0, 0xff, 0xff, 0, 0, 0xff, 0xff]);
    let bomb = uploads(&ada, &[("type", "a.b")], &bomb);
    assert!(bomb.get("derived_files").is_none());
    // What claims to be large and has no small picture is no thumbnail.
    for (file, width) in [(&file, 1200), (&bomb, 65_535)] {
        let item = json!({"+io.pnut.core.file": {"file_id": file["id"], "format": "oembed"}});
        let body = json!({"text": width.to_string(), "raw": {"io.pnut.core.oembed": [item]}});
        let post = ada.post("/posts?include_raw=1", &body).is(201).data();
        let item = &post["raw"]["io.pnut.core.oembed"][0];
        assert_eq!(item["width"], width);
        for name in ["thumbnail_url", "thumbnail_width", "thumbnail_height"] {
            assert!(item.get(name).is_none(), "{name}: {item}");
        }
    }
}

#[test]
fn a_photograph_whose_notes_cannot_be_removed_is_refused() {
    let server = TestServer::start();
    let ada = server.ada();
    let photograph = photograph();
    // Behind a segment of 64 KiB, as a colour profile makes one, the notes are found as well.
    let mut behind = photograph[..2].to_vec();
    behind.extend_from_slice(&[0xff, 0xe2, 0xff, 0xff]);
    behind.resize(behind.len() + 0xffff - 2, 0);
    behind.extend_from_slice(&photograph[2..]);
    let file = uploads(&ada, &[("type", "a.b")], &behind);
    let served = load(&server, &text(&file["url"]), &[]).is(200);
    assert!(!holds(&served.body, b"where-i-live"));
    // Cut behind its notes it can be kept as it is, or not at all.
    let cut = &photograph[..photograph.len() / 2];
    let broken = form(
        &[("type", "a.b")],
        &[("content", "a.jpg", "image/jpeg", cut)],
    );
    let refused = ada.uploads("/files", &broken);
    assert_eq!(refused.status, 400, "{refused}");
    uploads(&ada, &[("type", "a.b"), ("process_image_exif", "0")], cut);
}
