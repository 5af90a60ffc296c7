//! What the runs of one thread share: a PostgreSQL and a Redis of their own, and a database with users, rooms and apps in it,
//! which is copied for each run.

use std::process::Stdio;

use crate::support::cluster::Redis;
use crate::support::database::Sql;
use crate::support::postgres::PostgresServer;
use crate::support::template::{NAMES, PASSWORD, SCOPES, token};
use crate::support::{Person, build, cli, text};

use std::net::SocketAddr;

use super::nodes::listening;

/// * A process that is killed leaves what it wrote to the kernel: `fsync` is about machines.
/// * Three servers have about sixty connections.
const OPTIONS: &str = "-c fsync=off -c max_connections=200 -c shared_buffers=64MB -c wal_level=minimal \
    -c max_wal_senders=0";

/// The database that is copied.
const TEMPLATE: &str = "scene";

/// An app, and its client id.
#[derive(Clone)]
pub(super) struct App {
    pub(super) client: String,
    pub(super) app: Person,
}

/// Who and what is in the database.
#[derive(Clone)]
pub(super) struct Scene {
    /// Ada, who owns the rooms and is hidden from no user, then those that change. Their addresses mean nothing.
    pub(super) people: Vec<Person>,
    /// Two that are open to all, and one whose members change.
    pub(super) rooms: Vec<String>,
    /// The one of the users' tokens.
    pub(super) own: App,
    /// One that bob authorized with this token, which may be revoked.
    pub(super) other: App,
    pub(super) granted: Person,
    /// One that opens more streams than it may.
    pub(super) greedy: App,
}

pub(super) struct Ground {
    pub(super) postgres: PostgresServer,
    pub(super) redis: Redis,
    pub(super) scene: Scene,
    runs: u32,
}

impl Ground {
    pub(super) fn make() -> Self {
        let postgres = PostgresServer::start_with(OPTIONS);
        Sql::connects(&postgres.url("postgres")).runs(&format!("CREATE DATABASE {TEMPLATE}"));
        let scene = scene(&postgres.url(TEMPLATE));
        Self {
            scene,
            postgres,
            redis: Redis::start(&[]),
            runs: 0,
        }
    }

    /// Both run, whatever a run that failed has left.
    pub(super) fn mends(&mut self) {
        self.postgres_goes_on();
        self.redis_goes_on();
    }

    pub(super) fn postgres_goes_on(&self) {
        match self.postgres.is_running() {
            true => self.postgres.goes_on(),
            false => self.postgres.begin(),
        }
    }

    pub(super) fn redis_goes_on(&mut self) {
        match self.redis.is_running() {
            true => self.redis.signal(nix::sys::signal::Signal::SIGCONT),
            false => self.redis.begins(),
        }
    }

    /// The database of one run: its name.
    pub(super) fn copies(&mut self) -> String {
        self.runs += 1;
        let name = format!("run_{}", self.runs);
        let copy = format!("CREATE DATABASE {name} TEMPLATE {TEMPLATE} STRATEGY FILE_COPY");
        Sql::connects(&self.postgres.url("postgres")).runs(&copy);
        name
    }

    /// It is over.
    pub(super) fn drops(&self, name: &str) {
        let gone = format!("DROP DATABASE {name} WITH (FORCE)");
        Sql::connects(&self.postgres.url("postgres")).runs(&gone);
    }
}

fn scene(url: &str) -> Scene {
    let folder = tempfile::tempdir().expect("a folder");
    let mut server = cli::command(&["serve", "--bind", "127.0.0.1:0", "--database-url", url])
        .args(["--node-name", "scene"])
        .env("GROUNDNUT_RATE_LIMITS_ENABLED", "false")
        .current_dir(folder.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the server starts");
    let address = listening(server.stdout.take().expect("a pipe")).expect("it listens");
    let scene = makes(url, address);
    let pid = nix::unistd::Pid::from_raw(i32::try_from(server.id()).expect("a pid"));
    nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGTERM).expect("it runs");
    assert!(server.wait().expect("it ends").success());
    scene
}

fn makes(url: &str, address: SocketAddr) -> Scene {
    let db = ["--database-url", url, "--json"];
    let holder = |id: String, name: &str, token: String| Person {
        address,
        id,
        name: name.to_owned(),
        token: Some(token),
    };
    let app = |name: &str| {
        let made = cli::run(&[&["client", "create", "--name", name], &db[..]].concat());
        let client = text(&cli::object(&made)["client_id"]);
        let app = holder(String::new(), "app", token(url, &client, None, None));
        App { client, app }
    };
    let (own, other, greedy) = (app("Rooms"), app("Other"), app("Greedy"));
    let person = |name: &&str| {
        let create = [&["user", "create", name, "--password-stdin"], &db[..]].concat();
        let user = cli::object(&cli::run_with_input(&create, &format!("{PASSWORD}\n")));
        let token = token(url, &own.client, Some(name), Some(SCOPES));
        holder(text(&user["id"]), name, token)
    };
    let people: Vec<Person> = NAMES.iter().map(person).collect();
    let granted = token(url, &other.client, Some("bob"), Some("messages"));
    let granted = holder(people[1].id.clone(), "bob", granted);
    let rooms = super::super::cast::rooms(&people);
    super::super::cast::meet(&people, &rooms);
    build::app_stream(&own.app, "all", &["message", "post"]);
    build::app_stream(&own.app, "parts", &["message", "post"]);
    build::app_stream(&other.app, "other", &["message", "post"]);
    build::app_stream(&greedy.app, "greedy", &["message", "post"]);
    Scene {
        people,
        rooms,
        own,
        other,
        granted,
        greedy,
    }
}
