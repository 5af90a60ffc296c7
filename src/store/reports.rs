//! Reports of users to the operator.

use std::collections::HashMap;

use diesel::prelude::*;

use super::among::among;
use super::schema::{messages, posts, reports, users};
use super::{Db, Failure, Tx};
use crate::model::{NewReport, Report, Stamp};

#[derive(Queryable, Selectable)]
#[diesel(table_name = reports, check_for_backend(crate::store::connect::Backend))]
struct Row {
    id: i64,
    kind: String,
    object_id: i64,
    author_id: i64,
    reporter_id: i64,
    reason: String,
    created_at: i64,
    closed_at: Option<i64>,
}

impl Db<'_> {
    /// Reports behind `after`, oldest first; closed ones too if asked for.
    pub fn reports(
        &mut self,
        with_closed: bool,
        after: i64,
        count: i64,
    ) -> Result<Vec<Report>, Failure> {
        let mut query = reports::table
            .filter(reports::id.gt(after))
            .order(reports::id.asc())
            .limit(count)
            .select(Row::as_select())
            .into_boxed();
        if !with_closed {
            query = query.filter(reports::closed_at.is_null());
        }
        let rows = query.load(self.sql)?;
        let people = rows.iter().flat_map(|row| [row.author_id, row.reporter_id]);
        let people = users::table
            .filter(among("users.id", people))
            .select((users::id, users::username));
        let named = |is_post: bool| {
            let of_kind = rows.iter().filter(move |row| (row.kind == POST) == is_post);
            of_kind.map(|row| row.object_id)
        };
        let of_posts = posts::table
            .filter(among("posts.id", named(true)))
            .select((posts::id, posts::text));
        let of_messages = messages::table
            .filter(among("messages.id", named(false)))
            .select((messages::id, messages::text));
        let names: HashMap<i64, String> = people.load(self.sql)?.into_iter().collect();
        let of_posts: HashMap<i64, String> = of_posts.load(self.sql)?.into_iter().collect();
        let of_messages: HashMap<i64, String> = of_messages.load(self.sql)?.into_iter().collect();
        let name = |id: i64| names.get(&id).cloned().unwrap_or_default();
        let shown = rows.into_iter().map(|row| {
            let texts = match row.kind == POST {
                true => &of_posts,
                false => &of_messages,
            };
            Report {
                text: texts.get(&row.object_id).cloned().unwrap_or_default(),
                author: name(row.author_id),
                reporter: name(row.reporter_id),
                id: row.id,
                kind: row.kind,
                object_id: row.object_id,
                reason: row.reason,
                created_at: Stamp(row.created_at),
                closed_at: row.closed_at.map(Stamp),
            }
        });
        Ok(shown.collect())
    }
}

/// The kind of reports about posts.
const POST: &str = "post";

impl Tx<'_> {
    /// Keeps a report. A user that has an open one about the same object gives it another reason.
    pub fn report(&mut self, new: NewReport) -> Result<(), Failure> {
        let now = self.now();
        let open = reports::table
            .filter(reports::kind.eq(new.about.kind()))
            .filter(reports::object_id.eq(new.about.id()))
            .filter(reports::reporter_id.eq(new.reporter.0))
            .filter(reports::closed_at.is_null());
        let changed = diesel::update(open)
            .set((
                reports::reason.eq(new.reason.name()),
                reports::created_at.eq(now.0),
            ))
            .execute(self.sql)?;
        if changed > 0 {
            return Ok(());
        }
        diesel::insert_into(reports::table)
            .values((
                reports::kind.eq(new.about.kind()),
                reports::object_id.eq(new.about.id()),
                reports::author_id.eq(new.author.0),
                reports::reporter_id.eq(new.reporter.0),
                reports::reason.eq(new.reason.name()),
                reports::created_at.eq(now.0),
            ))
            .execute(self.sql)?;
        Ok(())
    }

    /// Closes a report and all others about the same object; how many that were. `None`: there is no such report.
    pub fn close_reports(&mut self, id: i64) -> Result<Option<usize>, Failure> {
        let about = reports::table
            .find(id)
            .select((reports::kind, reports::object_id))
            .first::<(String, i64)>(self.sql)
            .optional()?;
        let Some((kind, object)) = about else {
            return Ok(None);
        };
        let now = self.now();
        let open = reports::table
            .filter(reports::kind.eq(kind))
            .filter(reports::object_id.eq(object))
            .filter(reports::closed_at.is_null());
        let closed = diesel::update(open)
            .set(reports::closed_at.eq(now.0))
            .execute(self.sql)?;
        Ok(Some(closed))
    }
}
