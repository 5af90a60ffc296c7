//! Presence of users. Ephemeral: neither logged nor stored.

use serde::{Deserialize, Serialize};

use super::{Stamp, UserId};

/// One user's presence, global or in one channel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Presence {
    /// The user.
    pub user_id: UserId,
    /// Free text; `None` is offline.
    pub text: Option<String>,
    /// When it was set last; `None` if never.
    pub last_seen_at: Option<Stamp>,
}
