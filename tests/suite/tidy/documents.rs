//! `docs/protocol.md` holds every refusal, every goodbye and every route.

use groundnut::model::Refusal;
use groundnut::protocol::goodbye::Goodbye;
use groundnut::protocol::topic::Topic;

use super::{files, read, root};

fn protocol() -> String {
    read(&root().join("docs/protocol.md"))
}

#[test]
fn every_refusal_is_documented_and_no_slug_means_two() {
    let document = protocol();
    let mut slugs: Vec<_> = Refusal::ALL.iter().map(|refusal| refusal.slug()).collect();
    for slug in &slugs {
        assert!(
            document.contains(&format!("`{slug}`")),
            "docs/protocol.md does not know {slug}"
        );
    }
    slugs.sort_unstable();
    slugs
        .windows(2)
        .for_each(|pair| assert_ne!(pair[0], pair[1], "one slug, one refusal"));
}

#[test]
fn every_refusal_is_used() {
    let table = root().join("src/model/refusal.rs");
    let code: String = files("src", &[".rs"])
        .iter()
        .filter(|path| **path != table)
        .map(|path| read(path))
        .collect();
    for refusal in Refusal::ALL {
        let used = format!("Refusal::{refusal:?}");
        let found = code.match_indices(&used).any(|(at, _)| {
            !code[at + used.len()..].starts_with(|c: char| c.is_alphanumeric() || c == '_')
        });
        assert!(found, "no code answers {refusal:?}");
    }
}

#[test]
fn every_goodbye_is_documented() {
    let document = protocol();
    for goodbye in Goodbye::ALL {
        assert!(
            document.contains(&goodbye.code().to_string()),
            "{goodbye:?} is not documented"
        );
    }
}

#[test]
fn every_subscribable_address_is_documented() {
    let document = protocol();
    for path in Topic::PATHS {
        assert!(document.contains(path), "{path} is not documented");
    }
}

/// `{channel_id}` and `{id:\d+}` are the same here.
fn nameless(path: &str) -> String {
    let mut out = String::new();
    let mut depth = 0;
    for c in path.chars() {
        match c {
            '{' => {
                depth += 1;
                if depth == 1 {
                    out.push_str("{}");
                }
            }
            '}' => depth -= 1,
            c if depth == 0 => out.push(c),
            _ => {}
        }
    }
    out
}

#[test]
fn every_route_is_documented() {
    let document: Vec<_> = protocol().lines().map(nameless).collect();
    let mut missing = Vec::new();
    for (method, route) in groundnut::http::routes::all() {
        let route = nameless(route);
        if !document.iter().any(|line| line.contains(&route)) {
            missing.push(format!("{method} {route}"));
        }
    }
    assert!(
        missing.is_empty(),
        "docs/protocol.md does not know:\n{}",
        missing.join("\n")
    );
}
