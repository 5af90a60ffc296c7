//! The users that authorized an app, for filters that ask for them.
//!
//! `LogTail` keeps the list up to date (`app_index.rs`), and the shards read it: it may be ahead of the events that a shard
//! fans out, never behind.

use std::collections::HashSet;
use std::sync::{PoisonError, RwLock};

use crate::model::UserId;

/// The users with a live token of one app.
#[derive(Debug, Default)]
pub struct AuthorizedUsers(RwLock<HashSet<UserId>>);

impl AuthorizedUsers {
    /// Whether a user is among them.
    pub fn contains(&self, user: UserId) -> bool {
        let users = self.0.read().unwrap_or_else(PoisonError::into_inner);
        users.contains(&user)
    }

    /// A user is among them from now on, or no longer.
    pub fn set(&self, user: UserId, is_authorized: bool) {
        let mut users = self.0.write().unwrap_or_else(PoisonError::into_inner);
        match is_authorized {
            true => users.insert(user),
            false => users.remove(&user),
        };
    }
}
