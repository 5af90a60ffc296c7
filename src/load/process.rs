//! The started server: runs in its own process group, is used through its command line and its
//! port only, stopped on every exit.

use super::signals;
use super::usage;
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use serde_json::Value;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

/// Time for the server to print its address.
const START: Duration = Duration::from_secs(20);
/// Time for an ordered stop before the group is killed.
const STOP: Duration = Duration::from_secs(5);

/// Name of its directory, before the number of our process.
const DIRECTORY: &str = "groundnut-loadtest-";

/// A running server and the directory that holds its database and its log.
#[derive(Debug)]
pub(super) struct ServerProcess {
    child: Child,
    binary: PathBuf,
    directory: PathBuf,
    keep_directory: bool,
    pub(super) address: String,
}

impl ServerProcess {
    /// Starts `binary serve`, on `core` if given, and waits until it listens.
    pub(super) fn start(
        binary: &Path,
        data: Option<&Path>,
        core: Option<usize>,
        sockets: u64,
    ) -> io::Result<Self> {
        let folder = data.map_or_else(std::env::temp_dir, Path::to_path_buf);
        sweep(&folder);
        let directory = folder.join(format!("{DIRECTORY}{}", std::process::id()));
        std::fs::create_dir_all(&directory).map_err(|error| {
            let place = directory.display();
            io::Error::new(error.kind(), format!("no directory {place}: {error}"))
        })?;
        let before = usage::cores();
        if let Some(core) = core {
            // Children and their threads inherit the affinity; setting it later would miss some threads.
            usage::pin(&[core])?;
        }
        let many = sockets.saturating_mul(2).max(1_000_000).to_string();
        let mut command = Command::new(binary);
        command
            .args(["serve", "--bind", "127.0.0.1:0"])
            .args(["--database-url", &database_url(&directory)])
            // It ends with this process even if that is killed.
            .args(["--parent", &std::process::id().to_string()])
            .env("GROUNDNUT_RATE_LIMITS_ENABLED", "false")
            .env("GROUNDNUT_STREAMS_USER_CONNECTIONS", many)
            .env("GROUNDNUT_STREAMS_SESSIONS_PER_USER", "10000")
            .env("GROUNDNUT_SERVER_CONNECTIONS_PER_ADDRESS", "0")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(File::create(directory.join("server.log"))?)
            .process_group(0);
        let spawned = signals::released(|| command.spawn());
        if core.is_some() {
            usage::pin(&before)?;
        }
        let mut child = spawned?;
        let stdout = child.stdout.take();
        let mut server = Self {
            child,
            binary: binary.to_path_buf(),
            directory,
            keep_directory: false,
            address: String::new(),
        };
        let stdout = stdout.ok_or_else(|| io::Error::other("the server has no output"))?;
        server.address = server.wait_for_address(stdout)?;
        Ok(server)
    }

    fn wait_for_address(&mut self, stdout: impl Read + Send + 'static) -> io::Result<String> {
        let (tell, heard) = mpsc::channel();
        // Reads to the end, so that a full pipe never blocks the server.
        std::thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                if let Some((_, address)) = line.split_once("listening on ") {
                    tell.send(address.trim().to_owned()).unwrap_or_default();
                }
            }
        });
        let started = Instant::now();
        while started.elapsed() < START {
            if let Ok(address) = heard.recv_timeout(Duration::from_millis(50)) {
                return Ok(address);
            }
            if self.ended() {
                break;
            }
        }
        self.keep_directory = true;
        Err(io::Error::other(format!(
            "the server did not start: {}",
            self.last_words()
        )))
    }

    pub(super) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Whether the process is over.
    pub(super) fn ended(&mut self) -> bool {
        !matches!(self.child.try_wait(), Ok(None))
    }

    /// Runs another command of the same binary on the same database; its JSON answer.
    pub(super) fn command(&self, words: &[&str], stdin: &str) -> io::Result<Value> {
        let mut child = Command::new(&self.binary)
            .args(words)
            .args(["--json", "--database-url", &database_url(&self.directory)])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        if let Some(mut pipe) = child.stdin.take() {
            pipe.write_all(stdin.as_bytes())?;
        }
        let output = child.wait_with_output()?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            let words = words.join(" ");
            return Err(io::Error::other(format!(
                "`{words}` failed: {}",
                said.trim()
            )));
        }
        Ok(serde_json::from_slice(&output.stdout)?)
    }

    /// Exit status and last output of the process, if it ends within `patience`.
    pub(super) fn obituary(&mut self, patience: Duration) -> Option<String> {
        let asked = Instant::now();
        let status = loop {
            match self.child.try_wait() {
                Ok(Some(status)) => break status.to_string(),
                Ok(None) if asked.elapsed() < patience => {
                    std::thread::sleep(Duration::from_millis(5));
                }
                Ok(None) => return None,
                Err(error) => break error.to_string(),
            }
        };
        let words = self.last_words();
        let said = if words.is_empty() { "" } else { "\n" };
        Some(format!("{status}{said}{words}"))
    }

    /// The end of what the server wrote to its log.
    fn last_words(&self) -> String {
        let mut text = String::new();
        if let Ok(mut file) = File::open(self.directory.join("server.log")) {
            let length = file.metadata().map_or(0, |data| data.len());
            if file
                .seek(SeekFrom::Start(length.saturating_sub(2000)))
                .is_ok()
            {
                file.read_to_string(&mut text).unwrap_or_default();
            }
        }
        let lines: Vec<&str> = text.lines().rev().take(6).collect();
        lines.into_iter().rev().collect::<Vec<_>>().join("\n")
    }

    fn signal(&self, signal: Signal) {
        if let Ok(group) = i32::try_from(self.child.id()) {
            // The group may have ended already; then there is nothing to stop.
            killpg(Pid::from_raw(group), signal).unwrap_or_default();
        }
    }
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        if !self.ended() {
            self.signal(Signal::SIGTERM);
            let asked = Instant::now();
            while asked.elapsed() < STOP && !self.ended() {
                std::thread::sleep(Duration::from_millis(20));
            }
        }
        // Not after its end: another process may have the number by then.
        if !self.ended() {
            self.signal(Signal::SIGKILL);
            self.child.wait().map(drop).unwrap_or_default();
        }
        if !self.keep_directory {
            std::fs::remove_dir_all(&self.directory).unwrap_or_default();
        }
    }
}

/// Removes what testers left that were killed: directories whose process is gone.
fn sweep(folder: &Path) {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    for entry in entries {
        let name = entry.file_name();
        let number = name.to_str().and_then(|name| name.strip_prefix(DIRECTORY));
        let Some(pid) = number.and_then(|number| number.parse::<u32>().ok()) else {
            continue;
        };
        if !Path::new(&format!("/proc/{pid}")).exists() {
            // It may be another user's.
            std::fs::remove_dir_all(entry.path()).unwrap_or_default();
        }
    }
}

fn database_url(directory: &Path) -> String {
    format!("sqlite://{}", directory.join("groundnut.db").display())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_directories_of_testers_that_are_gone_are_removed() {
        let folder = tempfile::tempdir().unwrap();
        // No process has a number above 4 194 304.
        let gone = folder.path().join(format!("{DIRECTORY}99999999"));
        let ours = folder
            .path()
            .join(format!("{DIRECTORY}{}", std::process::id()));
        let other = folder.path().join("groundnut-loadtest-notes");
        for place in [&gone, &ours, &other] {
            std::fs::create_dir(place).unwrap();
        }
        sweep(folder.path());
        assert!(!gone.exists() && ours.exists() && other.exists());
    }
}
