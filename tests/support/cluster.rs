//! Several servers on one PostgreSQL database, with a Redis of their own: for the stories of `cluster/`.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::cluster_database::SharedDatabase;
use super::ports::free_port;
use super::template::{NAMES, PASSWORD, SCOPES, TemplateUser};
use super::{Person, cli, eventually, http, template, text};

/// A process that does not outlive its test.
pub(crate) struct Process(Child);

impl Process {
    pub(crate) fn of(child: Child) -> Self {
        Self(child)
    }

    /// How it ended, if it did.
    pub(crate) fn has_ended(&mut self) -> Option<ExitStatus> {
        self.0.try_wait().expect("a child")
    }

    pub(crate) fn signal(&self, signal: Signal) {
        let pid = i32::try_from(self.0.id()).expect("a pid");
        kill(Pid::from_raw(pid), signal).expect("it runs");
    }

    /// Until it has ended by itself.
    pub(crate) fn waits(&mut self) -> ExitStatus {
        self.0.wait().expect("a child")
    }

    pub(crate) fn end(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.end();
    }
}

/// A Redis that keeps nothing.
pub(crate) struct Redis {
    pub(crate) port: u16,
    /// Whom the servers sign in as, if not as everybody: user, password and an @.
    pub(crate) user: Option<&'static str>,
    flags: Vec<String>,
    folder: tempfile::TempDir,
    process: Option<Process>,
}

impl Redis {
    pub(crate) fn start(flags: &[&str]) -> Self {
        let mut redis = Self::absent(flags);
        redis.begins();
        redis
    }

    /// One that does not run yet.
    pub(crate) fn absent(flags: &[&str]) -> Self {
        Self {
            port: free_port(),
            user: None,
            flags: flags.iter().map(|flag| (*flag).to_owned()).collect(),
            folder: tempfile::tempdir().expect("a folder"),
            process: None,
        }
    }

    pub(crate) fn url(&self) -> String {
        let user = self.user.unwrap_or_default();
        format!("redis://{user}127.0.0.1:{}/0", self.port)
    }

    /// Starts it, on the same port as before.
    pub(crate) fn begins(&mut self) {
        let port = self.port.to_string();
        let child = Command::new("redis-server")
            .args(["--port", &port, "--bind", "127.0.0.1", "--save", ""])
            .args(["--appendonly", "no", "--dir"])
            .arg(self.folder.path())
            .args(&self.flags)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("redis-server, which Debian has in redis-server");
        self.process = Some(Process(child));
        eventually("Redis listens", || {
            std::net::TcpStream::connect(("127.0.0.1", self.port)).is_ok()
        });
    }

    pub(crate) fn ends(&mut self) {
        self.process = None;
    }

    pub(crate) fn is_running(&self) -> bool {
        self.process.is_some()
    }

    pub(crate) fn signal(&self, signal: Signal) {
        self.process.as_ref().expect("it runs").signal(signal);
    }

    /// A client that is none of the servers.
    pub(crate) fn client(&self) -> redis::Connection {
        let client = redis::Client::open(self.url()).expect("an address");
        client.get_connection().expect("it answers")
    }

    /// The channel on which the servers talk.
    pub(crate) fn channel(&self) -> String {
        let mut found: Vec<String> = Vec::new();
        eventually("a server listens", || {
            let asked = redis::cmd("PUBSUB")
                .arg("CHANNELS")
                .query(&mut self.client());
            found = asked.expect("it answers");
            !found.is_empty()
        });
        assert_eq!(found.len(), 1, "one channel: {found:?}");
        found.remove(0)
    }
}

/// One of the servers.
pub(crate) struct Node {
    pub(crate) address: SocketAddr,
    process: Process,
    log: Arc<Mutex<String>>,
    people: Arc<Vec<TemplateUser>>,
    _folder: tempfile::TempDir,
}

impl Node {
    pub(crate) fn person(&self, name: &str) -> Person {
        let known = self.people.iter().find(|person| person.name == name);
        let known = known.expect("a user of the template").clone();
        Person {
            address: self.address,
            id: known.id,
            name: known.name,
            token: Some(known.token),
        }
    }

    pub(crate) fn ada(&self) -> Person {
        self.person("ada")
    }

    pub(crate) fn bob(&self) -> Person {
        self.person("bob")
    }

    pub(crate) fn signal(&self, signal: Signal) {
        self.process.signal(signal);
    }

    /// What the ids of its requests begin with.
    pub(crate) fn mark(&self) -> String {
        format!("{:x}-", self.process.0.id())
    }

    pub(crate) fn log(&self) -> String {
        self.log.lock().expect("the log").clone()
    }

    /// Waits until the log has it.
    pub(crate) fn says(&self, words: &str) {
        eventually(words, || self.log().contains(words));
    }

    /// A number of the metrics page.
    pub(crate) fn counter(&self, name: &str) -> u64 {
        let answer = http::exchange(self.address, &http::request("GET", "/metrics", &[], b""));
        let page = String::from_utf8_lossy(&answer.body).into_owned();
        let line = format!("groundnut_{name} ");
        let value = page.lines().find_map(|known| known.strip_prefix(&line));
        value.map_or(0, |value| value.trim().parse().expect("a number"))
    }

