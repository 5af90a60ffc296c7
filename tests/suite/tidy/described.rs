//! Every row of the table of routes is described once, and every description names what its handler reads.

use std::collections::BTreeSet;

use groundnut::http::openapi::params::Param;
use groundnut::http::openapi::routes::GROUPS;
use groundnut::http::routes::ROUTES;

use super::{files, name, read, root};

#[test]
fn every_row_is_described_once_and_nothing_else_is() {
    let described: Vec<_> = GROUPS.iter().flat_map(|group| group.routes).collect();
    for row in ROUTES {
        let found = described.iter().filter(|one| one.is_of(row)).count();
        assert_eq!(
            found, 1,
            "{row:?} is described {found} times (src/http/openapi/routes/)"
        );
    }
    assert_eq!(described.len(), ROUTES.len(), "a description is of no row");
    for one in described {
        let place = format!("{} {}", one.verb.name(), one.path);
        assert!(
            !one.summary.is_empty() && !one.summary.ends_with('.'),
            "{place}"
        );
        assert!(!one.gives.is_empty(), "{place} answers nothing");
    }
}

fn parameters() -> impl Iterator<Item = &'static Param> {
    let all = GROUPS.iter().flat_map(|group| group.routes);
    all.flat_map(|one| one.takes.iter().chain(one.shows).copied().flatten())
}

#[test]
fn every_parameter_is_in_the_document_for_authors_of_clients() {
    let document = read(&root().join("docs/protocol.md"));
    let unknown: BTreeSet<&str> = parameters()
        .map(|param| param.name)
        .filter(|name| {
            let word = |end: &str| document.contains(&format!("`{name}{end}"));
            !word("`") && !word("=") && !document.contains(&format!("?{name}="))
        })
        .collect();
    assert!(
        unknown.is_empty(),
        "docs/protocol.md does not know {unknown:?}"
    );
}

/// Debug builds watch which route reads a name; this finds names that no test sends.
#[test]
fn every_parameter_that_a_handler_reads_is_described() {
    let known: BTreeSet<&str> = parameters().map(|param| param.name).collect();
    let everywhere = [
        "access_token",
        "connection_id",
        "subscription_id",
        "update_presence",
        "update_presence_expiration",
    ];
    let mut unknown = Vec::new();
    for path in files("src/http", &[".rs"]) {
        // Pages have forms of their own; contents are served beside the API.
        let file = name(&path);
        if [
            "/pages/",
            "/session/",
            "oauth/",
            "files/content.rs",
            "/tests",
        ]
        .iter()
        .any(|other| file.contains(other))
        {
            continue;
        }
        let text = read(&path);
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        for call in [
            "get(\"",
            "flag(\"",
            "list(\"",
            "ids(\"",
            "has(\"",
            "number(\"",
            "tristate(\"",
            "channel_kinds(\"",
            "sent(\"",
        ] {
            for part in code.split(&format!("params.{call}")).skip(1) {
                let read = part.split('"').next().unwrap_or_default();
                if !known.contains(read) && !everywhere.contains(&read) {
                    unknown.push(format!("{file}: {read}"));
                }
            }
        }
    }
    assert!(unknown.is_empty(), "no description names {unknown:#?}");
}
