//! What files hold is served in parts, safely, at addresses that end.

use serde_json::json;

use super::{load, load_as, object, png, url};
use crate::support::build::{self, form};
use crate::support::http::{self};
use crate::support::{TestServer, eventually, text};

#[test]
fn contents_are_served_whole_and_in_parts() {
    let server = TestServer::start();
    let ada = server.ada();
    let id = build::file(&ada, "notes.txt", b"0123456789");
    let url = url(&ada, &id);
    let whole = load(&server, &url, &[]).is(200);
    assert_eq!(whole.body, b"0123456789");
    assert_eq!(whole.header("accept-ranges"), Some("bytes"));
    let tag = whole.header("etag").expect("a tag").to_owned();
    for (range, status, part, body) in [
        ("bytes=2-4", 206, Some("bytes 2-4/10"), &b"234"[..]),
        ("bytes=7-", 206, Some("bytes 7-9/10"), b"789"),
        ("bytes=-2", 206, Some("bytes 8-9/10"), b"89"),
        ("bytes=10-", 416, Some("bytes */10"), b""),
        ("bytes=x", 200, None, b"0123456789"),
    ] {
        let answer = load(&server, &url, &[("Range", range)]).is(status);
        assert_eq!(answer.header("content-range"), part, "{range}");
        assert_eq!(answer.body, body, "{range}");
    }
    let other = [("Range", "bytes=2-4"), ("If-Range", "\"other\"")];
    assert_eq!(load(&server, &url, &other).is(200).body, b"0123456789");
    let same = [("Range", "bytes=2-4"), ("If-Range", tag.as_str())];
    assert_eq!(load(&server, &url, &same).is(206).body, b"234");
    let known = load(&server, &url, &[("If-None-Match", &tag)]);
    assert_eq!(known.status, 304);
    assert_eq!(known.header("etag"), Some(tag.as_str()));
    let head = load_as("HEAD", &server, &url, &[]).is(200);
    assert_eq!(head.header("content-length"), Some("10"));
    assert!(head.body.is_empty());
    load_as("POST", &server, &url, &[]).is(405);
}

#[test]
fn what_a_user_uploads_is_never_a_page_of_this_origin() {
    let server = TestServer::start();
    let ada = server.ada();
    let script = b"<html><script>alert(1)</script>";
    let svg = b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>";
    for (name, mime_type, bytes, served, shown) in [
        (
            "x.html",
            "text/html",
            &script[..],
            "application/octet-stream",
            "attachment",
        ),
        (
            "x.svg",
            "application/xml",
            svg,
            "application/octet-stream",
            "attachment",
        ),
        ("x.png", "image/png", &png(2, 2), "image/png", "inline"),
    ] {
        let fields = [("type", "a.b"), ("mime_type", mime_type)];
        let form = form(&fields, &[("content", name, mime_type, bytes)]);
        let file = ada.uploads("/files", &form).is(201).data();
        let answer = load(&server, &text(&file["url"]), &[]).is(200);
        let header = |name: &str| answer.header(name).unwrap_or_default().to_owned();
        assert_eq!(header("content-type"), served, "{name}");
        assert!(header("content-disposition").starts_with(shown), "{name}");
        assert_eq!(header("x-content-type-options"), "nosniff");
        assert_eq!(
            header("content-security-policy"),
            "sandbox; default-src 'none'"
        );
        assert!(header("cache-control").starts_with("private, max-age="));
    }
    let tricky = form(
        &[("type", "a.b"), ("name", "\"; x=\u{e9}\u{202e}.txt")],
        &[("content", "x", "x/y", b"1")],
    );
    let file = ada.uploads("/files", &tricky).is(201).data();
    let answer = load(&server, &text(&file["url"]), &[]).is(200);
    let disposition = answer.header("content-disposition").expect("a name");
    assert!(
        disposition.is_ascii() && disposition.starts_with("attachment; "),
        "{disposition}"
    );
}

#[test]
fn an_address_ends_and_is_renewed_and_tells_no_other() {
    let server = TestServer::with(&[("FILES_URL_SECONDS", "1")]);
    let (ada, bob) = (server.ada(), server.bob());
    let id = build::file(&ada, "notes.txt", b"words");
    let first = url(&ada, &id);
    eventually("its time is over", || {
        load(&server, &first, &[]).status == 404
    });
    let next = url(&ada, &id);
    assert_ne!(next, first);
    // A second may pass in between.
    eventually("a new one is valid", || {
        load(&server, &url(&ada, &id), &[]).status == 200
    });
    for wrong in [
        next.replace("until=", "until=9"),
        next.replace(&format!("/content/{id}/"), "/content/99/"),
        next.replace("/file/", "/core_image_200s/"),
        next.split('?').next().expect("a path").to_owned(),
        next.replace("sign=", "sign=x"),
    ] {
        load(&server, &wrong, &[]).refused_as(404, "file-not-found");
    }
    bob.get(&format!("/files/{id}/content"))
        .refused_as(404, "file-not-found");
}

#[test]
fn tokens_open_a_private_file_and_a_public_one_needs_none() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    let id = build::file(&ada, "notes.txt", b"words");
    let own = object(&ada, &id);
    let (token, read) = (text(&own["file_token"]), text(&own["file_token_read"]));
    let path = format!("/files/{id}");
    bob.get(&path).refused_as(404, "file-not-found");
    bob.get(&format!("{path}?file_token={read}"))
        .refused_as(404, "file-not-found");
    let seen = bob
        .get(&format!("{path}?file_token_read={read}"))
        .is(200)
        .data();
    assert!(seen.get("file_token").is_none() && seen["file_token_read"].is_string());
    bob.patch(
        &format!("{path}?file_token_read={read}"),
        &json!({"name": "x"}),
    )
    .refused_as(403, "no-access");
    let seen = bob
        .get(&format!("{path}?file_token={token}"))
        .is(200)
        .data();
    assert_eq!(seen["file_token"], token.as_str());
    let lead = bob
        .get(&format!("{path}/content?file_token_read={read}"))
        .is(302);
    let address = lead.header("location").expect("an address").to_owned();
    assert_eq!(load(&server, &address, &[]).is(200).body, b"words");
    let several = format!("/files?ids={id},99&file_token_read_{id}={read}");
    assert_eq!(
        crate::support::ids(&bob.get(&several).is(200).data()),
        [id.as_str()]
    );
    assert_eq!(
        bob.get(&format!("/files?ids={id}")).is(200).data(),
        json!([])
    );
    let narrow = server.with_scopes(&ada, "follow,files:com.example.other");
    narrow.get(&path).refused_as(403, "not-authorized");
    let short = format!("/f/{id}");
    let leads = || http::exchange(server.address, &http::request("GET", &short, &[], b""));
    leads().refused_as(404, "file-not-found");
    ada.patch(&path, &json!({"is_public": true})).is(200);
    let seen = bob.get(&path).is(200).data();
    assert!(seen.get("file_token").is_none() && seen["url_short"].is_string());
    assert_eq!(leads().status, 302);
}
