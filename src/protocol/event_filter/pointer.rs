//! JSON pointers into an event (RFC 6901), with `*` for any element of a list.

use serde_json::Value;

use crate::model::{Refusal, Refused};

/// Most parts of a pointer. The deepest field of an object that is no raw has six.
pub(super) const DEPTH: usize = 10;

/// Most bytes of a pointer.
pub(super) const BYTES: usize = 256;

/// What `meta` of an event has for filters. The lists of users to notify are not among them: they may hold each
/// subscriber of a channel.
const META: [&str; 10] = [
    "timestamp",
    "id",
    "type",
    "is_deleted",
    "is_closed",
    "revision",
    "channel_type",
    "channel_name",
    "channel_id",
    "user_id",
];

/// A place in an event, or several.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pointer(Box<[Part]>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    /// A member of an object, or an element of a list by its number.
    Named(Box<str>),
    /// Any element of a list.
    Any,
}

impl Pointer {
    /// Reads a pointer into `{"meta": …, "data": …}`.
    ///
    /// # Errors
    /// Its form; it is too long or too deep; an event has no such field.
    pub(super) fn parse(text: &str) -> Result<Self, Refused> {
        const FIELD: &str = "field";
        if text.len() > BYTES {
            return Err(Refusal::TooLong.at(FIELD));
        }
        let inner = text.strip_prefix('/').ok_or(Refusal::Invalid.at(FIELD))?;
        let parts: Vec<Part> = inner
            .split('/')
            .map(part)
            .collect::<Option<_>>()
            .ok_or(Refusal::Invalid.at(FIELD))?;
        if parts.len() > DEPTH {
            return Err(Refusal::TooDeep.at(FIELD));
        }
        let is_known = match parts.as_slice() {
            [Part::Named(root), _, ..] if **root == *"data" => true,
            [Part::Named(root), Part::Named(field)] => {
                **root == *"meta" && META.contains(&&**field)
            }
            _ => false,
        };
        match is_known {
            true => Ok(Self(parts.into())),
            false => Err(Refusal::FilterFieldUnknown.at(FIELD)),
        }
    }

    /// Whether any of the places holds what is looked for.
    pub(super) fn finds(&self, whole: &Value, holds: &mut dyn FnMut(&Value) -> bool) -> bool {
        finds(&self.0, whole, holds)
    }
}

fn finds(parts: &[Part], value: &Value, holds: &mut dyn FnMut(&Value) -> bool) -> bool {
    let Some((first, rest)) = parts.split_first() else {
        return holds(value);
    };
    match (first, value) {
        (Part::Any, Value::Array(items)) => items.iter().any(|item| finds(rest, item, holds)),
        (Part::Named(name), Value::Object(fields)) => fields
            .get(&**name)
            .is_some_and(|field| finds(rest, field, holds)),
        (Part::Named(number), Value::Array(items)) => number
            .parse::<usize>()
            .ok()
            .and_then(|at| items.get(at))
            .is_some_and(|item| finds(rest, item, holds)),
        (Part::Any | Part::Named(_), _) => false,
    }
}

fn part(text: &str) -> Option<Part> {
    if text == "*" {
        return Some(Part::Any);
    }
    let mut name = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        name.push(match c {
            '~' => match chars.next()? {
                '0' => '~',
                '1' => '/',
                '2' => '*',
                _ => return None,
            },
            plain => plain,
        });
    }
    Some(Part::Named(name.into()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn found(pointer: &str, whole: &Value) -> Vec<Value> {
        let mut found = Vec::new();
        Pointer::parse(pointer).unwrap().finds(whole, &mut |value| {
            found.push(value.clone());
            false
        });
        found
    }

    #[test]
    fn a_pointer_names_members_elements_and_any_element() {
        let whole = json!({
            "meta": {"id": "7"},
            "data": {"a": [{"b": 1}, {"b": 2}, {"c": 3}], "x/y": 4, "~": 5, "*": 6, "": 7},
        });
        for (pointer, values) in [
            ("/meta/id", vec![json!("7")]),
            ("/data/a/*/b", vec![json!(1), json!(2)]),
            ("/data/a/1/b", vec![json!(2)]),
            ("/data/a/9/b", vec![]),
            ("/data/x~1y", vec![json!(4)]),
            ("/data/~0", vec![json!(5)]),
            ("/data/~2", vec![json!(6)]),
            ("/data/", vec![json!(7)]),
            ("/data/*", vec![]),
            ("/data/a/b", vec![]),
        ] {
            assert_eq!(found(pointer, &whole), values, "{pointer}");
        }
    }

    #[test]
    fn a_pointer_is_refused_by_its_form_its_depth_and_its_root() {
        let deep = format!("/data{}", "/a".repeat(DEPTH));
        let long = format!("/data/{}", "a".repeat(BYTES));
        let refused = |pointer: &str| Pointer::parse(pointer).unwrap_err().refusal;
        for pointer in ["", "data/id", "/data/~", "/data/~3", "/data/a~"] {
            assert_eq!(refused(pointer), Refusal::Invalid, "{pointer}");
        }
        assert_eq!(refused(&deep), Refusal::TooDeep);
        assert_eq!(refused(&long), Refusal::TooLong);
        for pointer in [
            "/",
            "/data",
            "/meta",
            "/other/id",
            "/*/id",
            "/~2/id",
            "/meta/colour",
            "/meta/*",
            "/meta/id/x",
            "/meta/subscribed_user_ids",
            "/meta/subscribed_user_ids/0",
        ] {
            assert_eq!(refused(pointer), Refusal::FilterFieldUnknown, "{pointer}");
        }
        assert!(Pointer::parse(&format!("/data{}", "/a".repeat(DEPTH - 1))).is_ok());
    }
}
