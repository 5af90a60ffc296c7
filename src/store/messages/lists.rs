//! Lists of messages: of a channel, a thread, an author; the sticky ones; the deleted ones.
//!
//! The database walks along an index; what the filter leaves out of a step is decided here, so that neither deleted
//! messages nor hidden authors make one statement read a whole channel.

use crate::store::connect::Backend;
use diesel::prelude::*;
use diesel::sql_types::Bool;

use super::super::pages::gather;
use super::super::schema::{channels, clients, messages};
use super::super::{Db, Failure};
use super::{Found, WithClient, found, into_model};
use crate::model::visibility::ListedFor;
use crate::model::{ChannelId, Message, MessageId, Page, PageRequest, Scopes, UserId};

/// Most ids of deleted messages, the latest deletions.
const MOST_DELETED: i64 = 1000;

/// Filter of a list of messages.
#[derive(Clone, Copy, Debug)]
pub struct MessageFilter {
    /// Deleted messages too.
    pub include_deleted: bool,
    /// Nothing by authors hidden from its viewer.
    pub listed_for: ListedFor,
}

impl Default for MessageFilter {
    /// The defaults of the API.
    fn default() -> Self {
        Self {
            include_deleted: true,
            listed_for: ListedFor::default(),
        }
    }
}

/// A message by its pagination id, with whether the filter keeps it.
type Judged = (i64, (Message, bool));

/// Which messages, for the index that holds them.
pub(in super::super) type Condition<'q> =
    Box<dyn BoxableExpression<WithClient, Backend, SqlType = Bool> + 'q>;

