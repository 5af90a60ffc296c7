//! Every answer of the suite is compared with the OpenAPI document, and every frame with the AsyncAPI document: its status is
//! one that the route names, and its JSON fits the schema, with no field that the schema does not know. The objects in it are
//! also compared with the tables of the reference.

use std::sync::LazyLock;

use groundnut::http::openapi::asyncapi;
use groundnut::http::openapi::document::document;
use groundnut::http::routes::ROUTES;
use groundnut::protocol::site::Site;
use serde_json::{Value, json};

use super::http::Answer;
use super::reference;

static DOCUMENT: LazyLock<Value> =
    LazyLock::new(|| document(ROUTES, "").expect("the document can be written"));

static STREAMS: LazyLock<Value> =
    LazyLock::new(|| asyncapi::document(&Site::new("")).expect("the document can be written"));

/// Compares a frame of a stream with the message that the AsyncAPI document has for it.
pub(crate) fn check_frame(frame: &Value) {
    let meta = &frame["meta"];
    let is_app = match meta.get("connection_id") {
        Some(_) => meta["stream"].get("object_types").is_some(),
        None => meta.get("subscription_ids").is_none(),
    };
    let kinds = [&meta["type"], &frame["control"]["type"]];
    let others = ["gap", "pong"].into_iter();
    let mut others = others.filter(|name| meta.get(name).is_some());
    let name = match meta.get("connection_id") {
        Some(_) => "hello",
        None => {
            let kind = kinds.iter().find_map(|kind| kind.as_str());
            kind.or_else(|| others.next()).unwrap_or_default()
        }
    };
    let service = if is_app { "app" } else { "user" };
    let message = &STREAMS["components"]["messages"][format!("{service}.{name}")];
    let schema = &message["payload"];
    assert!(
        schema.is_object(),
        "the document has no message for {frame}"
    );
    if let Err(what) = fits(schema, frame, "") {
        panic!("{what}, by the message {service}.{name}: {frame}");
    }
}

/// Whether answers hold objects of this name.
pub(crate) fn has_schema(name: &str) -> bool {
    DOCUMENT["components"]["schemas"].get(name).is_some()
}

/// Compares an answer of the API; what is served beside it is not looked at.
pub(crate) fn check(method: &str, path: &str, answer: &Answer) {
    let Some(responses) = responses(method, path) else {
        return;
    };
    // Pages for streams, methods that a path does not take, and connections that ended.
    if matches!(answer.status, 0 | 405 | 426) || answer.asked.contains(" HTTP/1.0") {
        return;
    }
    let Some(mut response) = responses.get(answer.status.to_string()) else {
        panic!("the description of {method} {path} names no {answer}");
    };
    if let Some(there) = response.get("$ref") {
        response = found(there);
    }
    let schema = &response["content"]["application/json"]["schema"];
    let is_json = answer.header("content-type") == Some("application/json");
    if schema.is_null() || !is_json || answer.body.is_empty() {
        return;
    }
    if let Err(what) = fits(schema, &answer.json(), "") {
        panic!("{what}, by the description of {method} {path}: {answer}");
    }
}

/// The answers that the first route on this path, or the stream there, names for this method.
fn responses(method: &str, path: &str) -> Option<&'static Value> {
    let path = path.split(['?', '#']).next()?;
    let path = path.strip_prefix("/v1/").or(path.strip_prefix('/'))?;
    let parts: Vec<&str> = path.trim_end_matches('/').split('/').collect();
    let fits = |pattern: &str| {
        let names: Vec<&str> = pattern.trim_start_matches('/').split('/').collect();
        let same = |(name, part): (&&str, &&str)| match name.split_once('{') {
            Some((before, _)) => part.len() > before.len() && part.starts_with(before),
            None => name == part,
        };
        names.len() == parts.len() && names.iter().zip(&parts).all(same)
    };
    let mut rows = ROUTES.iter().map(|row| row.path);
    let mut streams = ["/app", "/user"].into_iter();
    let path = rows
        .find(|path| fits(path))
        .or_else(|| streams.find(|path| fits(path)))?;
    let operation = &DOCUMENT["paths"][path][method.to_lowercase()];
    operation.get("responses")
}

