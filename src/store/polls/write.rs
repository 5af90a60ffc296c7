//! Polls are made, answered and deleted.

use std::time::Duration;

use diesel::prelude::*;

use super::super::among::among;
use super::super::db::to_json;
use super::super::files::UsedBy;
use super::super::interactions::Deed;
use super::super::statements::{self, AnswerPoll, PollToClear, execute};
use super::super::{Db, Failure, Tx, secret};
use super::schema::{poll_answers as answers, polls};
use crate::model::{Chosen, NewPoll, Poll, PollId, PollToken, Stamp, UserId};
use crate::text;
use crate::text::raw::files::attached;

/// Answers to a deleted poll that one transaction removes: other writes come between.
const ANSWERS_AT_ONCE: i64 = 500;
/// Microseconds of a second.
const SECOND: i64 = 1_000_000;

impl Tx<'_> {
    /// Writes a poll that closes in the second of `closes_at`.
    pub fn insert_poll(&mut self, mut new: NewPoll, closes_at: Stamp) -> Result<Poll, Failure> {
        let (id, now) = (self.next_poll_id()?, self.now());
        text::raw::with_object_id(&mut new.raw, id.0);
        let poll = Poll {
            id,
            user_id: new.user_id,
            client: new.client,
            kind: new.kind,
            prompt: new.prompt,
            options: new.options,
            max_options: new.max_options,
            is_anonymous: new.is_anonymous,
            is_public: new.is_public,
            token: PollToken(secret::random_id()),
            raw: new.raw,
            created_at: now,
            closes_at: own_moment(closes_at, id),
            results: None,
            deleted_at: None,
        };
        let raw = (!poll.raw.is_empty())
            .then(|| to_json(&poll.raw))
            .transpose()?;
        diesel::insert_into(polls::table)
            .values((
                polls::id.eq(id.0),
                polls::user_id.eq(poll.user_id.0),
                polls::client_id.eq(poll.client.id.as_str()),
                polls::kind.eq(&poll.kind),
                polls::prompt.eq(&poll.prompt),
                polls::options.eq(to_json(&poll.options)?),
                polls::max_options.eq(poll.max_options),
                polls::is_anonymous.eq(poll.is_anonymous),
                polls::is_public.eq(poll.is_public),
                polls::token.eq(&poll.token.0),
                polls::raw.eq(raw),
                polls::created_at.eq(now.0),
                polls::closes_at.eq(poll.closes_at.0),
            ))
            .execute(self.sql)?;
        self.note_uses(&attached(&poll.raw), UsedBy::Poll, id.0)?;
        Ok(poll)
    }

    fn next_poll_id(&mut self) -> Result<PollId, Failure> {
        let newest = polls::table
            .select(diesel::dsl::max(polls::id))
            .first::<Option<i64>>(self.sql)?;
        Ok(PollId(newest.unwrap_or(0) + 1))
    }

    /// Keeps what a user answers instead of what the user answered before. True: it is the user's first answer to this
    /// poll. One that chooses nothing is none.
    pub fn answer_poll(
        &mut self,
        poll: &Poll,
        user: UserId,
        chosen: Chosen,
    ) -> Result<bool, Failure> {
        let known = answers::table.find((poll.id.0, user.0));
        let is_there = diesel::select(diesel::dsl::exists(known)).get_result::<bool>(self.sql)?;
        if !is_there && chosen.is_empty() {
            return Ok(false);
        }
        // The key of the table makes the second of two answers a change of the first.
        let binds = [
            poll.id.0.into(),
            user.0.into(),
            i64::from(chosen.bits()).into(),
        ];
        execute::<AnswerPoll>(self.sql, &binds)?;
        if !is_there {
            diesel::update(polls::table.find(poll.id.0))
                .set(polls::is_answered.eq(true))
                .execute(self.sql)?;
            let deed = Deed::Answer {
                poll: poll.id,
                is_anonymous: poll.is_anonymous,
            };
            self.note_deed(poll.user_id, user, deed)?;
        }
        Ok(!is_there)
    }

    /// Marks a poll as deleted and removes its words. What was answered is removed by [`Self::clear_poll`].
    pub fn delete_poll(&mut self, mut poll: Poll) -> Result<Poll, Failure> {
        let now = self.now();
        diesel::update(polls::table.find(poll.id.0))
            .set((
                polls::deleted_at.eq(now.0),
                polls::prompt.eq(""),
                polls::options.eq("[]"),
                polls::raw.eq(None::<String>),
                polls::results.eq(None::<String>),
            ))
            .execute(self.sql)?;
        self.end_answers(poll.id)?;
        self.forget_uses(&attached(&poll.raw), UsedBy::Poll, poll.id.0)?;
        self.parts().1.has_deleted = true;
        poll.deleted_at = Some(now);
        poll.prompt.clear();
        poll.options.clear();
        poll.raw.0.clear();
        poll.results = None;
        Ok(poll)
    }

    /// Removes some of the answers to deleted polls; whether there may be more.
    pub fn clear_poll(&mut self) -> Result<bool, Failure> {
        let Some(poll) = self.poll_to_clear()? else {
            return Ok(false);
        };
        let some: Vec<i64> = answers::table
            .filter(answers::poll_id.eq(poll.0))
            .limit(ANSWERS_AT_ONCE)
            .select(answers::user_id)
            .load(self.sql)?;
        let these = answers::table
            .filter(answers::poll_id.eq(poll.0))
            .filter(among("poll_answers.user_id", some));
        if diesel::delete(these).execute(self.sql)? == 0 {
            diesel::update(polls::table.find(poll.0))
                .set(polls::is_answered.eq(false))
                .execute(self.sql)?;
        }
        self.parts().1.has_deleted = true;
        Ok(true)
    }
}

impl Db<'_> {
    /// A deleted poll whose answers are still there.
    pub fn poll_to_clear(&mut self) -> Result<Option<PollId>, Failure> {
        let next = statements::query::<PollToClear>(&[]);
        Ok(next.get_result(self.sql).optional()?.map(PollId))
    }
}

/// A moment in the same second that no other poll has, of a million that are made after one another: so it orders a list,
/// and pages of that list neither leave polls out nor repeat them.
fn own_moment(closes_at: Stamp, id: PollId) -> Stamp {
    let second = closes_at.minus(Duration::from_micros(
        u64::try_from(closes_at.0.rem_euclid(SECOND)).unwrap_or(0),
    ));
    Stamp(second.0.saturating_add(id.0.rem_euclid(SECOND)))
}
