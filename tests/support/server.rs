//! One server per story: the real program, with a database and a port of its own. When it goes,
//! it must not have logged an error, must hold nothing that its clients left, and must stop when told.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;

use super::faults::{FAULTS, Switch};
use super::launch::{Launch, Running, Stderr, spawn, write_settings};
use super::template::{self, Template};
use super::{DEADLINE, Person, cli, eventually, http, text};

pub(crate) struct TestServer {
    pub(crate) address: SocketAddr,
    launch: Launch,
    child: Running,
    log: Arc<Mutex<String>>,
}

impl TestServer {
    /// A server with the default limits, except that requests are not counted; two workers.
    pub(crate) fn start() -> Self {
        Self::with(&[])
    }

    /// A server with other settings: names as in the environment, without `GROUNDNUT_`.
    pub(crate) fn with(settings: &[(&str, &str)]) -> Self {
        Self::launch(Launch::new(settings))
    }

    /// A server whose database is a file, whatever the other stories use: for what only files have.
    pub(crate) fn in_file(settings: &[(&str, &str)]) -> Self {
        Self::launch(Launch::in_file(settings))
    }

    /// A server in which faults can be switched on ([`Self::fault`]).
    pub(crate) fn with_faults(settings: &[(&str, &str)]) -> Self {
        Self::launch(Launch {
            has_faults: true,
            ..Launch::new(settings)
        })
    }

    /// A server that does something wrong all its life, or nothing.
    pub(crate) fn with_seeded_fault(settings: &[(&str, &str)], fault: Option<&str>) -> Self {
        Self::launch(Launch {
            has_faults: fault.is_some(),
            seeded: fault.map(str::to_owned),
            ..Launch::new(settings)
        })
    }

    /// The same, with a log that goes elsewhere.
    pub(crate) fn with_stderr(settings: &[(&str, &str)], stderr: Stderr) -> Self {
        Self::launch(Launch {
            has_faults: true,
            stderr,
            ..Launch::new(settings)
        })
    }

    /// A server in a mount namespace of its own: what a shell does there before, and the folder of the database.
    pub(crate) fn in_namespace(
        settings: &[(&str, &str)],
        script: &'static str,
        data: &'static str,
    ) -> Self {
        Self::launch(Launch {
            namespace: Some((script, data)),
            ..Launch::in_file(settings)
        })
    }

    fn launch(launch: Launch) -> Self {
        let (child, address, log) = spawn(&launch);
        Self {
            address,
            launch,
            child,
            log,
        }
    }

    /// Where it works.
    pub(crate) fn folder(&self) -> &Path {
        self.launch.folder.path()
    }

    /// Where it keeps files and pictures.
    pub(crate) fn data(&self) -> PathBuf {
        self.launch.database.files(self.folder())
    }

