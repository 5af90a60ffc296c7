//! Avatars and covers: what is taken, what is made of it, and how it is shown.

use std::io::{Cursor, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};

use image::{ImageFormat, Rgb, RgbImage};
use serde_json::{Value, json};

use crate::support::build::{self, MULTIPART};
use crate::support::http::{Answer, read_answer, request};
use crate::support::{Person, TestServer, eventually, text};

/// A picture whose left half is red.
pub(crate) fn picture(width: u32, height: u32, format: ImageFormat) -> Vec<u8> {
    let shade = |x| {
        if x < width / 2 {
            [220, 0, 0]
        } else {
            [0, 0, 220]
        }
    };
    let picture = RgbImage::from_fn(width, height, |x, _| Rgb(shade(x)));
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, format).expect("a picture");
    bytes.into_inner()
}

/// The form of one picture.
fn form(part: &str, file: &str, bytes: &[u8]) -> Vec<u8> {
    build::form(&[], &[(part, file, "image/jpeg", bytes)])
}

fn sends(person: &Person, part: &str, bytes: &[u8]) -> Answer {
    let path = format!("/users/me/{part}");
    person.call("POST", &path, &[MULTIPART], &form(part, "me.jpg", bytes))
}

/// What a link shows, with a query.
fn shown(person: &Person, link: &Value, query: &str) -> Answer {
    let link = text(link);
    let path = link.splitn(4, '/').nth(3).expect("a path");
    person.call_at("GET", &format!("/{path}{query}"), &[], b"")
}

fn width(answer: &Answer) -> u32 {
    let picture = image::load_from_memory(&answer.body).expect("a picture");
    picture.width()
}

/// The files of pictures.
fn files(server: &TestServer) -> Vec<PathBuf> {
    fn below(folder: &Path, found: &mut Vec<PathBuf>) {
        let Ok(entries) = std::fs::read_dir(folder) else {
            return;
        };
        for entry in entries.map_while(Result::ok) {
            match entry.path().is_dir() {
                true => below(&entry.path(), found),
                false => found.push(entry.path()),
            }
        }
    }
    let mut found = Vec::new();
    below(&server.data().join("pictures"), &mut found);
    found
}

#[test]
fn an_avatar_is_cut_to_a_square_and_shown_in_some_sizes_under_a_link_of_its_own() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    let before = ada.get("/users/me").data()["content"]["avatar_image"].clone();
    assert_eq!(before["is_default"], true);
    // The name and the declared type say something else.
    let sent = picture(900, 600, ImageFormat::Png);
    let user = sends(&ada, "avatar", &sent).is(200).data();
    let avatar = &user["content"]["avatar_image"];
    assert_eq!(
        (&avatar["width"], &avatar["height"], &avatar["is_default"]),
        (&json!(600), &json!(600), &json!(false))
    );
    assert!(!text(&avatar["url"]).contains('?'));
    for (query, expected) in [
        ("", 600),
        ("?w=96&h=96", 128),
        ("?h=200", 256),
        ("?w=9999", 600),
    ] {
        let answer = shown(&server.anonymous(), &avatar["url"], query).is(200);
        assert_eq!(width(&answer), expected, "{query}");
        assert_eq!(answer.header("content-type"), Some("image/png"));
        let kept = answer.header("cache-control").expect("a header");
        assert!(
            kept.contains("immutable") && kept.contains("public"),
            "{kept}"
        );
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
        assert!(
            answer
                .header("content-security-policy")
                .expect("one")
                .contains("sandbox")
        );
    }
    let tag = shown(&bob, &avatar["url"], "?w=64")
        .header("etag")
        .map(str::to_owned);
    let link = text(&avatar["url"]);
    let path = format!("/{}?w=64", link.splitn(4, '/').nth(3).expect("a path"));
    let again = bob.call_at(
        "GET",
        &path,
        &[("If-None-Match", &tag.expect("a tag"))],
        b"",
    );
    assert_eq!((again.status, again.body.len()), (304, 0));
    // The old way to it, with the size, and without the token.
    let way = format!(
        "/users/{}/avatar?h=96&w=96&access_token={}",
        ada.id,
        bob.token()
    );
    let answer = bob.get(&way).is(302);
    assert_eq!(
        answer.header("location"),
        Some(&*format!("{link}?h=96&w=96"))
    );
    // Everywhere that the user is shown.
    let seen = bob.get(&format!("/users/{}", ada.id)).data();
    assert_eq!(seen["content"]["avatar_image"], *avatar);
    let present = bob.get(&format!("/users/{}/presence", ada.id)).data();
    assert_eq!(present["avatar_image"], avatar["url"]);
}

