//! Frames that are read whole after the run and held against the REST answer: one in a thousand, and messages
//! without a number of ours, which are strangers' or lost their text.

use super::blocking::Blocking;
use super::faults::{Fault, Faults};
use super::stamp::Stamp;
use super::target::{SetupError, Target};
use serde_json::Value;
use std::collections::HashMap;

/// One frame in so many is kept, the first one included.
const EVERY: u64 = 1000;
/// Most frames kept: some 6 MB. With more, every second one is dropped, and half as many are kept from then on.
const MOST: usize = 4096;
/// Most messages without a number that are kept; more say nothing new.
const SUSPECTS: usize = 256;
/// Messages of one look-up.
const AT_ONCE: usize = 100;

/// A message without a number of ours, and the socket that received it.
#[derive(Debug)]
struct Suspect {
    slot: usize,
    payload: Vec<u8>,
}

#[derive(Debug)]
pub(super) struct Held {
    every: u64,
    until_next: u64,
    samples: Vec<Vec<u8>>,
    suspects: Vec<Suspect>,
}

/// What came out of it.
#[derive(Debug, Default)]
pub(super) struct Judged {
    /// Frames that were held against the REST answer.
    pub(super) frames: u64,
    /// Messages of ours that arrived with another text: socket, channel and number.
    pub(super) arrived: Vec<(usize, String, u32)>,
}

impl Held {
    pub(super) fn new() -> Self {
        Self {
            every: EVERY,
            until_next: 0,
            samples: Vec::new(),
            suspects: Vec::new(),
        }
    }

    /// A frame goes by; it is kept if it is its turn.
    pub(super) fn pass(&mut self, payload: &[u8]) {
        if self.until_next > 0 {
            self.until_next -= 1;
            return;
        }
        if self.samples.len() >= MOST {
            let mut turn = 0;
            self.samples.retain(|_| {
                turn += 1;
                turn % 2 == 1
            });
            self.every *= 2;
        }
        self.until_next = self.every - 1;
        self.samples.push(payload.to_vec());
    }

    /// A frame without a number went by to a listener that should have none.
    pub(super) fn suspect(&mut self, slot: usize, payload: &[u8]) {
        let mark: &[u8] = b"\"type\":\"message\"";
        let is_message = payload.windows(mark.len()).any(|window| window == mark);
        if is_message && self.suspects.len() < SUSPECTS {
            let payload = payload.to_vec();
            self.suspects.push(Suspect { slot, payload });
        }
    }

    /// Holds all of them against the server's own answers.
    pub(super) fn judge(&self, target: &Target, faults: &mut Faults) -> Result<Judged, SetupError> {
        let mut judged = Judged::default();
        let token = target.person(0);
        let mut caller = Blocking::open(target)?;
        let mut stored = |payloads: &[&[u8]]| -> Result<HashMap<String, Value>, SetupError> {
            let ids = payloads
                .iter()
                .filter_map(|payload| id_of(&message(payload)?));
            let ids: Vec<String> = ids.collect();
            let path = format!("/v1/channels/messages?ids={}", ids.join(","));
            let mut answer = caller.call("GET", &path, &token, "")?;
            let list = answer.pointer_mut("/data").map(Value::take);
            let list = list.as_ref().and_then(Value::as_array).cloned();
            let list = list.unwrap_or_default().into_iter();
            Ok(list
                .filter_map(|found| Some((id_of(&found)?, found)))
                .collect())
        };
        for samples in self.samples.chunks(AT_ONCE) {
            let payloads: Vec<&[u8]> = samples.iter().map(Vec::as_slice).collect();
            let found = stored(&payloads)?;
            for payload in payloads {
                judged.frames += 1;
                if let Some(words) = unlike(payload, &found) {
                    faults.add(Fault::UnlikeRest, || words);
                }
            }
        }
        for suspects in self.suspects.chunks(AT_ONCE) {
            let payloads: Vec<&[u8]> = suspects.iter().map(|suspect| &*suspect.payload).collect();
            let found = stored(&payloads)?;
            for suspect in suspects {
                judged.arrived.extend(ours(suspect, &found, faults));
            }
        }
        Ok(judged)
    }
}

fn message(payload: &[u8]) -> Option<Value> {
    let mut event: Value = serde_json::from_slice(payload).ok()?;
    event.pointer_mut("/data/0").map(Value::take)
}

fn id_of(message: &Value) -> Option<String> {
    message.get("id")?.as_str().map(str::to_owned)
}

/// What a frame has that the stored message has not.
fn unlike(payload: &[u8], stored: &HashMap<String, Value>) -> Option<String> {
    let Some(message) = message(payload) else {
        return Some("a frame holds no message".to_owned());
    };
    let id = id_of(&message).unwrap_or_default();
    match stored.get(&id) {
        Some(stored) => {
            let path = difference(&message, stored)?;
            Some(format!("message {id}: {path} is another one"))
        }
        None => Some(format!("message {id} is not on the server")),
    }
}

