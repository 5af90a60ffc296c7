//! Subscribing to a channel and unsubscribing again, as fast as it goes: `LogTail` waits for the actors at each of these
//! events, since they change the listeners. Others lose nothing by it, and everything arrives in order.

use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::Value;

use crate::support::{Person, Stream, TestServer, build, text};

const MESSAGES: usize = 150;
/// Of each user, at least.
const TOGGLES: usize = 60;

/// Subscribes and unsubscribes until the writer is done; gives how often.
fn toggles(person: &Person, channel: &str, is_done: &AtomicBool) -> usize {
    let path = format!("/channels/{channel}/subscribe");
    let mut toggles = 0;
    while toggles < TOGGLES || !is_done.load(Ordering::SeqCst) {
        person.does(&path).is(200);
        person.delete(&path).is(200);
        toggles += 2;
    }
    toggles
}

/// What a listener heard of one channel.
#[derive(Debug, Default, PartialEq, Eq)]
struct Heard {
    messages: Vec<String>,
    /// Of the channels that are toggled: whether each subscription began.
    toggles: [Vec<bool>; 2],
}

/// Until this text.
fn hears_until(stream: &mut Stream, end: &str, toggled: &[String; 2]) -> Heard {
    let mut heard = Heard::default();
    loop {
        let event = stream.event();
        let kind = text(&event["meta"]["type"]);
        if kind == "channel_subscription" {
            let channel = text(&event["data"]["id"]);
            let at = toggled.iter().position(|known| *known == channel);
            let begins = event["meta"].get("is_deleted") != Some(&Value::Bool(true));
            heard.toggles[at.expect("one of the two")].push(begins);
            continue;
        }
        assert_eq!(kind, "message", "{event}");
        let said = text(&event["data"][0]["content"]["text"]);
        if said == end {
            return heard;
        }
        heard.messages.push(said);
    }
}

#[test]
fn toggled_subscriptions_delay_others_and_lose_them_nothing() {
    let server = TestServer::start();
    let (ada, bob, eve, dan) = (server.ada(), server.bob(), server.eve(), server.dan());
    let room = build::room(&ada, "Lounge");
    let toggled = ["Garden", "Cellar"].map(|name| build::room(&ada, name));
    build::join(&room, &[&bob]);
    let messages = format!("/channels/{room}/messages");
    let (mut one, mut all, mut inbox) = (bob.stream(), bob.stream(), bob.stream());
    one.subscribes(&bob, &messages);
    all.subscribes(&bob, &messages);
    for channel in &toggled {
        all.subscribes(&bob, &format!("/channels/{channel}/subscribers"));
    }
    inbox.subscribes(&bob, "/channels");
    let is_done = AtomicBool::new(false);
    let (counts, heard) = std::thread::scope(|scope| {
        let mut listeners = Vec::new();
        for stream in [&mut one, &mut all, &mut inbox] {
            let toggled = &toggled;
            listeners.push(scope.spawn(|| hears_until(stream, "the end", toggled)));
        }
        let (first, second) = (&toggled[0], &toggled[1]);
        let togglers = [
            scope.spawn(|| toggles(&eve, first, &is_done)),
            scope.spawn(|| toggles(&dan, second, &is_done)),
        ];
        for number in 0..MESSAGES {
            build::says(&ada, &room, &number.to_string());
        }
        is_done.store(true, Ordering::SeqCst);
        let counts = togglers.map(|toggler| toggler.join().expect("toggles"));
        build::says(&ada, &room, "the end");
        let heard = listeners.into_iter();
        let heard = heard.map(|listener| listener.join().expect("all of it"));
        (counts, heard.collect::<Vec<Heard>>())
    });
    let numbers: Vec<String> = (0..MESSAGES).map(|number| number.to_string()).collect();
    let alternating = counts.map(|count| (0..count).map(|n| n % 2 == 0).collect());
    for (stream, heard) in ["one", "all", "inbox"].into_iter().zip(heard) {
        assert_eq!(heard.messages, numbers, "{stream}");
        let expected = match stream {
            "all" => &alternating,
            _ => &[const { Vec::new() }; 2],
        };
        assert_eq!(heard.toggles, *expected, "{stream}");
    }
}
