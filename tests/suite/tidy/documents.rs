//! `docs/protocol.md` holds every refusal, every goodbye and every route.

use groundnut::http::routes::{ROUTES, ScopeNeed, TokenKind};
use groundnut::model::Refusal;
use groundnut::protocol::goodbye::Goodbye;

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
fn no_text_holds_what_a_merge_left_behind() {
    let mut all = files("src", &[".rs", ".js", ".css", ".html"]);
    all.extend(files("tests", &[".rs", ".txt", ".mjs", ".py"]));
    all.extend(files("docs", &[".md"]));
    all.extend(["README.md", "CHANGELOG.md"].map(|name| root().join(name)));
    for path in all {
        for (number, line) in read(&path).lines().enumerate() {
            let is_left = line.starts_with("<<<<<<< ") || line.starts_with(">>>>>>> ");
            assert!(!is_left, "{}:{}: {line}", path.display(), number + 1);
        }
    }
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
            document.contains(&format!("| {} | `{}` |", goodbye.code(), goodbye.slug())),
            "{goodbye:?} is not documented"
        );
    }
}

/// A route as a document or the table states it.
type Stated = (String, String, &'static str, String, bool);

/// What the table says: method, path, token, scope, whether it is subscribable.
fn table() -> Vec<Stated> {
    ROUTES
        .iter()
        .map(|route| {
            let token = match route.token {
                TokenKind::Ignored | TokenKind::Optional | TokenKind::Local => "—",
                TokenKind::Any => "any",
                TokenKind::User | TokenKind::Uploader => "user",
                TokenKind::App => "app",
            };
            let scope = match route.scope {
                ScopeNeed::None => String::new(),
                ScopeNeed::Channel => String::from("channel"),
                ScopeNeed::Files => String::from("files"),
                ScopeNeed::Upload => String::from("upload"),
                ScopeNeed::Scope(scope) => format!("`{}`", scope.name()),
                ScopeNeed::AnyOf(scopes) => {
                    let names = scopes.iter().map(|scope| format!("`{}`", scope.name()));
                    names.collect::<Vec<_>>().join(" or ")
                }
            };
            let (verb, path) = (route.verb.name().to_owned(), route.path.to_owned());
            (verb, path, token, scope, route.topic.is_some())
        })
        .collect()
}

/// What the tables of docs/protocol.md say; one line may name several methods.
fn documented() -> Vec<Stated> {
    let kinds = ["—", "any", "user", "app"];
    let document = protocol();
    let routes = document
        .split("\n## ")
        .find(|part| part.starts_with("Routes"));
    let mut stated = Vec::new();
    for line in routes.unwrap().lines() {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let [_, methods, path, token, rest @ ..] = cells.as_slice() else {
            continue;
        };
        let Some(kind) = kinds.into_iter().find(|kind| kind == token) else {
            continue;
        };
        // The tables without a column for scopes are those of routes that need none.
        let (scope, text) = match rest {
            [scope, text, _] => (*scope, *text),
            [text, _] => ("", *text),
            _ => panic!("{line}"),
        };
        for path in path.split(", ") {
            let path = path.trim_matches('`').split('?').next().unwrap_or_default();
            for verb in methods.split(", ").filter(|verb| *verb != "websocket") {
                let subscribable = text.contains("subscribable");
                stated.push((
                    verb.to_owned(),
                    path.to_owned(),
                    kind,
                    scope.to_owned(),
                    subscribable,
                ));
            }
        }
    }
    stated
}

/// Served beside the table, at fixed addresses.
fn is_beside(path: &str) -> bool {
    let pages = [
        "/",
        "/healthz",
        "/readyz",
        "/metrics",
        "/demo.json",
        "/docs",
    ];
    pages.contains(&path)
        || path.starts_with("/content/")
        || path.starts_with("/f/")
        || path.starts_with("/assets/")
        || path.starts_with("/images/")
}

#[test]
fn the_documents_and_the_table_of_routes_state_the_same() {
    let (table, documented) = (table(), documented());
    let undocumented: Vec<_> = table
        .iter()
        .filter(|row| !documented.contains(row))
        .collect();
    let invented: Vec<_> = documented
        .iter()
        .filter(|row| !table.contains(row) && !is_beside(&row.1))
        .collect();
    assert!(
        undocumented.is_empty() && invented.is_empty(),
        "docs/protocol.md does not say:\n{undocumented:#?}\nand says wrongly:\n{invented:#?}"
    );
}

#[test]
fn every_subscribable_address_is_in_the_list_of_them() {
    let document = protocol();
    for route in ROUTES.iter().filter(|route| route.topic.is_some()) {
        let row = format!("| `{}` |", route.path);
        assert!(document.contains(&row), "{row} is not documented");
    }
}
