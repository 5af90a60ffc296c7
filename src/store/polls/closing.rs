//! Polls close: which are due, and their results.

use diesel::prelude::*;

use super::super::db::to_json;
use super::super::schema::clients;
use super::super::statements::{self, NextClosing};
use super::super::{Db, Failure, Tx};
use super::schema::{poll_answers as answers, polls};
use super::{Found, Rows, into_model, selection};
use crate::model::{Chosen, Poll, Stamp, Tally, UserId};

/// Users in the sample of an option.
const SAMPLE: usize = 10;

impl Db<'_> {
    /// When the next poll closes.
    pub fn next_closing(&mut self) -> Result<Option<Stamp>, Failure> {
        let next = statements::query::<NextClosing>(&[]);
        Ok(next.get_result(self.sql).optional()?.map(Stamp))
    }

    /// The first poll that should have closed by now, and has not.
    pub fn due_poll(&mut self, now: Stamp) -> Result<Option<Poll>, Failure> {
        due(now)
            .first::<Found>(self.sql)
            .optional()?
            .map(into_model)
            .transpose()
    }
}

/// Polls that should have closed by now, the first one first.
pub(in crate::store) fn due<'q>(now: Stamp) -> Rows<'q> {
    polls::table
        .inner_join(clients::table)
        .select(selection())
        .into_boxed()
        .filter(polls::results.is_null())
        .filter(polls::deleted_at.is_null())
        .filter(polls::closes_at.le(now.0))
        .order(polls::closes_at.asc())
}

impl Tx<'_> {
    /// Counts the answers of a poll, which is closed from now on.
    pub fn close_poll(&mut self, mut poll: Poll) -> Result<Poll, Failure> {
        let mut results = vec![Tally::default(); poll.options.len()];
        let answered = answers::table
            .filter(answers::poll_id.eq(poll.id.0))
            .order(answers::user_id.asc())
            .select((answers::user_id, answers::chosen));
        for row in answered.load_iter::<(i64, i32), _>(self.sql)? {
            let (user, bits) = row?;
            let chosen = Chosen::from_bits(bits);
            for (index, tally) in results.iter_mut().enumerate() {
                if !chosen.has(index) {
                    continue;
                }
                tally.respondents += 1;
                if !poll.is_anonymous && tally.sample.len() < SAMPLE {
                    tally.sample.push(UserId(user));
                }
            }
        }
        diesel::update(polls::table.find(poll.id.0))
            .set(polls::results.eq(to_json(&results)?))
            .execute(self.sql)?;
        poll.results = Some(results);
        Ok(poll)
    }
}
