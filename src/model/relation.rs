//! Follow, mute and block.

use serde::{Deserialize, Serialize};
use strum::IntoStaticStr;

use super::{Refusal, UserKind};

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

    /// Whether a viewer of this kind may follow the other: feeds only publish, and bots follow those that follow them.
    pub fn can_follow(self, viewer: UserKind) -> bool {
        let by_kind = match viewer {
            UserKind::Human => true,
            UserKind::Bot => self.follows_you,
            UserKind::Feed => false,
        };
        by_kind && !self.is_blocked()
    }

    /// Whether the viewer may decide this about the other, or take it back.
    ///
    /// # Errors
    /// A block between the two, or an account whose kind does not follow. A user that blocks the viewer can still be
    /// blocked, unfollowed and unmuted.
    pub fn allows(self, relation: Relation, on: bool, viewer: UserKind) -> Result<(), Refusal> {
        match relation {
            Relation::Follow if on && self.is_blocked() => Err(Refusal::Blocked),
            Relation::Follow if on && !self.can_follow(viewer) => Err(Refusal::NoAccess),
            // Their block hides them already, so there is nothing to mute.
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
            [Follow, Mute, Block].map(|relation| of.allows(relation, true, UserKind::Human).err())
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
                    .all(|relation| of.allows(*relation, false, UserKind::Feed).is_ok())
            );
        }
    }

    #[test]
    fn feeds_follow_nobody_and_bots_follow_those_that_follow_them() {
        let follows = |kind, follows_you| {
            let between = Relationship {
                follows_you,
                ..Relationship::default()
            };
            assert_eq!(
                between.allows(Relation::Follow, true, kind).is_ok(),
                between.can_follow(kind)
            );
            between.can_follow(kind)
        };
        let all = [UserKind::Human, UserKind::Bot, UserKind::Feed];
        assert_eq!(all.map(|kind| follows(kind, false)), [true, false, false]);
        assert_eq!(all.map(|kind| follows(kind, true)), [true, true, false]);
    }
}
