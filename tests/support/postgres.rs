//! A PostgreSQL server of one story, which may stop it, pause it and end it, and a way to it that breaks when told.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::os::unix::fs::MetadataExt as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use diesel::Connection as _;
use diesel::connection::SimpleConnection as _;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::eventually;
use super::ports::free_port;

/// The user of Debian that owns nothing: PostgreSQL does not run as root.
const NOBODY: u32 = 65_534;

pub(crate) struct PostgresServer {
    folder: tempfile::TempDir,
    port: u16,
    /// Further options of the server.
    options: &'static str,
}

impl PostgresServer {
    /// A new one, with an empty database `groundnut`.
    pub(crate) fn start() -> Self {
        Self::start_with("")
    }

    /// The same, with further options.
    pub(crate) fn start_with(options: &'static str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let port = free_port();
        if is_root() {
            std::os::unix::fs::chown(folder.path(), Some(NOBODY), Some(NOBODY))
                .expect("its own folder");
        }
        let server = Self {
            folder,
            port,
            options,
        };
        let data = server.data();
        server.tool(
            "initdb",
            &[
                "-D",
                &data,
                "-U",
                "postgres",
                "-A",
                "trust",
                "-E",
                "UTF8",
                "--locale=C",
            ],
        );
        server.begin();
        let mut sql = diesel::PgConnection::establish(&server.url("postgres")).expect("it answers");
        sql.batch_execute("CREATE DATABASE groundnut")
            .expect("a database");
        server
    }

    /// The address of a database.
    pub(crate) fn url(&self, database: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{database}", self.port)
    }

    pub(crate) fn address(&self) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], self.port))
    }

    /// Starts it, and waits until it answers.
    pub(crate) fn begin(&self) {
        let options = format!(
            "-p {} -c listen_addresses=127.0.0.1 -c unix_socket_directories={} {}",
            self.port,
            self.folder.path().display(),
            self.options
        );
        let log = self.folder.path().join("log");
        let log = log.to_str().expect("a path");
        self.tool(
            "pg_ctl",
            &["-D", &self.data(), "-o", &options, "-l", log, "-w", "start"],
        );
    }

    /// Ends it as a crash does.
    pub(crate) fn crash(&self) {
        self.tool(
            "pg_ctl",
            &["-D", &self.data(), "-m", "immediate", "-w", "stop"],
        );
    }

    /// It answers nothing, and its sockets stay open.
    pub(crate) fn hangs(&self) {
        self.signal(Signal::SIGSTOP);
    }

    /// It goes on.
    pub(crate) fn goes_on(&self) {
        self.signal(Signal::SIGCONT);
    }

    pub(crate) fn is_running(&self) -> bool {
        self.folder.path().join("data/postmaster.pid").exists()
    }

    fn signal(&self, signal: Signal) {
        let file = format!("{}/postmaster.pid", self.data());
        let text = std::fs::read_to_string(file).expect("it runs");
        let first: i32 = text
            .lines()
            .next()
            .expect("a line")
            .parse()
            .expect("a process");
        let children = Command::new("pgrep")
            .args(["-P", &first.to_string()])
            .output();
        let children = String::from_utf8(children.expect("pgrep").stdout).expect("text");
        let children = children
            .lines()
            .map(|line| line.parse().expect("a process"));
        for process in std::iter::once(first).chain(children) {
            // A child may have ended in the meantime.
            kill(Pid::from_raw(process), signal).unwrap_or_default();
        }
    }

    fn data(&self) -> String {
        self.folder.path().join("data").display().to_string()
    }

    fn tool(&self, name: &str, arguments: &[&str]) {
        let mut command = match is_root() {
            true => {
                let mut command = Command::new("setpriv");
                command.args(["--reuid=65534", "--regid=65534", "--clear-groups"]);
                command.arg(tool(name));
                command
            }
            false => Command::new(tool(name)),
        };
        let status = command
            .args(arguments)
            .current_dir(self.folder.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        assert!(status.expect("PostgreSQL is installed").success(), "{name}");
    }
}

impl Drop for PostgresServer {
    fn drop(&mut self) {
        if self.is_running() {
            self.goes_on();
            self.crash();
        }
    }
}

fn is_root() -> bool {
    std::fs::metadata("/proc/self").expect("Linux").uid() == 0
}

/// Debian keeps the tools of a server out of the path.
fn tool(name: &str) -> PathBuf {
    let of_version =
        |version: u32| PathBuf::from(format!("/usr/lib/postgresql/{version}/bin/{name}"));
    let found = (15..30).map(of_version).find(|path| path.exists());
    found.unwrap_or_else(|| PathBuf::from(name))
}

/// Passes on what a client and a server say, until it breaks.
pub(crate) struct BrokenWay {
    address: SocketAddr,
    breaks: Arc<AtomicBool>,
    is_gone: Arc<AtomicBool>,
}

impl BrokenWay {
    /// Breaks once it is armed, where the server says that it did this (`COMMIT`): the client does not hear it.
    pub(crate) fn to(server: SocketAddr, said: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let breaks = Arc::new(AtomicBool::new(false));
        let is_gone = Arc::new(AtomicBool::new(false));
        let (armed, closed) = (Arc::clone(&breaks), Arc::clone(&is_gone));
        std::thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                if closed.load(Ordering::SeqCst) {
                    continue;
                }
                let Ok(there) = TcpStream::connect(server) else {
                    continue;
                };
                let (from, to) = (client.try_clone(), there.try_clone());
                let (Ok(mut from), Ok(mut to)) = (from, to) else {
                    continue;
                };
                std::thread::spawn(move || {
                    drop(std::io::copy(&mut from, &mut to));
                    drop(to.shutdown(Shutdown::Write));
                });
                let armed = Arc::clone(&armed);
                std::thread::spawn(move || passes_back(there, client, &armed, said));
            }
        });
        Self {
            address,
            breaks,
            is_gone,
        }
    }

    pub(crate) fn url(&self, database: &str) -> String {
        format!("postgres://postgres@{}/{database}", self.address)
    }

    /// The next time.
    pub(crate) fn breaks(&self) {
        self.breaks.store(true, Ordering::SeqCst);
    }

    /// The next time, and nothing gets through afterwards until it is mended.
    pub(crate) fn breaks_for_good(&self) {
        self.is_gone.store(true, Ordering::SeqCst);
        self.breaks();
    }

    pub(crate) fn is_mended(&self) {
        self.is_gone.store(false, Ordering::SeqCst);
    }

    /// It broke.
    pub(crate) fn has_broken(&self) {
        eventually("the way breaks", || !self.breaks.load(Ordering::SeqCst));
    }
}

fn passes_back(mut server: TcpStream, mut client: TcpStream, armed: &AtomicBool, said: &str) {
    let done = [said.as_bytes(), b"\0"].concat();
    let mut bytes = [0; 65_536];
    while let Ok(count @ 1..) = server.read(&mut bytes) {
        let part = &bytes[..count];
        let is_it = || part.windows(done.len()).any(|window| window == done);
        if armed.load(Ordering::SeqCst) && is_it() {
            armed.store(false, Ordering::SeqCst);
            break;
        }
        if client.write_all(part).is_err() {
            break;
        }
    }
    drop(client.shutdown(Shutdown::Both));
    drop(server.shutdown(Shutdown::Both));
}
