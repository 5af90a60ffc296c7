//! nginx in front of several servers, by the file that the documents offer: ports are replaced, nothing else.

use std::net::{SocketAddr, TcpStream};
use std::process::Command;

use nix::sys::signal::Signal;

use super::cluster::{Node, Process};
use super::eventually;
use super::ports::free_port;

const DOCUMENTED: &str = include_str!("../../docs/cluster/nginx.conf");

/// Ends with its story.
pub(crate) struct Balancer {
    pub(crate) address: SocketAddr,
    process: Process,
    folder: tempfile::TempDir,
}

impl Balancer {
    /// Before these servers, as many as the file has.
    pub(crate) fn of(nodes: &[Node]) -> Self {
        let address = SocketAddr::from(([127, 0, 0, 1], free_port()));
        let mut file = String::from(DOCUMENTED);
        let documented = (8080..).map(|port| format!("127.0.0.1:{port};"));
        let all = [address]
            .into_iter()
            .chain(nodes.iter().map(|node| node.address));
        for (old, new) in documented.zip(all) {
            // Those of servers have settings behind them.
            let (old, new) = (old.trim_end_matches(';'), new.to_string());
            assert_eq!(file.matches(old).count(), 1, "{old}");
            file = file.replace(old, &new);
        }
        let folder = tempfile::tempdir().expect("a folder");
        // Its workers are of another user.
        let opened = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(folder.path(), opened).expect("it is ours");
        let settings = folder.path().join("nginx.conf");
        std::fs::write(&settings, file).expect("a file");
        let child = Command::new("/usr/sbin/nginx")
            .arg("-p")
            .arg(folder.path())
            .arg("-c")
            .arg(&settings)
            .args(["-e", "nginx.log", "-g", "daemon off;"])
            .spawn()
            .expect("nginx, which Debian has in nginx");
        let mut balancer = Self {
            address,
            process: Process::of(child),
            folder,
        };
        eventually("the balancer listens", || {
            assert!(balancer.process.has_ended().is_none(), "{}", balancer.log());
            TcpStream::connect(address).is_ok()
        });
        balancer
    }

    /// Which requests it sent elsewhere, and why.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("nginx.log")).unwrap_or_default()
    }
}

impl Drop for Balancer {
    fn drop(&mut self) {
        // It ends its workers, which a kill would leave.
        self.process.signal(Signal::SIGTERM);
        self.process.waits();
        if std::thread::panicking() {
            eprintln!("--- log of the balancer ---\n{}", self.log());
        }
    }
}