    /// What its database was copied from.
    pub(crate) fn template(&self) -> &'static Template {
        self.launch.template
    }

    /// Takes everything out of the database, while the server is away.
    pub(crate) fn loses_database(&self) {
        self.launch.database.is_emptied();
    }

    /// Has it read these settings, which it was started with a file for (`CONFIG`).
    pub(crate) fn reads_again(&self, settings: &str) {
        write_settings(self.folder(), settings);
        self.signal(Signal::SIGHUP);
    }

    /// Ends it without a word, as a power cut would.
    pub(crate) fn kill(&mut self) {
        self.child.kill().expect("it runs");
        self.child.wait().expect("it ends");
    }

    /// Starts it again on the same database; it may get another port.
    pub(crate) fn start_again(&mut self) {
        let (child, address, log) = spawn(&self.launch);
        (self.child, self.address, self.log) = (child, address, log);
    }

    /// Starts it again on another database with the same people.
    pub(crate) fn start_on(&mut self, url: &str) {
        self.launch.elsewhere = Some(url.to_owned());
        self.start_again();
    }

    /// Tells it to stop and gives whether it ended well.
    pub(crate) fn stop(&mut self) -> bool {
        self.signal(Signal::SIGTERM);
        self.stop_status()
    }

    /// Waits until it has ended; gives whether it ended well.
    pub(crate) fn stop_status(&mut self) -> bool {
        self.exit_code() == 0
    }

    /// Waits until it has ended by itself; gives its exit code.
    pub(crate) fn exit_code(&mut self) -> i32 {
        let mut status = None;
        eventually("the server stops when told", || {
            status = self.child.try_wait().expect("a child");
            status.is_some()
        });
        let code = status.and_then(|status| status.code());
        code.unwrap_or_else(|| panic!("ended by a signal:\n{}", self.log()))
    }

    pub(crate) fn signal(&self, signal: Signal) {
        let pid = i32::try_from(self.child.id()).expect("a pid");
        kill(Pid::from_raw(pid), signal).expect("it runs");
    }

    /// The id of its process.
    pub(crate) fn process(&self) -> u32 {
        self.child.id()
    }

    /// Resident memory in KiB, as Linux tells it.
    pub(crate) fn memory(&self) -> u64 {
        self.kilobytes("VmRSS:")
    }

    /// The most that it was since the server started.
    pub(crate) fn most_memory(&self) -> u64 {
        self.kilobytes("VmHWM:")
    }

    fn kilobytes(&self, name: &str) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()));
        let status = status.expect("it runs");
        let line = status.lines().find(|line| line.starts_with(name));
        let number = line.and_then(|line| line.split_whitespace().nth(1)?.parse().ok());
        number.expect("a number")
    }

    /// Sockets that the server has open.
    pub(crate) fn sockets(&self) -> usize {
        let folder = format!("/proc/{}/fd", self.child.id());
        let open = std::fs::read_dir(folder).expect("the server runs");
        let target =
            |entry: std::io::Result<std::fs::DirEntry>| entry.ok()?.path().read_link().ok();
        open.filter_map(target)
            .filter(|target| target.to_string_lossy().starts_with("socket:"))
            .count()
    }

    pub(crate) fn log(&self) -> String {
        self.log.lock().expect("the log").clone()
    }

    /// Switches a fault on. It is off when it was had once, or when the guard goes.
    pub(crate) fn fault(&self, name: &str) -> Switch {
        assert!(self.launch.has_faults, "started with faults");
        Switch::on(self.folder().join(FAULTS).join(name))
    }

    /// Waits until the server has logged a panic that was made on purpose, and takes it out of the log: any other one
    /// is still a failure.
    pub(crate) fn panicked(&self, fault: &str) {
        self.forgives(&format!("{fault} on purpose"), 2);
    }

    /// Waits for a line that holds these words and takes it out of the log, as the last of so many lines.
    pub(crate) fn forgives(&self, words: &str, lines: usize) {
        let place = |log: &str| log.lines().position(|line| line.contains(words));
        eventually(words, || place(&self.log()).is_some());
        let mut log = self.log.lock().expect("the log");
        let last = place(&log).expect("it was found");
        let gone = (last + 1).saturating_sub(lines)..=last;
        let kept = log.lines().enumerate().filter(|(at, _)| !gone.contains(at));
        let kept: Vec<&str> = kept.map(|(_, line)| line).collect();
        *log = kept.join("\n") + "\n";
    }

    /// Takes all lines that hold one of these words out of the log.
    pub(crate) fn forgives_all(&self, words: &[&str]) {
        let mut log = self.log.lock().expect("the log");
        let is_kept = |line: &&str| !words.iter().any(|word| line.contains(word));
        let kept: Vec<&str> = log.lines().filter(is_kept).collect();
        *log = kept.join("\n") + "\n";
    }

    pub(crate) fn database_url(&self) -> String {
        self.launch.database.url()
    }

    pub(crate) fn ada(&self) -> Person {
        self.person(0)
    }

    pub(crate) fn bob(&self) -> Person {
        self.person(1)
    }

    pub(crate) fn eve(&self) -> Person {
        self.person(2)
    }

    pub(crate) fn dan(&self) -> Person {
        self.person(3)
    }

    fn person(&self, index: usize) -> Person {
        let user = self.template().people[index].clone();
        Person {
            address: self.address,
            id: user.id,
            name: user.name,
            token: Some(user.token),
        }
    }

    /// A caller without a token.
    pub(crate) fn anonymous(&self) -> Person {
        Person {
            address: self.address,
            id: String::new(),
            name: String::from("nobody"),
            token: None,
        }
    }

    /// The app that all tokens belong to, speaking for itself.
    pub(crate) fn app(&self) -> Person {
        self.holder("app", &self.template().app_token)
    }

    /// The holder of this token.
    pub(crate) fn holder(&self, name: &str, token: &str) -> Person {
        let id = self
            .template()
            .people
            .iter()
            .find(|p| p.name == name)
            .map(|p| p.id.clone());
        let id = id.unwrap_or_default();
        Person {
            address: self.address,
            id,
            name: name.to_owned(),
            token: Some(token.to_owned()),
        }
    }

    /// The same person with another token of the same app.
    pub(crate) fn with_scopes(&self, person: &Person, scopes: &str) -> Person {
        self.through(&self.template().client_id, person, scopes)
    }

    /// The same person through another app.
    pub(crate) fn through(&self, client: &str, person: &Person, scopes: &str) -> Person {
        let token = template::token(
            &self.database_url(),
            client,
            Some(&person.name),
            Some(scopes),
        );
        self.holder(&person.name, &token)
    }

    /// Another app: its client id, and the app speaking for itself.
    pub(crate) fn other_app(&self, name: &str) -> (String, Person) {
        let url = self.database_url();
        let made = cli::run(&[
            "client",
            "create",
            "--name",
            name,
            "--database-url",
            &url,
            "--json",
        ]);
        let client = text(&cli::object(&made)["client_id"]);
        let app = self.holder("app", &template::token(&url, &client, None, None));
        (client, app)
    }

    /// What the server holds at this moment.
    pub(crate) fn actors(&self) -> Value {
        let asked = http::request("GET", "/v1/sys/actors", &[], b"");
        let answer = http::exchange(self.address, &asked);
        let json = answer.json();
        json.get("data").cloned().unwrap_or(json)
    }

    /// A number of the metrics page, by its name without the prefix; 0 if the page does not have it.
    pub(crate) fn counter(&self, name: &str) -> u64 {
        let answer = http::exchange(self.address, &http::request("GET", "/metrics", &[], b""));
        let page = String::from_utf8_lossy(&answer.body).into_owned();
        let line = format!("groundnut_{name} ");
        let value = page.lines().find_map(|known| known.strip_prefix(&line));
        value.map_or(0, |value| value.trim().parse().expect("a number"))
    }

    /// Waits until nothing is left of any connection.
    pub(crate) fn holds_no_connection(&self) {
        let begun = Instant::now();
        loop {
            let held = self.actors();
            if ["connections", "subscriptions", "streams_in_use"]
                .iter()
                .all(|name| held[*name] == 0)
            {
                return;
            }
            assert!(
                begun.elapsed() < DEADLINE,
                "something is left of a connection: {held}"
            );
            std::thread::park_timeout(Duration::from_millis(10));
        }
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        let alive = matches!(self.child.try_wait(), Ok(None));
        if std::thread::panicking() {
            drop(self.child.kill());
            drop(self.child.wait());
            eprintln!("--- log of the server ---\n{}", self.log());
            return;
        }
        if alive {
            self.holds_no_connection();
            assert!(self.stop(), "the server did not end well:\n{}", self.log());
        }
        let log = self.log();
        assert!(!log.contains("panicked"), "the server panicked:\n{log}");
        assert!(!log.contains("ERROR"), "the server logged an error:\n{log}");
    }
}
