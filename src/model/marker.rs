//! How far a reader has read a stream.

use serde::{Deserialize, Serialize};

use super::{ChannelId, Stamp};

/// Which stream a marker belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MarkerName {
    /// `global`
    Global,
    /// `personal`: one marker for `me` and `unified`.
    Personal,
    /// `mentions`
    Mentions,
    /// `channel:{id}`
    Channel(ChannelId),
}

impl std::fmt::Display for MarkerName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Global => f.write_str("global"),
            Self::Personal => f.write_str("personal"),
            Self::Mentions => f.write_str("mentions"),
            Self::Channel(id) => write!(f, "channel:{id}"),
        }
    }
}

impl std::str::FromStr for MarkerName {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        match text {
            "global" => Ok(Self::Global),
            "personal" => Ok(Self::Personal),
            "mentions" => Ok(Self::Mentions),
            other => {
                let id = other.strip_prefix("channel:").ok_or(())?;
                id.parse().map(Self::Channel).map_err(drop)
            }
        }
    }
}

/// A marker that was set at least once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Marker {
    /// Current position; may move both ways.
    pub id: i64,
    /// Greatest id ever consumed; moves back only with `reset_read_id`.
    pub last_read_id: i64,
    /// 0 to 100: how far the item was scrolled.
    pub percentage: i32,
    /// When it moved last; also makes its opaque version.
    pub updated_at: Stamp,
}

impl Marker {
    /// Whether both say the same, whenever they were set.
    pub fn is_at(&self, other: &Self) -> bool {
        let says = |marker: &Self| (marker.id, marker.last_read_id, marker.percentage);
        says(self) == says(other)
    }
}
