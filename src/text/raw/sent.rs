//! The two forms in which clients send raw: by type, and the list of `{type, value}` of older versions of the API, which
//! the documentation of one client (pnut-butter) shows without its list.

use std::borrow::Cow;

use serde_json::{Map, Value};

use crate::model::{Refusal, Refused};
use crate::text::shapes;

/// The items by type. In a list, an item without a value removes its type, as `[]` does in the form by type.
///
/// # Errors
/// `RawInvalid`, naming the entry of the list.
pub(super) fn by_type(sent: &Value) -> Result<Cow<'_, Map<String, Value>>, Refused> {
    if let Some(entries) = entries(sent) {
        return grouped(&entries).map(Cow::Owned);
    }
    shapes::object(sent).ok_or_else(|| Refusal::RawInvalid.at("raw"))
}

/// The entries of raw that is sent as a list.
pub(super) fn entries(sent: &Value) -> Option<Cow<'_, [Value]>> {
    // One entry without its list: items by type are lists, so a text is none.
    if let Value::Object(fields) = sent
        && fields.get("type").is_some_and(Value::is_string)
        && fields.keys().all(|name| name == "type" || name == "value")
    {
        return Some(Cow::Borrowed(std::slice::from_ref(sent)));
    }
    // A type cannot be a number alone, so numbered keys are the positions of a list.
    shapes::list(sent)
}

fn grouped(entries: &[Value]) -> Result<Map<String, Value>, Refused> {
    let mut types: Map<String, Value> = Map::new();
    for (index, entry) in entries.iter().enumerate() {
        let wrong = |field: &str| Refusal::RawInvalid.at(format!("raw.{index}{field}"));
        let entry = entry.as_object().ok_or_else(|| wrong(""))?;
        let kind = entry.get("type").and_then(Value::as_str);
        let kind = kind.ok_or_else(|| wrong(".type"))?;
        let items = types
            .entry(kind)
            .or_insert_with(|| Value::Array(Vec::new()))
            .as_array_mut();
        if let (Some(items), Some(value)) = (items, entry.get("value").filter(|v| !v.is_null())) {
            items.push(value.clone());
        }
    }
    Ok(types)
}
