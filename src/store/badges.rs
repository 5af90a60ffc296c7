//! Badges: what there is, which user has which, and which of them a profile shows.

use diesel::prelude::*;

use super::db::to_json;
use super::schema::{badges, user_badges, users};
use super::sql_error::is_taken;
use super::statements::{InsertUserBadge, execute};
use super::{Db, Failure, Tx};
use crate::model::{Badge, BadgeBrief, BadgeId, Refusal, Stamp, UserId, Verified};

/// Badges that there may be: the list of them has no pages.
pub const BADGES_MAX: i64 = 1000;

type Row = (i64, String, String);

fn into_model((id, name, description): Row, awarded_at: Option<i64>) -> Badge {
    Badge {
        id: BadgeId(id),
        name,
        description,
        awarded_at: awarded_at.map(Stamp),
    }
}

impl Db<'_> {
    /// A badge.
    pub fn badge(&mut self, id: BadgeId) -> Result<Option<Badge>, Failure> {
        let row = badges::table
            .find(id.0)
            .select((badges::id, badges::name, badges::description))
            .get_result::<Row>(self.sql)
            .optional()?;
        Ok(row.map(|row| into_model(row, None)))
    }

    /// A badge by its name, as it is written.
    pub fn badge_named(&mut self, name: &str) -> Result<Option<Badge>, Failure> {
        let row = badges::table
            .filter(badges::name.eq(name))
            .select((badges::id, badges::name, badges::description))
            .get_result::<Row>(self.sql)
            .optional()?;
        Ok(row.map(|row| into_model(row, None)))
    }

    /// All badges, oldest first.
    pub fn badges(&mut self, most: i64) -> Result<Vec<Badge>, Failure> {
        let rows = badges::table
            .order(badges::id)
            .limit(most)
            .select((badges::id, badges::name, badges::description))
            .load::<Row>(self.sql)?;
        Ok(rows.into_iter().map(|row| into_model(row, None)).collect())
    }

    /// The badges that a user was awarded, latest first.
    pub fn badges_of(&mut self, user: UserId) -> Result<Vec<Badge>, Failure> {
        let rows = user_badges::table
            .inner_join(badges::table)
            .filter(user_badges::user_id.eq(user.0))
            .order(user_badges::awarded_at.desc())
            .select((
                (badges::id, badges::name, badges::description),
                user_badges::awarded_at,
            ))
            .load::<(Row, i64)>(self.sql)?;
        let rows = rows.into_iter();
        Ok(rows.map(|(row, at)| into_model(row, Some(at))).collect())
    }
}

impl Tx<'_> {
    /// Adds a badge that can be awarded.
    ///
    /// # Errors
    /// There is one of this name, or there are as many as there may be.
    pub fn create_badge(&mut self, name: &str, description: &str) -> Result<Badge, Failure> {
        let count = badges::table.count().get_result::<i64>(self.sql)?;
        if count >= BADGES_MAX {
            return Err(Refusal::TooLong.at("badges").into());
        }
        let now = self.now();
        let row = diesel::insert_into(badges::table)
            .values((
                badges::name.eq(name),
                badges::description.eq(description),
                badges::created_at.eq(now.0),
            ))
            .returning((badges::id, badges::name, badges::description))
            .get_result::<Row>(self.sql)
            .map_err(|error| match is_taken(&error) {
                true => Refusal::Invalid.at("name").into(),
                false => Failure::from(error),
            })?;
        Ok(into_model(row, None))
    }

    /// Awards a badge. False: the user has it already.
    pub fn award_badge(&mut self, user: UserId, badge: BadgeId) -> Result<bool, Failure> {
        let now = self.now();
        let row = [user.0.into(), badge.0.into(), now.0.into()];
        let added = execute::<InsertUserBadge>(self.sql, &row)?;
        Ok(added > 0)
    }

    /// Takes a badge back. False: the user did not have it.
    pub fn take_badge(&mut self, user: UserId, badge: BadgeId) -> Result<bool, Failure> {
        let removed = diesel::delete(user_badges::table.find((user.0, badge.0)));
        Ok(removed.execute(self.sql)? > 0)
    }

    /// The badge that a profile shows: one that the user has, or none.
    pub fn show_badge(&mut self, user: UserId, badge: Option<&BadgeBrief>) -> Result<(), Failure> {
        let stored = badge.map(to_json).transpose()?;
        diesel::update(users::table.find(user.0))
            .set(users::badge.eq(stored))
            .execute(self.sql)?;
        Ok(())
    }

    /// The web site that is a user's, or none.
    pub fn set_verified(&mut self, user: UserId, site: Option<&Verified>) -> Result<(), Failure> {
        let stored = site.map(to_json).transpose()?;
        diesel::update(users::table.find(user.0))
            .set(users::verified.eq(stored))
            .execute(self.sql)?;
        Ok(())
    }
}
