//! Badges, which the operator awards, and links that were found to be the user's.

use serde::{Deserialize, Serialize};

use super::{BadgeId, Stamp};

/// A badge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Badge {
    /// Assigned by the store.
    pub id: BadgeId,
    /// Short, unique.
    pub name: String,
    /// What it is awarded for.
    pub description: String,
    /// When the user of a list got it.
    pub awarded_at: Option<Stamp>,
}

/// The badge that a profile shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = BadgeBrief)]
pub struct BadgeBrief {
    /// Its id.
    pub id: BadgeId,
    /// Its name.
    pub name: String,
}

/// A web site that is the user's: it links back, or the operator says so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = Verified)]
pub struct Verified {
    /// Its host, without `www`.
    pub domain: String,
    /// The page.
    pub url: String,
}
