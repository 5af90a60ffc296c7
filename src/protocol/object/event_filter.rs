//! The stored filter.

use serde::Serialize;

use super::is_false;
use crate::model::{Clause, EventFilter, FilterId};

/// A filter as its owner sees it.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[schema(as = EventFilter)]
pub struct EventFilterObject<'a> {
    id: FilterId,
    name: &'a str,
    match_policy: &'static str,
    clauses: &'a [Clause],
    #[serde(skip_serializing_if = "is_false")]
    is_deleted: bool,
}

impl<'a> EventFilterObject<'a> {
    /// The filter.
    pub fn new(filter: &'a EventFilter) -> Self {
        Self {
            id: filter.id,
            name: &filter.says.name,
            match_policy: filter.says.match_policy.name(),
            clauses: &filter.says.clauses,
            is_deleted: false,
        }
    }

    /// As shown in the response to its deletion.
    #[must_use]
    pub fn deleted(mut self) -> Self {
        self.is_deleted = true;
        self
    }
}
