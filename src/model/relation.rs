//! Follow, mute and block.

use serde::{Deserialize, Serialize};
use strum::IntoStaticStr;

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
