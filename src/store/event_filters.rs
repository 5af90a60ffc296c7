//! Stored filters of app streams.

use diesel::prelude::*;

use super::among::among;
use super::db::{from_json, to_json};
use super::schema::{app_streams, event_filters};
use super::{Db, Failure, Tx};
use crate::model::{ClientId, EventFilter, FilterId, FilterOwner, NewFilter, Refusal, UserId};

#[derive(Queryable, Selectable)]
#[diesel(table_name = event_filters, check_for_backend(crate::store::connect::Backend))]
struct Row {
    id: i64,
    client_id: String,
    user_id: Option<i64>,
    revision: i64,
    name: String,
    match_policy: String,
    clauses: String,
}

fn into_model(row: Row) -> Result<EventFilter, Failure> {
    let match_policy = row.match_policy.parse();
    Ok(EventFilter {
        id: FilterId(row.id),
        owner: FilterOwner {
            client: row.client_id.into(),
            user: row.user_id.map(UserId),
        },
        revision: row.revision,
        says: NewFilter {
            name: row.name,
            match_policy: match_policy
                .map_err(|_cause| Failure::trouble("a stored match policy is not known"))?,
            clauses: from_json("clauses", &row.clauses)?,
        },
    })
}

impl Db<'_> {
    /// The filters of an owner, oldest first.
    pub fn event_filters(&mut self, owner: &FilterOwner) -> Result<Vec<EventFilter>, Failure> {
        let owned = event_filters::table
            .filter(event_filters::client_id.eq(owner.client.as_str()))
            .into_boxed();
        let owned = match owner.user {
            Some(user) => owned.filter(event_filters::user_id.eq(user.0)),
            None => owned.filter(event_filters::user_id.is_null()),
        };
        owned
            .order(event_filters::id.asc())
            .select(Row::as_select())
            .load(self.sql)?
            .into_iter()
            .map(into_model)
            .collect()
    }

    /// A filter of this owner.
    pub fn event_filter(
        &mut self,
        owner: &FilterOwner,
        id: FilterId,
    ) -> Result<Option<EventFilter>, Failure> {
        let known = self.filter_of_app(&owner.client, id)?;
        Ok(known.filter(|filter| filter.owner == *owner))
    }

    /// A filter that streams of this app may use: the app's own, or one that a user made with it.
    pub fn filter_of_app(
        &mut self,
        client: &ClientId,
        id: FilterId,
    ) -> Result<Option<EventFilter>, Failure> {
        event_filters::table
            .find(id.0)
            .filter(event_filters::client_id.eq(client.as_str()))
            .select(Row::as_select())
            .get_result(self.sql)
            .optional()?
            .map(into_model)
            .transpose()
    }

    /// How many filters an app has, or a user with an app: those that the owner can list and delete.
    fn count_filters(&mut self, owner: &FilterOwner) -> Result<i64, Failure> {
        let counted = match owner.user {
            Some(user) => event_filters::table
                .filter(event_filters::user_id.eq(user.0))
                .filter(event_filters::client_id.eq(owner.client.as_str()))
                .count()
                .get_result(self.sql),
            None => event_filters::table
                .filter(event_filters::client_id.eq(owner.client.as_str()))
                .filter(event_filters::user_id.is_null())
                .count()
                .get_result(self.sql),
        };
        Ok(counted?)
    }
}

impl Tx<'_> {
    /// Stores a filter. There may be `most` of an app, and of a user with an app.
    pub fn create_event_filter(
        &mut self,
        owner: FilterOwner,
        says: NewFilter,
        most: i64,
    ) -> Result<EventFilter, Failure> {
        if self.count_filters(&owner)? >= most {
            return Err(Refusal::FilterLimit.into());
        }
        let id = diesel::insert_into(event_filters::table)
            .values((
                event_filters::client_id.eq(owner.client.as_str()),
                event_filters::user_id.eq(owner.user.map(|user| user.0)),
                event_filters::revision.eq(0),
                event_filters::name.eq(&says.name),
                event_filters::match_policy.eq(says.match_policy.name()),
                event_filters::clauses.eq(to_json(&says.clauses)?),
            ))
            .returning(event_filters::id)
            .get_result::<i64>(self.sql)?;
        Ok(EventFilter {
            id: FilterId(id),
            owner,
            revision: 0,
            says,
        })
    }

    /// Replaces what a filter says.
    pub fn change_event_filter(
        &mut self,
        owner: &FilterOwner,
        id: FilterId,
        says: NewFilter,
    ) -> Result<EventFilter, Failure> {
        let known = self.event_filter(owner, id)?;
        let known = known.ok_or(Refusal::FilterNotFound)?;
        let changed = EventFilter {
            revision: known.revision + 1,
            says,
            ..known
        };
        diesel::update(event_filters::table.find(id.0))
            .set((
                event_filters::revision.eq(changed.revision),
                event_filters::name.eq(&changed.says.name),
                event_filters::match_policy.eq(changed.says.match_policy.name()),
                event_filters::clauses.eq(to_json(&changed.says.clauses)?),
            ))
            .execute(self.sql)?;
        Ok(changed)
    }

    /// Deletes a filter of this owner, or all of them, and returns them. If a stream uses any of them, none is deleted.
    pub fn delete_event_filters(
        &mut self,
        owner: &FilterOwner,
        id: Option<FilterId>,
    ) -> Result<Vec<EventFilter>, Failure> {
        let gone = match id {
            Some(id) => {
                let known = self.event_filter(owner, id)?;
                vec![known.ok_or(Refusal::FilterNotFound)?]
            }
            None => self.event_filters(owner)?,
        };
        let ids: Vec<i64> = gone.iter().map(|filter| filter.id.0).collect();
        let used = app_streams::table
            .filter(among("app_streams.filter_id", ids.iter().copied()))
            .count()
            .get_result::<i64>(self.sql)?;
        if used > 0 {
            return Err(Refusal::FilterInUse.into());
        }
        diesel::delete(event_filters::table.filter(among("event_filters.id", ids)))
            .execute(self.sql)?;
        Ok(gone)
    }

    /// Deletes filters of an app, its users' too, so many at most; how many it were.
    pub fn delete_filters_of_app(
        &mut self,
        client: &ClientId,
        count: i64,
    ) -> Result<usize, Failure> {
        let ids = event_filters::table
            .filter(event_filters::client_id.eq(client.as_str()))
            .order(event_filters::user_id.asc())
            .limit(count)
            .select(event_filters::id)
            .load::<i64>(self.sql)?;
        Ok(
            diesel::delete(event_filters::table.filter(among("event_filters.id", ids)))
                .execute(self.sql)?,
        )
    }
}
