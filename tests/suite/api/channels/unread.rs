//! `/users/me/channels/num_unread`

use serde_json::json;

use crate::support::{TestServer, build, text};

#[test]
fn unread_channels_are_counted_by_type_and_marked_read_at_once() {
    let server = TestServer::start();
    let (ada, bob, eve) = (server.ada(), server.bob(), server.eve());
    build::whispers(&bob, &[&ada], "one");
    build::whispers(&bob, &[&ada], "two");
    let second = build::whispers(&eve, &[&ada], "three");
    let room = build::room(&bob, "Lounge");
    build::join(&room, &[&ada]);
    build::says(&bob, &room, "four");
    let path = "/users/me/channels/num_unread";
    assert_eq!(ada.get(path).data(), json!({"io.pnut.core.pm": 2}));
    let types = "channel_types=io.pnut.core.chat,io.pnut.core.pm,org.example.x";
    let all = ada.get(&format!("{path}?{types}")).data();
    assert_eq!(
        all,
        json!({"io.pnut.core.chat": 1, "io.pnut.core.pm": 2, "org.example.x": 0})
    );
    assert_eq!(
        ada.get(&format!("{path}/pm")).data(),
        json!(2),
        "as old clients ask"
    );
    assert_eq!(
        ada.delete(path).is(200).data(),
        json!({"io.pnut.core.pm": 0})
    );
    assert_eq!(ada.get(path).data(), json!({"io.pnut.core.pm": 0}));
    assert_eq!(
        ada.get(&format!("{path}?channel_types=io.pnut.core.chat"))
            .data(),
        json!({"io.pnut.core.chat": 1})
    );
    let pm = ada.get(&format!(
        "/channels/{}/messages",
        text(&second["channel_id"])
    ));
    assert_eq!(pm.meta()["marker"]["id"], second["id"]);
    build::whispers(&bob, &[&ada], "five");
    assert_eq!(ada.delete(&format!("{path}/pm")).is(200).data(), json!(0));
    server
        .anonymous()
        .get(path)
        .refused_as(401, "token-required");
}

#[test]
fn only_subscribed_channels_count() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    let pm = text(&build::whispers(&bob, &[&ada], "one")["channel_id"]);
    ada.does(&format!("/channels/{pm}/mute")).is(200);
    assert_eq!(
        ada.get("/users/me/channels/num_unread").data(),
        json!({"io.pnut.core.pm": 0})
    );
}