/// The path of the first field that differs. REST adds fields for its viewer; counts and profiles go on changing.
fn difference(frame: &Value, stored: &Value) -> Option<String> {
    let (Value::Object(frame), Value::Object(stored)) = (frame, stored) else {
        return (frame != stored).then(String::new);
    };
    for (name, value) in frame {
        let other = stored.get(name).unwrap_or(&Value::Null);
        let found = match name.as_str() {
            "counts" => None,
            "user" => (value.get("id") != other.get("id")).then(|| "id".to_owned()),
            _ => difference(value, other),
        };
        if let Some(path) = found {
            let dot = if path.is_empty() { "" } else { "." };
            return Some(format!("{name}{dot}{path}"));
        }
    }
    None
}

/// Tells a stranger's message from one of ours that lost its number on the way.
fn ours(
    suspect: &Suspect,
    stored: &HashMap<String, Value>,
    faults: &mut Faults,
) -> Option<(usize, String, u32)> {
    let frame = message(&suspect.payload).unwrap_or_default();
    let id = id_of(&frame).unwrap_or_default();
    let stored = stored.get(&id);
    let text = stored.and_then(|stored| stored.pointer("/content/text")?.as_str());
    let stamp = text.and_then(|text| Stamp::find(text.as_bytes(), &mut 0));
    let channel = frame.get("channel_id").and_then(Value::as_str);
    let channel = channel.unwrap_or_default().to_owned();
    let Some(stamp) = stamp else {
        faults.add(Fault::Foreign, || {
            format!("message {id} of channel {channel} is not one of this run")
        });
        return None;
    };
    faults.add(Fault::ChangedText, || {
        let found = frame.pointer("/content/text").unwrap_or(&Value::Null);
        format!("message {id} of channel {channel}: the text is {found}")
    });
    Some((suspect.slot, channel, stamp.seq))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn one_frame_in_a_thousand_is_kept_and_their_number_is_bounded() {
        let mut held = Held::new();
        for nth in 0..2001_u32 {
            held.pass(&nth.to_be_bytes());
        }
        let kept: Vec<u32> = held
            .samples
            .iter()
            .map(|bytes| u32::from_be_bytes(bytes[..].try_into().unwrap()))
            .collect();
        assert_eq!(kept, [0, 1000, 2000]);
        for _ in 0..MOST {
            held.until_next = 0;
            held.pass(b"");
        }
        assert!(held.samples.len() <= MOST, "{}", held.samples.len());
        assert_eq!(held.every, 2 * EVERY);
    }

    #[test]
    fn fields_that_only_rest_has_are_no_difference() {
        let frame = json!({"id": "1", "counts": {"replies": 0}, "user": {"id": "2", "name": "A"}, "content": {"text": "x"}});
        let mut stored = json!({"id": "1", "counts": {"replies": 3}, "user": {"id": "2", "you_follow": true},
            "content": {"text": "x", "more": 1}, "other": true});
        assert_eq!(difference(&frame, &stored), None);
        stored["content"]["text"] = json!("y");
        assert_eq!(difference(&frame, &stored), Some("content.text".to_owned()));
        stored["user"]["id"] = json!("3");
        assert_eq!(difference(&frame, &stored), Some("content.text".to_owned()));
        stored["content"]["text"] = json!("x");
        assert_eq!(difference(&frame, &stored), Some("user.id".to_owned()));
    }

    #[test]
    fn a_message_without_a_number_is_a_strangers_or_a_changed_one() {
        let mut held = Held::new();
        held.suspect(
            4,
            br#"{"meta":{"type":"message"},"data":[{"id":"7","channel_id":"3"}]}"#,
        );
        held.suspect(4, br#"{"meta":{"pong":1}}"#);
        let [suspect] = &held.suspects[..] else {
            panic!("a pong is no message")
        };
        let mut faults = Faults::default();
        assert_eq!(ours(suspect, &HashMap::new(), &mut faults), None);
        assert_eq!(faults.count(Fault::Foreign), 1);
        let mut text = Vec::new();
        Stamp {
            seq: 12,
            intended_ns: 5,
        }
        .write(&mut text, 60);
        let text = String::from_utf8(text).unwrap();
        let stored = json!({"id": "7", "content": {"text": text}});
        let stored = HashMap::from([("7".to_owned(), stored)]);
        let found = ours(suspect, &stored, &mut faults);
        assert_eq!(found, Some((4, "3".to_owned(), 12)));
        assert_eq!(faults.count(Fault::ChangedText), 1);
    }
}
