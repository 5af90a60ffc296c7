//! Accounts.

use std::collections::HashMap;

use diesel::prelude::*;

use super::among::{among, text_among};
use super::connect::Backend;
use super::db::{from_json, to_json};
use super::schema::users;
use super::sql_error::is_taken;
use super::{Db, Failure, Tx};
use crate::model::{Content, Raw, Refusal, Stamp, User, UserCounts, UserId, UserKind};

/// A checked account that has no id yet.
#[derive(Clone, Debug, Default)]
pub struct NewUser {
    /// In the owner's letter case.
    pub username: String,
    /// Display name.
    pub name: Option<String>,
    /// `None`: cannot log in with a password.
    pub password_hash: Option<String>,
    /// An alternative login name.
    pub email: Option<String>,
    /// Profile text and its source.
    pub text: Option<(Content, String)>,
    /// Person, feed or bot.
    pub kind: UserKind,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = users, check_for_backend(Backend))]
struct Row {
    id: i64,
    username: String,
    name: Option<String>,
    kind: String,
    locale: String,
    timezone: String,
    created_at: i64,
    content: Option<String>,
    markdown_text: Option<String>,
    avatar: Option<String>,
    cover: Option<String>,
    badge: Option<String>,
    verified: Option<String>,
    raw: String,
    bookmarks: i64,
    clients: i64,
    followers: i64,
    following: i64,
    posts: i64,
}

impl Row {
    fn into_model(self) -> Result<User, Failure> {
        let content = if_any("profile text", self.content.as_deref())?;
        let raw = if self.raw == "{}" {
            Raw::default()
        } else {
            from_json("raw of a user", &self.raw)?
        };
        Ok(User {
            id: UserId(self.id),
            username: self.username,
            name: self.name,
            kind: kind_of(&self.kind)?,
            locale: self.locale,
            timezone: self.timezone,
            created_at: Stamp(self.created_at),
            content,
            markdown_text: self.markdown_text,
            avatar: if_any("avatar", self.avatar.as_deref())?,
            cover: if_any("cover", self.cover.as_deref())?,
            badge: if_any("badge", self.badge.as_deref())?,
            verified: if_any("verified link", self.verified.as_deref())?,
            raw,
            counts: UserCounts {
                bookmarks: self.bookmarks,
                clients: self.clients,
                followers: self.followers,
                following: self.following,
                posts: self.posts,
            },
        })
    }
}

fn if_any<T: serde::de::DeserializeOwned>(
    what: &'static str,
    stored: Option<&str>,
) -> Result<Option<T>, Failure> {
    stored.map(|text| from_json(what, text)).transpose()
}

fn kind_of(name: &str) -> Result<UserKind, Failure> {
    [UserKind::Human, UserKind::Feed, UserKind::Bot]
        .into_iter()
        .find(|kind| kind.name() == name)
        .ok_or_else(|| Failure::trouble(format!("stored kind of user `{name}` is not known")))
}

impl Db<'_> {
    /// A user.
    pub fn user(&mut self, id: UserId) -> Result<Option<User>, Failure> {
        users::table
            .find(id.0)
            .select(Row::as_select())
            .get_result(self.sql)
            .optional()?
            .map(Row::into_model)
            .transpose()
    }

    /// The existing users among these ids.
    pub fn users(&mut self, ids: &[UserId]) -> Result<HashMap<UserId, User>, Failure> {
        let rows = users::table
            .filter(among("users.id", ids.iter().map(|id| id.0)))
            .select(Row::as_select())
            .load(self.sql)?;
        rows.into_iter()
            .map(|row| row.into_model().map(|user| (user.id, user)))
            .collect()
    }

    /// Ids by name; the names in lower case, without `@`.
    pub fn ids_by_name(&mut self, names: &[String]) -> Result<HashMap<String, UserId>, Failure> {
        let rows = users::table
            .filter(text_among("users.username_key", names))
            .select((users::username_key, users::id))
            .load::<(String, i64)>(self.sql)?;
        Ok(rows
            .into_iter()
            .map(|(name, id)| (name, UserId(id)))
            .collect())
    }
}

