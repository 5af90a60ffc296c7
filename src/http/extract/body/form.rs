//! Forms, and field names that address nested objects.

use actix_multipart::Multipart;
use actix_web::http::header::HeaderMap;
use actix_web::web::Bytes;
use futures_util::{StreamExt as _, stream};
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

use crate::http::ApiResult;
use crate::model::Refusal;

/// Deepest name such as `acl.write.user_ids`; deeper ones are kept as they are.
const DEPTH_MAX: usize = 8;
/// Most fields of one form; bodies are bounded in bytes too.
const FIELDS_MAX: usize = 1000;
/// Fields that hold JSON in a form.
const JSON_FIELDS: [&str; 3] = ["raw", "acl", "entities"];

/// Reads `a=1&b.c=2&d[]=3`.
pub(super) fn urlencoded(text: &str) -> ApiResult<Value> {
    let mut object = Map::new();
    for pair in text
        .split('&')
        .filter(|pair| !pair.is_empty())
        .take(FIELDS_MAX)
    {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let name = decode(name)?;
        put(&mut object, &name, form_value(&name, decode(value)?));
    }
    Ok(Value::Object(object))
}

fn decode(text: &str) -> ApiResult<String> {
    let text = text.replace('+', " ");
    let decoded = percent_decode_str(&text).decode_utf8();
    Ok(decoded
        .map_err(|_cause| Refusal::MalformedBody)?
        .into_owned())
}

/// Reads the text parts of a multipart form; parts with a file name are skipped.
pub(super) async fn multipart(headers: &HeaderMap, bytes: Bytes) -> ApiResult<Value> {
    let limit = bytes.len();
    let mut form = Multipart::new(headers, stream::iter([Ok(bytes)]));
    let mut object = Map::new();
    while let Some(part) = form.next().await {
        let mut part = part.map_err(|_cause| Refusal::MalformedBody)?;
        let disposition = part.content_disposition();
        let is_file = disposition.is_some_and(|d| d.get_filename().is_some());
        let name = part.name().map(ToOwned::to_owned);
        let content = part.bytes(limit).await;
        let (Some(name), false) = (name, is_file) else {
            continue;
        };
        let content = content
            .map_err(|_cause| Refusal::BodyTooLarge)?
            .map_err(|_cause| Refusal::MalformedBody)?;
        let text = std::str::from_utf8(&content).map_err(|_cause| Refusal::MalformedBody)?;
        if object.len() < FIELDS_MAX {
            put(&mut object, &name, form_value(&name, text.to_owned()));
        }
    }
    Ok(Value::Object(object))
}

/// Puts a field of a form into an object, as [`multipart`] does.
pub(in crate::http) fn put_field(object: &mut Map<String, Value>, name: &str, text: String) {
    put(object, name, form_value(name, text));
}

fn form_value(name: &str, text: String) -> Value {
    let is_json = JSON_FIELDS.contains(&name) && text.trim_start().starts_with(['{', '[']);
    if !is_json {
        return Value::String(text);
    }
    serde_json::from_str(&text).unwrap_or(Value::String(text))
}

/// Expands dotted names at the top of a JSON object. Deeper names are data: raw types have dots.
pub(super) fn expand_dots(object: Map<String, Value>) -> Value {
    if !object.keys().any(|name| name.contains('.')) {
        return Value::Object(object);
    }
    let mut expanded = Map::new();
    for (name, value) in object {
        put(&mut expanded, &name, value);
    }
    Value::Object(expanded)
}

/// `a.b`, `a[b]` and `a[b][]` are paths; `[]` at the end appends.
fn put(object: &mut Map<String, Value>, name: &str, value: Value) {
    let (stem, append) = match name.strip_suffix("[]") {
        Some(stem) => (stem, true),
        None => (name, false),
    };
    let plain = stem.replace('[', ".").replace(']', "");
    let path: Vec<&str> = plain.split('.').collect();
    if path.len() > DEPTH_MAX || path.iter().any(|step| step.is_empty()) {
        object.insert(name.to_owned(), value);
        return;
    }
    let mut here = object;
    let mut steps = path.into_iter().peekable();
    while let Some(step) = steps.next() {
        if steps.peek().is_none() {
            insert(here, step, value, append);
            return;
        }
        let next = here
            .entry(step)
            .or_insert_with(|| Value::Object(Map::new()));
        match next {
            Value::Object(inner) => here = inner,
            // `a=1&a.b=2` contradicts itself; the first value wins.
            Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::String(_)
            | Value::Array(_) => return,
        }
    }
}

fn insert(object: &mut Map<String, Value>, name: &str, value: Value, append: bool) {
    if !append {
        object.insert(name.to_owned(), value);
        return;
    }
    match object.get_mut(name) {
        Some(Value::Array(items)) => items.push(value),
        Some(_) | None => {
            object.insert(name.to_owned(), Value::Array(vec![value]));
        }
    }
}