    pub(crate) fn waits_for_bus(&self, works: bool) {
        eventually(&format!("the bus works: {works}"), || {
            self.counter("bus_works") == u64::from(works)
        });
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        let log = self.log();
        if std::thread::panicking() {
            eprintln!("--- log of {} ---\n{log}", self.address);
            return;
        }
        assert!(!log.contains("panicked"), "a server panicked:\n{log}");
        assert!(!log.contains("ERROR"), "a server logged an error:\n{log}");
    }
}

/// The servers, and what they share. Fields are dropped in this order.
pub(crate) struct Cluster {
    pub(crate) nodes: Vec<Node>,
    pub(crate) redis: Option<Redis>,
    people: Arc<Vec<TemplateUser>>,
    settings: Vec<(String, String)>,
    database: SharedDatabase,
}

impl Cluster {
    /// So many servers, with a Redis.
    pub(crate) fn start(count: usize) -> Self {
        Self::with(count, Some(Redis::start(&[])), &[])
    }

    pub(crate) fn with(count: usize, redis: Option<Redis>, settings: &[(&str, &str)]) -> Self {
        let database = SharedDatabase::make();
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        let mut cluster = Self {
            nodes: Vec::new(),
            redis,
            people: Arc::default(),
            settings: settings.iter().map(owned).collect(),
            database,
        };
        // The first one makes the tables.
        let mut first = cluster.node(free_port());
        cluster.people = Arc::new(people(&cluster.database.url()));
        first.people = cluster.people.clone();
        cluster.nodes.push(first);
        for _ in 1..count {
            cluster.adds();
        }
        cluster
    }

    /// One more server.
    pub(crate) fn adds(&mut self) -> &Node {
        let node = self.node(free_port());
        self.nodes.push(node);
        self.nodes.last().expect("it was added")
    }

    /// Stops a server in order, and starts it again at the same address.
    pub(crate) fn restarts(&mut self, number: usize) -> &Node {
        let mut old = self.nodes.remove(number);
        old.signal(Signal::SIGTERM);
        let ended = old.process.waits();
        assert!(ended.success(), "{ended}:\n{}", old.log());
        let new = self.node(old.address.port());
        self.nodes.insert(number, new);
        &self.nodes[number]
    }

    pub(crate) fn redis(&mut self) -> &mut Redis {
        self.redis.as_mut().expect("a cluster with Redis")
    }

    pub(crate) fn wait_for_bus(&self, works: bool) {
        self.nodes.iter().for_each(|node| node.waits_for_bus(works));
    }

    pub(crate) fn database_url(&self) -> String {
        self.database.url()
    }

    fn node(&self, port: u16) -> Node {
        let folder = tempfile::tempdir().expect("a folder");
        let (url, bind) = (&self.database.url(), &format!("127.0.0.1:{port}"));
        let mut serve = cli::command(&["serve", "--bind", bind, "--database-url", url]);
        if let Some(redis) = &self.redis {
            serve.args(["--redis-url", &redis.url()]);
        }
        // Listeners say nothing while they wait for what others write for a minute and longer.
        let defaults = [
            ("RATE_LIMITS_ENABLED", "false"),
            ("SERVER_WORKERS", "2"),
            ("STREAMS_SILENCE_MS", "600000"),
        ];
        for (name, value) in defaults {
            serve.env(format!("GROUNDNUT_{name}"), value);
        }
        for (name, value) in &self.settings {
            serve.env(format!("GROUNDNUT_{name}"), value);
        }
        let mut child = serve
            .current_dir(folder.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the server starts");
        let log = Arc::new(Mutex::new(String::new()));
        keep(child.stderr.take().expect("a pipe"), log.clone());
        let mut said = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        let process = Process(child);
        let line = said.by_ref().map_while(Result::ok).next();
        let line = line.unwrap_or_else(|| panic!("it did not start:\n{}", log.lock().expect("it")));
        let address = line.trim_start_matches("listening on http://").trim();
        let address = address.parse().expect("an address");
        std::thread::spawn(move || said.for_each(drop));
        Node {
            address,
            process,
            log,
            people: self.people.clone(),
            _folder: folder,
        }
    }
}

fn keep(stderr: std::process::ChildStderr, log: Arc<Mutex<String>>) {
    std::thread::spawn(move || {
        for line in BufReader::new(stderr).lines().map_while(Result::ok) {
            let mut log = log.lock().expect("the log");
            log.push_str(&line);
            log.push('\n');
        }
    });
}

fn people(url: &str) -> Vec<TemplateUser> {
    let db = ["--database-url", url, "--json"];
    let client = [&["client", "create", "--name", "Rooms"], &db[..]].concat();
    let client = text(&cli::object(&cli::run(&client))["client_id"]);
    let made = NAMES.iter().map(|name| {
        let create = [&["user", "create", name, "--password-stdin"], &db[..]].concat();
        let user = cli::object(&cli::run_with_input(&create, &format!("{PASSWORD}\n")));
        TemplateUser {
            id: text(&user["id"]),
            name: text(&user["username"]),
            token: template::token(url, &client, Some(name), Some(SCOPES)),
        }
    });
    made.collect()
}
