//! What a clause asks of a field: compiled once, held against one value after the other.

use std::cmp::Ordering;
use std::collections::HashSet;

use serde_json::Value;

use super::pattern::Pattern;
use crate::model::{Operator, Refusal, Refused, UserId};

/// Most characters of a text in a clause.
pub(super) const TEXT: usize = 256;

/// Most elements of a list in a clause.
pub(super) const LIST: usize = 1000;

/// Stands for the users that authorized the app.
const AUTHORIZED: &str = "$authorized_userids";

/// A value of a field. Ids are texts on the wire and numbers in here.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Scalar<'v> {
    /// A text.
    Text(&'v str),
    /// An id, or a whole number.
    Integer(i64),
    /// Any other number.
    Real(f64),
    /// A flag.
    Flag(bool),
}

impl<'v> Scalar<'v> {
    /// A value that is one; lists, objects and `null` are none.
    pub(super) fn of(value: &'v Value) -> Option<Self> {
        match value {
            Value::String(text) => Some(Self::Text(text)),
            Value::Bool(flag) => Some(Self::Flag(*flag)),
            Value::Number(number) => number
                .as_i64()
                .map(Self::Integer)
                .or_else(|| number.as_f64().map(Self::Real)),
            Value::Null | Value::Array(_) | Value::Object(_) => None,
        }
    }

    /// The id that a text is, in the only form of an id.
    fn normal(self) -> Self {
        match self {
            Self::Text(text) => integer(text).map_or(self, Self::Integer),
            Self::Integer(_) | Self::Real(_) | Self::Flag(_) => self,
        }
    }

    fn number(self) -> Option<f64> {
        match self {
            Self::Text(text) => text.parse().ok().filter(|number: &f64| number.is_finite()),
            #[expect(clippy::cast_precision_loss, reason = "compared with a fraction")]
            Self::Integer(number) => Some(number as f64),
            Self::Real(number) => Some(number),
            Self::Flag(_) => None,
        }
    }
}

/// A text that is a whole number as ids are written: no `+`, no `01`.
fn integer(text: &str) -> Option<i64> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let is_plain = digits.len() == 1 || !digits.starts_with('0');
    let begins = digits.bytes().next().is_some_and(|b| b.is_ascii_digit());
    (is_plain && begins && text != "-0").then(|| text.parse().ok())?
}

/// A value of a clause, or an element of its list.
#[derive(Clone, Debug, PartialEq)]
enum Operand {
    Text(Box<str>),
    Integer(i64),
    Real(f64),
    Flag(bool),
}

impl Operand {
    fn of(scalar: Scalar<'_>) -> Result<Self, Refused> {
        Ok(match scalar.normal() {
            Scalar::Text(text) if text.chars().count() > TEXT => {
                return Err(Refusal::TooLong.at("value"));
            }
            Scalar::Text(text) => Self::Text(text.into()),
            Scalar::Integer(number) => Self::Integer(number),
            Scalar::Real(number) => Self::Real(number),
            Scalar::Flag(flag) => Self::Flag(flag),
        })
    }

    fn as_scalar(&self) -> Scalar<'_> {
        match self {
            Self::Text(text) => Scalar::Text(text),
            Self::Integer(number) => Scalar::Integer(*number),
            Self::Real(number) => Scalar::Real(*number),
            Self::Flag(flag) => Scalar::Flag(*flag),
        }
    }
}

/// What a clause asks.
#[derive(Clone, Debug)]
pub(super) enum Condition {
    /// The same as this.
    Equals(Box<EqualTo>),
    /// Before or behind this.
    Ordered(Order, Box<Bound>),
    /// Found in it.
    Matches(Box<Pattern>),
    /// An element of this list.
    OneOf(Box<List>),
    /// A user that authorized the app.
    Authorized,
}

/// The value of an [`Operator::Equals`].
#[derive(Clone, Debug)]
pub(super) struct EqualTo(Operand);

/// The value of a comparison.
#[derive(Clone, Debug)]
pub(super) struct Bound(Operand);

/// The values of an [`Operator::OneOf`].
#[derive(Clone, Debug, Default)]
pub(super) struct List {
    texts: HashSet<Box<str>>,
    integers: HashSet<i64>,
    others: Vec<Operand>,
}

/// Which side of the value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    /// `lt`
    Less,
    /// `le`
    AtMost,
    /// `gt`
    Greater,
    /// `ge`
    AtLeast,
}

impl Order {
    fn takes(self, found: Ordering) -> bool {
        match self {
            Self::Less => found.is_lt(),
            Self::AtMost => found.is_le(),
            Self::Greater => found.is_gt(),
            Self::AtLeast => found.is_ge(),
        }
    }
}

