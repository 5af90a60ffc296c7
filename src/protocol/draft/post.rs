//! Posts as clients send them.

use std::collections::HashMap;

use serde_json::Value;

use super::value;
use super::words::Words;
use crate::model::{ClientBrief, NewPost, PostId, PostRevision, Raw, Refused, UserId};

/// A post to create, or the words of a revision.
#[derive(Clone, Debug)]
pub struct PostDraft {
    words: Words,
    reply_to: Option<PostId>,
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
        Ok(Self {
            words: Words::read(fields, raw_bytes)?,
            reply_to: value::id_at(fields, "reply_to")?.map(PostId),
            update_marker: value::flag(fields, "update_marker")?.unwrap_or(false),
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
        let (content, is_nsfw) = self.words.compose(people, longest_text)?;
        Ok(NewPost {
            user_id: author,
            client,
            content,
            raw: self.words.raw,
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
            content: self.words.compose(people, longest_text)?.0,
            is_nsfw: self.words.is_nsfw,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Refusal;
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
