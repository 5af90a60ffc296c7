//! What a search of channels asks the index, and what decides about each channel that it finds.

use super::super::channels::search_text;
use super::ChannelSearch;
use super::marks::{Mark, categories};
use super::wanted::Wanted;
use crate::model::{Channel, Principal, Raw, UserId};
use crate::text::words::{Phrase, cut, question};

/// What decides about each channel on the way to a page.
pub(super) struct Judge<'s> {
    pub(super) search: &'s ChannelSearch,
    reader: &'s Principal,
    phrases: Vec<Phrase>,
    is_indexed: bool,
}

impl<'s> Judge<'s> {
    /// `None`: a question without a word finds nothing.
    pub(super) fn of(
        search: &'s ChannelSearch,
        reader: &'s Principal,
        is_indexed: bool,
    ) -> Option<Self> {
        let typed = search.typed();
        let mut phrases = typed.map(question).unwrap_or_default();
        if typed.is_some() && phrases.is_empty() {
            return None;
        }
        // Found while they are typed.
        for phrase in &mut phrases {
            phrase.is_open = true;
        }
        Some(Self {
            search,
            reader,
            phrases,
            is_indexed,
        })
    }

    pub(super) fn fits(&self, channel: &Channel) -> bool {
        self.reader.reads(channel).is_granted()
            && self.search.fits(channel)
            && self.has_words(channel)
    }

    fn has_words(&self, channel: &Channel) -> bool {
        if self.phrases.is_empty() {
            return true;
        }
        let words = cut(&search_text(&channel.kind, &channel.raw));
        self.phrases.iter().all(|phrase| phrase.is_in(&words))
    }

    /// What the index is asked, which may find a little more than what fits. `None`: nothing, which finds all channels.
    pub(super) fn wanted(&self) -> Option<Wanted> {
        if !self.is_indexed {
            return None;
        }
        let found = Wanted::of(&self.phrases, &self.marks())?;
        if !self.search.kinds.is_empty() {
            return Some(found);
        }
        let excluded = self.search.exclude_kinds.iter();
        let excluded: Vec<Mark<'_>> = excluded.map(|kind| Mark::Kind(kind)).collect();
        Some(found.without(&excluded))
    }

    /// Of each group any, and all groups.
    fn marks(&self) -> Vec<Vec<Mark<'_>>> {
        let search = self.search;
        let readable = match self.reader {
            Principal::Anonymous => vec![Mark::Public(true)],
            Principal::User(user) => {
                let UserId(user) = user.user;
                vec![Mark::Open, Mark::Author(user), Mark::Member(user)]
            }
            // What each of the app's users may read: decided on the way to the page.
            Principal::App(_) => Vec::new(),
        };
        let mut groups = vec![
            readable,
            search.kinds.iter().map(|kind| Mark::Kind(kind)).collect(),
            search
                .categories
                .iter()
                .map(|one| Mark::Category(one))
                .collect(),
            search
                .raw_types
                .iter()
                .map(|kind| Mark::RawType(kind))
                .collect(),
        ];
        groups.retain(|group| !group.is_empty());
        let single = [
            (!search.include_inactive).then_some(Mark::Active),
            search.owner.map(|owner| Mark::Author(owner.0)),
            search.is_public.map(Mark::Public),
            search.file_id.as_deref().map(Mark::File),
        ];
        groups.extend(single.into_iter().flatten().map(|mark| vec![mark]));
        groups
    }
}

impl ChannelSearch {
    fn typed(&self) -> Option<&str> {
        self.q.as_deref().filter(|q| !q.trim().is_empty())
    }

    /// Whether words are looked for.
    pub(super) fn has_words(&self) -> bool {
        self.typed().is_some()
    }

    fn fits(&self, channel: &Channel) -> bool {
        let any = |wanted: &[String], has: &dyn Fn(&String) -> bool| {
            wanted.is_empty() || wanted.iter().any(has)
        };
        (self.include_inactive || channel.is_active)
            && any(&self.kinds, &|kind| *kind == channel.kind)
            && (!self.kinds.is_empty() || !self.exclude_kinds.contains(&channel.kind))
            && self.owner.is_none_or(|owner| channel.owner == Some(owner))
            && self
                .is_public
                .is_none_or(|is| channel.acl.read_public == is)
            && self.created_after.is_none_or(|at| channel.created_at > at)
            && self.created_before.is_none_or(|at| channel.created_at < at)
            && any(&self.categories, &|wanted| {
                categories(&channel.raw).any(|given| given == wanted)
            })
            && has_raw_type(&channel.raw, &self.raw_types)
            && self
                .file_id
                .as_ref()
                .is_none_or(|id| names_object(&channel.raw, "file_id", id))
    }
}

/// Whether there is an item of any of these types; no types: yes.
pub(in super::super) fn has_raw_type(raw: &Raw, wanted: &[String]) -> bool {
    wanted.is_empty() || wanted.iter().any(|kind| raw.0.contains_key(kind))
}

/// Whether any item names this file or poll, at whatever depth.
pub(in super::super) fn names_object(raw: &Raw, key: &str, id: &str) -> bool {
    fn within(value: &serde_json::Value, key: &str, id: &str) -> bool {
        match value {
            serde_json::Value::Object(map) => map.iter().any(|(name, inner)| {
                let is_it = name == key
                    && (inner.as_str() == Some(id)
                        || inner
                            .as_i64()
                            .is_some_and(|number| number.to_string() == id));
                is_it || within(inner, key, id)
            }),
            serde_json::Value::Array(list) => list.iter().any(|inner| within(inner, key, id)),
            serde_json::Value::Null
            | serde_json::Value::Bool(_)
            | serde_json::Value::Number(_)
            | serde_json::Value::String(_) => false,
        }
    }
    raw.0.values().any(|items| within(items, key, id))
}
