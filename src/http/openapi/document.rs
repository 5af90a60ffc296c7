//! The OpenAPI document: the rows of the table, with what is said of each.

use serde_json::Value;
use utoipa::openapi::path::{HttpMethod, OperationBuilder, PathItem, PathsBuilder};
use utoipa::openapi::tag::TagBuilder;
use utoipa::openapi::{
    ComponentsBuilder, Deprecated, Info, License, OpenApiBuilder, ServerBuilder,
};

use super::answers::Schemas;
use super::described::{Described, Group};
use super::routes::{self, GROUPS};
use super::{queries, replies, requests, security, sharing, stream_paths};
use crate::http::routes::row::{Route, Verb};

const ABOUT: &str = "The API of this server: version 1 of the API of pnut.io, for posts, people, channels, polls and files.\n\n\
    Every answer is an envelope with `meta` and `data`, unless it says otherwise. Paths are served below `/v1`, and without that \
    prefix too. `HEAD` is answered wherever `GET` is. Query parameters that are not understood are ignored unless their text says \
    that they are refused; fields of a body are refused. What applies to all calls is in `docs/protocol.md` of the server; what is sent on its two \
    websockets is in `/v1/asyncapi.json`.";

/// Makes the document of these routes, on a server with this address.
///
/// # Errors
/// It cannot be written as JSON.
pub fn document(rows: &[Route], base: &str) -> Result<Value, serde_json::Error> {
    let mut schemas = replies::schemas();
    let mut paths = PathsBuilder::new();
    for same_path in rows.chunk_by(|one, next| one.path == next.path) {
        let mut item = PathItem::default();
        for row in same_path {
            let Some((group, described)) = routes::of(row) else {
                continue;
            };
            let operation = operation(row, group, described, &mut schemas);
            item.merge_operations(PathItem::new(method(row.verb), operation));
        }
        if let Some(row) = same_path.first() {
            paths = paths.path(row.path, item);
        }
    }
    for (path, item) in stream_paths::paths() {
        paths = paths.path(path, item);
    }
    let mut info = Info::new("Groundnut", crate::http::API_VERSION);
    info.description = Some(ABOUT.to_owned());
    info.license = Some(License::new(env!("CARGO_PKG_LICENSE")));
    let servers = [
        ServerBuilder::new().url(format!("{base}/v1")).build(),
        ServerBuilder::new()
            .url(base)
            .description(Some("The same, without the prefix."))
            .build(),
    ];
    let tags = GROUPS.iter().map(|group| {
        TagBuilder::new()
            .name(group.tag)
            .description(Some(group.text))
            .build()
    });
    let api = OpenApiBuilder::new()
        .info(info)
        .servers(Some(servers))
        .paths(paths)
        .components(Some(components(schemas, base)))
        .tags(Some(tags))
        .build();
    let mut value = serde_json::to_value(api)?;
    never_null(&mut value);
    sharing::share(&mut value);
    Ok(value)
}

fn method(verb: Verb) -> HttpMethod {
    match verb {
        Verb::Get => HttpMethod::Get,
        Verb::Post => HttpMethod::Post,
        Verb::Put => HttpMethod::Put,
        Verb::Patch => HttpMethod::Patch,
        Verb::Delete => HttpMethod::Delete,
    }
}

fn operation(
    row: &Route,
    group: &Group,
    described: &Described,
    schemas: &mut Schemas,
) -> OperationBuilder {
    let description = Some(described.text).filter(|text| !text.is_empty());
    OperationBuilder::new()
        .tag(group.tag)
        .operation_id(Some(name_of(row)))
        .summary(Some(described.summary))
        .description(description)
        .deprecated(described.is_older.then_some(Deprecated::True))
        .parameters(Some(queries::parameters(row, described)))
        .request_body(described.body.map(requests::request_body))
        .responses(replies::responses(row, described, schemas))
        .securities(Some(security::requirements(row)))
}

/// `get-posts-post_id`: of method and path, so unique as these are.
pub fn name_of(row: &Route) -> String {
    let mut name = row.verb.name().to_ascii_lowercase();
    for part in row
        .path
        .split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
    {
        if !part.is_empty() {
            name.push('-');
            name.push_str(part);
        }
    }
    name
}

fn components(schemas: Schemas, base: &str) -> utoipa::openapi::Components {
    let mut components = ComponentsBuilder::new().schemas_from_iter(schemas);
    for (name, response) in replies::shared() {
        components = components.response(name, response);
    }
    for (name, scheme) in security::schemes(base) {
        components = components.security_scheme(name, scheme);
    }
    let mut components = components.build();
    for (name, header) in replies::headers() {
        components.headers.insert(name.to_owned(), header.into());
    }
    components
}

/// Fields without a value are left out on this wire, never null: what the macros say of an `Option` is taken back.
pub(super) fn never_null(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(never_null),
        Value::Object(fields) => {
            if let Some(Value::Array(types)) = fields.get_mut("type") {
                types.retain(|kind| kind != "null");
                if let [only] = types.as_slice() {
                    let only = only.clone();
                    fields.insert(String::from("type"), only);
                }
            }
            if let Some(Value::Array(kinds)) = fields.get_mut("oneOf") {
                kinds.retain(|kind| kind.get("type").is_none_or(|kind| kind != "null"));
                if let [Value::Object(only)] = kinds.as_slice() {
                    let only = only.clone();
                    fields.remove("oneOf");
                    fields.extend(only);
                }
            }
            fields.values_mut().for_each(never_null);
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
