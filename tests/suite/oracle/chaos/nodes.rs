//! Three servers, and the ways from each to PostgreSQL, to Redis and to its internal address, which can be cut.

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{ChildStdout, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};

use diesel::sql_types::Text;
use nix::sys::signal::Signal;

use super::commits::CAN_BE_LOST;
use super::ground::Ground;
use crate::support::cluster::Process;
use crate::support::database::Sql;
use crate::support::nodes::{ELSEWHERE, is_found_at};
use crate::support::random::Random;
use crate::support::relay::{Relay, Way};
use crate::support::{DEADLINE, cli, eventually};

/// How many there are.
pub(super) const COUNT: usize = 3;
const NAMES: [&str; COUNT] = ["a", "b", "c"];

/// Milliseconds: the least that the settings allow.
pub(super) const LEASE: u64 = 3000;

/// Small rings and queues cross their bounds within a run.
const RINGS: [&str; 2] = ["65536", "67108864"];
const QUEUES: [&str; 2] = ["32768", "1048576"];

/// Where the servers are now.
pub(super) struct Addresses([Mutex<SocketAddr>; COUNT]);

impl Addresses {
    pub(super) fn of(&self, node: usize) -> SocketAddr {
        *self.0[node].lock().expect("an address")
    }
}

/// A way that a server uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Line {
    Database,
    Bus,
    /// From the others to it.
    Inside,
}

struct Server {
    database: Relay,
    bus: Relay,
    inside: Relay,
    process: Option<Process>,
    log: PathBuf,
}

pub(super) struct Servers {
    all: Vec<Server>,
    addresses: Arc<Addresses>,
    /// The address of the database, without a relay.
    pub(super) url: String,
    database: String,
    settings: Vec<(&'static str, String)>,
    folder: tempfile::TempDir,
    has_fault: bool,
}

#[derive(diesel::QueryableByName)]
struct Inside {
    #[diesel(sql_type = Text)]
    address: String,
}

impl Servers {
    /// Starts all of them, on a database of their own.
    pub(super) fn start(
        ground: &Ground,
        database: String,
        random: &mut Random,
        fault: Option<&str>,
    ) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        if let Some(fault) = fault {
            std::fs::write(folder.path().join("seeded"), fault).expect("a file");
        }
        let nowhere = SocketAddr::from(([127, 0, 0, 1], 9));
        let redis = SocketAddr::from(([127, 0, 0, 1], ground.redis.port));
        let server = |name: &&str| Server {
            database: Relay::to(ground.postgres.address()),
            bus: Relay::to(redis),
            inside: Relay::to(nowhere),
            process: None,
            log: folder.path().join(format!("{name}.log")),
        };
        let mut servers = Self {
            all: NAMES.iter().map(server).collect(),
            addresses: Arc::new(Addresses([(); COUNT].map(|()| Mutex::new(nowhere)))),
            url: ground.postgres.url(&database),
            database,
            settings: settings(random),
            folder,
            has_fault: fault.is_some(),
        };
        let starting: Vec<_> = (0..COUNT).map(|node| servers.spawns(node)).collect();
        let mut listening = starting.into_iter();
        let first = listening.next().expect("a server");
        servers.is_up(0, &first);
        // The tables are there.
        Sql::connects(&servers.url).runs(&format!("{ELSEWHERE} {CAN_BE_LOST}"));
        servers.leads(0);
        for (node, said) in listening.enumerate() {
            servers.listens(node + 1, &said);
        }
        servers
    }

    pub(super) fn addresses(&self) -> Arc<Addresses> {
        Arc::clone(&self.addresses)
    }

    /// Starts one again. The database answers.
    pub(super) fn starts(&mut self, node: usize) {
        // It is asked where it is, and found through the relay afterwards.
        Sql::connects(&self.url).runs(&format!(
            "DELETE FROM elsewhere WHERE name = '{}'",
            NAMES[node]
        ));
        let said = self.spawns(node);
        self.listens(node, &said);
    }

    fn spawns(&mut self, node: usize) -> Receiver<Option<SocketAddr>> {
        let server = &mut self.all[node];
        let url = format!(
            "postgres://postgres@{}/{}",
            server.database.address, self.database
        );
        let redis = format!("redis://{}/0", server.bus.address);
        let mut serve = cli::command(&["serve", "--bind", "127.0.0.1:0", "--database-url", &url]);
        serve.args(["--redis-url", &redis, "--node-name", NAMES[node]]);
        if self.has_fault {
            serve.arg("--faults").arg(self.folder.path());
        }
        for (name, value) in &self.settings {
            serve.env(format!("GROUNDNUT_{name}"), value);
        }
        let log = File::options().create(true).append(true).open(&server.log);
        let child = serve
            .current_dir(self.folder.path())
            .stdout(Stdio::piped())
            .stderr(log.expect("a file"))
            .spawn();
        let mut child = child.expect("the server starts");
        let stdout = child.stdout.take().expect("a pipe");
        server.process = Some(Process::of(child));
        let (say, said) = channel();
        std::thread::spawn(move || say.send(listening(stdout)).unwrap_or_default());
        said
    }

