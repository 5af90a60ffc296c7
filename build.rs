//! Writes the commit into release builds: a result of the load tester names the code that it measured.
//!
//! It is the last commit that touched the code: results of the same code then name the same commit, whatever documents
//! were committed between them. Every commit runs this script again, and Cargo then compiles the program again. Debug
//! builds name no commit: nothing is measured with them.

use std::process::Command;

/// What the program is made of.
const CODE: [&str; 6] = [
    "src",
    "migrations",
    "templates",
    "build.rs",
    "Cargo.toml",
    "Cargo.lock",
];

#[expect(
    clippy::disallowed_methods,
    reason = "a build script is told by its environment"
)]
fn main() {
    println!("cargo::rerun-if-env-changed=GROUNDNUT_COMMIT");
    let given = std::env::var("GROUNDNUT_COMMIT").ok();
    let is_release = std::env::var("PROFILE").is_ok_and(|profile| profile == "release");
    let commit = match given {
        Some(given) => given,
        None if is_release => of_checkout().unwrap_or_default(),
        None => {
            println!("cargo::rerun-if-changed=build.rs");
            String::new()
        }
    };
    println!("cargo::rustc-env=COMMIT={commit}");
}

fn of_checkout() -> Option<String> {
    for path in CODE {
        println!("cargo::rerun-if-changed={path}");
    }
    let log = git(&["rev-parse", "--git-path", "logs/HEAD"])?;
    println!("cargo::rerun-if-changed={log}");
    let commit = git(&[&["log", "-1", "--format=%h", "--"], &CODE[..]].concat())?;
    let changes = git(&[&["status", "--porcelain", "--"], &CODE[..]].concat())?;
    let changed = if changes.is_empty() { "" } else { "+changes" };
    Some(format!("{commit}{changed}"))
}

fn git(arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").args(arguments).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim().to_owned())
}
