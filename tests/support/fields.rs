//! Fields of objects on the wire, compared with a table: none is missing, none is of another type, none is null, and
//! none is there that the table does not know.

use serde_json::Value;

/// A field: its path, its type, and whether it is always there.
pub(crate) type Field = (&'static str, &'static str, bool);

/// Compares an object with its table.
pub(crate) fn fit(object: &Value, table: &[Field]) {
    if let Some(what) = misfit(object, table) {
        panic!("{what}: {object}");
    }
}

/// What of an object does not fit its table. Types: `text`, `id`, `date`, `integer`, `flag`, `true` and `false` (that only),
/// `object`, `list`, `objects`, `texts`, `ids`, `source` (an app, or its id), or the texts that are allowed, with `|` between
/// them. What is always there is always in its object, where that is.
pub(crate) fn misfit(object: &Value, table: &[Field]) -> Option<String> {
    if !object.is_object() {
        return Some(String::from("no object"));
    }
    for (path, kind, always) in table {
        match at(object, path) {
            Some(value) if !is(value, kind) => return Some(format!("{path} is no {kind}")),
            Some(_) => {}
            None => {
                let around = path.rsplit_once('.').map(|(around, _)| around);
                let may_be = around.is_none_or(|around| at(object, around).is_some());
                if *always && may_be {
                    return Some(format!("{path} is missing"));
                }
            }
        }
    }
    null(object, "").or_else(|| unknown(object, "", table))
}

fn at<'v>(object: &'v Value, path: &str) -> Option<&'v Value> {
    path.split('.')
        .try_fold(object, |value, step| value.get(step))
}

fn is(value: &Value, kind: &str) -> bool {
    let all = |kind| {
        let items = value.as_array();
        items.is_some_and(|items| items.iter().all(|item| is(item, kind)))
    };
    match kind {
        "text" => value.is_string(),
        "id" => value.as_str().is_some_and(|id| id.parse::<i64>().is_ok()),
        "date" => value
            .as_str()
            .is_some_and(|date| date.len() == 20 && date.ends_with('Z') && date.contains('T')),
        "integer" => value.is_i64(),
        "flag" => value.is_boolean(),
        "true" => *value == true,
        "false" => *value == false,
        "object" => value.is_object(),
        "list" => value.is_array(),
        "objects" => all("object"),
        "texts" => all("text"),
        "ids" => all("id"),
        "source" => value.is_object() || value.is_string(),
        texts => value
            .as_str()
            .is_some_and(|text| texts.split('|').any(|one| one == text)),
    }
}

/// A null, but in what apps say.
fn null(value: &Value, path: &str) -> Option<String> {
    match value {
        Value::Null => Some(format!("{path} is null")),
        Value::Array(items) => items.iter().find_map(|item| null(item, path)),
        Value::Object(fields) => fields
            .iter()
            .filter(|(name, _)| !["raw", "annotations"].contains(&name.as_str()))
            .find_map(|(name, value)| null(value, &format!("{path}.{name}"))),
        Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    }
}

/// A field that the table does not know, of objects that it names fields of.
fn unknown(value: &Value, path: &str, table: &[Field]) -> Option<String> {
    for (name, value) in value.as_object()? {
        let below = match path {
            "" => name.clone(),
            path => format!("{path}.{name}"),
        };
        if !table.iter().any(|field| field.0 == below) {
            return Some(format!("{below} is not in the table"));
        }
        let inside = format!("{below}.");
        let has_fields = table.iter().any(|field| field.0.starts_with(&inside));
        let found = has_fields.then(|| unknown(value, &below, table)).flatten();
        if found.is_some() {
            return found;
        }
    }
    None
}