fn found(there: &Value) -> &'static Value {
    let there = there.as_str().unwrap_or_default();
    let pointer = there.trim_start_matches('#');
    let found = DOCUMENT.pointer(pointer);
    let found = found.or_else(|| STREAMS.pointer(pointer));
    found.expect("references lead somewhere")
}

fn list<'v>(schema: &'v Value, name: &str) -> &'v [Value] {
    schema[name].as_array().map_or(&[], Vec::as_slice)
}

fn fits(schema: &Value, value: &Value, at: &str) -> Result<(), String> {
    has_shape(schema, value, at)?;
    let Value::Object(fields) = value else {
        return Ok(());
    };
    if let Some(there) = schema["$ref"].as_str() {
        let name = there.rsplit('/').next().unwrap_or_default();
        reference::check(name, value, at)?;
    }
    let mut known = Known::default();
    known.add(schema);
    let unknown = fields.keys().find(|name| !known.names.contains(name));
    match unknown {
        Some(name) if !known.is_open && !known.names.is_empty() => {
            Err(format!("{at}.{name} is in no schema"))
        }
        Some(_) | None => Ok(()),
    }
}

/// The fields that a schema knows, with all that it is made of.
#[derive(Default)]
struct Known<'s> {
    names: Vec<&'s String>,
    is_open: bool,
}

impl<'s> Known<'s> {
    fn add(&mut self, schema: &'s Value) {
        if let Some(there) = schema.get("$ref") {
            self.add(found(there));
        }
        if let Some(properties) = schema["properties"].as_object() {
            self.names.extend(properties.keys());
        }
        self.is_open |= schema.get("additionalProperties").is_some();
        let of_these = ["allOf", "anyOf", "oneOf"].map(|name| list(schema, name));
        for part in of_these.into_iter().flatten() {
            self.add(part);
        }
    }
}

fn has_shape(schema: &Value, value: &Value, at: &str) -> Result<(), String> {
    if let Some(there) = schema.get("$ref") {
        return has_shape(found(there), value, at);
    }
    for part in list(schema, "allOf") {
        has_shape(part, value, at)?;
    }
    for choice in ["anyOf", "oneOf"] {
        let parts = list(schema, choice);
        let first = parts.iter().map(|part| fits(part, value, at));
        let mut wrong = Vec::new();
        for result in first {
            match result {
                Ok(()) => {
                    wrong.clear();
                    break;
                }
                Err(what) => wrong.push(what),
            }
        }
        if !wrong.is_empty() {
            return Err(wrong.join("; "));
        }
    }
    let is = match schema["type"].as_str() {
        None => true,
        Some("string") => value.is_string(),
        Some("integer") => value.is_i64() || value.is_u64(),
        Some("number") => value.is_number(),
        Some("boolean") => value.is_boolean(),
        Some("array") => value.is_array(),
        Some("object") => value.is_object(),
        Some(_) => false,
    };
    if !is {
        return Err(format!("{at} is no {}: {value}", schema["type"]));
    }
    if schema.get("const").is_some_and(|only| only != value) {
        return Err(format!("{at} is not {}: {value}", schema["const"]));
    }
    let words = list(schema, "enum");
    if !words.is_empty() && !words.contains(value) {
        return Err(format!("{at} is none of {words:?}: {value}"));
    }
    for name in list(schema, "required") {
        let name = name.as_str().unwrap_or_default();
        if value.get(name).is_none() {
            return Err(format!("{at}.{name} is missing"));
        }
    }
    parts_fit(schema, value, at)
}

fn parts_fit(schema: &Value, value: &Value, at: &str) -> Result<(), String> {
    match value {
        Value::Array(items) => items.iter().try_for_each(|item| {
            let schema = schema.get("items").unwrap_or(&Value::Null);
            fits(schema, item, &format!("{at}[]"))
        }),
        Value::Object(fields) => fields.iter().try_for_each(|(name, field)| {
            let own = schema["properties"].get(name);
            let other = || schema.get("additionalProperties");
            let schema = own.or_else(other).unwrap_or(&Value::Null);
            fits(schema, field, &format!("{at}.{name}"))
        }),
        // Only values of apps are.
        Value::Null if !schema.is_null() && schema != &json!({}) => Err(format!("{at} is null")),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Ok(()),
    }
}
