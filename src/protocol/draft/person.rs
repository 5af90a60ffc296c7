//! Users as bodies and parameters name them: by id or by name.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use super::value;
use crate::model::{Refusal, Refused, UserId};
use crate::text::shapes;

/// A user, by id or by name.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum PersonRef {
    /// A number, or a text that is one.
    Id(UserId),
    /// `@name`, kept in lower case and without the `@`.
    Name(String),
}

impl PersonRef {
    /// Reads `12` or `@amy`.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        match text.strip_prefix('@') {
            Some(name) => (!name.is_empty()).then(|| Self::Name(name.to_lowercase())),
            None => text.parse().ok().map(Self::Id),
        }
    }

    /// Reads a number, `"12"` or `"@amy"`.
    pub fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::String(text) => Self::parse(text),
            Value::Number(_) => value::number(value).map(|id| Self::Id(UserId(id))),
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
        }
    }

    /// Reads a list; forms send one as a text with commas.
    pub fn list(value: &Value) -> Option<Vec<Self>> {
        if let Some(items) = shapes::list(value) {
            return items.iter().map(Self::from_value).collect();
        }
        match value {
            Value::String(text) => text
                .split(',')
                .filter(|item| !item.trim().is_empty())
                .map(Self::parse)
                .collect(),
            Value::Number(_) => Self::from_value(value).map(|person| vec![person]),
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
        }
    }
}

/// The existing users among those that a body names: filled by one query, used by the drafts.
#[derive(Clone, Debug, Default)]
pub struct Directory {
    by_name: HashMap<String, UserId>,
    known: HashSet<UserId>,
}

impl Directory {
    /// `by_name` has lower case names; `known` are those of the ids that exist.
    pub fn new(by_name: HashMap<String, UserId>, known: impl IntoIterator<Item = UserId>) -> Self {
        let mut known: HashSet<UserId> = known.into_iter().collect();
        known.extend(by_name.values());
        Self { by_name, known }
    }

    /// The id of a named user, if it exists.
    pub fn find(&self, person: &PersonRef) -> Option<UserId> {
        match person {
            PersonRef::Id(id) => self.known.contains(id).then_some(*id),
            PersonRef::Name(name) => self.by_name.get(name).copied(),
        }
    }

    /// Their ids; an unknown user refuses the whole list.
    pub fn all(&self, people: &[PersonRef], field: &str) -> Result<Vec<UserId>, Refused> {
        people
            .iter()
            .map(|person| {
                self.find(person)
                    .ok_or_else(|| Refusal::UnknownUser.at(field.to_owned()))
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn people_come_as_numbers_texts_and_names() {
        assert_eq!(
            PersonRef::list(&json!([1, "2", "@Amy"])).unwrap(),
            [
                PersonRef::Id(UserId(1)),
                PersonRef::Id(UserId(2)),
                PersonRef::Name(String::from("amy"))
            ]
        );
        assert_eq!(PersonRef::list(&json!("1, @Amy,")).unwrap().len(), 2);
        assert!(PersonRef::list(&json!(["amy"])).is_none());
        assert!(PersonRef::list(&json!([true])).is_none());
    }

    #[test]
    fn an_unknown_one_refuses_the_list() {
        let directory = Directory::new(
            HashMap::from([(String::from("amy"), UserId(3))]),
            [UserId(1)],
        );
        let people = |value| PersonRef::list(&value).unwrap();
        assert_eq!(
            directory.all(&people(json!(["@AMY", 1, 3])), "x").unwrap(),
            [UserId(3), UserId(1), UserId(3)]
        );
        assert_eq!(
            directory.all(&people(json!([9])), "x").unwrap_err(),
            Refusal::UnknownUser.at("x")
        );
    }
}
