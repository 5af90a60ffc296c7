//! The kept dictionary against one that is trained now, from every kind of event, many times with other people and words.
//!
//! `cargo test --lib the_kept_dictionary` makes it: where the kept one has become worse, or was lost, the test fails, and the
//! new one is in `target/events.dict`, to be copied over `src/protocol/compression/events.dict`. The same samples give the
//! same bytes. A new dictionary has a new id: clients that hold the old one fetch it again.

use std::collections::HashMap;
use std::sync::Arc;

use bytes::BytesMut;
use serde_json::Value;

use super::{Blocks, DICTIONARY};
use crate::event::samples::one_of_each;
use crate::event::{Event, Payload, Pos};
use crate::model::Stamp;
use crate::protocol::object::PostPeople;
use crate::protocol::query::Query;
use crate::protocol::render_class::RenderClass;
use crate::protocol::site::Site;
use crate::protocol::stream::{Beside, NotificationTargets, Place, app_frame, user_frame};
use crate::text::{Source, compose};

/// Larger ones help no more: the events of a server have little more than this in common.
const BYTES: usize = 16 * 1024;
/// How often each kind of event is told.
const ROUNDS: usize = 24;
/// Messages are most of what streams carry.
const MESSAGES: usize = 10;

const WORDS: &str = "the of and to a in is you that it he was for on are as with his they I at be this have from or one \
                     had by word but not what all were we when your can said there use an each which she do how their if \
                     will up other about out many then them these so some her would make like him into time has look two \
                     more write go see number no way could people my than first water been call who its now find long \
                     down day did get come made may part chat room bot code today tonight coffee music photo thanks";

/// Of its own, so that the numbers stay the same with each version of a library (Steele, Lea, Flood 2014).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    fn words(&mut self, most: u64) -> String {
        let known: Vec<&str> = WORDS.split_whitespace().collect();
        let count = self.below(most) + 1;
        let words = (0..count).map(|_| known[usize::try_from(self.next()).unwrap() % known.len()]);
        words.collect::<Vec<_>>().join(" ")
    }
}

/// The same event with other people, words, ids and times.
fn told_anew(payload: &Payload, numbers: &mut Numbers) -> Payload {
    let mut told = serde_json::to_value(payload).unwrap();
    change(&mut told, numbers);
    serde_json::from_value(told).unwrap()
}

