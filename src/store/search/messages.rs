//! Messages by words, author, thread, entities and attachments.

use std::collections::{HashMap, HashSet};

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Bool;

use super::super::among::among;
use super::super::pages::{Candidate, gather, gather_found};
use super::super::schema::messages;
use super::super::{Db, Failure};
use super::MessageSearch;
use super::judge::{has_raw_type, names_object};
use super::marks::file_kinds;
use super::period::Period;
use super::ranking::{newest_hits, ranked};
use super::wanted::Wanted;
use crate::model::{ChannelId, Message, MessageId, Page, PageRequest, User, UserId};
use crate::text;
use crate::text::words::{Phrase, question};

/// A message by its pagination id, with whether it is found.
type Judged = (i64, (Message, bool));

impl Db<'_> {
    /// Finds messages in the given channels.
    pub fn search_messages(
        &mut self,
        search: &MessageSearch,
        request: &PageRequest,
    ) -> Result<Page<Message>, Failure> {
        let typed = search.q.as_deref().filter(|q| !q.trim().is_empty());
        let phrases = typed.map(question);
        let has_no_word = phrases.as_ref().is_some_and(Vec::is_empty);
        if has_no_word || search.channels.is_empty() {
            return Ok(Page::of(request, Vec::new()));
        }
        let phrases = phrases.unwrap_or_default();
        let wanted = search.wanted(&phrases);
        let (after, before) = (search.created_after, search.created_before);
        let period = Period::between(after, before, |at| self.first_message_since(at))?;
        let mut judge = Judge::of(search);
        let page = match &wanted {
            Some(wanted) if search.by_relevance && !phrases.is_empty() => {
                let found = self.best_messages(wanted, &phrases, period, request)?;
                let load = |step: &[Candidate]| {
                    let rows = self.in_order(step)?;
                    judge.judge(self, rows)
                };
                gather_found(request, &found, load, |(_, fits)| Ok(*fits))?
            }
            Some(_) | None => {
                let fetch = |step: &PageRequest| {
                    let rows = self.newest_messages(search, wanted.as_ref(), step)?;
                    judge.judge(self, rows)
                };
                gather(&period.narrowed(request), fetch, |(_, fits)| Ok(*fits))?
            }
        };
        Ok(page.map(|(message, _)| message))
    }

    fn in_order(&mut self, found: &[Candidate]) -> Result<Vec<(i64, Message)>, Failure> {
        let ids: Vec<MessageId> = found.iter().map(|one| MessageId(one.id)).collect();
        let mut messages = self.messages(&ids)?;
        Ok(found
            .iter()
            .filter_map(|one| Some((one.key, messages.remove(&MessageId(one.id))?)))
            .collect())
    }

    /// A step in the order of the ids. One channel alone has an index of the database itself.
    fn newest_messages(
        &mut self,
        search: &MessageSearch,
        wanted: Option<&Wanted>,
        step: &PageRequest,
    ) -> Result<Vec<(i64, Message)>, Failure> {
        let has_words = search.q.as_deref().is_some_and(|q| !q.trim().is_empty());
        match (search.channels.as_slice(), wanted) {
            ([channel], _) if !has_words && search.creator.is_none() => {
                self.message_rows(Box::new(messages::channel_id.eq(channel.0)), step)
            }
            (_, Some(wanted)) => {
                let ids = self.indexed_messages(wanted, step)?;
                let found = ids.iter().map(|id| Candidate { key: *id, id: *id });
                self.in_order(&Vec::from_iter(found))
            }
            (_, None) => self.message_rows(Box::new(sql::<Bool>("TRUE")), step),
        }
    }

    /// The newest hits, best first, those in the range of the request.
    fn best_messages(
        &mut self,
        wanted: &Wanted,
        phrases: &[Phrase],
        period: Period,
        request: &PageRequest,
    ) -> Result<Vec<Candidate>, Failure> {
        let ids = newest_hits(period, |step| self.indexed_messages(wanted, step))?;
        let texts = messages::table
            .filter(among("messages.id", ids))
            .select((messages::id, messages::text))
            .load::<(i64, String)>(self.sql)?;
        ranked(&texts, phrases, request)
    }
}

