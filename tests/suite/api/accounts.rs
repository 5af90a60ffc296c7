//! Tokens, users and what they look like.

use serde_json::json;

use crate::support::{TestServer, ids, text};

#[test]
fn token_shows_its_user_and_its_scopes() {
    let server = TestServer::start();
    let ada = server.with_scopes(&server.ada(), "basic,messages:io.pnut.core.chat,presence");
    let token = ada.get("/token").data();
    assert_eq!(token["user"]["id"], ada.id.as_str());
    assert_eq!(token["user"]["username"], "ada");
    assert_eq!(
        token["scopes"],
        json!(["basic", "messages:io.pnut.core.chat", "presence"])
    );
    assert_eq!(token["app"]["name"], "Rooms");
    text(&token["app"]["id"]);
    text(&token["app"]["url"]);
    assert!(token["storage"]["total"].is_i64());
    assert!(token["storage"]["available"].is_i64());
    assert!(
        !token.to_string().contains(ada.token()),
        "the secret is never shown"
    );
}

#[test]
fn an_app_token_has_no_user_and_no_scopes() {
    let server = TestServer::start();
    let token = server.app().get("/token").data();
    assert!(token.get("user").is_none(), "{token}");
    assert_eq!(token["scopes"], json!([]));
}

#[test]
fn a_wider_scope_swallows_the_narrower_one() {
    let server = TestServer::start();
    let scopes = "basic,messages,messages:io.pnut.core.pm,public_messages";
    let ada = server.with_scopes(&server.ada(), scopes);
    assert_eq!(
        ada.get("/token").data()["scopes"],
        json!(["basic", "messages"])
    );
}

#[test]
fn scopes_are_a_header_of_calls_with_a_user_token() {
    let server = TestServer::start();
    let ada = server.with_scopes(&server.ada(), "basic,presence");
    assert_eq!(
        ada.get("/token").exact_header("X-OAuth-Scopes"),
        Some("basic,presence")
    );
}

#[test]
fn a_deleted_token_is_shown_once_and_works_no_more() {
    let server = TestServer::start();
    let (ada, other) = (server.with_scopes(&server.ada(), "basic"), server.ada());
    assert_eq!(
        ada.delete("/token").is(200).data()["user"]["id"],
        ada.id.as_str()
    );
    ada.get("/token").refused_as(401, "invalid-token");
    other.get("/token").data();
}

#[test]
fn the_token_may_stand_in_the_query_too() {
    let server = TestServer::start();
    let path = format!("/token?access_token={}", server.ada().token());
    assert_eq!(
        server.anonymous().get(&path).data()["user"]["username"],
        "ada"
    );
}

#[test]
fn the_token_may_stand_in_a_form_too() {
    let server = TestServer::start();
    let room = crate::support::build::room(&server.ada(), "Lounge");
    let fields = format!("text=by+form&access_token={}", server.ada().token());
    let path = format!("/channels/{room}/messages");
    let said = server
        .anonymous()
        .form("POST", &path, &fields)
        .is(201)
        .data();
    assert_eq!(said["content"]["text"], "by form");
    assert_eq!(said["user"]["username"], "ada");
}

#[test]
fn without_a_token_and_with_a_wrong_one_the_call_is_refused() {
    let server = TestServer::start();
    let answer = server.anonymous().get("/token");
    answer.refused_as(401, "token-required");
    assert_eq!(answer.meta()["error_message"], "Access token required.");
    server
        .holder("nobody", "wrong")
        .get("/token")
        .refused_as(401, "invalid-token");
    // A wrong token is wrong where none is needed, too.
    server
        .holder("nobody", "wrong")
        .get("/users/1")
        .refused_as(401, "invalid-token");
}

#[test]
fn a_user_is_found_by_id_by_name_in_any_case_and_as_me() {
    let server = TestServer::start();
    let bob = server.bob();
    for path in [
        format!("/users/{}", bob.id),
        "/users/@bob".into(),
        "/users/@BOB".into(),
        "/users/me".into(),
    ] {
        let user = bob.get(&path).data();
        assert_eq!(user["id"], bob.id.as_str(), "{path}");
        assert_eq!(user["username"], "bob");
    }
    assert_eq!(
        server.anonymous().get("/users/@bob").data()["username"],
        "bob"
    );
    server
        .anonymous()
        .get("/users/me")
        .refused_as(401, "token-required");
    bob.get("/users/@nobody-at-all").refused(404);
    bob.get("/users/99999").refused_as(404, "user-not-found");
    bob.get("/users/bob").refused(400);
}

