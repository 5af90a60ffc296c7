//! What statements bind to leave out users that are hidden from a viewer.

use super::statements::Bind;
use crate::model::Relation;
use crate::model::visibility::ListedFor;

/// The viewer, the relation that hides beside a block, and the viewer again.
pub(super) fn hiding(listed_for: ListedFor) -> [Bind<'static>; 3] {
    // No user has the id 0.
    let viewer = listed_for.viewer.map_or(0, |viewer| viewer.0);
    let hides = match listed_for.include_muted {
        true => Relation::Block,
        false => Relation::Mute,
    };
    [viewer.into(), hides.name().into(), viewer.into()]
}
