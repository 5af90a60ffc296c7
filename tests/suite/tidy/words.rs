//! Words that do not belong into this tree.

use super::{files, name, read};

/// In code: what was meant to be finished, and what stops the process.
const UNFINISHED: &[&str] = &["todo!", "unimplemented!", "dbg!(", "FIXME", "XXX"];

/// Modules that gather what has no place.
const NO_PLACE: &[&str] = &["utils", "util", "helpers", "helper", "misc", "common"];

#[test]
fn nothing_is_unfinished() {
    let mut found = Vec::new();
    for folder in ["src", "benches", "migrations", "scripts"] {
        for path in files(folder, &[".rs", ".sql", ".js", ".html", ".css"]) {
            for (number, line) in read(&path).lines().enumerate() {
                if UNFINISHED.iter().any(|word| line.contains(word)) {
                    found.push(format!("{}:{}: {}", name(&path), number + 1, line.trim()));
                }
            }
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn every_file_has_a_name_that_says_what_it_is() {
    for path in files("src", &[".rs"]) {
        for part in name(&path).trim_end_matches(".rs").split('/') {
            assert!(!NO_PLACE.contains(&part), "{}", name(&path));
        }
    }
}

#[test]
fn every_module_says_what_it_is() {
    let mut mute = Vec::new();
    for folder in ["src", "tests"] {
        for path in files(folder, &[".rs"]) {
            // Tests beside a file are named after it.
            if !name(&path).ends_with("tests.rs") && !read(&path).starts_with("//! ") {
                mute.push(name(&path));
            }
        }
    }
    assert!(
        mute.is_empty(),
        "these do not say what they are:\n{}",
        mute.join("\n")
    );
}

#[test]
fn only_the_socket_face_speaks_of_actix_web_actors() {
    for path in files("src", &[".rs"]) {
        let file = name(&path);
        let used = read(&path).lines().any(|line| {
            line.split("//")
                .next()
                .unwrap_or_default()
                .contains("actix_web_actors")
        });
        assert!(!used || file.starts_with("src/ws/"), "{file}");
    }
}
