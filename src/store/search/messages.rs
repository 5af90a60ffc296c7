//! Messages by words, author, thread, entities and attachments.

use std::collections::{HashMap, HashSet};

use diesel::prelude::*;

use super::super::among::among;
use super::super::messages::{Found, found, into_model};
use super::super::pages::{Candidate, gather, gather_found};
use super::super::schema::{clients, messages};
use super::super::{Db, Failure};
use super::channels::{has_raw_type, names_object};
use super::marks::file_kinds;
use super::{MessageSearch, words};
use crate::model::{Message, MessageId, Page, PageRequest, User, UserId};
use crate::text;

/// A message, and whether its author is of a requested kind.
type Described = (Message, bool);

impl Db<'_> {
    /// Finds messages in the given channels.
    pub fn search_messages(
        &mut self,
        search: &MessageSearch,
        request: &PageRequest,
    ) -> Result<Page<Message>, Failure> {
        let typed = search.q.as_deref().filter(|q| !q.trim().is_empty());
        let phrases = typed.map(text::words::question);
        let has_no_word = phrases.as_ref().is_some_and(Vec::is_empty);
        if has_no_word || search.channels.is_empty() {
            return Ok(Page::of(request, Vec::new()));
        }
        let mut authors: HashMap<UserId, User> = HashMap::new();
        let keep = |(message, is_of_kind): &Described| Ok(*is_of_kind && search.fits(message));
        let page = match phrases {
            Some(phrases) => {
                let question = words::expression(&phrases);
                let found = self.holding(&question, search, request)?;
                let load = |found: &[Candidate]| {
                    let rows = self.in_order(found)?;
                    self.with_kinds(search, rows, &mut authors)
                };
                gather_found(request, &found, load, keep)?
            }
            None => {
                let fetch = |request: &PageRequest| {
                    let rows = self.newest_first(search, request)?;
                    self.with_kinds(search, rows, &mut authors)
                };
                gather(request, fetch, keep)?
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

    fn newest_first(
        &mut self,
        search: &MessageSearch,
        request: &PageRequest,
    ) -> Result<Vec<(i64, Message)>, Failure> {
        let mut query = messages::table
            .inner_join(clients::table)
            .filter(messages::id.between(request.low(), request.high()))
            .filter(messages::deleted_at.is_null())
            .into_boxed();
        query = match search.channels.as_slice() {
            // In the order of the index.
            [channel] => query.filter(messages::channel_id.eq(channel.0)),
            several => {
                let ids = several.iter().map(|channel| channel.0);
                query.filter(among("messages.channel_id", ids))
            }
        };
        if let Some(creator) = search.creator {
            query = query.filter(messages::user_id.eq(creator.0));
        }
        query = if request.oldest {
            query.order(messages::id.asc())
        } else {
            query.order(messages::id.desc())
        };
        query
            .limit(i64::from(request.count))
            .select(found!())
            .load::<Found>(self.sql)?
            .into_iter()
            .map(|found| into_model(found).map(|message| (message.id.0, message)))
            .collect()
    }

    // Adds whether the author is of a requested kind; loads authors only if a kind is requested.
    fn with_kinds(
        &mut self,
        search: &MessageSearch,
        rows: Vec<(i64, Message)>,
        authors: &mut HashMap<UserId, User>,
    ) -> Result<Vec<(i64, Described)>, Failure> {
        if !search.user_kinds.is_empty() {
            let unknown: HashSet<UserId> = rows
                .iter()
                .map(|(_, message)| message.user_id)
                .filter(|id| !authors.contains_key(id))
                .collect();
            let unknown: Vec<UserId> = unknown.into_iter().collect();
            authors.extend(self.users(&unknown)?);
        }
        let is_of_kind = |message: &Message| {
            search.user_kinds.is_empty()
                || authors
                    .get(&message.user_id)
                    .is_some_and(|author| search.user_kinds.contains(&author.kind))
        };
        Ok(rows
            .into_iter()
            .map(|(id, message)| {
                let fits = is_of_kind(&message);
                (id, (message, fits))
            })
            .collect())
    }
}

impl MessageSearch {
    fn fits(&self, message: &Message) -> bool {
        message.deletion.is_none()
            && !self.hidden.contains(&message.user_id)
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
