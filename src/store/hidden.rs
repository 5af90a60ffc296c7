//! Whom a list leaves out for its viewer: asked about the authors of a page, so that a list costs the same however many
//! users a viewer mutes and blocks, or bound into a statement.

use std::collections::HashSet;

use super::statements::Bind;
use super::{Db, Failure};
use crate::model::visibility::{ListedFor, Occasion, shows_words};
use crate::model::{Relation, UserId};

impl Db<'_> {
    /// Those of these authors whose words are left out; without a viewer, none.
    pub(super) fn hidden_among(
        &mut self,
        listed_for: ListedFor,
        authors: impl Iterator<Item = UserId>,
    ) -> Result<HashSet<UserId>, Failure> {
        let Some(viewer) = listed_for.viewer else {
            return Ok(HashSet::new());
        };
        let authors: HashSet<UserId> = authors.collect();
        let authors: Vec<UserId> = authors.into_iter().collect();
        let relations = self.relationships(viewer, &authors)?.into_iter();
        let hidden = relations.filter(|(author, relation)| {
            listed_for.shown != Some(*author)
                && !shows_words(*relation, Occasion::Listed, listed_for.include_muted)
        });
        Ok(hidden.map(|(author, _)| author).collect())
    }
}

/// What statements bind to leave users out that are hidden: the viewer, the relation that hides beside a block, and the
/// viewer again.
pub(super) fn hiding(listed_for: ListedFor) -> [Bind<'static>; 3] {
    // No user has the id 0.
    let viewer = listed_for.viewer.map_or(0, |viewer| viewer.0);
    let hides = match listed_for.include_muted {
        true => Relation::Block,
        false => Relation::Mute,
    };
    [viewer.into(), hides.name().into(), viewer.into()]
}
