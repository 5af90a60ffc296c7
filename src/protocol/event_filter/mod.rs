//! Filters of app streams, compiled: which events pass.
//!
//! A filter is compiled when a connection opens with it, and held against an event once, whatever connections use it
//! (`actors/verdicts.rs`). Clauses about fields that the event itself has (`fields`) are asked first; only one that is
//! about another field has the event rendered, once for all filters.

mod condition;
mod fields;
mod pattern;
mod pointer;
#[cfg(test)]
mod tests;

use std::sync::OnceLock;

use serde_json::Value;

use self::condition::{Condition, Scalar};
use self::fields::Field;
use self::pointer::Pointer;
use super::site::Site;
use super::stream::whole_event;
use crate::event::Event;
use crate::model::{
    Clause, EventFilter, FilterId, MatchPolicy, ObjectType, Operator, Refusal, Refused, UserId,
};

/// Most clauses of a filter.
pub const CLAUSES: usize = 32;

/// Most regular expressions among them.
pub const PATTERNS: usize = 4;

/// A filter with this revision: two connections with the same key have the same filter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FilterKey {
    id: FilterId,
    revision: i64,
}

/// A filter, ready to be asked.
#[derive(Debug)]
pub struct CompiledFilter {
    key: FilterKey,
    policy: MatchPolicy,
    /// What costs least comes first.
    clauses: Vec<CompiledClause>,
}

#[derive(Debug)]
struct CompiledClause {
    object_type: ObjectType,
    field: Option<Field>,
    pointer: Pointer,
    condition: Condition,
}

/// An event as filters see it.
pub struct SeenEvent<'e> {
    /// The event.
    pub event: &'e Event,
    /// Public addresses, for what is rendered of it.
    pub site: &'e Site,
    /// `{"meta": …, "data": …}` with the bare object; there once a filter asked for it.
    pub whole: &'e OnceLock<Value>,
    /// Whether a user authorized the app.
    pub is_authorized: &'e dyn Fn(UserId) -> bool,
}

impl CompiledFilter {
    /// Compiles a stored filter.
    ///
    /// # Errors
    /// A clause that cannot be compiled.
    pub fn new(filter: &EventFilter) -> Result<Self, Refused> {
        let mut clauses = compile(&filter.says.clauses)?;
        clauses.sort_by_key(|clause| (clause.field.is_none(), clause.condition.is_pattern()));
        Ok(Self {
            key: FilterKey {
                id: filter.id,
                revision: filter.revision,
            },
            policy: filter.says.match_policy,
            clauses,
        })
    }

    /// Which filter it is.
    pub fn key(&self) -> FilterKey {
        self.key
    }

    /// Whether an event passes.
    pub fn lets_pass(&self, seen: &SeenEvent<'_>) -> bool {
        let Some(kind) = seen.event.payload.facts().object_type else {
            return false;
        };
        let mut about = self
            .clauses
            .iter()
            .filter(|clause| clause.object_type == kind)
            .peekable();
        if about.peek().is_none() {
            return self.policy.excludes();
        }
        let matches = match self.policy.wants_all() {
            true => about.all(|clause| clause.matches(seen)),
            false => about.any(|clause| clause.matches(seen)),
        };
        matches != self.policy.excludes()
    }
}

impl CompiledClause {
    fn new(clause: &Clause) -> Result<Self, Refused> {
        Ok(Self {
            object_type: clause.object_type,
            field: Field::at(&clause.field),
            pointer: Pointer::parse(&clause.field)?,
            condition: Condition::new(clause.operator, &clause.value)?,
        })
    }

    fn matches(&self, seen: &SeenEvent<'_>) -> bool {
        let holds = |found: Scalar<'_>| self.condition.holds(found, seen.is_authorized);
        let field = self.field;
        if let Some(answer) = field.and_then(|field| field.finds(seen.event, holds)) {
            return answer;
        }
        let whole = seen
            .whole
            .get_or_init(|| whole_event(seen.event, seen.site));
        self.pointer
            .finds(whole, &mut |found| Scalar::of(found).is_some_and(holds))
    }
}

/// Whether clauses can be compiled.
///
/// # Errors
/// The first clause that is wrong, by its number; too many regular expressions.
pub fn check(clauses: &[Clause]) -> Result<(), Refused> {
    compile(clauses).map(drop)
}

fn compile(clauses: &[Clause]) -> Result<Vec<CompiledClause>, Refused> {
    // Before any is compiled: each may take milliseconds.
    let patterns = clauses
        .iter()
        .filter(|clause| clause.operator == Operator::Matches);
    if patterns.count() > PATTERNS {
        return Err(Refusal::TooLong.at("clauses"));
    }
    let numbered = clauses.iter().enumerate();
    let compiled = numbered.map(|(number, clause)| {
        CompiledClause::new(clause).map_err(|refused| refused.within(&format!("clauses.{number}")))
    });
    compiled.collect()
}
