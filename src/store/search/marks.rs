//! Marks: what a post or a message is found by beside its words.
//!
//! Each mark is one word in a column of its own of the full-text index. The index joins marks and words in the order of the
//! ids and skips what does not hold all of them, so that a search reads as many posts as its page shows, whichever filters
//! it combines. Texts are hashed: a mark consists of letters and digits.

use std::collections::BTreeSet;

use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::model::channel::CHAT_SETTINGS;
use crate::model::{Channel, Post, Raw};
use crate::text::{domain_of, words::fold_tag};

/// To be raised with every change of what [`marks_of`] returns: the index is then made anew.
pub(super) const FORMAT: i64 = 1;
/// The same for [`marks_of_channel`].
pub(super) const CHANNEL_FORMAT: i64 = 1;

/// Most members that a channel is found by; one with more is marked as open, and whether it is read is seen on the way.
const MEMBERS: usize = 500;

/// The length that the explore stream `256` shows.
const LONG: usize = 256;

/// Embedded media of a post, by the types of `io.pnut.core.oembed`.
const OEMBED: &str = "io.pnut.core.oembed";

/// One property of a post, a message or a channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Mark<'t> {
    /// Written by a human account, or not.
    Human(bool),
    /// The author, or the owner of a channel.
    Author(i64),
    /// The channel of a message.
    Channel(i64),
    Client(&'t str),
    ReplyTo(i64),
    Thread(i64),
    /// It answers another post, or not.
    Reply(bool),
    /// It mentions users, or not.
    Mentioning(bool),
    Mentions(i64),
    /// Begins by mentioning.
    Leads(i64),
    /// It begins with a mention.
    Directed,
    Tag(&'t str),
    Url(&'t str),
    Domain(&'t str),
    RawType(&'t str),
    File(&'t str),
    Poll(&'t str),
    FileKind(&'t str),
    Revised,
    /// Not marked as not safe for work.
    Safe,
    /// Among the first posts of its author.
    Newcomer,
    /// Exactly as long as a post of pnut.io may be.
    Long,
    /// The type of a channel.
    Kind(&'t str),
    Category(&'t str),
    /// A user that the ACL of a channel names.
    Member(i64),
    /// A channel that every user reads, or that has too many members to name.
    Open,
    /// A channel that is read without an account, or not.
    Public(bool),
    /// A channel that is not deactivated.
    Active,
}

impl Mark<'_> {
    /// As the index holds it. Tags and domains may be written in any form.
    pub(super) fn word(&self) -> String {
        match self {
            Self::Human(is) => flag('h', *is),
            Self::Author(user) => format!("u{user}"),
            Self::Channel(channel) => format!("b{channel}"),
            Self::Client(id) => hashed('c', id),
            Self::ReplyTo(post) => format!("r{post}"),
            Self::Thread(post) => format!("t{post}"),
            Self::Reply(is) => flag('q', *is),
            Self::Mentioning(is) => flag('e', *is),
            Self::Mentions(user) => format!("m{user}"),
            Self::Leads(user) => format!("p{user}"),
            Self::Directed => String::from("l1"),
            Self::Tag(tag) => hashed('g', &fold_tag(tag)),
            Self::Url(url) => hashed('a', url),
            Self::Domain(domain) => hashed('d', &domain_of(domain)),
            Self::RawType(kind) => hashed('w', kind),
            Self::File(id) => hashed('f', id),
            Self::Poll(id) => hashed('o', id),
            Self::FileKind(kind) => hashed('k', kind),
            Self::Revised => String::from("v1"),
            Self::Safe => String::from("s1"),
            Self::Newcomer => String::from("n1"),
            Self::Long => String::from("x1"),
            Self::Kind(kind) => hashed('y', kind),
            Self::Category(category) => hashed('z', category),
            Self::Member(user) => format!("i{user}"),
            Self::Open => String::from("y1"),
            Self::Public(is) => flag('z', *is),
            Self::Active => String::from("j1"),
        }
    }
}

fn flag(letter: char, is: bool) -> String {
    format!("{letter}{}", u8::from(is))
}

/// 64 bits: two texts that are not the same meet once in four thousand million marks of a kind.
fn hashed(letter: char, text: &str) -> String {
    let hash = Sha256::digest(text.as_bytes());
    let hex = hash.iter().take(8).map(|byte| format!("{byte:02x}"));
    std::iter::once(letter.to_string()).chain(hex).collect()
}

/// All marks of a post, each once, separated by blanks. The same post always has the same ones: the index can only forget
/// exactly what it was given.
pub(super) fn marks_of(post: &Post, is_human: bool, is_newcomer: bool) -> String {
    let entities = &post.content.entities;
    let mut marks = BTreeSet::new();
    let mut add = |mark: Mark<'_>| {
        marks.insert(mark.word());
    };
    add(Mark::Human(is_human));
    add(Mark::Author(post.user_id.0));
    add(Mark::Client(post.client.id.as_str()));
    add(Mark::Thread(post.thread_id.0));
    add(Mark::Reply(post.reply_to.is_some()));
    if let Some(answered) = post.reply_to {
        add(Mark::ReplyTo(answered.0));
    }
    add(Mark::Mentioning(!entities.mentions.is_empty()));
    for mention in &entities.mentions {
        add(Mark::Mentions(mention.id.0));
        if mention.is_leading {
            add(Mark::Leads(mention.id.0));
            add(Mark::Directed);
        }
    }
    for tag in &entities.tags {
        add(Mark::Tag(&tag.text));
    }
    for link in &entities.links {
        add(Mark::Url(&link.url));
        add(Mark::Domain(&link.url));
    }
    for kind in post.raw.0.keys() {
        add(Mark::RawType(kind));
    }
    for id in objects_named(&post.raw, "file_id") {
        add(Mark::File(&id));
    }
    for id in objects_named(&post.raw, "poll_id") {
        add(Mark::Poll(&id));
    }
    for kind in file_kinds(&post.raw) {
        add(Mark::FileKind(&kind));
    }
    let others = [
        (post.revision > 0, Mark::Revised),
        (!post.is_nsfw, Mark::Safe),
        (is_newcomer, Mark::Newcomer),
        (counted_length(post) == LONG, Mark::Long),
    ];
    for (is, mark) in others {
        if is {
            add(mark);
        }
    }
    Vec::from_iter(marks).join(" ")
}

/// All marks of a channel, as those of a post.
pub(super) fn marks_of_channel(channel: &Channel) -> String {
    let acl = &channel.acl;
    let mut marks = BTreeSet::new();
    let mut add = |mark: Mark<'_>| {
        marks.insert(mark.word());
    };
    add(Mark::Kind(&channel.kind));
    add(Mark::Public(acl.read_public));
    if let Some(owner) = channel.owner {
        add(Mark::Author(owner.0));
    }
    if channel.is_active {
        add(Mark::Active);
    }
    let members = || acl.full.iter().chain(&acl.write).chain(&acl.read);
    let is_crowded = members().nth(MEMBERS).is_some();
    if acl.read_public || acl.read_any_user || acl.write_any_user || is_crowded {
        add(Mark::Open);
    }
    for user in members().take(MEMBERS) {
        add(Mark::Member(user.0));
    }
    for category in categories(&channel.raw) {
        add(Mark::Category(category));
    }
    for kind in channel.raw.0.keys() {
        add(Mark::RawType(kind));
    }
    for id in objects_named(&channel.raw, "file_id") {
        add(Mark::File(&id));
    }
    Vec::from_iter(marks).join(" ")
}

/// What a chat room says that it is about.
pub(super) fn categories(raw: &Raw) -> impl Iterator<Item = &str> {
    let settings = raw.first(CHAT_SETTINGS);
    let given = settings.and_then(|settings| settings.get("categories")?.as_array());
    given.into_iter().flatten().filter_map(Value::as_str)
}

/// The length that limits go by: without the hosts that were appended to markdown links.
fn counted_length(post: &Post) -> usize {
    let links = post.content.entities.links.iter();
    let appended: usize = links
        .filter_map(|link| link.amended_len?.checked_sub(link.len))
        .sum();
    let length = post.content.text.chars().count();
    length.saturating_sub(appended)
}

/// Kinds of the files that raw shows (video, audio, image, other): by the types of embedded media, and as files name theirs.
pub(super) fn file_kinds(raw: &Raw) -> BTreeSet<String> {
    let mut kinds = objects_named(raw, "kind");
    let items = raw.0.get(OEMBED).and_then(Value::as_array);
    for item in items.into_iter().flatten() {
        let kind = match item.get("type").and_then(Value::as_str) {
            Some("photo") => "image",
            Some("video" | "html5video") => "video",
            Some("audio") => "audio",
            Some(_) => "other",
            None => continue,
        };
        kinds.insert(kind.to_owned());
    }
    kinds
}

/// The values of a key, texts and numbers, at whatever depth.
fn objects_named(raw: &Raw, key: &str) -> BTreeSet<String> {
    fn within(value: &Value, key: &str, found: &mut BTreeSet<String>) {
        match value {
            Value::Object(map) => {
                for (name, inner) in map {
                    if name == key {
                        found.extend(inner.as_str().map(str::to_owned));
                        found.extend(inner.as_i64().map(|number| number.to_string()));
                    }
                    within(inner, key, found);
                }
            }
            Value::Array(list) => list.iter().for_each(|inner| within(inner, key, found)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
    let mut found = BTreeSet::new();
    raw.0
        .values()
        .for_each(|items| within(items, key, &mut found));
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_is_one_word_of_the_index_whatever_was_typed() {
        for typed in [
            "",
            "a b",
            "\"x\" OR y",
            "ÄÖ",
            "https://x.example/?a=(1)",
            "*",
            "\0",
        ] {
            for mark in [
                Mark::Tag(typed),
                Mark::Url(typed),
                Mark::Domain(typed),
                Mark::RawType(typed),
                Mark::File(typed),
                Mark::Client(typed),
            ] {
                let word = mark.word();
                let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
                assert!(word.len() == 17 && word.chars().all(is_plain), "{word}");
            }
        }
        assert_eq!(Mark::Tag("The_Lost").word(), Mark::Tag("thelost").word());
        assert_ne!(Mark::Tag("x").word(), Mark::RawType("x").word());
        assert_eq!(
            Mark::Domain("https://www.X.example:80/a").word(),
            Mark::Domain("x.example").word()
        );
    }

    #[test]
    fn media_have_the_kinds_of_files() {
        let raw = serde_json::json!({
            OEMBED: [{"type": "photo"}, {"type": "html5video"}, {"type": "rich"}],
            "x": [{"file": {"kind": "audio", "file_id": 7}}, {"file_id": "8"}],
        });
        let raw: Raw = serde_json::from_value(raw).unwrap();
        assert_eq!(
            Vec::from_iter(file_kinds(&raw)),
            ["audio", "image", "other", "video"]
        );
        assert_eq!(Vec::from_iter(objects_named(&raw, "file_id")), ["7", "8"]);
    }
}