fn change(value: &mut Value, numbers: &mut Numbers) {
    match value {
        Value::Object(members) => {
            let is_person = members.contains_key("username");
            let has_words = is_person || members.contains_key("thread_id");
            for (name, value) in members.iter_mut() {
                change_member(name, value, is_person, numbers);
                if name == "content" && has_words {
                    let words = Source::plain(&numbers.words(30));
                    let content = compose(&words, &HashMap::new(), usize::MAX).unwrap();
                    *value = serde_json::to_value(content).unwrap();
                } else {
                    change(value, numbers);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| change(item, numbers)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn change_member(name: &str, value: &mut Value, is_person: bool, numbers: &mut Numbers) {
    let is_number = value
        .as_str()
        .is_some_and(|text| text.parse::<i64>().is_ok());
    match name {
        "id" | "user_id" | "channel_id" | "thread_id" | "owner" if is_number => {
            let digits = u32::try_from(numbers.below(6)).unwrap() + 1;
            *value = (numbers.below(10_u64.pow(digits)) + 1).to_string().into();
        }
        "created_at" | "updated_at" => {
            *value = (1_772_000_000_000_000 + numbers.below(60_000_000_000_000)).into();
        }
        "username" => *value = numbers.words(1).into(),
        "name" if is_person => *value = numbers.words(2).into(),
        "timezone" => {
            let zones = ["UTC", "Europe/Berlin", "America/New_York", "Asia/Tokyo"];
            *value = zones[usize::try_from(numbers.below(4)).unwrap()].into();
        }
        _ => {}
    }
}

/// The texts that are compressed: what all receivers share, in its order.
fn texts() -> Vec<Vec<u8>> {
    let mut numbers = Numbers(1);
    let mut texts = Vec::new();
    let displays = ["", "include_cursor=1", "include_raw=1&include_cursor=1"];
    for round in 0..ROUNDS {
        for payload in one_of_each() {
            let is_message = matches!(payload, Payload::MessageCreated { .. });
            let is_shown = payload.facts().object_type.is_some();
            let times = if is_message {
                MESSAGES
            } else {
                usize::from(is_shown)
            };
            for _ in 0..times {
                let event = event(told_anew(&payload, &mut numbers), &mut numbers);
                let class = RenderClass::from_query(&Query::parse(displays[round % 3]));
                texts.extend(shown(
                    &event,
                    class.for_payload(&event.payload),
                    &mut numbers,
                ));
            }
        }
    }
    texts
}

fn event(payload: Payload, numbers: &mut Numbers) -> Event {
    Event {
        pos: Some(Pos(i64::try_from(numbers.below(10_000_000)).unwrap())),
        at: Stamp::from_seconds(1_772_000_000 + i64::try_from(numbers.below(60_000_000)).unwrap()),
        payload,
        timestamps: Default::default(),
        row_bytes: 0,
    }
}

/// As user streams and app streams show it.
fn shown(event: &Event, class: RenderClass, numbers: &mut Numbers) -> [Vec<u8>; 2] {
    let site = Site::new("https://chat.example.com");
    let epoch = format!("{:012x}", numbers.below(1 << 48));
    let place = Place {
        epoch: Arc::from(epoch),
        fanned_out: Stamp(0),
    };
    let mut out = BytesMut::new();
    user_frame(event, class, &site, &Beside::default(), &place).write(&[], &mut out);
    let (targets, people) = (NotificationTargets::default(), PostPeople::default());
    let app = app_frame(event, class, &site, (&targets, &people), &place);
    [
        turned(&out, "]},\"data\":"),
        turned(&app.bytes, "},\"data\":"),
    ]
}

/// A text frame with its data first, without what closes it.
fn turned(frame: &[u8], between: &str) -> Vec<u8> {
    let header = if frame[1] < 126 { 2 } else { 4 };
    let text = std::str::from_utf8(&frame[header..]).unwrap();
    let (meta, data) = text.split_once(between).unwrap();
    let data = data.strip_suffix('}').unwrap();
    let meta = meta.strip_prefix('{').unwrap();
    format!("{{\"data\":{data},{meta}").into_bytes()
}

fn trained(texts: &[Vec<u8>]) -> Vec<u8> {
    let mut dictionary = zstd::dict::from_samples(texts, BYTES).unwrap();
    // Its id follows from its content, and has two bytes of those that are free (RFC 8878 §3.1.1.1.3).
    let sum = dictionary[8..].iter().fold(0_u16, |sum, byte| {
        sum.wrapping_mul(31).wrapping_add(u16::from(*byte))
    });
    dictionary[4..8].copy_from_slice(&u32::from(0x8000 | sum).to_le_bytes());
    dictionary
}

#[test]
fn the_kept_dictionary_is_as_good_as_one_that_is_trained_now() {
    let texts = texts();
    let new = trained(&texts);
    assert_eq!(new, trained(&texts), "the same samples give the same");
    let mut compressor = zstd::bulk::Compressor::with_dictionary(super::LEVEL, &new).unwrap();
    let with_new: usize = texts
        .iter()
        .map(|text| compressor.compress(text).unwrap().len())
        .sum();
    let with_kept: usize = texts
        .iter()
        .map(|text| Blocks::new(text).message_len(0))
        .sum();
    let plain: usize = texts.iter().map(Vec::len).sum();
    let place = concat!(env!("CARGO_MANIFEST_DIR"), "/target/events.dict");
    if with_kept * 10 > with_new * 11 {
        std::fs::write(place, &new).unwrap();
    }
    assert!(
        with_kept * 10 <= with_new * 11,
        "{} events of {plain} bytes are {with_kept} with the kept dictionary of {} bytes, {with_new} with the one in {place}",
        texts.len(),
        DICTIONARY.len(),
    );
    assert!(with_kept * 4 < plain, "{with_kept} of {plain}");
}

#[test]
fn samples_are_told_in_other_words() {
    let mut numbers = Numbers(7);
    let told: Vec<Value> = (0..2)
        .map(|_| told_anew(&one_of_each()[0], &mut numbers))
        .map(|told| serde_json::to_value(told).unwrap())
        .collect();
    assert_ne!(
        told[0]["written"]["message"]["content"],
        told[1]["written"]["message"]["content"]
    );
    assert_ne!(
        told[0]["written"]["author"]["username"],
        told[1]["written"]["author"]["username"]
    );
}
