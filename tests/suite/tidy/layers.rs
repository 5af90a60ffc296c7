//! Imports point downwards: one crate has no crate borders, so this reads them.

use super::{files, name, read, root};

/// Lowest first. A module may use itself and the modules on lower lines.
const LAYERS: &[&[&str]] = &[
    &["model"],
    &["clock", "config", "fault", "telemetry"],
    &["pictures", "text"],
    &["event"],
    &["protocol"],
    &["store", "contents"],
    &["bus", "log"],
    &["actors"],
    &["http", "web", "load"],
    // It answers refused upgrades as HTTP does.
    &["ws"],
    &["setup"],
    &["server"],
    &["cli"],
];

/// What a layer must not see although it is higher.
const NEVER: &[(&str, &[&str])] = &[
    ("load", &["store", "actors"]),
    ("web", &["store"]),
    ("ws", &["web", "load"]),
];

/// Which crates only some layers may name.
const CRATES: &[(&str, &[&str])] = &[
    ("diesel", &["store"]),
    ("image", &["pictures"]),
    ("gif", &["pictures"]),
    ("redis", &["bus"]),
    ("actix_web", &["http", "ws", "web", "load", "server", "cli"]),
    (
        "serde_json",
        &[
            "model", "text", "event", "protocol", "store", "bus", "actors", "http", "ws", "web",
            "load", "setup", "server", "cli",
        ],
    ),
];

fn height(module: &str) -> Option<usize> {
    LAYERS.iter().position(|layer| layer.contains(&module))
}

/// The modules that a line of code names as `crate::module`.
fn named(line: &str) -> Vec<&str> {
    let code = line.split("//").next().unwrap_or_default();
    let mut found = Vec::new();
    for (at, _) in code.match_indices("crate::") {
        // `$crate::` and `other_crate::` are something else.
        let before = code[..at].chars().next_back();
        if before.is_some_and(|c| c.is_alphanumeric() || c == '_') {
            continue;
        }
        let rest = &code[at + "crate::".len()..];
        if let Some(list) = rest.strip_prefix('{') {
            let list = list.split('}').next().unwrap_or_default();
            found.extend(
                list.split(',')
                    .map(|item| item.trim().split("::").next().unwrap_or_default()),
            );
        } else {
            let end = rest
                .find(|c: char| !c.is_alphanumeric() && c != '_')
                .unwrap_or(rest.len());
            found.push(&rest[..end]);
        }
    }
    found
}

#[test]
fn imports_point_downwards() {
    let mut broken = Vec::new();
    for path in files("src", &[".rs"]) {
        let file = name(&path);
        let module = file
            .trim_start_matches("src/")
            .split(['/', '.'])
            .next()
            .unwrap_or_default()
            .to_owned();
        let Some(own) = height(&module) else {
            assert!(
                matches!(module.as_str(), "lib" | "main"),
                "{module} is in no layer"
            );
            continue;
        };
        for (number, line) in read(&path).lines().enumerate() {
            for used in named(line).into_iter().filter(|used| *used != module) {
                let Some(other) = height(used) else { continue };
                let beside = LAYERS[own].contains(&"clock") && other == own;
                let never = NEVER
                    .iter()
                    .any(|(who, what)| *who == module && what.contains(&used));
                if (other >= own && !beside) || never {
                    broken.push(format!(
                        "{file}:{}: {module} must not use {used}",
                        number + 1
                    ));
                }
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn some_crates_stay_in_their_layers() {
    let mut broken = Vec::new();
    for path in files("src", &[".rs"]) {
        let file = name(&path);
        let module = file
            .trim_start_matches("src/")
            .split(['/', '.'])
            .next()
            .unwrap_or_default()
            .to_owned();
        for (number, line) in read(&path).lines().enumerate() {
            let code = line.split("//").next().unwrap_or_default();
            for (used, allowed) in CRATES {
                let names = |sign: &str| {
                    code.match_indices(used).any(|(at, _)| {
                        let before = code[..at].chars().next_back();
                        let free =
                            before.is_none_or(|c| !c.is_alphanumeric() && c != '_' && c != ':');
                        free && code[at + used.len()..].starts_with(sign)
                    })
                };
                if (names("::") || names(";")) && !allowed.contains(&module.as_str()) {
                    broken.push(format!("{file}:{}: {used} in {module}", number + 1));
                }
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn every_module_of_the_library_is_in_a_layer() {
    let library = read(&root().join("src/lib.rs"));
    for line in library.lines() {
        if let Some(module) = line.strip_prefix("pub mod ") {
            assert!(height(module.trim_end_matches(';')).is_some(), "{line}");
        }
    }
}