#[test]
fn a_user_has_the_fields_that_typed_clients_need() {
    let server = TestServer::start();
    let user = server.bob().get("/users/1").data();
    for field in ["id", "username", "created_at", "type"] {
        text(&user[field]);
    }
    assert_eq!(user["type"], "human");
    assert!(text(&user["created_at"]).ends_with('Z'));
    assert_eq!(text(&user["created_at"]).len(), 20);
    for field in ["avatar_image", "cover_image"] {
        let image = user["content"].get(field).or_else(|| user.get(field));
        let image = image.unwrap_or_else(|| panic!("{field}: {user}"));
        text(
            image
                .get("url")
                .or_else(|| image.get("link"))
                .expect("a url"),
        );
        assert!(
            image["width"].is_i64() && image["height"].is_i64(),
            "{image}"
        );
    }
    assert!(user["counts"].is_object(), "{user}");
    for name in ["you_blocked", "you_muted", "you_follow"] {
        assert_eq!(user[name], false, "{name}: {user}");
    }
    assert!(
        !user.to_string().contains("null"),
        "absent beats null: {user}"
    );
}

#[test]
fn include_flags_shape_a_user() {
    let server = TestServer::start();
    let bob = server.bob();
    assert!(
        bob.get("/users/1?include_counts=0")
            .data()
            .get("counts")
            .is_none()
    );
    let user = bob.get("/users/1?include_presence=1").data();
    assert_eq!(user["presence"], "offline");
    assert!(bob.get("/users/1").data().get("presence").is_none());
    assert!(bob.get("/users/1").data().get("raw").is_none());
    let html = bob.get("/users/1?include_html=0").data();
    assert!(html["content"].get("html").is_none(), "{html}");
}

#[test]
fn several_users_are_looked_up_at_once_and_unknown_ones_left_out() {
    let server = TestServer::start();
    let ada = server.ada();
    let answer = ada.get("/users?ids=3,%20@bob,999,@nobody");
    let mut found = ids(&answer.data());
    found.sort();
    assert_eq!(found, ["2", "3"]);
    assert!(answer.meta().get("more").is_none());
    assert_eq!(ada.get("/users?ids=999").data(), json!([]));
}

#[test]
fn avatars_and_covers_are_png_in_the_size_asked_for() {
    let server = TestServer::start();
    let anonymous = server.anonymous();
    let size = |path: &str| {
        let answer = anonymous.call_at("GET", path, &[], b"").is(200);
        assert_eq!(answer.header("content-type"), Some("image/png"), "{path}");
        let kept = answer.header("cache-control").unwrap_or_default();
        assert!(kept.contains("max-age="), "{path}: {kept}");
        let picture = png::Decoder::new(std::io::Cursor::new(answer.body));
        let mut reader = picture.read_info().expect("a picture");
        let mut pixels = vec![0; reader.output_buffer_size().expect("a size")];
        let shown = reader.next_frame(&mut pixels).expect("all of it");
        (shown.width, shown.height)
    };
    let user = anonymous.get("/users/1").data();
    for (image, query, expected) in [
        ("avatar_image", "", (256, 256)),
        ("avatar_image", "?w=96&h=96", (96, 96)),
        ("avatar_image", "?h=31", (31, 31)),
        ("avatar_image", "?w=4000", (256, 256)),
        ("cover_image", "", (960, 223)),
        ("cover_image", "?w=480", (480, 112)),
    ] {
        let image = &user["content"][image];
        let url = text(&image["url"]);
        let at = url.match_indices('/').nth(2).expect("a path").0;
        let path = format!("{}{query}", &url[at..]);
        assert_eq!(size(&path), expected, "{path}");
        if query.is_empty() {
            assert_eq!(
                (&image["width"], &image["height"]),
                (&json!(expected.0), &json!(expected.1))
            );
        }
    }
    // The redirect keeps the size, and the same picture is not sent twice.
    let redirect = anonymous.get("/users/1/avatar?w=50&h=50").is(302);
    let target = redirect.header("location").expect("a target");
    assert!(target.ends_with("/images/avatar/1?w=50&h=50"), "{target}");
    let first = anonymous.call_at("GET", "/images/avatar/1?w=50", &[], b"");
    let tag = first.header("etag").expect("an etag");
    let again = anonymous.call_at(
        "GET",
        "/images/avatar/1?w=50",
        &[("If-None-Match", tag)],
        b"",
    );
    assert_eq!(again.status, 304);
    let other = anonymous.call_at("GET", "/images/avatar/2?w=50", &[], b"");
    assert_ne!(first.body, other.body);
}
