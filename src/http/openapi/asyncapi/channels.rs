//! The two addresses, and what is done there.

use serde_json::{Map, Value, json};

use super::parts::{HEARTBEAT, Service, component};
use crate::http::openapi::params::Param;
use crate::http::openapi::queries;
use crate::http::openapi::stream_params::{APP_STREAM, DISPLAY, USER_STREAM};
use crate::protocol::goodbye::{Again, Goodbye};

/// The name of the one server.
const SERVER: &str = "here";

/// This server.
pub(super) fn servers(stream_url: &str) -> Value {
    let (protocol, rest) = stream_url.split_once("://").unwrap_or(("ws", stream_url));
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    json!({SERVER: {
        "host": host,
        "pathname": format!("/{path}"),
        "protocol": protocol,
        "description": "The streams are at the root, too.",
    }})
}

/// Both addresses, with what is sent there.
///
/// # Errors
/// A parameter cannot be written as JSON.
pub(super) fn channels(services: &[(Service, Vec<String>)]) -> Result<Value, serde_json::Error> {
    let mut all = Map::new();
    for (service, names) in services {
        let mut messages = Map::new();
        for name in names {
            let there = format!("#/components/messages/{}", component(*service, name));
            messages.insert(name.clone(), json!({"$ref": there}));
        }
        let there = format!("#/components/messages/{HEARTBEAT}");
        messages.insert(HEARTBEAT.to_owned(), json!({"$ref": there}));
        let (title, about) = about(*service);
        let channel = json!({
            "address": format!("/{}", service.name()),
            "title": title,
            "description": about,
            "servers": [{"$ref": format!("#/servers/{SERVER}")}],
            "messages": messages,
            "bindings": {"ws": {
                "method": "GET",
                "query": query(*service)?,
                "bindingVersion": "0.1.0",
            }},
            "x-close-codes": close_codes(),
        });
        all.insert(service.name().to_owned(), channel);
    }
    Ok(Value::Object(all))
}

fn about(service: Service) -> (&'static str, &'static str) {
    match service {
        Service::User => (
            "A user stream",
            "What one user may see. It sends a hello and then nothing, until REST calls with its `connection_id` subscribe it to what they \
             read. A token of a user opens it; without a token the first of these calls claims it.",
        ),
        Service::App => (
            "An app stream",
            "Events of all users of an app, of the object types of a stored stream (`POST /v1/streams`). A token of the app opens it; an app \
             may have two in use.",
        ),
    }
}

/// What its address may hold.
fn query(service: Service) -> Result<Value, serde_json::Error> {
    let own = match service {
        Service::User => USER_STREAM,
        Service::App => APP_STREAM,
    };
    let mut properties = Map::new();
    for param in own.iter().chain(DISPLAY) {
        properties.insert(param.name.to_owned(), property(param)?);
    }
    let required: Vec<&str> = own
        .iter()
        .filter(|param| param.is_required)
        .map(|param| param.name)
        .collect();
    Ok(json!({"type": "object", "properties": properties, "required": required}))
}

fn property(param: &Param) -> Result<Value, serde_json::Error> {
    let mut schema = serde_json::to_value(queries::schema(param.kind))?;
    if let Some(schema) = schema.as_object_mut() {
        schema.insert("description".to_owned(), param.text.into());
    }
    Ok(schema)
}

/// Why the server closes a websocket, and when its client may come back.
fn close_codes() -> Value {
    let code = |goodbye: &Goodbye| {
        let again = match goodbye.again() {
            Again::Never => Value::Null,
            Again::After(span) => json!([span.start(), span.end()]),
        };
        let mut code = json!({
            "code": goodbye.code(), "error_slug": goodbye.slug(), "reason": goodbye.text(),
        });
        if let (Some(code), false) = (code.as_object_mut(), again.is_null()) {
            code.insert("retry_after_ms".to_owned(), again);
        }
        code
    };
    Goodbye::ALL.iter().map(code).collect()
}

/// What the server does at each address: it sends events, and receives signs of life.
pub(super) fn operations(services: &[(Service, Vec<String>)]) -> Value {
    let mut all = Map::new();
    for (service, names) in services {
        let channel = service.name();
        let there = json!({"$ref": format!("#/channels/{channel}")});
        let message = |name: &str| json!({"$ref": format!("#/channels/{channel}/messages/{name}")});
        let ways = ["bearer", "access_token", "ticket", "subprotocol"];
        let ways = ways.map(|way| json!({"$ref": format!("#/components/securitySchemes/{way}")}));
        let sends = json!({
            "action": "send",
            "channel": there,
            "summary": "The hello, then events; with `control=1` frames about the stream.",
            "security": ways,
            "messages": names.iter().map(|name| message(name)).collect::<Value>(),
        });
        let receives = json!({
            "action": "receive",
            "channel": there,
            "summary": "Signs of life, without which the stream is closed (4000).",
            "messages": [message(HEARTBEAT)],
        });
        all.insert(format!("{channel}-events"), sends);
        all.insert(format!("{channel}-heartbeat"), receives);
    }
    Value::Object(all)
}
