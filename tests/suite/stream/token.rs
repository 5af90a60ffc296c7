//! `/token` as a subscription, and revocation.

use crate::support::{Stream, TestServer, build};

#[test]
fn a_new_grant_of_the_same_app_is_heard() {
    let server = TestServer::start();
    let ada = server.ada();
    let mut stream = ada.stream();
    stream.subscribes(&ada, "/token");
    // Granted beside the server, by another process.
    server.with_scopes(&ada, "basic,presence");
    let event = stream.hears("token");
    assert_eq!(event["meta"]["id"], "1");
    assert_eq!(event["data"]["user"]["id"], "1");
    assert!(event["data"]["scopes"].is_array());
    assert!(event["data"].get("access_token").is_none());
}

#[test]
pub(super) fn a_revoked_token_closes_its_connections_and_no_others() {
    let server = TestServer::start();
    let ada = server.ada();
    let phone = server.with_scopes(&ada, "basic,messages");
    let room = build::room(&ada, "Lounge");
    let path = format!("/channels/{room}/messages");
    let (mut on_phone, mut on_desk) = (phone.stream(), ada.stream());
    on_phone.subscribes(&phone, &path);
    on_desk.subscribes(&ada, &path);
    build::says(&ada, &room, "both");
    on_phone.hears_text("both");
    on_desk.hears_text("both");
    phone.delete("/token").is(200);
    build::says(&ada, &room, "one");
    assert_eq!(on_phone.closed_with(), 4001);
    on_desk.hears_text("one");
    phone.asks_upgrade("/user").refused_as(401, "invalid-token");
}

#[test]
fn a_claimed_connection_goes_with_the_token_that_claimed_it() {
    let server = TestServer::start();
    let ada = server.with_scopes(&server.ada(), "basic,messages");
    let mut stream = Stream::open(server.address, "/v1/user");
    stream.subscribes(&ada, "/channels");
    ada.delete("/token").is(200);
    assert_eq!(stream.closed_with(), 4001);
}

#[test]
pub(super) fn subscriptions_made_with_a_revoked_token_go_and_the_others_stay() {
    let server = TestServer::start();
    let ada = server.ada();
    let phone = server.with_scopes(&ada, "basic,messages");
    let (first, second) = (build::room(&ada, "One"), build::room(&ada, "Two"));
    let mut stream = ada.stream();
    stream.subscribes(&phone, &format!("/channels/{first}/messages"));
    let kept = stream.subscribes(&ada, &format!("/channels/{second}/messages"));
    phone.delete("/token").is(200);
    build::says(&ada, &first, "not heard");
    build::says(&ada, &second, "heard");
    assert_eq!(Stream::named(&stream.hears_text("heard")), [kept]);
}

#[test]
fn an_app_token_ends_itself_and_its_app_streams() {
    let server = TestServer::start();
    let (_, app) = server.other_app("Other");
    app.post(
        "/streams",
        &serde_json::json!({"key": "all", "type": "long_poll", "object_types": ["message"]}),
    )
    .is(200);
    let mut stream = app.firehose("all");
    app.delete("/token").is(200);
    assert_eq!(stream.closed_with(), 4001);
    app.get("/token").refused_as(401, "invalid-token");
}
