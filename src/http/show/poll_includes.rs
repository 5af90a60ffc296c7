//! What is looked up around polls: the viewer's own answers, and the users that the viewer is kept from.

use std::collections::HashMap;

use crate::http::{ApiResult, App};
use crate::model::visibility::shows_acts;
use crate::model::{Chosen, PollId, Relationship, UserId};
use crate::protocol::render_options::RenderOptions;

/// Of one answer, for one viewer.
#[derive(Default)]
pub(in crate::http) struct PollIncludes {
    chosen: HashMap<PollId, Chosen>,
    /// With the users that the polls name.
    relations: HashMap<UserId, Relationship>,
    include_muted: bool,
}

impl PollIncludes {
    /// `named`: users that answered, as far as the polls name them.
    pub(super) async fn load(
        app: &App,
        viewer: Option<UserId>,
        options: RenderOptions,
        polls: Vec<PollId>,
        named: Vec<UserId>,
    ) -> ApiResult<Self> {
        let Some(viewer) = viewer.filter(|_| !polls.is_empty()) else {
            return Ok(Self::default());
        };
        let read = app.engine.store().read(move |db| {
            Ok(Self {
                chosen: db.chosen_by(viewer, &polls)?,
                relations: match named.is_empty() {
                    true => HashMap::new(),
                    false => db.relationships(viewer, &named)?,
                },
                include_muted: options.muted,
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
        let relation = self.relations.get(&user).copied();
        shows_acts(relation.unwrap_or_default(), self.include_muted)
    }
}
