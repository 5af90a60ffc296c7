//! What is looked up around polls: the viewer's own answers, and the users that the viewer is kept from.

use std::collections::{HashMap, HashSet};

use crate::http::{ApiResult, App};
use crate::model::{Chosen, PollId, UserId};

/// Of one answer, for one viewer.
#[derive(Default)]
pub(in crate::http) struct PollIncludes {
    chosen: HashMap<PollId, Chosen>,
    /// In a block with the viewer; only if the polls name users.
    blocked: HashSet<UserId>,
}

impl PollIncludes {
    /// `polls`: each with whether it names users that answered.
    pub(super) async fn load(
        app: &App,
        viewer: Option<UserId>,
        polls: &[(PollId, bool)],
    ) -> ApiResult<Self> {
        let Some(viewer) = viewer.filter(|_| !polls.is_empty()) else {
            return Ok(Self::default());
        };
        let ids: Vec<PollId> = polls.iter().map(|(id, _)| *id).collect();
        let names_users = polls.iter().any(|(_, names_users)| *names_users);
        let read = app.engine.store().read(move |db| {
            Ok(Self {
                chosen: db.chosen_by(viewer, &ids)?,
                blocked: match names_users {
                    true => db.hidden(viewer)?.blocked.into_iter().collect(),
                    false => HashSet::new(),
                },
            })
        });
        Ok(read.await?)
    }

    /// What the viewer answered.
    pub(super) fn chosen(&self, poll: PollId) -> Chosen {
        self.chosen.get(&poll).copied().unwrap_or_default()
    }

    /// Whether the viewer may know that a user answered.
    pub(super) fn shows(&self, user: UserId) -> bool {
        !self.blocked.contains(&user)
    }
}
