//! How the process of a story is started: its settings, the end of its log, the disk that it sees.

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, ChildStderr, Command, Stdio};
use std::sync::{Arc, Mutex};

use nix::fcntl::{FcntlArg, fcntl};

use super::cli;
use super::database::{Database, url_of_file};
use super::faults::FAULTS;
use super::template::{Template, template, template_in_file};

/// What differs from the program's own defaults. Two workers everywhere: on a machine with one core, or with
/// sixty-four, a story must cross the same borders between threads.
const DEFAULTS: &[(&str, &str)] = &[("RATE_LIMITS_ENABLED", "false"), ("SERVER_WORKERS", "2")];

/// The settings file of a server that is told to have one.
pub(super) const SETTINGS: &str = "groundnut.toml";

/// Where the log of a server goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stderr {
    /// The story can read it.
    Kept,
    /// A disk that takes nothing.
    Full,
    /// A pipe without a reader.
    Closed,
    /// A pipe that its reader never reads.
    Unread,
}

/// Everything that is the same when a server is started again.
pub(super) struct Launch {
    pub(super) folder: tempfile::TempDir,
    pub(super) database: Database,
    /// Another database, which the story brought about.
    pub(super) elsewhere: Option<String>,
    /// What the database was copied from.
    pub(super) template: &'static Template,
    pub(super) settings: Vec<(String, String)>,
    pub(super) has_faults: bool,
    /// A fault that it has all its life (`src/fault/seeded.rs`).
    pub(super) seeded: Option<String>,
    pub(super) stderr: Stderr,
    /// What a shell does in a mount namespace of its own before it becomes the server, and the folder of the database
    /// there.
    pub(super) namespace: Option<(&'static str, &'static str)>,
}

impl Launch {
    /// With the template's database.
    pub(super) fn new(settings: &[(&str, &str)]) -> Self {
        Self::of(template(), settings)
    }

    /// With a database file, whatever the other stories use.
    pub(super) fn in_file(settings: &[(&str, &str)]) -> Self {
        Self::of(template_in_file(), settings)
    }

    fn of(template: &'static Template, settings: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let database = template.copy(folder.path());
        std::fs::write(folder.path().join(SETTINGS), b"").expect("a file");
        let mut all: Vec<(String, String)> = Vec::new();
        for (name, value) in DEFAULTS.iter().chain(settings) {
            all.retain(|(known, _)| known != name);
            all.push(((*name).to_owned(), (*value).to_owned()));
        }
        Self {
            folder,
            database,
            elsewhere: None,
            template,
            settings: all,
            has_faults: false,
            seeded: None,
            stderr: Stderr::Kept,
            namespace: None,
        }
    }

    fn command(&self) -> Command {
        let folder = self.folder.path();
        let url = match (self.namespace, &self.elsewhere) {
            (Some((_, data)), _) => url_of_file(&folder.join(data)),
            (None, Some(elsewhere)) => elsewhere.clone(),
            (None, None) => self.database.url(),
        };
        let mut serve = cli::command(&["serve", "--bind", "127.0.0.1:0", "--database-url", &url]);
        // The port is another one at each start; on a server's database it is the same node that is started again.
        serve.args(["--node-name", "story"]);
        if self.has_faults {
            let faults = folder.join(FAULTS);
            std::fs::create_dir_all(&faults).expect("a folder");
            if let Some(seeded) = &self.seeded {
                std::fs::write(faults.join("seeded"), seeded).expect("a file");
            }
            serve.arg("--faults").arg(faults);
        }
        for (name, value) in &self.settings {
            serve.env(format!("GROUNDNUT_{name}"), value);
        }
        if let Some((script, _)) = self.namespace {
            // The shell becomes the server, so that its process is the child.
            serve = in_namespace(&serve, script);
        }
        serve.current_dir(folder).stdout(Stdio::piped());
        serve
    }
}

/// The same command, behind a script in a mount namespace of its own.
pub(crate) fn in_namespace(command: &Command, script: &str) -> Command {
    behind(&["unshare", "-rm", "sh"], script, command)
}

/// The same command, behind a script of a shell that becomes it.
pub(crate) fn behind(shell: &[&str], script: &str, command: &Command) -> Command {
    let mut wrapped = Command::new(shell[0]);
    wrapped
        .args(&shell[1..])
        .args(["-c", &format!("{script} && exec \"$0\" \"$@\"")])
        .arg(command.get_program())
        .args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => wrapped.env(name, value),
            None => wrapped.env_remove(name),
        };
    }
    wrapped
}

/// A process that does not outlive its test, however that ends.
pub(super) struct Running {
    child: Child,
    /// Its log, if no one reads it.
    _unread: Option<ChildStderr>,
}

impl std::ops::Deref for Running {
    type Target = Child;
    fn deref(&self) -> &Child {
        &self.child
    }
}

impl std::ops::DerefMut for Running {
    fn deref_mut(&mut self) -> &mut Child {
        &mut self.child
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// A process that listens.
pub(super) type Started = (Running, SocketAddr, Arc<Mutex<String>>);

/// Starts it and waits for its address.
pub(super) fn spawn(launch: &Launch) -> Started {
    let mut command = launch.command();
    match launch.stderr {
        Stderr::Kept | Stderr::Closed | Stderr::Unread => command.stderr(Stdio::piped()),
        Stderr::Full => {
            let full = File::options().write(true).open("/dev/full");
            command.stderr(full.expect("a device of Linux"))
        }
    };
    let mut running = Running {
        child: command.spawn().expect("the server starts"),
        _unread: None,
    };
    let log = Arc::new(Mutex::new(String::new()));
    let stderr = running.stderr.take();
    match launch.stderr {
        Stderr::Kept => keep(stderr.expect("a pipe"), Arc::clone(&log)),
        Stderr::Full | Stderr::Closed => drop(stderr),
        Stderr::Unread => {
            let stderr = stderr.expect("a pipe");
            // The smallest that there is.
            fcntl(&stderr, FcntlArg::F_SETPIPE_SZ(4096)).expect("a pipe of a page");
            running._unread = Some(stderr);
        }
    }
    let address = address(&mut running, &log);
    (running, address, log)
}

fn address(running: &mut Running, log: &Mutex<String>) -> SocketAddr {
    let mut lines = BufReader::new(running.stdout.take().expect("a pipe")).lines();
    let said = "listening on http://";
    let line = lines
        .by_ref()
        .map_while(Result::ok)
        .find(|line| line.starts_with(said));
    let Some(line) = line else {
        drop(running.wait());
        panic!(
            "the server never said its address:\n{}",
            log.lock().expect("the log")
        );
    };
    // Whatever else it prints goes nowhere, but the pipe must stay open.
    std::thread::spawn(move || lines.for_each(drop));
    let address = line[said.len()..].trim().trim_end_matches('/');
    address.parse().expect("an address")
}

fn keep(stderr: ChildStderr, log: Arc<Mutex<String>>) {
    std::thread::spawn(move || {
        for line in BufReader::new(stderr).lines().map_while(Result::ok) {
            let mut log = log.lock().expect("the log");
            log.push_str(&line);
            log.push('\n');
        }
    });
}

/// Writes the settings file of a server.
pub(super) fn write_settings(folder: &Path, text: &str) {
    // In one step: the server must not read half of it.
    let next = folder.join("next.toml");
    std::fs::write(&next, text).expect("a file");
    std::fs::rename(next, folder.join(SETTINGS)).expect("a file");
}
