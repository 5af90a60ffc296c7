//! `compress=zstd`: every message binary, decoded by itself, and in it what a text says.

use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

use super::{
    acl, app_events, app_in_use, app_resume, channel_messages, claim, cursor, exits, filters,
    heartbeat, hello, hiding, inbox, posts, presence, resume, slow_reader, subscriptions, timing,
    token,
};
use crate::support::compressed::Decoder;
use crate::support::door::Door;
use crate::support::random::Random;
use crate::support::{Stream, TestServer, build, text};

macro_rules! told_again {
    ($($module:ident::$story:ident,)*) => {
        mod again {
            use super::*;
            $(#[test] fn $story() { Door::Compressed.carries($module::$story); })*
        }
    };
}

told_again! {
    acl::a_user_that_is_cut_from_a_channel_hears_nothing_more_of_it,
    app_events::a_message_names_the_subscribed_users_and_those_not_to_notify,
    app_events::filters_and_display_parameters_are_in_the_query,
    app_in_use::both_connections_on_a_key_hear_every_event,
    app_resume::an_app_stream_that_was_cut_goes_on_without_a_hole,
    channel_messages::a_message_arrives_as_it_was_written_and_so_does_its_deletion,
    channel_messages::one_frame_names_the_room_and_the_inbox_both,
    channel_messages::events_arrive_in_the_order_of_their_ids_over_all_channels,
    claim::the_first_subscription_claims_the_connection,
    cursor::page_and_stream_meet_exactly_whatever_is_written_meanwhile,
    exits::the_client_closes,
    exits::the_token_is_revoked,
    filters::display_parameters_shape_every_event_of_a_connection,
    heartbeat::every_text_is_answered_by_a_pong_object,
    hello::an_app_streams_hello_says_what_it_will_hear,
    hiding::a_block_silences_both_ways,
    inbox::the_inbox_follows_ones_subscriptions_as_they_change,
    posts::a_stream_follows_ones_follows_as_they_change,
    presence::presence_of_anyone_is_heard_when_asked_for_and_ones_own_always,
    resume::what_was_missed_comes_once_and_in_order_over_many_cuts,
    resume::a_session_survives_kill_9_of_the_server,
    resume::the_display_parameters_are_those_of_the_new_address,
    subscriptions::a_client_may_choose_the_id_and_using_it_again_overwrites,
    timing::listeners_on_the_slow_path_get_it_too,
    timing::the_stations_of_a_message_lie_in_their_order_between_its_call_and_its_arrival,
    timing::app_streams_say_it_beside_the_users_to_notify,
    token::subscriptions_made_with_a_revoked_token_go_and_the_others_stay,
}

/// An event without what is its receiver's own.
fn shared(mut event: Value) -> Value {
    event["meta"]
        .as_object_mut()
        .map(|meta| meta.remove("subscription_ids"));
    event
}

#[test]
fn a_compressed_stream_is_told_what_every_other_is_told() {
    let server = TestServer::start();
    let (ada, bob, app) = (server.ada(), server.bob(), server.app());
    let room = build::room(&ada, "Lounge");
    build::join(&room, &[&ada, &bob]);
    build::app_stream(&app, "mine", &["message", "channel", "post", "user"]);
    let parameters = "&include_cursor=1&include_raw=1";
    let open = |door: Door| {
        let user = door.carries(|| bob.stream_with(parameters));
        user.subscribes(&bob, &format!("/channels/{room}/messages"));
        // A second one that matches: the slow path, and a frame that names both.
        user.subscribes(&bob, "/channels");
        user.subscribes(&bob, "/posts/streams/unified");
        let hose = door.carries(|| app.firehose_with("mine", parameters));
        [user, hose]
    };
    let (mut plain, mut compressed) = (open(Door::Websocket), open(Door::Compressed));
    bob.does(&format!("/users/{}/follow", ada.id)).is(200);
    let said = build::says(&ada, &room, "hello 🥜 \u{10ffff} \"quoted\"");
    ada.delete(&format!("/channels/{room}/messages/{said}"))
        .is(200);
    ada.post("/posts", &json!({"text": "a post"})).is(201);
    let acl = json!({"acl": {"read": {"any_user": true}, "write": {"any_user": true}}});
    ada.put(&format!("/channels/{room}"), &acl).is(200);
    build::says(&ada, &room, "the end");
    for (plain, compressed) in plain.iter_mut().zip(&mut compressed) {
        loop {
            let (told, here) = (plain.event(), compressed.event());
            let is_last = told["data"][0]["content"]["text"] == "the end";
            assert_eq!(shared(told), shared(here.clone()));
            if is_last {
                break;
            }
        }
    }
    let shown = bob.get("/users/me/streams").data();
    let shown = shown.as_array().expect("a list");
    let compress = |stream: &Stream| {
        let mut shown = shown.iter();
        let one = shown.find(|one| one["connection_id"] == stream.id.as_str());
        one.map(|one| one["parameters"]["compress"].clone())
    };
    assert_eq!(compress(&compressed[0]), Some(json!("zstd")));
    assert_eq!(compress(&plain[0]), Some(Value::Null));
}

#[test]
fn an_event_is_the_same_bytes_for_all_but_for_the_ids_at_its_end() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    let room = build::room(&ada, "Lounge");
    let path = format!("/channels/{room}/messages");
    let listeners = [&ada, &bob].map(|person| {
        let stream = Door::Compressed.carries(|| person.stream());
        let id = stream.subscribes(person, &path);
        (stream, id)
    });
    let mut text = bob.stream();
    text.subscribes(&bob, &path);
    build::says(&ada, &room, "hello");
    let messages = listeners.map(|(mut stream, id)| {
        let Message::Binary(bytes) = stream.raw() else {
            panic!("a text")
        };
        let end = format!("\"{id}\"]}}}}");
        let shared = bytes.strip_suffix(end.as_bytes());
        shared.expect("the ids, as they are").to_vec()
    });
    assert_eq!(messages[0], messages[1]);
    let Message::Text(text) = text.raw() else {
        panic!("no text")
    };
    assert!(
        messages[0].len() * 4 < text.len(),
        "{} of {}",
        messages[0].len(),
        text.len()
    );
}