impl Tx<'_> {
    /// Inserts an account. Names are unique regardless of case.
    pub fn create_user(&mut self, new: &NewUser) -> Result<User, Failure> {
        let now = self.now();
        let content = new
            .text
            .as_ref()
            .map(|(content, _)| to_json(content))
            .transpose()?;
        let email_key = new.email.as_ref().map(|email| email.trim().to_lowercase());
        let key = new.username.to_lowercase();
        let is_name_taken = diesel::select(diesel::dsl::exists(
            users::table.filter(users::username_key.eq(&key)),
        ))
        .get_result::<bool>(self.sql)?;
        if is_name_taken {
            return Err(Refusal::Invalid.at("username").into());
        }
        let user = diesel::insert_into(users::table)
            .values((
                users::username.eq(&new.username),
                users::username_key.eq(&key),
                users::name.eq(&new.name),
                users::kind.eq(new.kind.name()),
                users::locale.eq("en_US"),
                users::timezone.eq("UTC"),
                users::created_at.eq(now.0),
                users::email.eq(&new.email),
                users::email_key.eq(email_key),
                users::password_hash.eq(&new.password_hash),
                users::content.eq(content),
                users::markdown_text.eq(new.text.as_ref().map(|(_, markdown)| markdown)),
                users::raw.eq("{}"),
            ))
            .returning(<Row as Selectable<Backend>>::construct_selection())
            .get_result::<Row>(self.sql)
            .map_err(|error| {
                // The name was free before, within this transaction.
                if is_taken(&error) {
                    Refusal::Invalid.at("email").into()
                } else {
                    Failure::from(error)
                }
            })?
            .into_model()?;
        self.index_user(&user)?;
        Ok(user)
    }

    /// Saves the profile of an account: name, text, locale, time zone, raw. Counts are kept elsewhere.
    pub fn save_user(&mut self, user: &User) -> Result<(), Failure> {
        let content = user.content.as_ref().map(to_json).transpose()?;
        let changed = diesel::update(users::table.find(user.id.0))
            .set((
                users::name.eq(&user.name),
                users::locale.eq(&user.locale),
                users::timezone.eq(&user.timezone),
                users::content.eq(content),
                users::markdown_text.eq(&user.markdown_text),
                users::raw.eq(to_json(&user.raw)?),
            ))
            .execute(self.sql)?;
        if changed == 0 {
            return Err(Refusal::UserNotFound.into());
        }
        self.index_user(user)
    }

    /// Gives an account another name, which is free regardless of case, or its own in another letter case.
    pub fn rename_user(&mut self, user: UserId, name: &str) -> Result<User, Failure> {
        let renamed = diesel::update(users::table.find(user.0))
            .set((
                users::username.eq(name),
                users::username_key.eq(name.to_lowercase()),
            ))
            .returning(<Row as Selectable<Backend>>::construct_selection())
            .get_result::<Row>(self.sql)
            .optional()
            .map_err(|error| {
                if is_taken(&error) {
                    Refusal::Invalid.at("username").into()
                } else {
                    Failure::from(error)
                }
            })?;
        let user = renamed.ok_or(Refusal::UserNotFound)?.into_model()?;
        self.index_user(&user)?;
        Ok(user)
    }

    /// Changes the count of apps with a live token of this user.
    pub(super) fn count_clients(&mut self, user: UserId, by: i64) -> Result<(), Failure> {
        diesel::update(users::table.find(user.0))
            .set(users::clients.eq(users::clients + by))
            .execute(self.sql)?;
        Ok(())
    }

    /// Changes the counts of both sides of a follow.
    pub(super) fn count_follow(
        &mut self,
        user: UserId,
        other: UserId,
        by: i64,
    ) -> Result<(), Failure> {
        diesel::update(users::table.find(user.0))
            .set(users::following.eq(users::following + by))
            .execute(self.sql)?;
        diesel::update(users::table.find(other.0))
            .set(users::followers.eq(users::followers + by))
            .execute(self.sql)?;
        Ok(())
    }
}