#[test]
fn a_cover_is_wide_and_has_a_least_size() {
    let server = TestServer::start();
    let ada = server.ada();
    let cover = |bytes: &[u8]| sends(&ada, "cover", bytes);
    let shape = |answer: Answer| {
        let image = answer.is(200).data()["content"]["cover_image"].clone();
        assert_eq!(image["is_default"], false);
        (image["width"].clone(), image["height"].clone())
    };
    let wide = cover(&picture(1000, 400, ImageFormat::Jpeg));
    assert_eq!(shape(wide), (json!(1000), json!(400)));
    let high = cover(&picture(1000, 1000, ImageFormat::Jpeg));
    assert_eq!(shape(high), (json!(1000), json!(233)));
    for (w, h) in [(959, 400), (960, 222)] {
        cover(&picture(w, h, ImageFormat::Jpeg)).refused_as(400, "picture-too-small");
    }
}

#[test]
fn a_new_picture_takes_the_place_of_the_old_one_and_its_files() {
    let server = TestServer::start();
    let ada = server.ada();
    let first = sends(&ada, "avatar", &picture(100, 100, ImageFormat::Png)).data();
    let first = first["content"]["avatar_image"]["url"].clone();
    assert_eq!(files(&server).len(), 2);
    let second = sends(&ada, "avatar", &picture(50, 50, ImageFormat::Gif)).data();
    let second = second["content"]["avatar_image"]["url"].clone();
    assert_ne!(first, second);
    assert_eq!(files(&server).len(), 1);
    shown(&ada, &first, "").refused_as(404, "not-found");
    shown(&ada, &second, "").is(200);
    let user = ada.delete("/users/me/avatar").is(200).data();
    assert_eq!(user["content"]["avatar_image"]["is_default"], true);
    assert_eq!(files(&server), Vec::<PathBuf>::new());
    shown(&ada, &second, "").refused_as(404, "not-found");
    // Once more changes nothing.
    ada.delete("/users/me/avatar").is(200);
    ada.delete("/users/me/cover").is(200);
}

#[test]
fn what_is_no_picture_is_refused_and_the_old_one_stays() {
    let server = TestServer::start();
    let ada = server.ada();
    sends(&ada, "avatar", &picture(100, 100, ImageFormat::Png)).is(200);
    let url = || ada.get("/users/me").data()["content"]["avatar_image"]["url"].clone();
    let kept = url();
    let whole = picture(100, 100, ImageFormat::Jpeg);
    let bomb = {
        let mut bytes = picture(8, 8, ImageFormat::Gif);
        bytes[6..10].copy_from_slice(&[0xff; 4]);
        bytes
    };
    for (bytes, slug) in [
        (&b"<svg onload=alert(1)>"[..], "picture-unknown"),
        (b"GIF89a", "picture-broken"),
        (&whole[..whole.len() / 2], "picture-broken"),
        (&bomb, "picture-too-large"),
    ] {
        sends(&ada, "avatar", bytes).refused_as(400, slug);
    }
    sends(&ada, "avatar", b"").refused_at(400, "avatar");
    // The wrong part, no form, an address.
    let other = form("cover", "me.jpg", &whole);
    ada.call("POST", "/users/me/avatar", &[MULTIPART], &other)
        .refused_at(400, "avatar");
    ada.post("/users/me/avatar", &json!({}))
        .refused_at(400, "avatar");
    let fetched = json!({"from_url": "http://127.0.0.1:22/"});
    ada.post("/users/me/avatar", &fetched)
        .refused_as(400, "not-fetched");
    let deflated = [MULTIPART, ("Content-Encoding", "gzip")];
    ada.call(
        "POST",
        "/users/me/avatar",
        &deflated,
        &form("avatar", "a", &whole),
    )
    .refused_as(415, "unsupported-encoding");
    // Too many bytes, said or not.
    let large = vec![0; 2 << 20];
    sends(&ada, "avatar", &large).refused_as(400, "avatar-too-large");
    let unsaid = [MULTIPART, ("Transfer-Encoding", "chunked")];
    ada.call("POST", "/users/me/avatar", &unsaid, b"0\r\n\r\n")
        .refused_as(400, "avatar-too-large");
    assert_eq!(url(), kept);
    assert_eq!(files(&server).len(), 2);
}

