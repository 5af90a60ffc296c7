//! Sounds and films: how long they are, and how large, is found out from their containers.

use serde_json::{Value, json};

use crate::support::build::form;
use crate::support::{Person, TestServer, text};

const KEY: &str = "+io.pnut.core.file";

/// 1.5 s of silence.
fn wave() -> Vec<u8> {
    let mut sound = b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0".to_vec();
    sound.extend(8000_u32.to_le_bytes());
    sound.extend(16_000_u32.to_le_bytes());
    sound.extend(b"\x02\0\x10\0data");
    sound.extend(24_000_u32.to_le_bytes());
    sound.resize(sound.len() + 24_000, 0);
    sound
}

fn boxed(kind: &[u8; 4], contents: &[u8]) -> Vec<u8> {
    let length = u32::try_from(contents.len() + 8).expect("a small box");
    [&length.to_be_bytes(), &kind[..], contents].concat()
}

/// 75 s of 640 × 360.
fn film() -> Vec<u8> {
    let mut head = vec![0; 100];
    head[12..16].copy_from_slice(&600_u32.to_be_bytes());
    head[16..20].copy_from_slice(&45_000_u32.to_be_bytes());
    let mut track = vec![0; 84];
    track[41] = 1;
    track[57] = 1;
    track[76..80].copy_from_slice(&(640_u32 << 16).to_be_bytes());
    track[80..84].copy_from_slice(&(360_u32 << 16).to_be_bytes());
    let track = boxed(b"trak", &boxed(b"tkhd", &track));
    let movie = boxed(b"moov", &[boxed(b"mvhd", &head), track].concat());
    let mut film = boxed(b"ftyp", b"isommp42");
    film.extend(movie);
    film.extend(boxed(b"mdat", &vec![0; 75_000]));
    film
}

fn uploaded(person: &Person, name: &str, bytes: &[u8]) -> Value {
    let parts = [("content", name, "application/octet-stream", bytes)];
    let form = form(&[("type", "org.example.media")], &parts);
    person.uploads("/files", &form).is(201).data()
}

#[test]
fn a_sound_and_a_film_say_how_long_and_how_large_they_are() {
    let server = TestServer::start();
    let ada = server.ada();
    let sound = uploaded(&ada, "a.wav", &wave());
    let known = json!({"duration": 2, "duration_string": "0:02", "bitrate": 128});
    assert_eq!(
        (&sound["kind"], &sound["audio_info"]),
        (&json!("audio"), &known)
    );
    assert!(sound.get("video_info").is_none());
    let film = uploaded(&ada, "a.mp4", &film());
    let known = json!({"duration": 75, "duration_string": "1:15", "bitrate": 8, "width": 640, "height": 360});
    assert_eq!(
        (&film["kind"], &film["video_info"]),
        (&json!("video"), &known)
    );
    let path = format!("/files/{}", text(&film["id"]));
    assert_eq!(ada.get(&path).data()["video_info"], known);
    assert_eq!(ada.get("/users/me/files").data()[0]["video_info"], known);
    // What the sender says of them is not asked.
    let own = json!({"duration": 9999, "width": 1, "height": 1});
    let attached = |file: &Value| {
        let place =
            json!({"file_id": file["id"], "file_token": file["file_token"], "format": "oembed"});
        let mut item = own.clone();
        item[KEY] = place;
        let text = format!("hear {}", file["id"]);
        let body = json!({"text": text, "raw": {"io.pnut.core.oembed": [item]}});
        let post = ada.post("/posts?include_post_raw=1", &body).is(201).data();
        post["raw"]["io.pnut.core.oembed"][0].clone()
    };
    assert_eq!(attached(&sound)["duration"], 2);
    let shown = attached(&film);
    assert_eq!(
        (&shown["width"], &shown["height"]),
        (&json!(640), &json!(360))
    );
    // Contents that come later say it as well.
    let body = json!({"type": "org.example.media", "kind": "audio", "name": "b.wav"});
    let empty = ada.post("/files", &body).is(201).data();
    assert!(empty.get("audio_info").is_none());
    let path = format!("/files/{}", text(&empty["id"]));
    let bytes = wave();
    let kind = [("Content-Type", "audio/wav")];
    ada.call("PUT", &format!("{path}/content"), &kind, &bytes)
        .is(204);
    assert_eq!(ada.get(&path).data()["audio_info"]["duration"], 2);
}

#[test]
fn another_site_can_embed_a_public_picture_sound_or_film() {
    let server = TestServer::start();
    let (ada, anyone) = (server.ada(), server.anonymous());
    let public = |name: &str, bytes: &[u8]| {
        let fields = [("type", "org.example.media"), ("is_public", "1")];
        let form = form(
            &fields,
            &[("content", name, "application/octet-stream", bytes)],
        );
        ada.uploads("/files", &form).is(201).data()
    };
    let asks = |url: &str| anyone.get(&format!("/oembed?url={url}"));
    for (name, bytes, kind, size) in [
        ("a.png", super::png(4, 2), "photo", Some((4, 2))),
        ("a.mp4", film(), "video", Some((640, 360))),
        ("a.wav", wave(), "audio", None),
    ] {
        let file = public(name, &bytes);
        let shown = asks(&text(&file["url_short"])).is(200).json();
        assert_eq!(
            (&shown["type"], &shown["title"]),
            (&json!(kind), &json!(name))
        );
        let found = shown["width"].as_u64().zip(shown["height"].as_u64());
        assert_eq!(found, size, "{shown}");
        assert_eq!(shown["author_name"], "ada");
        assert!(shown["cache_age"].as_i64().is_some_and(|age| age > 0));
        super::load(&server, &text(&shown["url"]), &[]).is(200);
    }
    // Private files and other contents are none.
    let hidden = uploaded(&ada, "b.wav", &wave());
    let base = text(&public("a.txt", b"words")["url_short"]);
    asks(&base).refused(404);
    let (place, _) = base.rsplit_once('/').expect("an address");
    asks(&format!("{place}/{}", text(&hidden["id"]))).refused(404);
    asks(&format!("{place}/99")).refused(404);
}

#[test]
fn a_film_that_does_not_say_it_is_kept_without() {
    let server = TestServer::start();
    let ada = server.ada();
    let mut cut = film();
    cut.truncate(60);
    let file = uploaded(&ada, "cut.mp4", &cut);
    assert_eq!(file["kind"], "video");
    assert!(file.get("video_info").is_none() && file["is_complete"] == true);
}
