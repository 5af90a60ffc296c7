//! The whole document, out of its parts.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::channels::{channels, operations, servers};
use super::messages::messages;
use super::parts::{HEARTBEAT, Service, component};
use crate::http::openapi::answers::Schemas;
use crate::http::openapi::document::never_null;
use crate::protocol::site::Site;

const ABOUT: &str = "The streams of this server: events of posts, people, channels, polls and files, as they happen.\n\n\
    A user stream is subscribed to by calls of the REST API (`/v1/openapi.json`) with its `connection_id`; an app stream is stored by \
    its app before it is opened. Every frame is a JSON object with `meta`; an event has `meta.type` and `data`. Fields that are not \
    required are left out where they do not apply, and new ones may come at any time. The same frames leave the same addresses \
    without a websocket, too. How all of this is used is in `docs/streams.md` and `docs/protocol.md` of the server.";

/// Makes the document of a server with these addresses.
///
/// # Errors
/// It cannot be written as JSON.
pub fn document(site: &Site) -> Result<Value, serde_json::Error> {
    let mut schemas = Schemas::new();
    let mut all = Map::new();
    let mut by_service = Vec::new();
    for service in Service::ALL {
        let sent = messages(service, &mut schemas);
        let names: Vec<String> = sent.iter().map(|(name, _)| name.clone()).collect();
        for (name, message) in sent {
            all.insert(component(service, &name), message);
        }
        by_service.push((service, names));
    }
    all.insert(HEARTBEAT.to_owned(), heartbeat());
    let schemas: BTreeMap<_, _> = schemas.into_iter().collect();
    let mut schemas = serde_json::to_value(schemas)?;
    never_null(&mut schemas);
    Ok(json!({
        "asyncapi": "3.0.0",
        "info": {
            "title": "Groundnut",
            "version": crate::http::API_VERSION,
            "description": ABOUT,
            "license": {"name": env!("CARGO_PKG_LICENSE")},
            "externalDocs": {
                "description": "The REST API.",
                "url": format!("{}/docs", site.public_url),
            },
        },
        "defaultContentType": "application/json",
        "servers": servers(&site.stream_url),
        "channels": channels(&by_service)?,
        "operations": operations(&by_service),
        "components": {
            "messages": all,
            "schemas": schemas,
            "securitySchemes": security(),
        },
    }))
}

fn heartbeat() -> Value {
    json!({
        "name": HEARTBEAT,
        "title": "A sign of life",
        "summary": "Any frame, at least once a minute. Its contents do not matter; a text or binary one is answered with `pong`.",
        "contentType": "text/plain",
        "payload": {"type": "string"},
    })
}

fn security() -> Value {
    json!({
        "bearer": {
            "type": "http",
            "scheme": "bearer",
            "description": "A token in the header: of a user for a user stream, of an app for an app stream.",
        },
        "access_token": {
            "type": "httpApiKey",
            "in": "query",
            "name": "access_token",
            "description": "The same in the address.",
        },
        "ticket": {
            "type": "httpApiKey",
            "in": "query",
            "name": "ticket",
            "description": "What `POST /v1/token/ticket` gives in place of a token: for one stream, within 30 s.",
        },
        "subprotocol": {
            "type": "httpApiKey",
            "in": "header",
            "name": "Sec-WebSocket-Protocol",
            "description": "`groundnut, bearer.TOKEN`, for browsers, whose websockets have no other header.",
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::samples::one_of_each;

    fn made() -> Value {
        document(&Site::new("https://chat.example.org")).unwrap()
    }

    #[test]
    fn each_event_of_the_table_is_a_message_of_the_streams_that_show_it() {
        let document = made();
        for payload in one_of_each() {
            let Some(kind) = payload.facts().object_type else {
                continue;
            };
            let has = |service: Service| {
                let message = component(service, kind.name());
                let message = &document["components"]["messages"][message];
                message["payload"]["properties"]["meta"]["properties"]["type"]["const"]
                    == kind.name()
            };
            assert!(has(Service::App), "{kind:?}");
            // A changed profile is a token there.
            let is_heard = !payload.routing().heard_by.is_empty();
            let is_profile = kind == crate::model::ObjectType::User;
            if is_heard {
                assert_eq!(has(Service::User), !is_profile, "{kind:?}");
            }
        }
    }

    #[test]
    fn no_message_of_a_user_stream_is_without_an_event() {
        let document = made();
        let heard: Vec<&str> = one_of_each()
            .iter()
            .filter(|payload| !payload.routing().heard_by.is_empty())
            .filter_map(|payload| payload.facts().object_type)
            .map(crate::model::ObjectType::name)
            .collect();
        let messages = document["channels"]["user"]["messages"]
            .as_object()
            .unwrap();
        for name in messages.keys() {
            let message = &document["components"]["messages"][format!("user.{name}")];
            let kind = &message["payload"]["properties"]["meta"]["properties"]["type"]["const"];
            if let Some(kind) = kind.as_str() {
                assert!(heard.contains(&kind), "{kind}");
            }
        }
    }
}
