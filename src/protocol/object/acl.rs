//! The access groups of a channel.

use serde::Serialize;

use super::LimitedUser;
use crate::model::{Access, Acl, UserId};

#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[schema(as = AclGroup)]
struct Group<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    any_user: Option<bool>,
    immutable: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    public: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    you: Option<bool>,
    user_ids: &'a [UserId],
    #[serde(skip_serializing_if = "Option::is_none")]
    users: Option<Vec<LimitedUser<'a>>>,
}

/// The ACL as clients see it. `you` is derived from the viewer's access, with the hierarchy applied.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Acl)]
pub struct AclObject<'a> {
    full: Group<'a>,
    write: Group<'a>,
    read: Group<'a>,
}

impl<'a> AclObject<'a> {
    /// The groups without anything personal.
    pub fn new(acl: &'a Acl) -> Self {
        Self {
            full: Group {
                any_user: None,
                immutable: acl.full_immutable,
                public: None,
                you: None,
                user_ids: &acl.full,
                users: None,
            },
            write: Group {
                any_user: Some(acl.write_any_user),
                immutable: acl.write_immutable,
                public: None,
                you: None,
                user_ids: &acl.write,
                users: None,
            },
            read: Group {
                any_user: Some(acl.read_any_user),
                immutable: acl.read_immutable,
                public: Some(acl.read_public),
                you: None,
                user_ids: &acl.read,
                users: None,
            },
        }
    }

    /// Adds the viewer's access.
    pub(super) fn set_you(&mut self, access: Access) {
        self.full.you = Some(access >= Access::Full);
        self.write.you = Some(access >= Access::Write);
        self.read.you = Some(access >= Access::Read);
    }

    /// Adds the members in short form; unknown users are omitted.
    pub(super) fn set_users(&mut self, find: impl Fn(UserId) -> Option<LimitedUser<'a>>) {
        for group in [&mut self.full, &mut self.write, &mut self.read] {
            group.users = Some(group.user_ids.iter().filter_map(|id| find(*id)).collect());
        }
    }
}