#[test]
fn nothing_of_a_picture_is_read_for_a_sender_who_may_not_send_it() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    let sent = picture(100, 100, ImageFormat::Png);
    let body = form("avatar", "me.png", &sent);
    let narrow = server.with_scopes(&ada, "basic,follow");
    // The head alone: the answer is there before the body.
    for (person, path, status) in [
        (&narrow, "/v1/users/me/avatar".to_owned(), 403),
        (&ada, format!("/v1/users/{}/avatar", bob.id), 403),
        (&server.app(), "/v1/users/me/avatar".to_owned(), 403),
    ] {
        let bearer = format!("Bearer {}", person.token());
        let length = body.len().to_string();
        let headers = [
            MULTIPART,
            ("Authorization", &*bearer),
            ("Content-Length", &*length),
        ];
        let mut socket = TcpStream::connect(server.address).expect("a connection");
        let head = request("POST", &path, &headers, b"");
        socket.write_all(&head).expect("it is sent");
        assert_eq!(read_answer(&mut socket, &path).status, status, "{path}");
    }
    server
        .anonymous()
        .call("POST", "/users/me/avatar", &[MULTIPART], &body)
        .refused(401);
    assert!(files(&server).is_empty());
}

#[test]
fn a_body_that_ends_in_the_middle_leaves_nothing_behind() {
    let server = TestServer::start();
    let ada = server.ada();
    let body = form("avatar", "me.png", &picture(300, 300, ImageFormat::Png));
    // The form ends before its last line, though the length is right.
    let cut = &body[..body.len() - 12];
    ada.call("POST", "/users/me/avatar", &[MULTIPART], cut)
        .refused_as(400, "malformed-body");
    // The connection ends.
    let bearer = format!("Bearer {}", ada.token());
    let length = body.len().to_string();
    let headers = [
        MULTIPART,
        ("Authorization", &*bearer),
        ("Content-Length", &*length),
    ];
    let whole = request("POST", "/v1/users/me/avatar", &headers, &body);
    let mut socket = TcpStream::connect(server.address).expect("a connection");
    socket
        .write_all(&whole[..whole.len() - 40])
        .expect("it is sent");
    drop(socket);
    // The place of the upload is free again.
    eventually("the next one is taken", || {
        sends(&ada, "avatar", &picture(30, 30, ImageFormat::Png)).status == 200
    });
    assert_eq!(files(&server).len(), 1);
}

#[test]
fn pictures_that_wait_are_bounded_and_one_more_is_told_when_to_come_back() {
    let server = TestServer::with_faults(&[]);
    let ada = server.ada();
    let held = server.fault("picture");
    let sent = picture(30, 30, ImageFormat::Png);
    std::thread::scope(|scope| {
        let (ada, sent) = (&ada, &sent);
        let first = scope.spawn(move || sends(ada, "avatar", sent));
        held.is_met();
        // The same user sends one at a time.
        let answer = sends(ada, "cover", sent);
        assert!(answer.header("retry-after").is_some(), "{answer}");
        answer.refused_as(503, "busy");
        held.off();
        first.join().expect("it was taken").is(200);
    });
    assert_eq!(files(&server).len(), 1);
}
