//! The words of a message or a post: a text, how it is to be read, and what is beside it.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::{entities, value};
use crate::model::{Content, Raw, Refusal, Refused, UserId};
use crate::text::raw::{self, On};
use crate::text::{self, Source};

/// Words as they were sent.
#[derive(Clone, Debug)]
pub(super) struct Words {
    source: Source,
    /// As the client says; `None`: the tags say it.
    pub(super) is_nsfw: Option<bool>,
    /// Checked; its invites do not have the names of their rooms yet.
    pub(super) raw: Raw,
}

impl Words {
    /// Reads the fields of a body.
    ///
    /// # Errors
    /// No text, a field of a wrong type, raw that breaks a rule.
    pub(super) fn read(fields: &Map<String, Value>, raw_bytes: usize) -> Result<Self, Refused> {
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
            is_nsfw: value::flag(fields, "is_nsfw")?,
            raw,
        })
    }

    /// Names that may be mentions, in lower case; none means that no query is needed.
    pub(super) fn names(&self) -> Vec<String> {
        text::names_in(&self.source)
    }

    /// The content, and whether it is not safe for work. `people` are the existing users among the names.
    ///
    /// # Errors
    /// No words, or too many.
    pub(super) fn compose(
        &self,
        people: &HashMap<String, UserId>,
        longest_text: usize,
    ) -> Result<(Content, bool), Refused> {
        let content = text::compose(&self.source, people, longest_text)?;
        let is_nsfw = self.is_nsfw.unwrap_or_else(|| text::is_nsfw(&content));
        Ok((content, is_nsfw))
    }
}
