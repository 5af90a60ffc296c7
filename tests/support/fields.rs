//! Fields of objects on the wire, compared with a table: none is missing, none is of another type, none is null, and
//! none is there that the table does not know.

use serde_json::Value;

/// A field: its path, its type, and whether it is always there.
pub(crate) type Field = (&'static str, &'static str, bool);

/// Compares an object with its table. Types: `text`, `id`, `date`, `integer`, `flag`, `object`, `list`, or the texts that
/// are allowed, with `|` between them.
pub(crate) fn fit(object: &Value, table: &[Field]) {
    no_null(object, "");
    for (path, kind, always) in table {
        match at(object, path) {
            Some(value) => assert!(is(value, kind), "{path} is no {kind}: {value} in {object}"),
            None => assert!(!always, "{path} is missing: {object}"),
        }
    }
    known(object, "", table);
}

fn at<'v>(object: &'v Value, path: &str) -> Option<&'v Value> {
    path.split('.')
        .try_fold(object, |value, step| value.get(step))
}

fn is(value: &Value, kind: &str) -> bool {
    match kind {
        "text" => value.is_string(),
        "id" => value.as_str().is_some_and(|id| id.parse::<u64>().is_ok()),
        "date" => value
            .as_str()
            .is_some_and(|date| date.len() == 20 && date.ends_with('Z') && date.contains('T')),
        "integer" => value.is_i64(),
        "flag" => value.is_boolean(),
        "object" => value.is_object(),
        "list" => value.is_array(),
        texts => value
            .as_str()
            .is_some_and(|text| texts.split('|').any(|one| one == text)),
    }
}

fn no_null(value: &Value, path: &str) {
    match value {
        Value::Null => panic!("{path} is null"),
        Value::Array(items) => items.iter().for_each(|item| no_null(item, path)),
        Value::Object(fields) => fields
            .iter()
            .for_each(|(name, value)| no_null(value, &format!("{path}.{name}"))),
        Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Objects that the table names fields of have no others.
fn known(value: &Value, path: &str, table: &[Field]) {
    let Some(fields) = value.as_object() else {
        return;
    };
    for (name, value) in fields {
        let below = match path {
            "" => name.clone(),
            path => format!("{path}.{name}"),
        };
        assert!(
            table.iter().any(|field| field.0 == below),
            "{below} is not in the table"
        );
        let has_fields = |field: &Field| field.0.starts_with(&format!("{below}."));
        if table.iter().any(has_fields) {
            known(value, &below, table);
        }
    }
}
