//! Avatars and covers.

use serde::{Deserialize, Serialize};

/// Which picture of a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PictureUse {
    /// A square beside all that the user writes.
    Avatar,
    /// At the head of the profile.
    Cover,
}

impl PictureUse {
    /// The name on the wire, also of the part of a form that holds it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Avatar => "avatar",
            Self::Cover => "cover",
        }
    }
}

/// A picture that a user sent. Its files have names of their own, so that a link to it never shows another one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Picture {
    /// Random.
    pub id: String,
    /// Pixels of the largest size.
    pub width: u32,
    /// The same.
    pub height: u32,
}
