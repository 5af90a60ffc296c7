//! Posts as clients send them.

use std::collections::HashMap;

use serde_json::Value;

use super::{entities, value};
use crate::model::{ClientBrief, NewPost, PostId, PostRevision, Raw, Refusal, Refused, UserId};
use crate::text::raw::{self, On};
use crate::text::{self, Source};

/// A post to create, or the words of a revision.
#[derive(Clone, Debug)]
pub struct PostDraft {
    source: Source,
    reply_to: Option<PostId>,
    is_nsfw: Option<bool>,
    raw: Raw,
    /// The author's marker moves to the post; some clients say so in the body.
    pub update_marker: bool,
}

impl PostDraft {
    /// Reads a body.
    ///
    /// # Errors
    /// No text, a field of a wrong type, raw that breaks a rule.
    pub fn read(body: &Value, raw_bytes: usize) -> Result<Self, Refused> {
        let fields = &*value::fields(body)?;
        let text = value::text_at(fields, "text")?.ok_or_else(|| Refusal::Missing.at("text"))?;
        let mut source = Source::plain(text);
        if let Some(sent) = value::object_at(fields, "entities")? {
            entities::read(&mut source, &sent)?;
        }
        let raw = match value::raw_at(fields)? {
            Some(sent) => raw::check(&sent, On::Message, raw_bytes)?,
            None => Raw::default(),
        };
        Ok(Self {
            source,
            reply_to: value::id_at(fields, "reply_to")?.map(PostId),
            is_nsfw: value::flag(fields, "is_nsfw")?,
            raw,
            update_marker: value::flag(fields, "update_marker")?.unwrap_or(false),
        })
    }

    /// Names that may be mentions, in lower case; none means that no query is needed.
    pub fn names(&self) -> Vec<String> {
        text::names_in(&self.source)
    }

    /// The checked post. `people` are the existing users among the names.
    ///
    /// # Errors
    /// No words, or too many.
    pub fn finish(
        self,
        people: &HashMap<String, UserId>,
        longest_text: usize,
        (author, client): (UserId, ClientBrief),
        update_marker: bool,
    ) -> Result<NewPost, Refused> {
        let content = text::compose(&self.source, people, longest_text)?;
        let is_nsfw = self.is_nsfw.unwrap_or_else(|| text::is_nsfw(&content));
        Ok(NewPost {
            user_id: author,
            client,
            content,
            raw: self.raw,
            is_nsfw,
            reply_to: self.reply_to,
            update_marker,
        })
    }

    /// The words of a revision. Raw stays as it was, and so does what the post answers.
    ///
    /// # Errors
    /// No words, or too many.
    pub fn revision(
        self,
        people: &HashMap<String, UserId>,
        longest_text: usize,
    ) -> Result<PostRevision, Refused> {
        Ok(PostRevision {
            content: text::compose(&self.source, people, longest_text)?,
            is_nsfw: self.is_nsfw,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn new(body: &Value) -> Result<NewPost, Refused> {
        let draft = PostDraft::read(body, 8192)?;
        let client = ClientBrief {
            id: "cl1".into(),
            name: String::from("Web"),
            url: String::from("https://x.example"),
        };
        let marker = draft.update_marker;
        draft.finish(&HashMap::new(), 256, (UserId(7), client), marker)
    }

    #[test]
    fn a_text_is_required_and_has_a_length() {
        assert_eq!(new(&json!({})).unwrap_err(), Refusal::Missing.at("text"));
        let long = "x".repeat(257);
        assert_eq!(
            new(&json!({ "text": long })).unwrap_err(),
            Refusal::TooLong.at("text")
        );
        let linked = format!("{}[x](https://example.com/)", "x".repeat(255));
        assert!(new(&json!({ "text": linked })).is_ok(), "anchors count");
    }

    #[test]
    fn replies_flags_and_the_marker_in_the_body() {
        let body = json!({"text": "x #nsfw", "reply_to": "5", "update_marker": 1});
        let post = new(&body).unwrap();
        assert_eq!(post.reply_to, Some(PostId(5)));
        assert!(post.is_nsfw && post.update_marker);
        let body = json!({"text": "x #nsfw", "reply_to": 0, "is_nsfw": false});
        let post = new(&body).unwrap();
        assert_eq!(post.reply_to, None);
        assert!(!post.is_nsfw && !post.update_marker);
    }
}
