//! Reading the log by position.

use std::sync::Arc;

use diesel::prelude::*;

use super::row::{self, Row};
use crate::event::{Event, Gap, GapCause, Logged, Payload, Pos};
use crate::fault::{Seeded, seeded};
use crate::model::Stamp;
use crate::store::schema::log_events;
use crate::store::statements::{RelatedBehind, query};
use crate::store::{Db, Failure};

impl Db<'_> {
    /// What the log holds behind `after`, up to `until`: events and gaps, in order, no position left out. As many rows
    /// as fit into both bounds, at least one entry unless `until` is reached.
    pub fn log_between(
        &mut self,
        after: Pos,
        until: Pos,
        max_count: usize,
        max_bytes: usize,
    ) -> Result<Vec<Logged>, Failure> {
        if after >= until {
            return Ok(Vec::new());
        }
        let Some(last) = self.last_that_fits(after, until, max_count, max_bytes)? else {
            let unsaid = seeded(Seeded::TrimmedUnsaid);
            let gap = Some(trimmed(after, until)).filter(|_| !unsaid);
            return Ok(gap.into_iter().collect());
        };
        let rows = log_events::table
            .select(Row::as_select())
            .filter(log_events::pos.gt(after.0))
            .filter(log_events::pos.le(last))
            .order(log_events::pos.asc())
            .load::<Row>(self.sql)?;
        let mut read: Vec<Logged> = Vec::with_capacity(rows.len());
        let mut reached = after;
        // What several rows share, if it is on an earlier page.
        let mut earlier: Option<(Pos, Payload)> = None;
        for row in &rows {
            let pos = Pos(row.pos);
            if pos.0 > reached.0 + 1 && !seeded(Seeded::TrimmedUnsaid) {
                let more = i64::from(seeded(Seeded::GapTooLong));
                read.push(trimmed(reached, Pos(pos.0 - 1 + more)));
            }
            // The earlier event is among those just read, unless a page of the log ends between the two.
            let event = row::read(row, |pos| match known(&read, pos) {
                Some(event) => Some(event.payload.clone()),
                None => {
                    if earlier.as_ref().is_none_or(|(known, _)| *known != pos) {
                        earlier = self.payload_at(pos).map(|payload| (pos, payload));
                    }
                    let found = earlier.as_ref().filter(|(known, _)| *known == pos);
                    found.map(|(_, payload)| payload.clone())
                }
            });
            match event {
                Some(event) => read.push(Logged::Event(Arc::new(event))),
                None => push_unreadable(&mut read, pos, row.unreadable_cause()),
            }
            reached = pos;
        }
        if seeded(Seeded::TableSkipsRow) && read.len() > 2 {
            read.remove(1);
        }
        Ok(read)
    }

    /// The last position before a moment. The log is in the order of time, so it is halved until the moment is found; what
    /// was trimmed counts as earlier.
    pub fn log_position_before(&mut self, moment: Stamp) -> Result<Pos, Failure> {
        let head = self.log_head()?;
        let (mut before, mut behind) = (head.oldest.0 - 1, head.pos.0 + 1);
        while behind - before > 1 {
            let middle = before + (behind - before) / 2;
            let at = log_events::table
                .filter(log_events::pos.ge(middle))
                .order(log_events::pos.asc())
                .select(log_events::at)
                .first::<i64>(self.sql)
                .optional()?;
            match at.is_some_and(|at| at < moment.0) {
                true => before = middle,
                false => behind = middle,
            }
        }
        Ok(Pos(before))
    }

    /// Events of these kinds behind `after`, up to `until`, at most so many, and how far that reaches. Rows that cannot be
    /// read are left out.
    pub fn log_of_kinds(
        &mut self,
        kinds: &[&str],
        after: Pos,
        until: Pos,
        most: usize,
    ) -> Result<(Vec<Arc<Event>>, Pos), Failure> {
        let rows = log_events::table
            .select(Row::as_select())
            .filter(log_events::pos.gt(after.0))
            .filter(log_events::pos.le(until.0))
            .filter(log_events::kind.eq_any(kinds))
            .order(log_events::pos.asc())
            .limit(i64::try_from(most.max(1)).unwrap_or(i64::MAX))
            .load::<Row>(self.sql)?;
        let last = rows.last().filter(|_| rows.len() >= most.max(1));
        let reached = last.map_or(until, |row| Pos(row.pos));
        let read = rows
            .iter()
            .filter_map(|row| row::read(row, |pos| self.payload_at(pos)));
        Ok((read.map(Arc::new).collect(), reached))
    }

    /// What users decided about one another behind a position, the newest first.
    pub(in crate::store) fn related_behind(&mut self, pos: Pos) -> Result<Vec<Payload>, Failure> {
        let found = query::<RelatedBehind>(&[pos.0.into()]).load::<i64>(self.sql)?;
        let read = found.into_iter();
        Ok(read.filter_map(|pos| self.payload_at(Pos(pos))).collect())
    }

    fn payload_at(&mut self, pos: Pos) -> Option<Payload> {
        let row = log_events::table
            .select(Row::as_select())
            .filter(log_events::pos.eq(pos.0))
            .get_result::<Row>(self.sql);
        // What is shared was written out: it shares nothing in turn.
        row::read(&row.ok()?, |_| None).map(|event| event.payload)
    }

    /// Sizes first: bodies that do not fit are not even fetched.
    fn last_that_fits(
        &mut self,
        after: Pos,
        until: Pos,
        max_count: usize,
        max_bytes: usize,
    ) -> Result<Option<i64>, Failure> {
        let limit = i64::try_from(max_count.max(1)).unwrap_or(i64::MAX);
        let sizes = log_events::table
            .select((log_events::pos, log_events::bytes))
            .filter(log_events::pos.gt(after.0))
            .filter(log_events::pos.le(until.0))
            .order(log_events::pos.asc())
            .limit(limit)
            .load::<(i64, i64)>(self.sql)?;
        let most = i64::try_from(max_bytes).unwrap_or(i64::MAX);
        let mut sum = 0_i64;
        let fitting = sizes.iter().enumerate().take_while(|(n, (_, bytes))| {
            sum = sum.saturating_add(*bytes);
            *n == 0 || sum <= most
        });
        Ok(fitting.last().map(|(_, (pos, _))| *pos))
    }
}

fn known(read: &[Logged], pos: Pos) -> Option<&Event> {
    let events = read.iter().rev().filter_map(|entry| match entry {
        Logged::Event(event) => Some(&**event),
        Logged::Gap(_) => None,
    });
    events
        .take_while(|event| event.pos >= Some(pos))
        .last()
        .filter(|event| event.pos == Some(pos))
}

/// The positions between the two, without `after`.
fn trimmed(after: Pos, last: Pos) -> Logged {
    Logged::Gap(Gap {
        first: Pos(after.0 + 1),
        last,
        cause: GapCause::Trimmed,
    })
}

/// Adjacent rows are one gap.
fn push_unreadable(read: &mut Vec<Logged>, pos: Pos, cause: GapCause) {
    if let Some(Logged::Gap(gap)) = read.last_mut()
        && gap.cause == cause
    {
        gap.last = pos;
        return;
    }
    read.push(Logged::Gap(Gap {
        first: pos,
        last: pos,
        cause,
    }));
}
