//! Several servers on one PostgreSQL database, if `GROUNDNUT_TEST_POSTGRES` names a server in which databases may be made.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::faults::{FAULTS, Switch};
use super::template::{self, NAMES, PASSWORD, SCOPES};
use super::{Person, cli, eventually, http, text};

/// Short enough for a story that waits for the end of one, long enough for a machine that is busy.
pub(crate) const LEASE: &str = "6000";

/// A database of its own, and where its nodes work.
pub(crate) struct Nodes {
    database: String,
    folder: tempfile::TempDir,
}

/// One server.
pub(crate) struct Node {
    pub(crate) address: SocketAddr,
    child: Child,
    log: PathBuf,
}

/// Who is in each database.
struct Made {
    database: String,
    people: Vec<(String, String)>,
    app_token: String,
}

#[expect(
    clippy::disallowed_methods,
    reason = "the program itself has no such setting"
)]
fn server() -> Option<&'static str> {
    static URL: OnceLock<Option<String>> = OnceLock::new();
    let url = URL.get_or_init(|| std::env::var("GROUNDNUT_TEST_POSTGRES").ok());
    url.as_deref()
}

fn url_of(database: &str) -> String {
    let server = server().expect("a server");
    let (place, parameters) = server.split_once('?').unwrap_or((server, ""));
    let (place, _) = place.rsplit_once('/').expect("postgres://…/database");
    match parameters {
        "" => format!("{place}/{database}"),
        some => format!("{place}/{database}?{some}"),
    }
}

/// A node writes its address with each renewal. Behind these statements others may find it at another one.
pub(crate) const ELSEWHERE: &str = "
    CREATE TABLE elsewhere (name TEXT PRIMARY KEY, address TEXT NOT NULL);
    CREATE FUNCTION is_elsewhere() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        NEW.internal_address := COALESCE((SELECT address FROM elsewhere WHERE name = NEW.name), NEW.internal_address);
        RETURN NEW;
    END $$;
    CREATE TRIGGER is_elsewhere BEFORE INSERT OR UPDATE ON nodes FOR EACH ROW EXECUTE FUNCTION is_elsewhere();";

/// Behind [`ELSEWHERE`]: they find it there.
pub(crate) fn is_found_at(name: &str, address: &str) -> String {
    format!(
        "INSERT INTO elsewhere VALUES ('{name}', '{address}') ON CONFLICT (name) DO NOTHING;
         UPDATE nodes SET name = name WHERE name = '{name}'"
    )
}

fn psql(url: &str, statements: &str) -> String {
    let done = Command::new("psql")
        .args([url, "-qAtX", "-v", "ON_ERROR_STOP=1", "-c", statements])
        .output()
        .expect("psql");
    let complaint = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{statements}: {complaint}");
    String::from_utf8_lossy(&done.stdout).trim().to_owned()
}

fn make() -> Made {
    let database = format!("nodes_{}_template", std::process::id());
    psql(
        server().expect("a server"),
        &format!("CREATE DATABASE {database} TEMPLATE template0 ENCODING 'UTF8'"),
    );
    let url = url_of(&database);
    let nodes = Nodes {
        database: database.clone(),
        folder: tempfile::tempdir().expect("a folder"),
    };
    assert!(nodes.start("maker").stop(), "it made the tables");
    let db = ["--database-url", url.as_str(), "--json"];
    let client = [&["client", "create", "--name", "Rooms"], &db[..]].concat();
    let client = text(&cli::object(&cli::run(&client))["client_id"]);
    let person = |name: &&str| {
        let create = [&["user", "create", name, "--password-stdin"], &db[..]].concat();
        let user = cli::object(&cli::run_with_input(&create, &format!("{PASSWORD}\n")));
        let token = template::token(&url, &client, Some(name), Some(SCOPES));
        (text(&user["id"]), token)
    };
    let people = NAMES.iter().map(person).collect();
    let app_token = template::token(&url, &client, None, None);
    // Copied for each story, so it stays.
    std::mem::forget(nodes);
    Made {
        database,
        people,
        app_token,
    }
}

fn made() -> &'static Made {
    static MADE: OnceLock<Made> = OnceLock::new();
    MADE.get_or_init(make)
}

impl Nodes {
    /// A database with people in it, where there is a server for it.
    pub(crate) fn new() -> Option<Self> {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let server = server()?;
        let template = &made().database;
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let database = format!("nodes_{}_{number}", std::process::id());
        psql(
            server,
            &format!("CREATE DATABASE {database} TEMPLATE {template} STRATEGY FILE_COPY"),
        );
        Some(Self {
            database,
            folder: tempfile::tempdir().expect("a folder"),
        })
    }

    /// The same, whose nodes have faults that can be switched on ([`Self::fault`]).
    pub(crate) fn with_faults() -> Option<Self> {
        let nodes = Self::new()?;
        std::fs::create_dir(nodes.folder.path().join(FAULTS)).expect("a folder");
        Some(nodes)
    }

    /// Switches a fault of all nodes on, until the guard goes.
    pub(crate) fn fault(&self, name: &str) -> Switch {
        Switch::on(self.folder.path().join(FAULTS).join(name))
    }

    pub(crate) fn url(&self) -> String {
        url_of(&self.database)
    }

    /// What the database says to these statements.
    pub(crate) fn sql(&self, statements: &str) -> String {
        psql(&self.url(), statements)
    }

