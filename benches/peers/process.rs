//! The other servers as processes, on the core where the tester would start ours.

use super::options::{Options, Side};
use crate::raw_loop;
use nix::sched::{CpuSet, sched_getaffinity, sched_setaffinity};
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::sys::signal::{Signal, kill};
use nix::sys::socket::{setsockopt, sockopt};
use nix::unistd::Pid;
use std::error::Error;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const START: Duration = Duration::from_secs(10);
const STOP: Duration = Duration::from_secs(5);
/// First message of nchan's streams, in the place of the hello that the tester expects.
const HELLO: &str = r#"{"meta":{"stream":{},"connection_id":"1"}}"#;
const MODULES: [&str; 2] = ["/usr/lib/nginx/modules", "/usr/lib64/nginx/modules"];

/// A running server other than ours.
pub(crate) struct Peer {
    child: Child,
    pub(crate) address: String,
    /// Created for this run, removed with it.
    directory: Option<PathBuf>,
}

impl Peer {
    /// Starts the server with frames of this length; `None` for our own, which the tester starts.
    pub(crate) fn start(
        side: Side,
        frame_bytes: u64,
        options: &Options,
    ) -> Result<Option<Self>, Box<dyn Error>> {
        let length = frame_bytes.to_string();
        match side {
            Side::Groundnut => Ok(None),
            Side::RawLoop => {
                let mut command = Command::new(std::env::current_exe()?);
                command.args([raw_loop::NAME, "0", &length]);
                Self::that_says_where(command.args(options.control.as_deref())).map(Some)
            }
            Side::Ws => {
                let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/peers/ws.mjs");
                let mut command = Command::new("node");
                Self::that_says_where(command.arg(script).args(["0", &length]))
                    .map_err(|error| format!("ws: {error}; scripts/bench-peers installs it").into())
                    .map(Some)
            }
            Side::Nchan => Self::nchan()
                .map_err(|error| format!("nchan: {error}; scripts/bench-peers installs it").into())
                .map(Some),
        }
    }

    fn that_says_where(command: &mut Command) -> Result<Self, Box<dyn Error>> {
        let mut peer = Self {
            child: on_first_core(command.stdout(Stdio::piped()))?,
            address: String::new(),
            directory: None,
        };
        let stdout = peer.child.stdout.take().ok_or("it has no output")?;
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line)?;
        let address = line.trim().strip_prefix("listening on ");
        address
            .ok_or("it did not start")?
            .clone_into(&mut peer.address);
        Ok(peer)
    }

    fn nchan() -> Result<Self, Box<dyn Error>> {
        let found = MODULES.map(|folder| Path::new(folder).join("ngx_nchan_module.so"));
        let module = found.into_iter().find(|path| path.exists());
        let module = module.ok_or("there is no ngx_nchan_module.so")?;
        // nginx sets TCP_NODELAY on connections that it keeps for another request, but not on nchan's websockets,
        // which then stall for 40 ms. Sockets inherit the option from the listener, which nginx gets as its stdin.
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let port = listener.local_addr()?.port();
        setsockopt(&listener, sockopt::TcpNoDelay, &true)?;
        listener.set_nonblocking(true)?;
        let name = format!("groundnut-nchan-{}", std::process::id());
        let directory = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&directory)?;
        let (_, descriptors) = getrlimit(Resource::RLIMIT_NOFILE)?;
        let configuration = include_str!("nginx.conf")
            .replace("@MODULE@", &module.display().to_string())
            .replace("@DESCRIPTORS@", &descriptors.to_string())
            .replace("@PORT@", &port.to_string());
        let file = directory.join("nginx.conf");
        std::fs::write(&file, configuration)?;
        let mut command = Command::new("nginx");
        let command = command.arg("-p").arg(&directory).arg("-c").arg(&file);
        let command = command.env("NGINX", "0;").stdin(OwnedFd::from(listener));
        let errors = directory.join("start.log");
        let command = command
            .args(["-e", "error.log"])
            .stderr(std::fs::File::create(&errors)?);
        let peer = Self {
            child: on_first_core(command)?,
            address: format!("http://127.0.0.1:{port}"),
            directory: Some(directory),
        };
        let began = Instant::now();
        loop {
            match publish(port, HELLO) {
                Ok(()) => return Ok(peer),
                Err(error) if began.elapsed() > START => {
                    let said = std::fs::read_to_string(&errors).unwrap_or_default();
                    return Err(format!("{error}: {said}").into());
                }
                Err(_) => std::thread::sleep(Duration::from_millis(20)),
            }
        }
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        // nginx stops its worker on SIGTERM, but not when it is killed.
        if let Ok(pid) = i32::try_from(self.child.id()) {
            kill(Pid::from_raw(pid), Signal::SIGTERM).unwrap_or_default();
        }
        let asked = Instant::now();
        while asked.elapsed() < STOP && matches!(self.child.try_wait(), Ok(None)) {
            std::thread::sleep(Duration::from_millis(10));
        }
        self.child.kill().unwrap_or_default();
        self.child.wait().map(drop).unwrap_or_default();
        if let Some(directory) = &self.directory {
            std::fs::remove_dir_all(directory).unwrap_or_default();
        }
    }
}

/// Children inherit the CPU affinity.
fn on_first_core(command: &mut Command) -> Result<Child, Box<dyn Error>> {
    let everywhere = sched_getaffinity(Pid::from_raw(0))?;
    let cores = (0..CpuSet::count()).filter(|core| everywhere.is_set(*core).unwrap_or(false));
    let cores: Vec<usize> = cores.collect();
    if let [first, _, ..] = cores.as_slice() {
        let mut one = CpuSet::new();
        one.set(*first)?;
        sched_setaffinity(Pid::from_raw(0), &one)?;
    }
    let spawned = command.spawn();
    sched_setaffinity(Pid::from_raw(0), &everywhere)?;
    let program = command.get_program().to_string_lossy().into_owned();
    Ok(spawned.map_err(|error| format!("{program}: {error}"))?)
}

fn publish(port: u16, body: &str) -> Result<(), Box<dyn Error>> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(START))?;
    let length = body.len();
    write!(
        stream,
        "POST /v1/channels/1/messages HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\
         Content-Length: {length}\r\n\r\n{body}"
    )?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    if answer.starts_with("HTTP/1.1 2") {
        Ok(())
    } else {
        Err(format!("the hello was refused: {answer}").into())
    }
}

/// All servers inherit the limit on descriptors.
pub(crate) fn allow_sockets(most: u32) {
    let needed = u64::from(most) + 1000;
    if let Ok((soft, hard)) = getrlimit(Resource::RLIMIT_NOFILE) {
        let (soft, hard) = (soft.max(needed), hard.max(needed));
        // Only the superuser may exceed the hard limit; the tester reports missing descriptors.
        setrlimit(Resource::RLIMIT_NOFILE, soft, hard).unwrap_or_default();
    }
}
