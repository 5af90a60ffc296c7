//! Users as one viewer sees them: a set of ids becomes objects with one question to the store.

use std::collections::HashMap;
use std::sync::Arc;

use crate::http::{ApiResult, App};
use crate::model::visibility::{Occasion, shows_presence, shows_profile};
use crate::model::{Relationship, User, UserId, UserKind};
use crate::protocol::object::UserObject;
use crate::protocol::render_options::RenderOptions;
use crate::protocol::site::Site;

/// Users, and the viewer's relationship to each.
pub(in crate::http) struct UserIncludes {
    viewer: Option<UserId>,
    viewer_kind: UserKind,
    options: RenderOptions,
    site: Site,
    users: HashMap<UserId, Arc<User>>,
    relationships: HashMap<UserId, Relationship>,
    /// Only if presence is shown.
    presences: HashMap<UserId, String>,
}

impl UserIncludes {
    /// Looks up `ids` for this viewer. Unknown ids are simply not there.
    pub(super) async fn load(
        app: &App,
        viewer: Option<UserId>,
        options: RenderOptions,
        mut ids: Vec<UserId>,
    ) -> ApiResult<Self> {
        ids.sort_unstable();
        ids.dedup();
        let store = app.engine.store();
        let users = store.users(ids.clone()).await?;
        let relationships = match viewer {
            Some(me) if ids.iter().any(|id| *id != me) => {
                let others = ids.clone();
                store.read(move |db| db.relationships(me, &others)).await?
            }
            Some(_) | None => HashMap::new(),
        };
        let viewer_kind = match viewer {
            Some(me) => store.user(me).await?.map(|user| user.kind),
            None => None,
        };
        let mut presences = HashMap::new();
        if options.presence {
            let board = app.engine.presence();
            presences.extend(ids.iter().filter_map(|id| Some((*id, board.of(*id).text?))));
        }
        Ok(Self {
            viewer,
            viewer_kind: viewer_kind.unwrap_or_default(),
            options,
            site: app.engine.site().clone(),
            users,
            relationships,
            presences,
        })
    }

    /// The viewer.
    pub(super) fn viewer(&self) -> Option<UserId> {
        self.viewer
    }

    /// The viewer's relationship to the user.
    pub(super) fn relationship(&self, id: UserId) -> Relationship {
        self.relationships.get(&id).copied().unwrap_or_default()
    }

    /// The user, if the viewer may see the profile.
    pub(in crate::http) fn visible(&self, id: UserId, occasion: Occasion) -> Option<&User> {
        let user = self.users.get(&id)?;
        shows_profile(self.relationship(id), occasion).then_some(user)
    }

    /// The user, if the viewer may know whether they are there.
    pub(super) fn present(&self, id: UserId) -> Option<&User> {
        let user = self.users.get(&id)?;
        shows_presence(self.relationship(id)).then_some(user)
    }

    /// The object to show; `None` if the user does not exist or is hidden: then `user_id` replaces it.
    pub(super) fn object(&self, id: UserId, occasion: Occasion) -> Option<UserObject<'_>> {
        let user = self.visible(id, occasion)?;
        let relationship = self.relationship(id);
        let mut object = UserObject::new(user, self.options, &self.site);
        if let Some(me) = self.viewer {
            object = object.seen_by(relationship, self.viewer_kind, me == id);
        }
        if self.options.presence && shows_presence(relationship) {
            object = object.with_presence(self.presences.get(&id).map(String::as_str));
        }
        Some(object)
    }
}
