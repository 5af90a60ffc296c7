//! Access control lists of channels.

use serde::{Deserialize, Serialize};

use super::UserId;

/// Level of access to a channel; each level includes the ones before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Access {
    /// None.
    None,
    /// Read and subscribe.
    Read,
    /// Write messages.
    Write,
    /// Edit raw and the lower groups, delete messages, make them sticky.
    Full,
    /// Everything, and change the owner.
    Owner,
}

/// The three groups of a channel. The owner is in none of them, each user in one at most.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acl {
    /// Members with full access, rising ids.
    pub full: Vec<UserId>,
    /// The full group is frozen.
    pub full_immutable: bool,
    /// Members who may write, rising ids.
    pub write: Vec<UserId>,
    /// Every account may write.
    pub write_any_user: bool,
    /// The write group is frozen.
    pub write_immutable: bool,
    /// Members who may read, rising ids.
    pub read: Vec<UserId>,
    /// Every account may read.
    pub read_any_user: bool,
    /// Anyone may read, without an account too.
    pub read_public: bool,
    /// The read group is frozen.
    pub read_immutable: bool,
}

impl Acl {
    /// Public for the purpose of scopes: readable without an account, or with any.
    pub fn is_public(&self) -> bool {
        self.read_public || self.read_any_user
    }

    /// The access of a user; `None`: of requests without a user.
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

    /// The members of all groups.
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
        // Writing includes reading; a channel open to anyone is open to every account.
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
    /// Every account (write, read).
    pub any_user: Option<bool>,
    /// Anyone (read).
    pub public: Option<bool>,
    /// `true` freezes the group for good; `false` is ignored on a frozen one.
    pub immutable: Option<bool>,
}

/// A change to an ACL. `None` leaves a group alone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AclChange {
    /// The full group.
    pub full: Option<GroupChange>,
    /// The write group.
    pub write: Option<GroupChange>,
    /// The read group.
    pub read: Option<GroupChange>,
}