impl Condition {
    /// Compiles a clause's operator and value.
    ///
    /// # Errors
    /// The value is of a type that the operator does not take, too long, or no regular expression.
    pub(super) fn new(operator: Operator, value: &Value) -> Result<Self, Refused> {
        const FIELD: &str = "value";
        if value.as_str() == Some(AUTHORIZED) {
            return match operator {
                Operator::OneOf | Operator::Equals => Ok(Self::Authorized),
                Operator::Matches | Operator::Lt | Operator::Le | Operator::Gt | Operator::Ge => {
                    Err(Refusal::Invalid.at(FIELD))
                }
            };
        }
        if operator == Operator::OneOf {
            let items = value.as_array().ok_or(Refusal::WrongType.at(FIELD))?;
            return List::new(items).map(|list| Self::OneOf(Box::new(list)));
        }
        let scalar = Scalar::of(value).ok_or(Refusal::WrongType.at(FIELD))?;
        let bound = |order| Ok(Self::Ordered(order, Box::new(Bound(Operand::of(scalar)?))));
        match operator {
            Operator::Equals | Operator::OneOf => {
                Ok(Self::Equals(Box::new(EqualTo(Operand::of(scalar)?))))
            }
            Operator::Matches => Ok(Self::Matches(Box::new(pattern(scalar)?))),
            Operator::Lt => bound(Order::Less),
            Operator::Le => bound(Order::AtMost),
            Operator::Gt => bound(Order::Greater),
            Operator::Ge => bound(Order::AtLeast),
        }
    }

    /// Whether a value is what the clause asks for.
    pub(super) fn holds(&self, found: Scalar<'_>, is_authorized: &dyn Fn(UserId) -> bool) -> bool {
        match self {
            Self::Equals(value) => value.0.as_scalar() == found.normal(),
            Self::Ordered(order, value) => {
                let compared = compare(found.normal(), value.0.as_scalar());
                compared.is_some_and(|compared| order.takes(compared))
            }
            Self::Matches(pattern) => match found {
                Scalar::Text(text) => pattern.is_in(text),
                Scalar::Integer(number) => pattern.is_in(&number.to_string()),
                Scalar::Real(number) => pattern.is_in(&number.to_string()),
                Scalar::Flag(flag) => pattern.is_in(if flag { "true" } else { "false" }),
            },
            Self::OneOf(list) => list.has(found.normal()),
            Self::Authorized => match found.normal() {
                Scalar::Integer(id) => is_authorized(UserId(id)),
                Scalar::Text(_) | Scalar::Real(_) | Scalar::Flag(_) => false,
            },
        }
    }

    /// Whether it costs more than a comparison.
    pub(super) fn is_pattern(&self) -> bool {
        matches!(self, Self::Matches(_))
    }
}

impl List {
    fn new(items: &[Value]) -> Result<Self, Refused> {
        if items.is_empty() {
            return Err(Refusal::Missing.at("value"));
        }
        if items.len() > LIST {
            return Err(Refusal::TooLong.at("value"));
        }
        let mut list = Self::default();
        for item in items {
            let item = Scalar::of(item).ok_or(Refusal::WrongType.at("value"))?;
            match Operand::of(item)? {
                Operand::Text(text) => drop(list.texts.insert(text)),
                Operand::Integer(number) => drop(list.integers.insert(number)),
                other @ (Operand::Real(_) | Operand::Flag(_)) => {
                    if !list.others.contains(&other) {
                        list.others.push(other);
                    }
                }
            }
        }
        Ok(list)
    }

    fn has(&self, found: Scalar<'_>) -> bool {
        match found {
            Scalar::Text(text) => self.texts.contains(text),
            Scalar::Integer(number) => self.integers.contains(&number),
            Scalar::Real(_) | Scalar::Flag(_) => {
                self.others.iter().any(|other| other.as_scalar() == found)
            }
        }
    }
}

/// Numbers by their value, other texts by their characters; a number and a text that is none have no order.
fn compare(found: Scalar<'_>, value: Scalar<'_>) -> Option<Ordering> {
    if let (Scalar::Integer(found), Scalar::Integer(value)) = (found, value) {
        return Some(found.cmp(&value));
    }
    match (found.number(), value.number(), found, value) {
        (Some(found), Some(value), ..) => found.partial_cmp(&value),
        (None, None, Scalar::Text(found), Scalar::Text(value)) => Some(found.cmp(value)),
        _ => None,
    }
}

fn pattern(value: Scalar<'_>) -> Result<Pattern, Refused> {
    let Scalar::Text(text) = value else {
        return Err(Refusal::WrongType.at("value"));
    };
    if text.chars().count() > TEXT {
        return Err(Refusal::TooLong.at("value"));
    }
    Pattern::new(text)
}

#[cfg(test)]
#[path = "condition_tests.rs"]
mod tests;
