//! The AsyncAPI document: what every document of that kind has to have, and what this one is about. Whether frames look as it
//! says is asked of each frame of the suite (`support/conform.rs`).

use std::collections::BTreeSet;

use groundnut::event::Payload;
use groundnut::model::ObjectType;
use groundnut::protocol::goodbye::Goodbye;
use serde_json::Value;

use crate::support::{TestServer, text};

fn document(server: &TestServer) -> Value {
    server.anonymous().get("/asyncapi.json").is(200).json()
}

fn each(value: &Value, look: &mut impl FnMut(&Value)) {
    look(value);
    match value {
        Value::Array(items) => items.iter().for_each(|item| each(item, look)),
        Value::Object(fields) => fields.values().for_each(|field| each(field, look)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn keys(value: &Value) -> BTreeSet<&str> {
    let fields = value.as_object().expect("an object");
    fields.keys().map(String::as_str).collect()
}

/// What a reference leads to; a reference to a message of a channel leads to another reference.
fn resolved<'d>(document: &'d Value, value: &'d Value) -> &'d Value {
    match value.get("$ref").and_then(Value::as_str) {
        Some(there) => {
            let found = document.pointer(there.trim_start_matches('#'));
            resolved(
                document,
                found.unwrap_or_else(|| panic!("{there} leads nowhere")),
            )
        }
        None => value,
    }
}

#[test]
fn the_document_has_what_asyncapi_asks_for_and_every_reference_leads_somewhere() {
    let server = TestServer::start();
    let document = document(&server);
    assert_eq!(document["asyncapi"], "3.0.0");
    // The fields of the root, and no others (AsyncAPI 3.0.0, "AsyncAPI Object").
    let known = [
        "asyncapi",
        "channels",
        "components",
        "defaultContentType",
        "info",
        "operations",
        "servers",
    ];
    assert_eq!(keys(&document), BTreeSet::from(known));
    for required in ["title", "version"] {
        assert!(!text(&document["info"][required]).is_empty());
    }
    let (_, here) = document["servers"]
        .as_object()
        .unwrap()
        .iter()
        .next()
        .unwrap();
    assert_eq!(here["host"], server.address.to_string());
    assert_eq!(
        (&here["protocol"], &here["pathname"]),
        (&"ws".into(), &"/v1".into())
    );
    for scheme in document["components"]["securitySchemes"]
        .as_object()
        .unwrap()
        .values()
    {
        match text(&scheme["type"]).as_str() {
            "http" => assert_eq!(scheme["scheme"], "bearer"),
            "httpApiKey" => assert!(scheme["name"].is_string() && scheme["in"].is_string()),
            other => panic!("an unknown scheme {other}"),
        }
    }
    let (mut count, mut nulls) = (0, 0);
    each(&document, &mut |value| {
        count += usize::from(value.get("$ref").is_some());
        nulls += usize::from(value.is_null());
        resolved(&document, value);
    });
    assert!(
        count > 100 && nulls == 0,
        "{count} references, {nulls} nulls"
    );
    let named = document["components"]["messages"].as_object().unwrap();
    for (name, message) in named {
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
        assert!(name.chars().all(allowed), "{name}");
        assert!(
            message["payload"].is_object() && message["name"].is_string(),
            "{name}"
        );
    }
}

#[test]
fn both_addresses_say_what_they_send_and_hear() {
    let server = TestServer::start();
    let document = document(&server);
    assert_eq!(keys(&document["channels"]), BTreeSet::from(["app", "user"]));
    for (name, channel) in document["channels"].as_object().unwrap() {
        assert_eq!(channel["address"], format!("/{name}"));
        let sent = keys(&channel["messages"]);
        for always in [
            "hello",
            "gap",
            "pong",
            "buffer",
            "close",
            "heartbeat",
            "message",
        ] {
            assert!(sent.contains(always), "{name} lacks {always}");
        }
        let query = &channel["bindings"]["ws"]["query"];
        for parameter in ["include_cursor", "include_raw", "control", "cursor"] {
            assert!(
                query["properties"][parameter]["description"].is_string(),
                "{parameter}"
            );
        }
        let codes: Vec<_> = Goodbye::ALL.iter().map(|goodbye| goodbye.code()).collect();
        let listed = channel["x-close-codes"].as_array().unwrap();
        let listed: Vec<_> = listed
            .iter()
            .map(|one| one["code"].as_u64().unwrap())
            .collect();
        assert_eq!(listed, codes.into_iter().map(u64::from).collect::<Vec<_>>());
        let mut told = BTreeSet::new();
        for (action, what) in [("send", "events"), ("receive", "heartbeat")] {
            let operation = &document["operations"][format!("{name}-{what}")];
            assert_eq!(operation["action"], action);
            assert_eq!(operation["channel"]["$ref"], format!("#/channels/{name}"));
            for message in operation["messages"].as_array().unwrap() {
                let there = text(&message["$ref"]);
                let own = format!("#/channels/{name}/messages/");
                told.insert(there.strip_prefix(&own).expect("of its channel").to_owned());
            }
        }
        let sent: BTreeSet<String> = sent.into_iter().map(str::to_owned).collect();
        assert_eq!(told, sent, "{name}");
    }
    assert_eq!(
        document["channels"]["app"]["bindings"]["ws"]["query"]["required"][0],
        "key"
    );
}

#[test]
fn each_type_of_event_is_a_message_of_app_streams() {
    let server = TestServer::start();
    let document = document(&server);
    for kind in ObjectType::ALL {
        let message = &document["channels"]["app"]["messages"][kind.name()];
        let message = resolved(&document, message);
        let meta = &message["payload"]["properties"]["meta"]["properties"];
        assert_eq!(meta["type"]["const"], kind.name());
        assert!(
            message["payload"]["properties"]["data"].is_object(),
            "{kind:?}"
        );
    }
    // Which type each event of the log has is compared where the table of events is (`openapi/asyncapi/document.rs`).
    assert!(Payload::KINDS.len() > ObjectType::ALL.len());
}

#[test]
fn objects_have_the_schemas_of_the_openapi_document() {
    let server = TestServer::start();
    let document = document(&server);
    let openapi = server.anonymous().get("/openapi.json").is(200).json();
    let schemas = document["components"]["schemas"].as_object().unwrap();
    assert!(schemas.len() > 10);
    for (name, schema) in schemas {
        assert_eq!(&openapi["components"]["schemas"][name], schema, "{name}");
    }
    let first = server.anonymous().get("/asyncapi.json");
    let known = [("If-None-Match", first.header("etag").unwrap())];
    let again = server
        .anonymous()
        .call("GET", "/asyncapi.json", &known, b"");
    assert_eq!((again.status, again.body.len()), (304, 0));
}
