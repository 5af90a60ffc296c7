//! The two forms in which clients send raw: by type, and the list of `{type, value}` of older versions of the API.

use std::borrow::Cow;

use serde_json::{Map, Value};

use crate::model::{Refusal, Refused};
use crate::text::shapes;

/// The items by type. In a list, an item without a value removes its type, as `[]` does in the form by type.
///
/// # Errors
/// `RawInvalid`, naming the entry of the list.
pub(super) fn by_type(sent: &Value) -> Result<Cow<'_, Map<String, Value>>, Refused> {
    // A type cannot be a number alone, so numbered keys are the positions of a list.
    if let Some(entries) = shapes::list(sent) {
        return grouped(&entries).map(Cow::Owned);
    }
    shapes::object(sent).ok_or_else(|| Refusal::RawInvalid.at("raw"))
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