    fn listens(&mut self, node: usize, said: &Receiver<Option<SocketAddr>>) {
        self.is_up(node, said);
        self.leads(node);
    }

    fn is_up(&self, node: usize, said: &Receiver<Option<SocketAddr>>) {
        let server = &self.all[node];
        let address = said.recv_timeout(DEADLINE).ok().flatten();
        let Some(address) = address else {
            let log = std::fs::read_to_string(&server.log).unwrap_or_default();
            panic!("{} did not start:\n{log}", NAMES[node]);
        };
        *self.addresses.0[node].lock().expect("an address") = address;
    }

    /// From now on the others reach it through the relay.
    fn leads(&self, node: usize) {
        let server = &self.all[node];
        let mut sql = Sql::connects(&self.url);
        let name = NAMES[node];
        let asked = format!("SELECT internal_address AS address FROM nodes WHERE name = '{name}'");
        let inside: Vec<Inside> = sql.loads(&asked);
        let inside = inside.first().expect("a row").address.parse();
        server.inside.leads_to(inside.expect("an address"));
        let relay = server.inside.address;
        sql.runs(&is_found_at(name, &relay.to_string()));
    }

    pub(super) fn is(&self, node: usize, line: Line, way: Way) {
        let server = &self.all[node];
        match line {
            Line::Database => server.database.is(way),
            Line::Bus => server.bus.is(way),
            Line::Inside => server.inside.is(way),
        }
    }

    /// Where the others ask it.
    pub(super) fn inside(&self, node: usize) -> SocketAddr {
        self.all[node].inside.address
    }

    pub(super) fn kills(&mut self, node: usize) {
        self.all[node].process = None;
    }

    pub(super) fn signals(&self, node: usize, signal: Signal) {
        let process = self.all[node].process.as_ref();
        process.expect("it runs").signal(signal);
    }

    /// Tells it to stop, and waits until it has; it may be in trouble.
    pub(super) fn stops(&mut self, node: usize) {
        self.signals(node, Signal::SIGTERM);
        let process = self.all[node].process.as_mut().expect("it runs");
        eventually("the server ends", || process.has_ended().is_some());
        self.all[node].process = None;
    }

    /// What the servers did that no trouble excuses.
    pub(super) fn complaints(&mut self) -> Vec<String> {
        let mut found = Vec::new();
        for (server, name) in self.all.iter_mut().zip(NAMES) {
            let log = std::fs::read_to_string(&server.log).unwrap_or_default();
            found.extend(
                log.lines()
                    .filter(|line| line.contains("panicked"))
                    .map(|line| format!("{name}: {line}")),
            );
            let ended = server.process.as_mut().and_then(Process::has_ended);
            if let Some(status) = ended {
                let last = log.lines().last().unwrap_or_default();
                found.push(format!("{name} ended by itself, {status}: {last}"));
            }
        }
        found
    }

    /// Their logs stay behind.
    pub(super) fn keeps_logs(self) -> PathBuf {
        self.folder.keep()
    }

    pub(super) fn name_of_database(&self) -> String {
        self.database.clone()
    }
}

fn settings(random: &mut Random) -> Vec<(&'static str, String)> {
    let setting = |name, value: &str| (name, value.to_owned());
    let (ring, queue) = (*random.pick(&RINGS), *random.pick(&QUEUES));
    vec![
        setting("RATE_LIMITS_ENABLED", "false"),
        setting("SERVER_WORKERS", "2"),
        ("SERVER_NODE_LEASE_MS", LEASE.to_string()),
        setting("STREAMS_SILENCE_MS", "600000"),
        setting("STREAMS_LINGER_MS", "50"),
        setting("STREAMS_STALLED_MS", "300"),
        setting("STREAMS_RING_BYTES", ring),
        setting("STREAMS_QUEUE_BYTES", queue),
    ]
}

/// The address that a server says; the rest that it prints goes nowhere.
pub(super) fn listening(stdout: ChildStdout) -> Option<SocketAddr> {
    let mut lines = BufReader::new(stdout).lines().map_while(Result::ok);
    let said = lines.find_map(|line| {
        line.strip_prefix("listening on http://")?
            .trim()
            .parse()
            .ok()
    });
    std::thread::spawn(move || lines.for_each(drop));
    said
}
