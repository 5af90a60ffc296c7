//! The badge object.

use serde::Serialize;

use super::iso_if_any;
use crate::model::{Badge, BadgeId, Stamp};

/// A badge; with its date in a list of what a user was awarded.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Badge)]
pub struct BadgeObject<'a> {
    id: BadgeId,
    name: &'a str,
    description: &'a str,
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "iso_if_any")]
    awarded_at: Option<Stamp>,
}

impl<'a> BadgeObject<'a> {
    /// The badge.
    pub fn new(badge: &'a Badge) -> Self {
        Self {
            id: badge.id,
            name: &badge.name,
            description: &badge.description,
            awarded_at: badge.awarded_at,
        }
    }
}
