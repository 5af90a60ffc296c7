//! Rich text: from a client's text to content with links, mentions, tags and html.
//!
//! `pieces` cuts a text into plain parts and entities, from left to right and in one pass;
//! `composer` joins the pieces into the final text and the html at the same time, so positions
//! need no correction. [`raw`] checks raw items, [`controls`] has the rule about control characters, and
//! [`shapes`] the forms in which clients send objects and lists.

mod address;
mod chars;
mod composer;
pub mod controls;
mod given;
#[cfg(test)]
mod hostile_tests;
mod html;
#[cfg(test)]
mod html_tests;
mod inline;
#[cfg(test)]
mod link_tests;
mod markdown;
mod object_id;
mod pieces;
pub mod raw;
pub mod shapes;
#[cfg(test)]
mod tests;
pub mod words;
#[cfg(test)]
mod world_tests;

use std::collections::{HashMap, HashSet};

use crate::model::{Content, Refusal, Refused, UserId};
use composer::Composer;
pub use html::{to_attribute, to_html};
pub use object_id::with_object_id;
use pieces::{Piece, Reading};

/// More names than a text within any sensible limit can hold; bounds the query that a hostile text can cause.
const MOST_NAMES: usize = 1024;

/// A text as a client sent it.
#[derive(Clone, Debug)]
pub struct Source {
    /// The text as typed.
    pub text: String,
    /// Whether addresses in the text become links.
    pub parse_links: bool,
    /// Whether `[anchor](url "title")` becomes a link.
    pub parse_markdown_links: bool,
    /// Links that the client made itself; they win over links recognised at the same place.
    pub links: Vec<GivenLink>,
}

/// A link that the client made itself.
#[derive(Clone, Debug)]
pub struct GivenLink {
    /// Code point index in the submitted text.
    pub pos: usize,
    /// Length in code points.
    pub len: usize,
    /// Its address; `http://` is added if there is no scheme.
    pub url: String,
    /// The `title` attribute of the link.
    pub title: Option<String>,
}

impl Default for Source {
    fn default() -> Self {
        Self {
            text: String::new(),
            parse_links: true,
            parse_markdown_links: true,
            links: Vec::new(),
        }
    }
}

impl Source {
    /// A text with both switches on and no links from the client.
    pub fn plain(text: &str) -> Self {
        Self {
            text: text.to_owned(),
            ..Self::default()
        }
    }

    fn reading(&self) -> Reading<'_> {
        Reading {
            text: &self.text,
            inline: self.parse_links,
            markdown: self.parse_markdown_links,
        }
    }
}

/// Names (lower case, deduplicated) that stand as possible mentions, so that the caller can look
/// them up in one query.
pub fn names_in(source: &Source) -> Vec<String> {
    if !source.text.contains('@') {
        return Vec::new();
    }
    // Links that do not fit are refused by `compose`; until then they hide nothing.
    let given = given::spans(source).unwrap_or_default();
    let mut names = HashSet::new();
    source.reading().cut(&given, |piece| {
        if let Piece::Mention(name) = piece
            && names.len() < MOST_NAMES
        {
            names.insert(name.to_ascii_lowercase());
        }
    });
    names.into_iter().collect()
}

/// Composes a text; `people` maps lower-case names to ids. `limit` is in code points and counts
/// markdown links as their anchors only.
///
/// # Errors
/// `EmptyText`, `TooLong` for the text; `Invalid` for links that the client made.
pub fn compose(
    source: &Source,
    people: &HashMap<String, UserId>,
    limit: usize,
) -> Result<Content, Refused> {
    let given = given::spans(source)?;
    let mut composer = Composer::new(people, source.text.len());
    if given.is_empty() && !pieces::may_hold_entities(&source.text) {
        composer.take(Piece::Plain(&source.text));
    } else {
        source.reading().cut(&given, |piece| composer.take(piece));
    }
    if composer.is_blank() {
        return Err(Refusal::EmptyText.at("text"));
    }
    if composer.counted() > limit {
        return Err(Refusal::TooLong.at("text"));
    }
    Ok(composer.finish())
}

/// Whether a text leaves no mark on the screen: it is empty, or all of it is blanks, controls and characters that
/// Unicode calls ignorable.
pub fn is_invisible(text: &str) -> bool {
    text.chars().all(chars::is_invisible)
}

/// Whether the tags contain `nsfw`, in any spelling.
pub fn is_nsfw(content: &Content) -> bool {
    let mut tags = content.entities.tags.iter();
    tags.any(|tag| words::fold_tag(&tag.text) == "nsfw")
}

/// The host of an absolute address, lower case and without `www.`; empty if there is none.
pub fn domain_of(url: &str) -> String {
    let after = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = after.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority
        .rsplit_once('@')
        .map_or(authority, |(_, host)| host);
    let host = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        Some(_) | None => host,
    };
    let host = host.to_lowercase();
    host.strip_prefix("www.").unwrap_or(&host).to_owned()
}
