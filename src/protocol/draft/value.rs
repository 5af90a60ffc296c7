//! Single values in the spellings that clients use. `null` counts as not given.

use std::borrow::Cow;

use serde_json::{Map, Value};

use crate::model::{Refusal, Refused};
use crate::protocol::query;
use crate::text::{controls, shapes};

/// The fields of a body; anything but an object has none.
pub(super) fn fields(body: &Value) -> Result<Cow<'_, Map<String, Value>>, Refused> {
    shapes::object(body).ok_or_else(|| Refusal::WrongType.into())
}

/// A field that is present and not null.
pub(super) fn given<'v>(fields: &'v Map<String, Value>, name: &str) -> Option<&'v Value> {
    fields.get(name).filter(|value| !value.is_null())
}

/// `true`, `1`, `"1"`, `"true"` and their opposites; an empty text is not given.
pub(super) fn flag(fields: &Map<String, Value>, name: &str) -> Result<Option<bool>, Refused> {
    let Some(value) = given(fields, name) else {
        return Ok(None);
    };
    match value {
        Value::Bool(flag) => Ok(Some(*flag)),
        Value::String(text) if text.trim().is_empty() => Ok(None),
        Value::String(text) => query::boolean(text)
            .map(Some)
            .ok_or_else(|| Refusal::WrongType.at(name.to_owned())),
        Value::Number(number) => match number.as_i64() {
            Some(0) => Ok(Some(false)),
            Some(1) => Ok(Some(true)),
            Some(_) | None => Err(Refusal::WrongType.at(name.to_owned())),
        },
        Value::Null | Value::Array(_) | Value::Object(_) => {
            Err(Refusal::WrongType.at(name.to_owned()))
        }
    }
}

/// The same refusal, with the path of the field in the body: `any_user` becomes `acl.read.any_user`.
pub(super) fn within(place: &str) -> impl Fn(Refused) -> Refused {
    move |refused| refused.within(place)
}

/// A whole number, or a text that is one.
pub(super) fn number(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => text.trim().parse().ok(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

/// A field with a whole number; an empty text is not given.
pub(super) fn number_at(fields: &Map<String, Value>, name: &str) -> Result<Option<i64>, Refused> {
    match given(fields, name) {
        None => Ok(None),
        Some(Value::String(text)) if text.trim().is_empty() => Ok(None),
        Some(value) => number(value)
            .map(Some)
            .ok_or_else(|| Refusal::WrongType.at(name.to_owned())),
    }
}

/// A field with the id of an object. Ids begin at 1: zero is how clients write that there is none.
pub(super) fn id_at(fields: &Map<String, Value>, name: &str) -> Result<Option<i64>, Refused> {
    Ok(number_at(fields, name)?.filter(|id| *id != 0))
}

/// A field with a text, and nothing that only looks like one.
pub(super) fn text_at<'v>(
    fields: &'v Map<String, Value>,
    name: &str,
) -> Result<Option<&'v str>, Refused> {
    match given(fields, name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_),
        ) => Err(Refusal::WrongType.at(name.to_owned())),
    }
}

/// A field with an object. Forms can only send one as a text.
pub(super) fn object_at(
    fields: &Map<String, Value>,
    name: &str,
) -> Result<Option<Map<String, Value>>, Refused> {
    let Some(sent) = json_at(fields, name)? else {
        return Ok(None);
    };
    match shapes::object(&sent) {
        Some(object) => Ok(Some(object.into_owned())),
        None => Err(Refusal::WrongType.at(name.to_owned())),
    }
}

/// The names of raw; the second, of older versions of the API, is taken where the first is missing.
const RAW_NAMES: [&str; 2] = ["raw", "annotations"];

/// The name under which a body holds its raw.
fn raw_name(body: &Value) -> Option<&'static str> {
    let fields = body.as_object()?;
    let is_sent = |name: &&str| match given(fields, name) {
        None => false,
        Some(sent) => sent.as_str().is_none_or(|text| !text.trim().is_empty()),
    };
    RAW_NAMES.into_iter().find(is_sent)
}

/// The raw of a body, to be filled in before it is read. Forms hold it as a text, which becomes what it says; what is no raw
/// at all is refused where it is read.
///
/// # Errors
/// A text with a control character that no value may have.
pub fn raw_in(body: &mut Value) -> Result<Option<&mut Value>, Refused> {
    let Some(name) = raw_name(body) else {
        return Ok(None);
    };
    let Some(raw) = body.get_mut(name) else {
        return Ok(None);
    };
    if let Value::String(text) = raw
        && let Ok(inner @ (Value::Object(_) | Value::Array(_))) = serde_json::from_str(text)
    {
        controls::check_body(&inner).map_err(within(name))?;
        *raw = inner;
    }
    Ok(Some(raw))
}

/// The field `raw`, in either of its forms: an object by type, or a list of `{type, value}`.
pub(super) fn raw_at(fields: &Map<String, Value>) -> Result<Option<Value>, Refused> {
    for name in RAW_NAMES {
        let Some(sent) = json_at(fields, name)? else {
            continue;
        };
        return match *sent {
            Value::Object(_) | Value::Array(_) => Ok(Some(sent.into_owned())),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
                Err(Refusal::WrongType.at(name))
            }
        };
    }
    Ok(None)
}

/// A field with JSON inside: as it is, or written into a text. An empty text is not given.
fn json_at<'v>(
    fields: &'v Map<String, Value>,
    name: &str,
) -> Result<Option<Cow<'v, Value>>, Refused> {
    match given(fields, name) {
        None => Ok(None),
        Some(Value::String(text)) if text.trim().is_empty() => Ok(None),
        Some(Value::String(text)) => json_in(text, name).map(|inner| Some(Cow::Owned(inner))),
        Some(value) => Ok(Some(Cow::Borrowed(value))),
    }
}

/// The JSON that a text holds. The check of the body saw only the text, in which a NUL is escaped.
fn json_in(text: &str, name: &str) -> Result<Value, Refused> {
    let inner: Value =
        serde_json::from_str(text).map_err(|_cause| Refusal::WrongType.at(name.to_owned()))?;
    controls::check_body(&inner).map_err(within(name))?;
    Ok(inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn flags_come_in_all_spellings() {
        let body = json!({"a": true, "b": 0, "c": "1", "d": "false", "e": null, "f": "", "g": "x"});
        let body = &fields(&body).unwrap();
        let read = |name| flag(body, name);
        assert_eq!(read("a").unwrap(), Some(true));
        assert_eq!(read("b").unwrap(), Some(false));
        assert_eq!(read("c").unwrap(), Some(true));
        assert_eq!(read("d").unwrap(), Some(false));
        assert_eq!(read("e").unwrap(), None);
        assert_eq!(read("f").unwrap(), None);
        assert_eq!(read("g").unwrap_err(), Refusal::WrongType.at("g"));
    }

    #[test]
    fn objects_may_be_texts_and_empty_lists() {
        let body = json!({"a": "{\"x\":1}", "b": [], "c": [1], "d": "no"});
        let body = &fields(&body).unwrap();
        assert_eq!(object_at(body, "a").unwrap().unwrap().len(), 1);
        assert_eq!(object_at(body, "b").unwrap().unwrap().len(), 0);
        assert!(object_at(body, "c").is_err() && object_at(body, "d").is_err());
        let hidden = json!({"raw": r#"{"x":[{"y":"a\u0000b"}]}"#});
        assert_eq!(
            object_at(&fields(&hidden).unwrap(), "raw").unwrap_err(),
            Refusal::NulCharacter.at("raw.x.0.y")
        );
    }
}