    /// While a table is locked: no statement about it ends.
    pub(crate) fn while_locked(&self, table: &str, story: impl FnOnce()) {
        let mut psql = Command::new("psql");
        let lock = format!("BEGIN; LOCK TABLE {table}; SELECT pg_sleep(100)");
        psql.args([&self.url(), "-qAtX", "-c", &lock]);
        psql.stdout(Stdio::null()).stderr(Stdio::null());
        let mut psql = psql.spawn().expect("psql");
        story();
        self.sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
             WHERE query LIKE '%pg_sleep(100)' AND datname = current_database() AND pid <> pg_backend_pid()",
        );
        psql.wait().expect("it ends");
    }

    pub(crate) fn start(&self, name: &str) -> Node {
        self.start_with(name, "127.0.0.1:0", &[])
    }

    pub(crate) fn start_with(&self, name: &str, bind: &str, settings: &[(&str, &str)]) -> Node {
        let mut serve = self.serve(name, bind, settings);
        let log = self
            .folder
            .path()
            .join(format!("{name}-{}.log", bind.replace(':', "-")));
        let err = std::fs::File::options()
            .create(true)
            .append(true)
            .open(&log);
        serve.stdout(Stdio::piped()).stderr(err.expect("a file"));
        let mut child = serve.spawn().expect("the server starts");
        let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        let said = lines.by_ref().map_while(Result::ok);
        let mut said =
            said.filter_map(|line| line.strip_prefix("listening on http://")?.parse().ok());
        let address = said.next();
        let Some(address) = address else {
            drop(child.kill());
            drop(child.wait());
            panic!(
                "no address: {}",
                std::fs::read_to_string(log).unwrap_or_default()
            );
        };
        std::thread::spawn(move || lines.for_each(drop));
        Node {
            address,
            child,
            log,
        }
    }

    /// A server that does not start.
    pub(crate) fn refused(&self, name: &str) -> Output {
        let mut serve = self.serve(name, "127.0.0.1:0", &[]);
        serve.output().expect("the server starts")
    }

    fn serve(&self, name: &str, bind: &str, settings: &[(&str, &str)]) -> Command {
        let url = self.url();
        let mut serve = cli::command(&["serve", "--bind", bind, "--database-url", &url]);
        serve.args(["--node-name", name]);
        serve.env("GROUNDNUT_RATE_LIMITS_ENABLED", "false");
        serve.env("GROUNDNUT_SERVER_WORKERS", "2");
        serve.env("GROUNDNUT_SERVER_NODE_LEASE_MS", LEASE);
        for (name, value) in settings {
            serve.env(format!("GROUNDNUT_{name}"), value);
        }
        let faults = self.folder.path().join(FAULTS);
        if faults.exists() {
            serve.arg("--faults").arg(faults);
        }
        serve.current_dir(self.folder.path());
        serve
    }
}

impl Drop for Nodes {
    fn drop(&mut self) {
        if let Some(server) = server() {
            psql(
                server,
                &format!("DROP DATABASE {} WITH (FORCE)", self.database),
            );
        }
    }
}

impl Node {
    /// One of [`NAMES`], calling this node.
    pub(crate) fn person(&self, index: usize) -> Person {
        let (id, token) = made().people[index].clone();
        Person {
            address: self.address,
            id,
            name: NAMES[index].to_owned(),
            token: Some(token),
        }
    }

    /// The app of all tokens, calling this node.
    pub(crate) fn app(&self) -> Person {
        Person {
            address: self.address,
            id: String::new(),
            name: String::from("app"),
            token: Some(made().app_token.clone()),
        }
    }

    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(&self.log).expect("its log")
    }

    pub(crate) fn signal(&self, signal: Signal) {
        let pid = i32::try_from(self.child.id()).expect("a pid");
        kill(Pid::from_raw(pid), signal).expect("it runs");
    }

    /// Ends it without a word.
    pub(crate) fn kill(&mut self) {
        self.child.kill().expect("it runs");
        self.child.wait().expect("it ends");
    }

    /// Tells it to stop; whether it ended well.
    pub(crate) fn stop(&mut self) -> bool {
        self.signal(Signal::SIGTERM);
        self.exit_code() == Some(0)
    }

    /// Waits until it has ended by itself.
    pub(crate) fn exit_code(&mut self) -> Option<i32> {
        let mut status = None;
        eventually("the node ends", || {
            status = self.child.try_wait().expect("a child");
            status.is_some()
        });
        status.and_then(|status| status.code())
    }

    /// A number of its metrics page, by its name without the prefix.
    pub(crate) fn metric(&self, name: &str) -> u64 {
        let answer = http::exchange(self.address, &http::request("GET", "/metrics", &[], b""));
        let page = String::from_utf8_lossy(&answer.body).into_owned();
        let line = format!("groundnut_{name} ");
        let value = page.lines().find_map(|known| known.strip_prefix(&line));
        let value = value.unwrap_or_else(|| panic!("no {name}: {page}"));
        value.trim().parse().expect("a number")
    }

    /// What `/readyz` says.
    pub(crate) fn readiness(&self) -> (u16, String) {
        let answer = http::exchange(self.address, &http::request("GET", "/readyz", &[], b""));
        (
            answer.status,
            String::from_utf8_lossy(&answer.body).into_owned(),
        )
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        let runs = matches!(self.child.try_wait(), Ok(None));
        let fails = std::thread::panicking();
        if runs && !fails {
            assert!(self.stop(), "the node did not end well:\n{}", self.log());
        }
        drop(self.child.kill());
        drop(self.child.wait());
        let log = std::fs::read_to_string(&self.log).unwrap_or_default();
        if fails {
            eprintln!("--- {} ---\n{log}", self.log.display());
        } else {
            assert!(!log.contains("panicked"), "the node panicked:\n{log}");
        }
    }
}
