//! The sockets that a server listens on. In a stop the one for clients is closed first: a balancer whose connection is
//! refused goes to another server, whatever the request was. The one for other nodes stays open until the end.

use std::future::pending;
use std::net::TcpListener;
use std::os::fd::{AsFd as _, AsRawFd as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use actix_rt::task::JoinHandle;
use actix_server::{Server, ServerHandle};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::socket::{Shutdown, shutdown};
use nix::sys::stat::fstat;
use socket2::{SockFilter, SockRef};
use tokio::time::{sleep, timeout};

/// How long a handshake of a balancer may take, which is near.
const HANDSHAKE: Duration = Duration::from_millis(5);

/// Interval between looks at what other threads and the kernel still do.
const LOOK: Duration = Duration::from_millis(1);

/// How long each step may take.
const STEP: Duration = Duration::from_secs(1);

/// Lets every segment of TCP pass but one that asks for a connection: SYN without ACK, in the flags at byte 13.
const NO_NEW_ONE: [SockFilter; 5] = [
    SockFilter::new(0x30, 0, 0, 13),
    SockFilter::new(0x54, 0, 0, 0x12),
    SockFilter::new(0x15, 0, 1, 0x02),
    SockFilter::new(0x06, 0, 0, 0),
    SockFilter::new(0x06, 0, 0, u32::MAX),
];

/// See the module.
pub(super) struct Doors {
    /// The socket for clients, which its server holds too.
    socket: TcpListener,
    clients: ServerHandle,
    nodes: Option<ServerHandle>,
}

impl Doors {
    /// Begins to accept. Also gives the end of that, which comes by itself only after a failure.
    pub(super) fn open(
        socket: TcpListener,
        (clients, nodes): (Server, Option<Server>),
    ) -> (Self, JoinHandle<()>) {
        let doors = Self {
            socket,
            clients: clients.handle(),
            nodes: nodes.as_ref().map(Server::handle),
        };
        let of_nodes = async move {
            match nodes {
                Some(nodes) => drop(nodes.await),
                None => pending().await,
            }
        };
        let ended = actix_rt::spawn(async move {
            tokio::select! {
                _ = clients => {}
                () = of_nodes => {}
            }
        });
        (doors, ended)
    }

    /// Takes no more connections of clients: their requests for one are refused by the kernel. Those that were made are
    /// served, also those that wait to be accepted: their clients may have sent a request already.
    pub(super) async fn close(&self) {
        // One that asks now hears nothing, asks again after a second, and is refused then. Without the filter, one that is
        // made within the next steps would be reset.
        if let Err(error) = SockRef::from(&self.socket).attach_filter(&NO_NEW_ONE) {
            tracing::debug!(%error, "connections that are made at this moment are reset");
        }
        sleep(HANDSHAKE).await;
        let accepted = async {
            while self.is_awaited() {
                sleep(LOOK).await;
            }
        };
        let accepted = timeout(STEP, accepted).await;
        let paused = async {
            let accepting = Accepting::of(&self.socket);
            // This says that the thread was asked.
            self.clients.pause().await;
            accepting.is_over().await;
        };
        let paused = timeout(STEP, paused).await;
        let closed = shutdown(self.socket.as_raw_fd(), Shutdown::Both);
        if accepted.is_err() || paused.is_err() || closed.is_err() {
            tracing::warn!(?closed, "the listening socket was not closed in order");
        }
    }

    /// Whether connections wait to be accepted.
    fn is_awaited(&self) -> bool {
        let mut socket = [PollFd::new(self.socket.as_fd(), PollFlags::POLLIN)];
        matches!(poll(&mut socket, PollTimeout::ZERO), Ok(1..))
    }

    /// The end of all connections.
    pub(super) async fn end(&self) {
        let nodes = self.nodes.as_ref().map(|nodes| nodes.stop(false));
        drop(timeout(STEP, self.clients.stop(false)).await);
        if let Some(nodes) = nodes {
            drop(timeout(STEP, nodes).await);
        }
    }
}

/// The thread that accepts, as the kernel knows it: by its epoll instance, and the inode of the socket there. While it
/// waits for a socket that is shut down, it logs an error.
struct Accepting {
    epoll: Option<PathBuf>,
    inode: String,
}

impl Accepting {
    fn of(socket: &TcpListener) -> Self {
        let inode = fstat(socket).map_or(0, |socket| socket.st_ino);
        let mut accepting = Self {
            epoll: None,
            inode: format!("ino:{inode:x}"),
        };
        // In the order of their numbers: the instance is as old as the socket, and those of clients are behind it.
        let descriptors = std::fs::read_dir("/proc/self/fdinfo").into_iter().flatten();
        accepting.epoll = descriptors
            .filter_map(|descriptor| Some(descriptor.ok()?.path()))
            .find(|descriptor| accepting.is_in(descriptor));
        accepting
    }

    /// Whether this is an epoll instance with the socket.
    fn is_in(&self, descriptor: &Path) -> bool {
        let said = std::fs::read_to_string(descriptor).unwrap_or_default();
        let mut lines = said.lines().filter(|line| line.starts_with("tfd:"));
        lines.any(|line| line.split_whitespace().any(|word| word == self.inode))
    }

    /// Until it waits for the socket no more. Without `/proc` that is a guess.
    async fn is_over(&self) {
        let Some(epoll) = &self.epoll else {
            return sleep(HANDSHAKE).await;
        };
        while self.is_in(epoll) {
            sleep(LOOK).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_thread_that_accepts_is_found_while_it_waits_for_the_socket() {
        let socket = TcpListener::bind("127.0.0.1:0").expect("an address");
        assert!(Accepting::of(&socket).epoll.is_none());
        let poll = waiting_for(&socket);
        let accepting = Accepting::of(&socket);
        let epoll = accepting.epoll.clone().expect("it is in one");
        assert!(accepting.is_in(&epoll));
        poll.delete(&socket).expect("it was added");
        assert!(!accepting.is_in(&epoll));
    }

    fn waiting_for(socket: &TcpListener) -> nix::sys::epoll::Epoll {
        use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags};
        let poll = Epoll::new(EpollCreateFlags::empty()).expect("an instance");
        let event = EpollEvent::new(EpollFlags::EPOLLIN, 0);
        poll.add(socket, event).expect("it is added");
        poll
    }
}
