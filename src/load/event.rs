//! A message event read whole, and what is wrong with it. Not the way of every frame: the engine reads the first
//! frame of a message so, and those that differ from it.

use super::faults::Fault;
use serde::Deserialize;
use std::borrow::Cow;

/// An event as it is on a stream, with the fields that are judged.
#[derive(Debug, Deserialize)]
pub(super) struct Event<'a> {
    #[serde(borrow)]
    pub(super) meta: Meta<'a>,
    #[serde(borrow, default)]
    data: Vec<Message<'a>>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Meta<'a> {
    #[serde(borrow, default)]
    id: Cow<'a, str>,
    #[serde(borrow, default, rename = "type")]
    object_type: Cow<'a, str>,
    subscription_ids: Option<Vec<Cow<'a, str>>>,
}

#[derive(Debug, Default, Deserialize)]
struct Message<'a> {
    #[serde(borrow, default)]
    id: Cow<'a, str>,
    #[serde(borrow, default)]
    channel_id: Cow<'a, str>,
    user: Option<Author<'a>>,
    user_id: Option<Cow<'a, str>>,
    content: Option<Content<'a>>,
}

#[derive(Debug, Deserialize)]
struct Author<'a> {
    #[serde(borrow)]
    id: Cow<'a, str>,
}

#[derive(Debug, Deserialize)]
struct Content<'a> {
    #[serde(borrow)]
    text: Cow<'a, str>,
}

/// What a message should be, where it is known.
#[derive(Debug, Clone, Copy)]
pub(super) struct Expected<'a> {
    pub(super) channel: &'a str,
    pub(super) author: Option<&'a str>,
    pub(super) text: &'a [u8],
    pub(super) ids: Ids<'a>,
}

/// The `subscription_ids` that a frame should have.
#[derive(Debug, Clone, Copy)]
pub(super) enum Ids<'a> {
    /// This one, between quotes.
    Quoted(&'a [u8]),
    /// App streams have none, and a listener that has no answer yet does not know its own.
    NotJudged,
}

impl<'a> Event<'a> {
    /// Reads a frame; none if it is no event with a list of messages.
    pub(super) fn read(payload: &'a [u8]) -> Option<Self> {
        serde_json::from_slice(payload).ok()
    }

    /// The number that orders the messages of a room.
    pub(super) fn number(&self) -> Option<u64> {
        self.meta.id.parse().ok()
    }

    pub(super) fn id(&self) -> &str {
        &self.meta.id
    }

    pub(super) fn channel(&self) -> &str {
        self.data.first().map_or("", |message| &message.channel_id)
    }

    /// What is wrong, each with what is there instead.
    pub(super) fn faults(&self, expected: Expected<'_>) -> Vec<(Fault, String)> {
        let mut faults = Vec::new();
        let mut wrong = |fault, what: &str, found: &str, wanted: &str| {
            faults.push((fault, format!("{what} is {found:?} instead of {wanted:?}")));
        };
        if let Some(message) = self.data.first() {
            if message.channel_id != expected.channel {
                let found = &message.channel_id;
                wrong(Fault::Foreign, "channel_id", found, expected.channel);
                return faults;
            }
            if message.id != self.meta.id {
                wrong(Fault::ChangedType, "meta.id", &self.meta.id, &message.id);
            }
            let author = message.user.as_ref().map(|user| &user.id);
            let author = author
                .or(message.user_id.as_ref())
                .map_or("", |author| author);
            if let Some(wanted) = expected.author.filter(|wanted| *wanted != author) {
                wrong(Fault::ChangedAuthor, "the author", author, wanted);
            }
            let text = message.content.as_ref().map_or("", |content| &content.text);
            if text.as_bytes() != expected.text {
                let wanted = String::from_utf8_lossy(expected.text);
                wrong(Fault::ChangedText, "the text", text, &wanted);
            }
        }
        if self.meta.object_type != "message" {
            let found = &self.meta.object_type;
            wrong(Fault::ChangedType, "meta.type", found, "message");
        }
        if let Ids::Quoted(own) = expected.ids {
            let own = String::from_utf8_lossy(own);
            let own = own.trim_matches('"');
            match self.meta.subscription_ids.as_deref() {
                None | Some([]) => {
                    let words = format!("subscription_ids should be [{own:?}]");
                    faults.push((Fault::WithoutIds, words));
                }
                Some([one]) if one == own => {}
                Some(others) => {
                    let words = format!("subscription_ids is {others:?} instead of [{own:?}]");
                    faults.push((Fault::ForeignIds, words));
                }
            }
        }
        faults
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRAME: &str = r#"{"meta":{"timestamp":1,"id":"8","type":"message","subscription_ids":["S"]},"data":[{"id":"8","channel_id":"3","source":{"id":"x"},"user":{"id":"1","name":"A"},"content":{"text":"hi","html":"hi"}}]}"#;

    fn found(frame: &str) -> Vec<Fault> {
        let expected = Expected {
            channel: "3",
            author: Some("1"),
            text: b"hi",
            ids: Ids::Quoted(b"\"S\""),
        };
        let event = Event::read(frame.as_bytes()).expect("an event");
        let faults = event.faults(expected).into_iter();
        faults.map(|(fault, _)| fault).collect()
    }

    #[test]
    fn a_true_frame_has_no_fault() {
        assert_eq!(found(FRAME), []);
        let event = Event::read(FRAME.as_bytes()).expect("an event");
        assert_eq!((event.number(), event.channel()), (Some(8), "3"));
    }

    #[test]
    fn each_change_has_its_name() {
        for (change, to, fault) in [
            (
                r#""type":"message""#,
                r#""type":"post""#,
                Fault::ChangedType,
            ),
            (r#"1,"id":"8""#, r#"1,"id":"9""#, Fault::ChangedType),
            (
                r#""user":{"id":"1""#,
                r#""user":{"id":"2""#,
                Fault::ChangedAuthor,
            ),
            (r#""text":"hi""#, r#""text":"ho""#, Fault::ChangedText),
            (r#""content""#, r#""contents""#, Fault::ChangedText),
            (r#","subscription_ids":["S"]"#, "", Fault::WithoutIds),
            (r#"["S"]"#, "[]", Fault::WithoutIds),
            (r#"["S"]"#, r#"["T"]"#, Fault::ForeignIds),
            (r#"["S"]"#, r#"["S","T"]"#, Fault::ForeignIds),
            (r#""channel_id":"3""#, r#""channel_id":"4""#, Fault::Foreign),
        ] {
            let changed = FRAME.replacen(change, to, 1);
            assert_ne!(changed, FRAME);
            assert_eq!(found(&changed), [fault], "{changed}");
        }
    }
}