#[test]
fn other_compressions_and_other_doors_are_refused() {
    let server = TestServer::start();
    let (ada, app) = (server.ada(), server.app());
    build::app_stream(&app, "mine", &["message"]);
    for (who, path) in [(&ada, "/user?"), (&app, "/app?key=mine&")] {
        for other in ["gzip", "", "1", "ZSTD", "zstd,deflate"] {
            let refused = who.asks_upgrade(&format!("{path}compress={other}"));
            refused.refused_as(400, "unknown-compression");
        }
        for door in Door::ANSWERS {
            let refused = door.carries(|| who.asks_upgrade(&format!("{path}compress=zstd")));
            refused.refused_as(400, "compression-elsewhere");
        }
    }
    assert_eq!(server.counter("stream_connections_opened_total"), 0);
}

#[test]
fn the_dictionary_is_named_by_its_id_and_sent_once() {
    let server = TestServer::start();
    let path = "/sys/zstd-dictionary";
    let answer = server.anonymous().get(path).is(200);
    let id = Decoder::of(server.address).id();
    let tag = format!("\"{id}\"");
    assert_eq!(answer.header("etag"), Some(&*tag));
    assert_eq!(answer.header("cache-control"), Some("public, no-cache"));
    assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
    assert!((1000..100_000).contains(&answer.body.len()), "{answer}");
    let known = [("If-None-Match", &*tag)];
    let again = server.anonymous().call("GET", path, &known, b"").is(304);
    assert_eq!(again.body, b"");
    let other = [("If-None-Match", "\"7\"")];
    server.anonymous().call("GET", path, &other, b"").is(200);
}

#[test]
fn what_is_said_of_the_stream_itself_is_compressed_too() {
    let server = TestServer::start();
    let ada = server.ada();
    let mut stream = Door::Compressed.carries(|| ada.stream_with("&control=1"));
    ada.delete(&format!("/users/me/streams/{}", stream.id))
        .is(204);
    let last = stream.frame();
    assert_eq!(last["control"]["type"], "close", "{last}");
    assert_eq!(last["meta"]["error_slug"], "closed-as-asked");
    assert_eq!(stream.closed_with(), 1000);
}

#[test]
fn what_waits_for_a_slow_reader_is_counted_as_it_is_sent() {
    let server = TestServer::with(&[
        ("STREAMS_QUEUE_BYTES", "65536"),
        ("STREAMS_STALLED_MS", "60000"),
    ]);
    let ada = server.ada();
    let room = build::room(&ada, "Lounge");
    let mut slow = Door::Compressed.carries(|| slow_reader::never_read_with(&server, &room, ""));
    // Nothing that zstd finds twice.
    let mut random = Random::seeded(7);
    let mut noise = || -> String {
        let digits = (0..500).map(|_| format!("{:016x}", random.next()));
        digits.collect()
    };
    let path = format!("/channels/{room}/messages");
    for _ in 0..slow_reader::MESSAGES_THAT_FILL_THE_KERNEL {
        slow.signals();
        let body = json!({"text": "noise", "raw": {"org.example.noise": [{"t": noise()}]}});
        ada.post(&path, &body).is(201);
        if server.counter("stream_slow_closes_total") > 0 {
            assert_eq!(slow.closed_with(), 4008);
            return;
        }
    }
    panic!("the kernel took everything: {}", server.actors());
}

#[test]
fn a_user_hears_of_a_change_of_the_profile_with_the_stream_s_own_token() {
    let server = TestServer::start();
    let bob = server.bob();
    let mut stream = Door::Compressed.carries(|| bob.stream());
    stream.subscribes(&bob, "/token");
    bob.patch("/users/me", &json!({"name": "Robert"})).is(200);
    let event = stream.hears("token");
    assert_eq!(text(&event["data"]["user"]["name"]), "Robert");
}