impl Db<'_> {
    /// The messages of a channel, newest first.
    pub fn messages_in(
        &mut self,
        channel: ChannelId,
        filter: &MessageFilter,
        request: &PageRequest,
    ) -> Result<Page<Message>, Failure> {
        self.message_page(filter, request, |db, step| {
            db.message_rows(Box::new(messages::channel_id.eq(channel.0)), step)
        })
    }

    /// The messages of a thread, newest first; `root` is any message's `thread_id`.
    pub fn thread_page(
        &mut self,
        root: MessageId,
        filter: &MessageFilter,
        request: &PageRequest,
    ) -> Result<Page<Message>, Failure> {
        self.message_page(filter, request, |db, step| db.thread_rows(root, step))
    }

    fn thread_rows(
        &mut self,
        root: MessageId,
        step: &PageRequest,
    ) -> Result<Vec<(i64, Message)>, Failure> {
        let replies = messages::thread_id.assume_not_null().eq(root.0);
        let mut rows = self.message_rows(Box::new(replies), step)?;
        // The root is not in the index of its thread, and older than all others.
        if (step.low()..=step.high()).contains(&root.0) {
            let root = self.message(root)?;
            let place = match step.oldest {
                true => 0,
                false => rows.len(),
            };
            rows.splice(place..place, root.map(|root| (root.id.0, root)));
            rows.truncate(usize::from(step.count));
        }
        Ok(rows)
    }

    /// Messages by a user, newest first, in channels that the scopes open.
    pub fn written_by(
        &mut self,
        user: UserId,
        scopes: Option<&Scopes>,
        filter: &MessageFilter,
        request: &PageRequest,
    ) -> Result<Page<Message>, Failure> {
        let Some(scopes) = scopes else {
            return self.message_page(filter, request, |db, step| {
                db.message_rows(Box::new(messages::user_id.eq(user.0)), step)
            });
        };
        let fetch = |request: &PageRequest| {
            let mut query = messages::table
                .inner_join(channels::table.on(channels::id.eq(messages::channel_id)))
                .inner_join(clients::table)
                .filter(messages::user_id.eq(user.0))
                .filter(messages::id.between(request.low(), request.high()))
                .limit(i64::from(request.count))
                .select((
                    channels::kind,
                    channels::read_public.or(channels::read_any_user),
                    found!(),
                ))
                .into_boxed();
            query = if request.oldest {
                query.order(messages::id.asc())
            } else {
                query.order(messages::id.desc())
            };
            query
                .load::<(String, bool, Found)>(self.sql)?
                .into_iter()
                .map(|(kind, is_public, found)| {
                    let message = into_model(found)?;
                    let is_kept = (filter.include_deleted || message.deletion.is_none())
                        && scopes.open_channel(&kind, is_public);
                    Ok((message.id.0, (message, is_kept)))
                })
                .collect()
        };
        let page = gather(request, fetch, |(_, is_kept)| Ok(*is_kept))?;
        Ok(page.map(|(message, _)| message))
    }

    /// The sticky messages of a channel, newest sticky first; paginated by the time they became sticky.
    pub fn sticky_page(
        &mut self,
        channel: ChannelId,
        filter: &MessageFilter,
        request: &PageRequest,
    ) -> Result<Page<Message>, Failure> {
        self.message_page(filter, request, |db, step| db.sticky_rows(channel, step))
    }

    fn sticky_rows(
        &mut self,
        channel: ChannelId,
        step: &PageRequest,
    ) -> Result<Vec<(i64, Message)>, Failure> {
        let at = messages::sticky_at.assume_not_null();
        let mut query = messages::table
            .inner_join(clients::table)
            .filter(messages::channel_id.eq(channel.0))
            .filter(messages::sticky_at.is_not_null())
            .filter(at.between(step.low(), step.high()))
            .limit(i64::from(step.count))
            .select((at, found!()))
            .into_boxed();
        query = if step.oldest {
            query.order(messages::sticky_at.asc())
        } else {
            query.order(messages::sticky_at.desc())
        };
        let rows = query.load::<(i64, Found)>(self.sql)?.into_iter();
        rows.map(|(at, found)| Ok((at, into_model(found)?)))
            .collect()
    }

    /// Messages deleted from a channel after the message `since` was created, at any position: the latest thousand,
    /// rising ids. If there is no such message, the one before it is used.
    pub fn deleted_since(
        &mut self,
        channel: ChannelId,
        since: MessageId,
    ) -> Result<Vec<MessageId>, Failure> {
        let created_at = messages::table
            .filter(messages::id.le(since.0))
            .order(messages::id.desc())
            .select(messages::created_at)
            .first::<i64>(self.sql)
            .optional()?
            .unwrap_or(0);
        let mut ids = messages::table
            .filter(messages::channel_id.eq(channel.0))
            .filter(messages::deleted_at.gt(created_at))
            .order(messages::deleted_at.desc())
            .limit(MOST_DELETED)
            .select(messages::id)
            .load::<i64>(self.sql)?;
        ids.sort_unstable();
        Ok(ids.into_iter().map(MessageId).collect())
    }

    fn message_page(
        &mut self,
        filter: &MessageFilter,
        request: &PageRequest,
        fetch: impl Fn(&mut Self, &PageRequest) -> Result<Vec<(i64, Message)>, Failure>,
    ) -> Result<Page<Message>, Failure> {
        let page = gather(
            request,
            |step| {
                let rows = fetch(self, step)?;
                self.keep_messages(filter, rows)
            },
            |(_, is_kept)| Ok(*is_kept),
        )?;
        Ok(page.map(|(message, _)| message))
    }

    /// Each message with whether the filter keeps it.
    pub(in super::super) fn keep_messages(
        &mut self,
        filter: &MessageFilter,
        rows: Vec<(i64, Message)>,
    ) -> Result<Vec<Judged>, Failure> {
        let authors = rows.iter().map(|(_, message)| message.user_id);
        let hidden = self.hidden_among(filter.listed_for, authors)?;
        let judged = rows.into_iter().map(|(key, message)| {
            let is_kept = (filter.include_deleted || message.deletion.is_none())
                && !hidden.contains(&message.user_id);
            (key, (message, is_kept))
        });
        Ok(judged.collect())
    }

    /// A step along the index that the condition names, deleted messages included.
    pub(in super::super) fn message_rows(
        &mut self,
        which: Condition<'_>,
        step: &PageRequest,
    ) -> Result<Vec<(i64, Message)>, Failure> {
        let mut query = messages::table
            .inner_join(clients::table)
            .filter(which)
            .filter(messages::id.between(step.low(), step.high()))
            .limit(i64::from(step.count))
            .select(found!())
            .into_boxed();
        query = if step.oldest {
            query.order(messages::id.asc())
        } else {
            query.order(messages::id.desc())
        };
        let rows = query.load::<Found>(self.sql)?.into_iter();
        rows.map(|found| into_model(found).map(|message| (message.id.0, message)))
            .collect()
    }
}