/// What decides about each hit on the way to a page.
struct Judge<'s> {
    search: &'s MessageSearch,
    channels: HashSet<ChannelId>,
    /// Authors that were looked up, if a kind of account is requested.
    authors: HashMap<UserId, User>,
}

impl<'s> Judge<'s> {
    fn of(search: &'s MessageSearch) -> Self {
        Self {
            search,
            channels: search.channels.iter().copied().collect(),
            authors: HashMap::new(),
        }
    }

    fn judge(
        &mut self,
        db: &mut Db<'_>,
        rows: Vec<(i64, Message)>,
    ) -> Result<Vec<Judged>, Failure> {
        let authors = rows.iter().map(|(_, message)| message.user_id);
        let hidden = db.hidden_among(self.search.listed_for, authors.clone())?;
        if !self.search.user_kinds.is_empty() {
            let unknown: HashSet<UserId> = authors
                .filter(|id| !self.authors.contains_key(id))
                .collect();
            self.authors.extend(db.users(&Vec::from_iter(unknown))?);
        }
        let judged = rows.into_iter().map(|(key, message)| {
            let fits = !hidden.contains(&message.user_id)
                && self.channels.contains(&message.channel_id)
                && self.is_of_kind(&message)
                && self.search.fits(&message);
            (key, (message, fits))
        });
        Ok(judged.collect())
    }

    fn is_of_kind(&self, message: &Message) -> bool {
        let kinds = &self.search.user_kinds;
        let author = self.authors.get(&message.user_id);
        kinds.is_empty() || author.is_some_and(|author| kinds.contains(&author.kind))
    }
}

impl MessageSearch {
    fn fits(&self, message: &Message) -> bool {
        message.deletion.is_none()
            && self.creator.is_none_or(|id| id == message.user_id)
            && self
                .client
                .as_ref()
                .is_none_or(|id| *id == message.client.id)
            && self.created_after.is_none_or(|at| message.created_at > at)
            && self.created_before.is_none_or(|at| message.created_at < at)
            && self.reply_to.is_none_or(|id| message.reply_to == Some(id))
            && self.thread.is_none_or(|id| message.thread_id == id)
            && self
                .is_reply
                .is_none_or(|wanted| message.reply_to.is_some() == wanted)
            && self.is_nsfw.is_none_or(|wanted| message.is_nsfw == wanted)
            && self
                .is_sticky
                .is_none_or(|wanted| message.sticky.is_some() == wanted)
            && self.entities_fit(message)
            && has_raw_type(&message.raw, &self.raw_types)
            && self
                .file_id
                .as_ref()
                .is_none_or(|id| names_object(&message.raw, "file_id", id))
            && self
                .poll_id
                .as_ref()
                .is_none_or(|id| names_object(&message.raw, "poll_id", id))
            && (self.file_kinds.is_empty() || {
                let kinds = file_kinds(&message.raw);
                self.file_kinds.iter().any(|kind| kinds.contains(kind))
            })
    }

    fn entities_fit(&self, message: &Message) -> bool {
        let entities = &message.content.entities;
        let any = |wanted: &[String], is_it: &dyn Fn(&String) -> bool| {
            wanted.is_empty() || wanted.iter().any(is_it)
        };
        let mentions = |who: &String, leading: bool| {
            entities.mentions.iter().any(|mention| {
                (mention.is_leading || !leading)
                    && (mention.id.to_string() == *who || same_text(&mention.text, who))
            })
        };
        any(&self.tags, &|tag| {
            entities
                .tags
                .iter()
                .any(|given| text::words::fold_tag(&given.text) == text::words::fold_tag(tag))
        }) && any(&self.mentions, &|who| mentions(who, false))
            && any(&self.leading_mentions, &|who| mentions(who, true))
            && any(&self.urls, &|url| {
                entities.links.iter().any(|link| link.url == *url)
            })
            && any(&self.url_domains, &|domain| {
                entities
                    .links
                    .iter()
                    .any(|link| text::domain_of(&link.url) == text::domain_of(domain))
            })
    }
}

fn same_text(a: &str, b: &str) -> bool {
    a.to_lowercase() == b.to_lowercase()
}
