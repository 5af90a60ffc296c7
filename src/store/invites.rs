//! Invite codes: how people make an account where sign-up is by invitation.

use std::time::Duration;

use diesel::prelude::*;

use super::schema::invites;
use super::secret::hash_token;
use super::{Db, Failure, Tx};
use crate::model::{Refusal, Stamp};

/// The number of an invite.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InviteId(pub i64);

/// An invite to be stored.
#[derive(Clone, Debug)]
pub struct NewInvite {
    /// Its code; only the hash is stored.
    pub code: String,
    /// Of the operator, for the operator.
    pub note: String,
    /// How many accounts it makes.
    pub uses: i32,
    /// How long it holds.
    pub lifetime: Duration,
}

/// A stored invite.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invite {
    /// Its number.
    pub id: InviteId,
    /// Of the operator.
    pub note: String,
    /// How many accounts it still makes.
    pub uses_left: i32,
    /// When it was made.
    pub created_at: Stamp,
    /// When it ends.
    pub expires_at: Stamp,
}

impl Db<'_> {
    /// Invites behind this one, oldest first, the ones that are over included.
    pub fn invites(&mut self, after: InviteId, count: i64) -> Result<Vec<Invite>, Failure> {
        let rows = invites::table
            .filter(invites::id.gt(after.0))
            .limit(count)
            .order(invites::id.asc())
            .select((
                invites::id,
                invites::note,
                invites::uses_left,
                invites::created_at,
                invites::expires_at,
            ))
            .load::<(i64, String, i32, i64, i64)>(self.sql)?;
        let rows = rows.into_iter();
        Ok(rows
            .map(|(id, note, uses_left, created_at, expires_at)| Invite {
                id: InviteId(id),
                note,
                uses_left,
                created_at: Stamp(created_at),
                expires_at: Stamp(expires_at),
            })
            .collect())
    }
}

impl Tx<'_> {
    /// Stores an invite and gives its number.
    pub fn create_invite(&mut self, new: &NewInvite) -> Result<InviteId, Failure> {
        let now = self.now();
        let id = diesel::insert_into(invites::table)
            .values((
                invites::hash.eq(hash_token(&new.code).to_vec()),
                invites::note.eq(&new.note),
                invites::uses_left.eq(new.uses),
                invites::created_at.eq(now.0),
                invites::expires_at.eq(now.plus(new.lifetime).0),
            ))
            .returning(invites::id)
            .get_result::<i64>(self.sql)?;
        Ok(InviteId(id))
    }

    /// Takes one use of an invite.
    pub fn use_invite(&mut self, code: &str) -> Result<(), Failure> {
        let now = self.now();
        let valid = invites::table
            .filter(invites::hash.eq(hash_token(code).to_vec()))
            .filter(invites::uses_left.gt(0))
            .filter(invites::expires_at.gt(now.0));
        let used = diesel::update(valid)
            .set(invites::uses_left.eq(invites::uses_left - 1))
            .execute(self.sql)?;
        match used {
            0 => Err(Refusal::Invalid.at("invite").into()),
            _ => Ok(()),
        }
    }

    /// Removes an invite; accounts that were made with it stay. Says whether there was one.
    pub fn delete_invite(&mut self, id: InviteId) -> Result<bool, Failure> {
        Ok(diesel::delete(invites::table.find(id.0)).execute(self.sql)? > 0)
    }
}
