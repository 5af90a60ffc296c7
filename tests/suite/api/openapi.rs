//! The API in words: the OpenAPI document and the page of all routes say what the table of routes says.

use std::collections::BTreeSet;

use groundnut::http::routes::{ROUTES, Route, ScopeNeed, TokenKind};
use serde_json::Value;

use crate::support::http::Answer;
use crate::support::{TestServer, text};

fn document(server: &TestServer) -> Value {
    server.anonymous().get("/openapi.json").is(200).json()
}

fn operation<'d>(document: &'d Value, route: &Route) -> &'d Value {
    let verb = route.verb.name().to_lowercase();
    let operation = &document["paths"][route.path][&verb];
    assert!(operation.is_object(), "{route:?} is not in the document");
    operation
}

/// What a reference leads to, or the value itself.
fn resolved<'d>(document: &'d Value, value: &'d Value) -> &'d Value {
    match value.get("$ref").and_then(Value::as_str) {
        Some(there) => document.pointer(there.trim_start_matches('#')).unwrap(),
        None => value,
    }
}

fn each(value: &Value, look: &mut impl FnMut(&Value)) {
    look(value);
    match value {
        Value::Array(items) => items.iter().for_each(|item| each(item, look)),
        Value::Object(fields) => fields.values().for_each(|field| each(field, look)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[test]
fn the_document_holds_every_route_with_all_that_belongs_to_it() {
    let server = TestServer::start();
    let document = document(&server);
    assert_eq!(document["openapi"], "3.1.0");
    let mut names = BTreeSet::new();
    for route in ROUTES {
        let operation = operation(&document, route);
        assert!(!text(&operation["summary"]).is_empty(), "{route:?}");
        assert!(names.insert(text(&operation["operationId"])), "{route:?}");
        let parameters = operation["parameters"].as_array();
        let parameters = parameters.map(Vec::as_slice).unwrap_or_default();
        let parameters: Vec<&Value> = parameters
            .iter()
            .map(|parameter| resolved(&document, parameter))
            .collect();
        for part in route.path.split('{').skip(1) {
            let name = part.split('}').next().unwrap();
            let known = |one: &&Value| one["name"] == name && one["in"] == "path";
            assert!(parameters.iter().any(known), "{route:?} lacks {name}");
        }
        for parameter in &parameters {
            assert!(
                !text(&parameter["description"]).is_empty(),
                "{route:?} {parameter}"
            );
        }
        let responses = operation["responses"].as_object().unwrap();
        let is_good = |code: &String| code.starts_with('2') || code.starts_with('3');
        assert!(responses.keys().any(is_good), "{route:?} answers nothing");
        for code in ["500", "503"] {
            assert!(responses.contains_key(code), "{route:?} lacks {code}");
        }
        let needs_token = !matches!(
            route.token,
            TokenKind::Ignored | TokenKind::Optional | TokenKind::Local
        );
        let names_user = ["{user_id}", "{channel_id}"];
        // `me` is the caller, so there has to be one.
        let asks_whose = |one: &&Value| one["name"] == "creator_id" || one["name"] == "owner_id";
        let may_need_one = names_user.iter().any(|name| route.path.contains(name))
            || parameters.iter().any(asks_whose);
        let unauthorized =
            resolved(&document, responses.get("401").unwrap_or(&Value::Null)).to_string();
        assert_eq!(
            unauthorized.contains("token-required"),
            needs_token || may_need_one || route.path == "/channels",
            "{route:?}"
        );
    }
}

#[test]
fn tokens_and_scopes_of_a_row_are_its_security() {
    let server = TestServer::start();
    let document = document(&server);
    let schemes = &document["components"]["securitySchemes"];
    let scopes = &schemes["user"]["flows"]["authorizationCode"]["scopes"];
    let words = text(&scopes["write_post"]);
    assert!(
        words.starts_with("Write, change and delete posts"),
        "{words}"
    );
    for route in ROUTES {
        let security = operation(&document, route)["security"].clone();
        let security = security.as_array().cloned().unwrap_or_default();
        let has = |name: &str| security.iter().any(|one| one.get(name).is_some());
        let (user, app, none) = (
            has("user"),
            has("app"),
            security.iter().any(|one| one == &serde_json::json!({})),
        );
        let expected = match route.token {
            TokenKind::Ignored | TokenKind::Local => (false, false, false),
            TokenKind::Optional => (true, true, true),
            TokenKind::Any => (true, true, false),
            TokenKind::User | TokenKind::Uploader => (true, false, false),
            TokenKind::App => (false, true, false),
        };
        assert_eq!((user, app, none), expected, "{route:?}");
        if let (ScopeNeed::Scope(scope), true) = (route.scope, user) {
            let wanted = serde_json::json!({"user": [scope.name()]});
            assert!(security.contains(&wanted), "{route:?} {security:?}");
        }
    }
}

#[test]
fn what_the_document_refers_to_is_there_and_nothing_is_null() {
    let server = TestServer::start();
    let document = document(&server);
    let mut referred = 0;
    each(&document, &mut |value| {
        if let Some(there) = value.get("$ref").and_then(Value::as_str) {
            let pointer = there.trim_start_matches('#');
            assert!(document.pointer(pointer).is_some(), "{there} is not there");
            referred += 1;
        }
        assert!(
            value.get("type").is_none_or(|kind| kind != "null"),
            "{value}"
        );
        assert!(!value.is_null());
    });
    assert!(referred > 1000, "{referred}");
}

fn asked_again(answer: &Answer, server: &TestServer, path: &str) {
    let tag = answer.header("etag").unwrap();
    let known = [("If-None-Match", tag)];
    let again = server.anonymous().call("GET", path, &known, b"");
    assert_eq!((again.status, again.body.len()), (304, 0), "{path}");
    let head = server.anonymous().call("HEAD", path, &[], b"");
    assert_eq!(
        (head.status, head.header("etag")),
        (200, Some(tag)),
        "{path}"
    );
}

#[test]
fn the_document_is_kept_by_those_that_have_it() {
    let server = TestServer::start();
    let first = server.anonymous().get("/openapi.json").is(200);
    assert_eq!(first.header("content-type"), Some("application/json"));
    assert_eq!(first.header("cache-control"), Some("no-cache"));
    asked_again(&first, &server, "/openapi.json");
    // Another token, the same document.
    assert_eq!(server.ada().get("/openapi.json").body, first.body);
}

#[test]
fn the_page_of_all_routes_needs_no_script_and_nothing_foreign() {
    let server = TestServer::start();
    let nobody = server.anonymous();
    let page = nobody.call_at("GET", "/docs", &[], b"").is(200);
    let policy = page.header("content-security-policy").unwrap();
    assert!(
        policy.starts_with("default-src 'none'; script-src 'self'"),
        "{policy}"
    );
    let html = String::from_utf8(page.body.clone()).unwrap();
    for route in ROUTES {
        let path = route.path.replace('&', "&amp;");
        let row = format!(
            "{}</span> <code class=\"path\">{path}</code>",
            route.verb.name()
        );
        assert!(html.contains(&row), "{route:?} is not on the page");
    }
    for path in ["/user", "/app"] {
        let row = format!("GET</span> <code class=\"path\">{path}</code>");
        assert!(html.contains(&row), "where a stream begins: {path}");
    }
    assert!(html.contains("<dt><code>partition</code></dt>"));
    for attribute in ["src=\"", "href=\""] {
        for part in html.split(attribute).skip(1) {
            let leads = part.split('"').next().unwrap();
            assert!(leads.starts_with(['/', '#']), "{leads}");
            if let Some(anchor) = leads.strip_prefix('#') {
                assert!(
                    html.contains(&format!("id=\"{anchor}\"")),
                    "{anchor} is nowhere"
                );
            }
        }
    }
    let tag = page.header("etag").unwrap();
    let known = [("If-None-Match", tag)];
    assert_eq!(nobody.call_at("GET", "/docs", &known, b"").status, 304);
    assert_eq!(nobody.call_at("HEAD", "/docs", &[], b"").status, 200);
    nobody
        .call_at("POST", "/docs", &[], b"")
        .refused_as(405, "method-not-allowed");
}
