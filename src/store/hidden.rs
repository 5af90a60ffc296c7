//! Whose words a list leaves out for its viewer.

use std::collections::HashSet;

use super::{Db, Failure};
use crate::model::UserId;
use crate::model::visibility::{Occasion, shows_words};

/// Whose mutes and blocks hide posts, messages and polls. They are asked about the authors of a page, so that a list costs
/// the same however many a viewer has.
#[derive(Clone, Copy, Debug)]
pub struct HiddenFrom {
    /// The viewer.
    pub viewer: UserId,
    /// What muted authors wrote is shown.
    pub include_muted: bool,
    /// This author is shown whatever the relation: the call names them.
    pub shown: Option<UserId>,
}

impl Db<'_> {
    /// Those of these authors whose words are left out; without a viewer, none.
    pub(super) fn hidden_among(
        &mut self,
        from: Option<HiddenFrom>,
        authors: impl Iterator<Item = UserId>,
    ) -> Result<HashSet<UserId>, Failure> {
        let Some(from) = from else {
            return Ok(HashSet::new());
        };
        let authors: HashSet<UserId> = authors.collect();
        let authors: Vec<UserId> = authors.into_iter().collect();
        let relations = self.relationships(from.viewer, &authors)?.into_iter();
        let hidden = relations.filter(|(author, relation)| {
            from.shown != Some(*author)
                && !shows_words(*relation, Occasion::Listed, from.include_muted)
        });
        Ok(hidden.map(|(author, _)| author).collect())
    }
}
