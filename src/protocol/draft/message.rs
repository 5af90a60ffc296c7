//! Messages as clients send them.

use std::collections::HashMap;

use serde_json::Value;

use super::person::PersonRef;
use super::value;
use super::words::Words;
use crate::model::message::NewMessage;
use crate::model::{ClientBrief, MessageId, Raw, Refusal, Refused, UserId};

/// A message to create.
#[derive(Clone, Debug)]
pub struct MessageDraft {
    words: Words,
    reply_to: Option<MessageId>,
    /// Recipients, on `/channels/pm/messages`.
    pub destinations: Option<Vec<PersonRef>>,
}

impl MessageDraft {
    /// Reads a body.
    ///
    /// # Errors
    /// No text, a field of a wrong type, raw that breaks a rule.
    pub fn read(body: &Value, raw_bytes: usize) -> Result<Self, Refused> {
        let fields = &*value::fields(body)?;
        let destinations = value::given(fields, "destinations")
            .map(|list| PersonRef::list(list).ok_or_else(|| Refusal::WrongType.at("destinations")))
            .transpose()?;
        Ok(Self {
            words: Words::read(fields, raw_bytes)?,
            reply_to: value::id_at(fields, "reply_to")?.map(MessageId),
            destinations,
        })
    }

    /// Names that may be mentions, in lower case; none means that no query is needed.
    pub fn names(&self) -> Vec<String> {
        self.words.names()
    }

    /// Checked; its invites do not have the names of their rooms yet.
    pub fn raw_mut(&mut self) -> &mut Raw {
        &mut self.words.raw
    }

    /// The checked message. `people` are the existing users among the names.
    pub fn finish(
        self,
        people: &HashMap<String, UserId>,
        longest_text: usize,
        author: UserId,
        client: ClientBrief,
        update_marker: bool,
    ) -> Result<NewMessage, Refused> {
        let (content, is_nsfw) = self.words.compose(people, longest_text)?;
        Ok(NewMessage {
            user_id: author,
            client,
            content,
            raw: self.words.raw,
            is_nsfw,
            reply_to: self.reply_to,
            update_marker,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn new(body: &Value) -> Result<NewMessage, Refused> {
        let draft = MessageDraft::read(body, 8192)?;
        let people = HashMap::from([(String::from("bob"), UserId(12))]);
        let client = ClientBrief {
            id: "cl1".into(),
            name: String::from("Web"),
            url: String::from("https://x.example"),
        };
        draft.finish(&people, 2048, UserId(7), client, true)
    }

    #[test]
    fn text_is_required_and_a_text() {
        assert_eq!(new(&json!({})).unwrap_err(), Refusal::Missing.at("text"));
        assert_eq!(
            new(&json!({"text": 5})).unwrap_err(),
            Refusal::WrongType.at("text")
        );
        assert_eq!(
            new(&json!({"text": "  "})).unwrap_err().refusal,
            Refusal::EmptyText
        );
        assert_eq!(new(&json!("hi")).unwrap_err().refusal, Refusal::WrongType);
    }

    #[test]
    fn replies_mentions_and_the_marker() {
        let message = new(&json!({"text": "hi @Bob", "reply_to": "90"})).unwrap();
        assert_eq!(message.reply_to, Some(MessageId(90)));
        assert_eq!(message.content.entities.mentions.len(), 1);
        assert!(message.update_marker && !message.is_nsfw);
        assert_eq!(
            new(&json!({"text": "x", "reply_to": 90})).unwrap().reply_to,
            Some(MessageId(90))
        );
        assert_eq!(
            new(&json!({"text": "x", "reply_to": "me"})).unwrap_err(),
            Refusal::WrongType.at("reply_to")
        );
    }

    #[test]
    fn the_tag_says_nsfw_unless_the_client_does() {
        assert!(new(&json!({"text": "x #NSFW"})).unwrap().is_nsfw);
        assert!(
            !new(&json!({"text": "x #nsfw", "is_nsfw": 0}))
                .unwrap()
                .is_nsfw
        );
        assert!(
            new(&json!({"text": "x", "is_nsfw": "true"}))
                .unwrap()
                .is_nsfw
        );
    }

    #[test]
    fn links_can_be_switched_off_and_given() {
        let off = json!({"text": "see https://a.example", "entities": {"parse_links": "0"}});
        assert!(new(&off).unwrap().content.entities.links.is_empty());
        let given = json!({"text": "see that", "entities": {
            "links": [{"pos": "4", "len": 4, "url": "https://a.example"}]}});
        assert_eq!(new(&given).unwrap().content.entities.links.len(), 1);
        assert_eq!(
            new(&json!({"text": "x", "entities": {"links": [{}]}})).unwrap_err(),
            Refusal::WrongType.at("entities.links")
        );
    }

    #[test]
    fn destinations_are_people() {
        let draft = MessageDraft::read(&json!({"text": "x", "destinations": ["@Amy", 3]}), 99);
        assert_eq!(draft.unwrap().destinations.unwrap().len(), 2);
        let wrong = MessageDraft::read(&json!({"text": "x", "destinations": ["amy"]}), 99);
        assert_eq!(wrong.unwrap_err(), Refusal::WrongType.at("destinations"));
    }
}
