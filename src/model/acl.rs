//! Who may do what in a channel.

use serde::{Deserialize, Serialize};

use super::UserId;

/// What a viewer may do in a channel; each level holds the ones before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Access {
    /// Not even read.
    None,
    /// Read and subscribe.
    Read,
    /// Write messages.
    Write,
    /// Edit raw and the lower groups, delete messages, make them sticky.
    Full,
    /// Everything, and hand it over.
    Owner,
}

/// The three groups of a channel. The owner stands outside of it; each user is in one group at most.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acl {
    /// Members with full access, rising ids.
    pub full: Vec<UserId>,
    /// The full group may not change any more.
    pub full_immutable: bool,
    /// Members who may write, rising ids.
    pub write: Vec<UserId>,
    /// Everybody with an account may write.
    pub write_any_user: bool,
    /// The write group may not change any more.
    pub write_immutable: bool,
    /// Members who may read, rising ids.
    pub read: Vec<UserId>,
    /// Everybody with an account may read.
    pub read_any_user: bool,
    /// Everybody may read, without an account too.
    pub read_public: bool,
    /// The read group may not change any more.
    pub read_immutable: bool,
}

impl Acl {
    /// Public for the purpose of scopes: readable without an account, or with any.
    pub fn is_public(&self) -> bool {
        self.read_public || self.read_any_user
    }

    /// What this user may do; `None` stands for nobody in particular (no token).
    pub fn access(&self, owner: Option<UserId>, user: Option<UserId>) -> Access {
        let Some(user) = user else {
            return if self.read_public {
                Access::Read
            } else {
                Access::None
            };
        };
        let listed = |list: &[UserId]| list.binary_search(&user).is_ok();
        if owner == Some(user) {
            Access::Owner
        } else if listed(&self.full) {
            Access::Full
        } else if self.write_any_user || listed(&self.write) {
            Access::Write
        } else if self.is_public() || listed(&self.read) {
            Access::Read
        } else {
            Access::None
        }
    }

    /// Everybody who is listed in a group.
    pub fn members(&self) -> impl Iterator<Item = UserId> + '_ {
        self.full
            .iter()
            .chain(&self.write)
            .chain(&self.read)
            .copied()
    }

    /// Restores the invariants after a change: rising ids, each user once and in the highest group, the
    /// owner nowhere, and the flags that force one another (reference 03 §4.1).
    pub fn normalize(&mut self, owner: Option<UserId>) {
        for list in [&mut self.full, &mut self.write, &mut self.read] {
            list.sort_unstable();
            list.dedup();
            list.retain(|user| Some(*user) != owner);
        }
        let (full, write) = (self.full.clone(), &mut self.write);
        write.retain(|user| full.binary_search(user).is_err());
        let write = self.write.clone();
        self.read
            .retain(|user| full.binary_search(user).is_err() && write.binary_search(user).is_err());
        // A writer reads; a room that is open to the world is open to people with an account too.
        if self.write_any_user || self.read_public {
            self.read_any_user = true;
        }
    }
}

/// A change to one group. `None` leaves a part alone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GroupChange {
    /// Replaces the list.
    pub users: Option<Vec<UserId>>,
    /// Everybody with an account (write, read).
    pub any_user: Option<bool>,
    /// Everybody (read).
    pub public: Option<bool>,
    /// `true` freezes the group for good; `false` is ignored on a frozen one.
    pub immutable: Option<bool>,
}

/// A change to an ACL. `None` leaves a group alone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AclChange {
    /// Who has full access.
    pub full: Option<GroupChange>,
    /// Who may write.
    pub write: Option<GroupChange>,
    /// Who may read.
    pub read: Option<GroupChange>,
}
