//! Users as one caller sees them: a set of ids becomes objects with one question to the store.

use std::collections::HashMap;
use std::sync::Arc;

use super::extract::Caller;
use super::{ApiError, App};
use crate::model::relation::Relationship;
use crate::model::{User, UserId};
use crate::protocol::object::UserObject;
use crate::protocol::render_options::RenderOptions;
use crate::protocol::site::Site;

/// Users, and how the caller stands to each.
pub struct UserIncludes {
    caller: Option<UserId>,
    options: RenderOptions,
    site: Site,
    users: HashMap<UserId, Arc<User>>,
    relationships: HashMap<UserId, Relationship>,
    /// Only if presence is shown.
    presences: HashMap<UserId, String>,
}

/// Looks up `ids` for this caller. Unknown ids are simply not there.
pub async fn user_includes(
    app: &App,
    caller: Option<&Caller>,
    options: RenderOptions,
    mut ids: Vec<UserId>,
) -> Result<UserIncludes, ApiError> {
    ids.sort_unstable();
    ids.dedup();
    let store = app.engine.store();
    let users = store.users(ids.clone()).await?;
    // App tokens see no relations: minding them is the app's duty.
    let caller = caller.and_then(Caller::user);
    let relationships = match caller {
        Some(me) if ids.iter().any(|id| *id != me) => {
            let others = ids.clone();
            store.read(move |db| db.relationships(me, &others)).await?
        }
        Some(_) | None => HashMap::new(),
    };
    let mut presences = HashMap::new();
    if options.presence {
        let board = app.engine.presence();
        presences.extend(ids.iter().filter_map(|id| Some((*id, board.of(*id).text?))));
    }
    Ok(UserIncludes {
        caller,
        options,
        site: app.engine.site().clone(),
        users,
        relationships,
        presences,
    })
}

impl UserIncludes {
    /// The user itself, whoever may see it.
    pub fn user(&self, id: UserId) -> Option<&Arc<User>> {
        self.users.get(&id)
    }

    /// How the caller stands to the user.
    pub fn relationship(&self, id: UserId) -> Relationship {
        self.relationships.get(&id).copied().unwrap_or_default()
    }

    /// The object to show; `None` if the user is gone, or one of the two blocks the other: then the caller
    /// shows `user_id`.
    pub fn object(&self, id: UserId) -> Option<UserObject<'_>> {
        let relationship = self.relationship(id);
        if relationship.you_blocked || relationship.blocks_you {
            return None;
        }
        self.build(id)
    }

    /// As [`UserIncludes::object`], but whom the caller blocked is shown: to find them, and to unblock them.
    pub fn object_unless_blocking(&self, id: UserId) -> Option<UserObject<'_>> {
        if self.relationship(id).blocks_you {
            return None;
        }
        self.build(id)
    }

    fn build(&self, id: UserId) -> Option<UserObject<'_>> {
        let user = self.users.get(&id)?;
        let mut object = UserObject::new(user, self.options, &self.site);
        if let Some(me) = self.caller {
            object = object.seen_by(self.relationship(id), me == id);
        }
        if self.options.presence {
            object = object.with_presence(self.presences.get(&id).map(String::as_str));
        }
        Some(object)
    }
}
