//! Joins pieces into the final text and its html in one pass, counting positions.

use std::collections::HashMap;

use super::pieces::Piece;
use super::{chars, html};
use crate::model::content::{Link, Mention, Tag};
use crate::model::{Content, UserId};

/// Content in the making.
pub(super) struct Composer<'p> {
    people: &'p HashMap<String, UserId>,
    content: Content,
    /// Code points in the final text so far.
    pos: usize,
    /// Of these, the ones that were appended and count for no limit.
    appended: usize,
    /// Nothing but mentions and non-word characters came yet.
    leading: bool,
    /// A copy mention came last, or white space after one.
    copying: bool,
}

impl<'p> Composer<'p> {
    /// For a text of about this many bytes.
    pub(super) fn new(people: &'p HashMap<String, UserId>, bytes: usize) -> Self {
        let mut content = Content::default();
        content.text.reserve(bytes);
        content
            .html
            .reserve(bytes + bytes / 8 + html::OPENING.len() + html::CLOSING.len());
        content.html.push_str(html::OPENING);
        Self {
            people,
            content,
            pos: 0,
            appended: 0,
            leading: true,
            copying: false,
        }
    }

    /// Code points as the limits count them.
    pub(super) fn counted(&self) -> usize {
        self.pos - self.appended
    }

    /// Whether there is nothing to see.
    pub(super) fn is_blank(&self) -> bool {
        super::is_invisible(&self.content.text)
    }

    /// The content, once all pieces were taken.
    pub(super) fn finish(mut self) -> Content {
        self.content.html.push_str(html::CLOSING);
        self.content
    }

    /// Adds the next piece.
    pub(super) fn take(&mut self, piece: Piece<'_>) {
        match piece {
            Piece::Plain(text) => self.plain(text),
            Piece::Mention(name) => self.mention(name),
            Piece::Tag(tag) => self.tag(tag),
            Piece::Link {
                anchor,
                url,
                title,
                amend,
            } => self.link(anchor, url, title, amend),
        }
    }

    fn plain(&mut self, text: &str) {
        html::escape(&mut self.content.html, text);
        self.write(text);
        self.passed(text);
    }

    fn mention(&mut self, name: &str) {
        let known = if name.bytes().any(|b| b.is_ascii_uppercase()) {
            self.people.get(&name.to_ascii_lowercase())
        } else {
            self.people.get(name)
        };
        let Some(&id) = known else {
            self.plain("@");
            self.plain(name);
            return;
        };
        let is_copy = self.copying || self.content.text.ends_with('/');
        let mention = Mention {
            id,
            is_copy,
            is_leading: self.leading,
            len: name.len() + 1,
            pos: self.pos,
            text: name.to_owned(),
        };
        html::mention(&mut self.content.html, &mention);
        self.content.entities.mentions.push(mention);
        self.write("@");
        self.write(name);
        self.copying = is_copy;
    }

    fn tag(&mut self, tag: &str) {
        let pos = self.pos;
        html::tag(&mut self.content.html, tag);
        self.write("#");
        self.write(tag);
        self.passed(tag);
        self.content.entities.tags.push(Tag {
            len: self.pos - pos,
            pos,
            text: tag.to_owned(),
        });
    }

    fn link(&mut self, anchor: &str, url: &str, title: Option<&str>, amend: Option<&str>) {
        let pos = self.pos;
        html::link(&mut self.content.html, anchor, url, title);
        self.write(anchor);
        self.passed(anchor);
        let len = self.pos - pos;
        let mut text = anchor.to_owned();
        if let Some(host) = amend.filter(|host| !host.is_empty()) {
            let suffix = format!(" [{host}]");
            let counted = self.counted();
            self.plain(&suffix);
            self.appended = self.pos - counted;
            text.push_str(&suffix);
        }
        self.content.entities.links.push(Link {
            amended_len: amend.map(|_| self.pos - pos),
            len,
            pos,
            text,
            title: title.map(str::to_owned),
            url: url.to_owned(),
        });
    }

    fn write(&mut self, text: &str) {
        self.content.text.push_str(text);
        self.pos += text.chars().count();
    }

    /// Notes text that ends the run of leading mentions or of copy mentions.
    fn passed(&mut self, text: &str) {
        self.leading = self.leading && !text.chars().any(chars::is_word);
        self.copying = self.copying && text.chars().all(char::is_whitespace);
    }
}
