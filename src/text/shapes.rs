//! Objects and lists in the shapes that client languages give them.
//!
//! PHP has one type for both: it encodes an empty object as `[]`, and a list with a gap (after `array_filter`), or
//! a form with numbered fields, as an object whose keys are numbers.

use std::borrow::Cow;

use serde_json::{Map, Value};

/// An object; `[]` is an empty one.
pub fn object(value: &Value) -> Option<Cow<'_, Map<String, Value>>> {
    match value {
        Value::Object(fields) => Some(Cow::Borrowed(fields)),
        Value::Array(items) if items.is_empty() => Some(Cow::Owned(Map::new())),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            None
        }
    }
}

/// A list; an object whose keys are all numbers is one, in the order of the numbers.
pub fn list(value: &Value) -> Option<Cow<'_, [Value]>> {
    match value {
        Value::Array(items) => Some(Cow::Borrowed(items)),
        Value::Object(fields) => numbered(fields).map(Cow::Owned),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    }
}

fn numbered(fields: &Map<String, Value>) -> Option<Vec<Value>> {
    let mut items: Vec<(u32, &Value)> = fields
        .iter()
        .map(|(key, value)| Some((index(key)?, value)))
        .collect::<Option<_>>()?;
    items.sort_by_key(|(index, _)| *index);
    (!items.is_empty()).then(|| items.into_iter().map(|(_, value)| value.clone()).collect())
}

fn index(key: &str) -> Option<u32> {
    // `+1` and `01` are names, as in PHP.
    let digits = key.bytes().all(|b| b.is_ascii_digit());
    let plain = key.len() == 1 || !key.starts_with('0');
    (digits && plain).then(|| key.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_empty_list_is_an_empty_object() {
        assert!(object(&json!([])).unwrap().is_empty());
        assert_eq!(object(&json!({"a": 1})).unwrap().len(), 1);
        for wrong in [json!([1]), json!("x"), json!(0), json!(null)] {
            assert!(object(&wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn an_object_with_numbers_as_keys_is_a_list_in_their_order() {
        let sparse = json!({"10": "c", "0": "a", "2": "b"});
        assert_eq!(
            *list(&sparse).unwrap(),
            [json!("a"), json!("b"), json!("c")]
        );
        assert_eq!(*list(&json!([1])).unwrap(), [json!(1)]);
        for wrong in [
            json!({}),
            json!({"0": 1, "a": 2}),
            json!({"-1": 1}),
            json!({"01": 1}),
            json!({"": 1}),
            json!({"99999999999": 1}),
            json!("x"),
            json!(null),
        ] {
            assert!(list(&wrong).is_none(), "{wrong}");
        }
    }
}
