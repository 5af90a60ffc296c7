//! The command line, run as a process of its own.

use std::io::Write as _;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

/// The program under test: the one that was built with the suite, unless another is named.
#[expect(
    clippy::disallowed_methods,
    reason = "the clients and the browser are told in the same way"
)]
fn program() -> String {
    let built = || env!("CARGO_BIN_EXE_groundnut").to_owned();
    std::env::var("PROGRAM_UNDER_TEST").unwrap_or_else(|_| built())
}

/// A command whose environment holds no settings but those given.
#[expect(
    clippy::disallowed_methods,
    reason = "the settings of the developer stay out"
)]
pub(crate) fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(program());
    command.args(arguments).stdin(Stdio::null());
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("GROUNDNUT_") {
            command.env_remove(name);
        }
    }
    command
}

/// Runs it to its end.
pub(crate) fn run(arguments: &[&str]) -> Output {
    command(arguments).output().expect("the program starts")
}

/// Runs it with something on its standard input.
pub(crate) fn run_with_input(arguments: &[&str], input: &str) -> Output {
    let mut child = command(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut stdin = child.stdin.take().expect("a pipe");
    // It may refuse its arguments before it reads anything.
    drop(stdin.write_all(input.as_bytes()));
    drop(stdin);
    child.wait_with_output().expect("the program ends")
}

/// The one JSON object that `--json` prints.
pub(crate) fn object(output: &Output) -> Value {
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "failed: {complaint}");
    let printed = String::from_utf8_lossy(&output.stdout);
    let value: Value = serde_json::from_str(printed.trim())
        .unwrap_or_else(|error| panic!("{error}: {printed} {complaint}"));
    assert!(value.is_object(), "one object: {printed}");
    value
}
