//! Lists of messages: of a channel, a thread, an author; the sticky ones; the deleted ones.

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Bool;
use diesel::sqlite::Sqlite;

use super::super::among::not_among;
use super::super::pages::gather;
use super::super::schema::{channels, clients, messages};
use super::super::{Db, Failure};
use super::{Found, WithClient, found, into_model};
use crate::model::{ChannelId, Message, MessageId, Page, PageRequest, Scopes, UserId};

/// Filter of a list of messages.
#[derive(Clone, Debug)]
pub struct MessageFilter {
    /// Deleted messages too.
    pub include_deleted: bool,
    /// Not by these authors.
    pub hidden: Vec<UserId>,
}

impl Default for MessageFilter {
    /// The defaults of the API.
    fn default() -> Self {
        Self {
            include_deleted: true,
            hidden: Vec::new(),
        }
    }
}

type Condition<'q> = Box<dyn BoxableExpression<WithClient, Sqlite, SqlType = Bool> + 'q>;

impl MessageFilter {
    fn condition(&self) -> Condition<'_> {
        // Each combination is a separate statement, prepared once.
        let hidden = || not_among("messages.user_id", self.hidden.iter().map(|user| user.0));
        match (self.include_deleted, self.hidden.is_empty()) {
            (true, true) => Box::new(sql::<Bool>("TRUE")),
            (true, false) => Box::new(hidden()),
            (false, true) => Box::new(messages::deleted_at.is_null()),
            (false, false) => Box::new(messages::deleted_at.is_null().and(hidden())),
        }
    }
}

impl Db<'_> {
    /// The messages of a channel, newest first.
    pub fn messages_in(
        &mut self,
        channel: ChannelId,
        filter: &MessageFilter,
        request: &PageRequest,
    ) -> Result<Page<Message>, Failure> {
        self.message_page(
            Box::new(messages::channel_id.eq(channel.0)),
            filter,
            request,
        )
    }

    /// The messages of a thread, newest first; `root` is any message's `thread_id`.
    pub fn thread_page(
        &mut self,
        root: MessageId,
        filter: &MessageFilter,
        request: &PageRequest,
    ) -> Result<Page<Message>, Failure> {
        self.message_page(
            Box::new(
                messages::id
                    .eq(root.0)
                    .or(messages::thread_id.assume_not_null().eq(root.0)),
            ),
            filter,
            request,
        )
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
            return self.message_page(Box::new(messages::user_id.eq(user.0)), filter, request);
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
            if !filter.include_deleted {
                query = query.filter(messages::deleted_at.is_null());
            }
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
                    Ok((message.id.0, (message, kind, is_public)))
                })
                .collect()
        };
        let page = gather(request, fetch, |(message, kind, is_public)| {
            Ok(!filter.hidden.contains(&message.user_id) && scopes.open_channel(kind, *is_public))
        })?;
        Ok(page.map(|(message, _, _)| message))
    }

    /// The sticky messages of a channel, newest sticky first; paginated by the time they became sticky.
    pub fn sticky_page(
        &mut self,
        channel: ChannelId,
        filter: &MessageFilter,
        request: &PageRequest,
    ) -> Result<Page<Message>, Failure> {
        let mut query = messages::table
            .inner_join(clients::table)
            .filter(messages::channel_id.eq(channel.0))
            .filter(messages::sticky_at.is_not_null())
            .filter(
                messages::sticky_at
                    .assume_not_null()
                    .between(request.low(), request.high()),
            )
            .limit(request.limit())
            .select((messages::sticky_at.assume_not_null(), found!()))
            .into_boxed();
        if !filter.hidden.is_empty() {
            let hidden = filter.hidden.iter().map(|user| user.0);
            query = query.filter(not_among("messages.user_id", hidden));
        }
        query = if request.oldest {
            query.order(messages::sticky_at.asc())
        } else {
            query.order(messages::sticky_at.desc())
        };
        let rows = query
            .load::<(i64, Found)>(self.sql)?
            .into_iter()
            .map(|(at, found)| Ok((at, into_model(found)?)))
            .collect::<Result<_, Failure>>()?;
        Ok(Page::of(request, rows))
    }

    /// Messages deleted from a channel after the message `since` was created, at any position; rising ids. If
    /// there is no such message, the one before it is used.
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
            .select(messages::id)
            .load::<i64>(self.sql)?;
        ids.sort_unstable();
        Ok(ids.into_iter().map(MessageId).collect())
    }

    fn message_page(
        &mut self,
        which: Condition<'_>,
        filter: &MessageFilter,
        request: &PageRequest,
    ) -> Result<Page<Message>, Failure> {
        let mut query = messages::table
            .inner_join(clients::table)
            .filter(which)
            .filter(messages::id.between(request.low(), request.high()))
            .filter(filter.condition())
            .limit(request.limit())
            .select(found!())
            .into_boxed();
        query = if request.oldest {
            query.order(messages::id.asc())
        } else {
            query.order(messages::id.desc())
        };
        let rows = query
            .load::<Found>(self.sql)?
            .into_iter()
            .map(|found| into_model(found).map(|message| (message.id.0, message)))
            .collect::<Result<_, Failure>>()?;
        Ok(Page::of(request, rows))
    }
}
