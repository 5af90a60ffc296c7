//! Polls: the rows, single ones by id, and what users answered.

mod closing;
mod lists;
mod schema;
mod write;

pub use lists::PollSearch;
#[cfg(test)]
pub(super) use {closing::due, lists::Reach};

use std::collections::HashMap;

use crate::store::connect::Backend;
use diesel::dsl::{AsSelect, InnerJoin, IntoBoxed, Select};
use diesel::prelude::*;

use super::among::among;
use super::db::from_json;
use super::schema::clients;
use super::{Db, Failure};
use crate::model::{Chosen, ClientBrief, Poll, PollId, PollToken, Raw, Stamp, UserId};
use schema::{poll_answers as answers, polls};

#[derive(Queryable, Selectable)]
#[diesel(table_name = polls, check_for_backend(Backend))]
pub(super) struct Row {
    id: i64,
    user_id: i64,
    client_id: String,
    kind: String,
    prompt: String,
    options: String,
    max_options: i32,
    is_anonymous: bool,
    is_public: bool,
    token: String,
    raw: Option<String>,
    created_at: i64,
    closes_at: i64,
    results: Option<String>,
    deleted_at: Option<i64>,
}

/// A poll and its app's name and address.
type Found = (Row, String, String);

/// What is selected for it.
type Selection = (AsSelect<Row, Backend>, clients::name, clients::url);

/// A question for polls, whose conditions are added one by one.
type Rows<'q> = IntoBoxed<'q, Select<InnerJoin<polls::table, clients::table>, Selection>, Backend>;

fn selection() -> Selection {
    (Row::as_select(), clients::name, clients::url)
}

fn into_model((row, client_name, client_url): Found) -> Result<Poll, Failure> {
    let raw = match &row.raw {
        Some(text) => from_json("raw of a poll", text)?,
        None => Raw::default(),
    };
    let results = row.results.as_deref();
    let results = results.map(|text| from_json("results of a poll", text));
    Ok(Poll {
        id: PollId(row.id),
        user_id: UserId(row.user_id),
        client: ClientBrief {
            id: row.client_id.into(),
            name: client_name,
            url: client_url,
        },
        kind: row.kind,
        prompt: row.prompt,
        options: from_json("options of a poll", &row.options)?,
        max_options: row.max_options,
        is_anonymous: row.is_anonymous,
        is_public: row.is_public,
        token: PollToken(row.token),
        raw,
        created_at: Stamp(row.created_at),
        closes_at: Stamp(row.closes_at),
        results: results.transpose()?,
        deleted_at: row.deleted_at.map(Stamp),
    })
}

impl Db<'_> {
    /// A poll that is not deleted.
    pub fn poll(&mut self, id: PollId) -> Result<Option<Poll>, Failure> {
        Ok(self.polls(&[id])?.remove(&id))
    }

    /// Those of these polls that are there and not deleted.
    pub fn polls(&mut self, ids: &[PollId]) -> Result<HashMap<PollId, Poll>, Failure> {
        polls::table
            .inner_join(clients::table)
            .filter(among("polls.id", ids.iter().map(|id| id.0)))
            .filter(polls::deleted_at.is_null())
            .select(selection())
            .load::<Found>(self.sql)?
            .into_iter()
            .map(|row| into_model(row).map(|poll| (poll.id, poll)))
            .collect()
    }

    /// What a user answered to each of these polls; polls that the user never answered are omitted.
    pub fn chosen_by(
        &mut self,
        user: UserId,
        of: &[PollId],
    ) -> Result<HashMap<PollId, Chosen>, Failure> {
        let rows = answers::table
            .filter(answers::user_id.eq(user.0))
            .filter(among("poll_answers.poll_id", of.iter().map(|id| id.0)))
            .select((answers::poll_id, answers::chosen))
            .load::<(i64, i32)>(self.sql)?;
        let chosen = rows.into_iter();
        Ok(chosen
            .map(|(poll, bits)| (PollId(poll), Chosen::from_bits(bits)))
            .collect())
    }

    /// Users that ever answered a poll, so many at most; rising ids.
    pub fn poll_participants(&mut self, poll: PollId, most: i64) -> Result<Vec<UserId>, Failure> {
        let ids = answers::table
            .filter(answers::poll_id.eq(poll.0))
            .order(answers::user_id.asc())
            .limit(most)
            .select(answers::user_id)
            .load::<i64>(self.sql)?;
        Ok(ids.into_iter().map(UserId).collect())
    }
}
