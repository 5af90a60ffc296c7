//! Follow, mute and block.

use serde::{Deserialize, Serialize};
use strum::IntoStaticStr;

use super::Refusal;

/// A directed relation between two users.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Relation {
    /// Receives the other's posts and presence.
    Follow,
    /// Hides the other from the user.
    Mute,
    /// Hides each from the other.
    Block,
}

impl Relation {
    /// The name in the store.
    pub fn name(self) -> &'static str {
        self.into()
    }
}

/// The relations between a viewer and another user; rendered as the `you_…` flags.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Relationship {
    /// The other follows the viewer.
    pub follows_you: bool,
    /// The viewer follows the other.
    pub you_follow: bool,
    /// The viewer muted the other.
    pub you_muted: bool,
    /// The viewer blocked the other.
    pub you_blocked: bool,
    /// The other blocked the viewer.
    pub blocks_you: bool,
}

impl Relationship {
    /// One of the two blocks the other.
    pub fn is_blocked(self) -> bool {
        self.you_blocked || self.blocks_you
    }

    /// Whether the viewer may decide this about the other, or take it back.
    ///
    /// # Errors
    /// A block between the two. A user who blocks the viewer can still be blocked, and let go of.
    pub fn allows(self, relation: Relation, on: bool) -> Result<(), Refusal> {
        match relation {
            Relation::Follow if on && self.is_blocked() => Err(Refusal::Blocked),
            // Their block hides them: there is nobody to mute.
            Relation::Mute if on && self.blocks_you => Err(Refusal::UserNotFound),
            Relation::Follow | Relation::Mute | Relation::Block => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_stops_following_and_its_target_cannot_mute_but_may_block_in_return() {
        use Relation::{Block, Follow, Mute};
        let none = Relationship::default();
        let blocked = Relationship {
            blocks_you: true,
            ..none
        };
        let blocking = Relationship {
            you_blocked: true,
            ..none
        };
        let refusals = |of: Relationship| {
            [Follow, Mute, Block].map(|relation| of.allows(relation, true).err())
        };
        assert_eq!(refusals(none), [None, None, None]);
        assert_eq!(refusals(blocking), [Some(Refusal::Blocked), None, None]);
        assert_eq!(
            refusals(blocked),
            [Some(Refusal::Blocked), Some(Refusal::UserNotFound), None]
        );
        // Taking back is always possible.
        for of in [none, blocked, blocking] {
            assert!(
                [Follow, Mute, Block]
                    .iter()
                    .all(|relation| of.allows(*relation, false).is_ok())
            );
        }
    }
}
