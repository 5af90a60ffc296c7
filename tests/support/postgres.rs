//! Databases on PostgreSQL: of the server that `GROUNDNUT_TEST_POSTGRES` names, or of one that this run starts for itself.

use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use diesel::connection::SimpleConnection as _;
use diesel::{Connection as _, PgConnection};

use super::cluster::free_port;
use super::eventually;

/// A database that is dropped with its story.
pub(crate) struct Database {
    pub(crate) url: String,
    name: String,
}

impl Database {
    /// An empty one.
    pub(crate) fn make() -> Self {
        static MADE: AtomicU32 = AtomicU32::new(0);
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        let name = format!("cluster_{}_{number}", std::process::id());
        run(&format!("CREATE DATABASE {name} TEMPLATE template0"));
        let (base, _) = server().rsplit_once('/').expect("the name of a database");
        let url = format!("{base}/{name}");
        Self { url, name }
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        run(&format!("DROP DATABASE {} WITH (FORCE)", self.name));
    }
}

fn run(sql: &str) {
    let mut connection = PgConnection::establish(server()).expect("PostgreSQL answers");
    connection.batch_execute(sql).expect(sql);
}

fn server() -> &'static str {
    static SERVER: OnceLock<String> = OnceLock::new();
    SERVER.get_or_init(|| named().unwrap_or_else(started))
}

#[expect(
    clippy::disallowed_methods,
    reason = "the test command names its server in this way"
)]
fn named() -> Option<String> {
    std::env::var("GROUNDNUT_TEST_POSTGRES").ok()
}

/// A server for this run. A shell holds it: when the run ends, the shell's input does, and it cleans up.
fn started() -> String {
    let folder = tempfile::tempdir().expect("a folder").keep();
    let port = free_port();
    let script = r#"
        PATH="$PATH:$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | tail -1)"
        as=""
        if [ "$(id -u)" = 0 ]; then
            chown nobody "$1"; as="setpriv --reuid=nobody --regid=nogroup --clear-groups"
        fi
        cd "$1" && $as initdb -D "$1/data" -U postgres -A trust -E UTF8 --locale=C >&2 &&
            $as postgres -D "$1/data" -p "$2" -c listen_addresses=127.0.0.1 -c unix_socket_directories="$1" >&2 &
        read -r line
        kill -INT $(head -1 "$1/data/postmaster.pid"); wait; rm -rf "$1""#;
    let child = Command::new("sh")
        .args(["-c", script, "sh"])
        .arg(&folder)
        .arg(port.to_string())
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("a shell");
    // Its input ends with this process.
    std::mem::forget(child);
    let url = format!("postgres://postgres@127.0.0.1:{port}/postgres");
    eventually(
        "PostgreSQL, which Debian has in postgresql, answers",
        || PgConnection::establish(&url).is_ok(),
    );
    url
}
