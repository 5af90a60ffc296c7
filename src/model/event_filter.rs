//! Filters of app streams, as apps and their users store them.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use strum::{EnumString, IntoStaticStr};

use super::{ClientId, FilterId, ObjectType, UserId};

/// The app of a filter; the user, if a user's token made it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilterOwner {
    /// The app.
    pub client: ClientId,
    /// The user. `None`: the filter is the app's own.
    pub user: Option<UserId>,
}

/// What a filter says: a checked one that has no id yet, or the new contents of one.
#[derive(Clone, Debug, PartialEq)]
pub struct NewFilter {
    /// For people.
    pub name: String,
    /// What becomes of events that clauses match.
    pub match_policy: MatchPolicy,
    /// In the order given; each of them compiles.
    pub clauses: Vec<Clause>,
}

/// A stored filter.
#[derive(Clone, Debug, PartialEq)]
pub struct EventFilter {
    /// Assigned by the store.
    pub id: FilterId,
    /// Whose it is.
    pub owner: FilterOwner,
    /// Counts its changes.
    pub revision: i64,
    /// What it says.
    pub says: NewFilter,
}

/// What becomes of events that clauses match. An event of a type that no clause names is left out by the first two,
/// and passes the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, EnumString, IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum MatchPolicy {
    /// Events pass that any clause of their type matches.
    IncludeAny,
    /// Events pass that all clauses of their type match.
    IncludeAll,
    /// Events are left out that any clause of their type matches.
    ExcludeAny,
    /// Events are left out that all clauses of their type match.
    ExcludeAll,
}

impl MatchPolicy {
    /// The name on the wire.
    pub fn name(self) -> &'static str {
        self.into()
    }

    /// Whether it names what is left out, and not what passes.
    pub fn excludes(self) -> bool {
        match self {
            Self::ExcludeAny | Self::ExcludeAll => true,
            Self::IncludeAny | Self::IncludeAll => false,
        }
    }

    /// Whether all clauses have to match, and not any of them.
    pub fn wants_all(self) -> bool {
        match self {
            Self::IncludeAll | Self::ExcludeAll => true,
            Self::IncludeAny | Self::ExcludeAny => false,
        }
    }
}

/// How a field is compared with the value of a clause.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, EnumString, utoipa::ToSchema,
)]
#[schema(as = FilterOperator)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Operator {
    /// The same.
    Equals,
    /// A regular expression is found in it.
    Matches,
    /// Less.
    Lt,
    /// Less, or the same.
    Le,
    /// Greater.
    Gt,
    /// Greater, or the same.
    Ge,
    /// The same as an element of a list.
    OneOf,
}

/// One comparison.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = FilterClause)]
pub struct Clause {
    /// The type of the events that it is about.
    #[schema(value_type = String)]
    pub object_type: ObjectType,
    /// How.
    pub operator: Operator,
    /// A JSON pointer into the event: `/data/channel_id`.
    pub field: String,
    /// A text, a number or a boolean; a list of these for [`Operator::OneOf`].
    pub value: Value,
}
