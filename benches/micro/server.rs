//! The server as a process, on the first core, with its own database and account.

use super::cores::Pinned;
use serde_json::Value;
use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;

pub(crate) struct Server {
    child: Child,
    pub(crate) address: SocketAddr,
    /// A user token.
    pub(crate) token: String,
    _directory: TempDir,
}

impl Server {
    pub(crate) fn start() -> Self {
        let directory = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        let url = format!("sqlite://{}", directory.path().join("bench.db").display());
        let client = run(&["client", "create", "--name", "bench"], &url, "");
        let client = format!("--client={}", text(&client, "client_id"));
        let user = ["user", "create", "listener1", "--password-stdin"];
        run(&user, &url, "a long enough password\n");
        let token = ["token", "create", &client, "--user", "listener1"];
        let token = run(&[&token[..], &["--scopes", "messages"]].concat(), &url, "");
        let child = {
            // The child inherits the CPU affinity.
            let _pinned = Pinned::first();
            Command::new(env!("CARGO_BIN_EXE_groundnut"))
                .args(["serve", "--bind", "127.0.0.1:0", "--database-url", &url])
                .env("GROUNDNUT_RATE_LIMITS_ENABLED", "false")
                .env("GROUNDNUT_STREAMS_USER_CONNECTIONS", "1000000")
                .env("GROUNDNUT_SERVER_CONNECTIONS_PER_ADDRESS", "0")
                .env("GROUNDNUT_SERVER_LOG", "warn")
                .stdout(Stdio::piped())
                .spawn()
        };
        let mut child = child.unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let said = "listening on http://";
        let line = lines.by_ref().map_while(Result::ok);
        let address = line
            .filter_map(|line| line.strip_prefix(said)?.parse().ok())
            .next();
        // Further output is discarded, but the pipe stays open.
        std::thread::spawn(move || lines.for_each(drop));
        Self {
            child,
            address: address.unwrap(),
            token: text(&token, "access_token"),
            _directory: directory,
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.child.kill().unwrap_or_default();
        self.child.wait().map(drop).unwrap_or_default();
    }
}

fn run(words: &[&str], url: &str, input: &str) -> Value {
    let mut child = Command::new(env!("CARGO_BIN_EXE_groundnut"))
        .args(words)
        .args(["--json", "--database-url", url])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(input.as_bytes()).unwrap();
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    serde_json::from_slice(&output.stdout).unwrap()
}

fn text(value: &Value, name: &str) -> String {
    value.get(name).and_then(Value::as_str).unwrap().to_owned()
}
