//! The sockets that a server listens on. In a stop the one for clients is closed first: a balancer whose connection is
//! refused goes to another server, whatever the request was. The one for other nodes stays open until the end.

use std::future::pending;
use std::net::TcpListener;
use std::os::fd::{AsFd as _, AsRawFd as _};
use std::time::Duration;

use actix_rt::task::JoinHandle;
use actix_server::{Server, ServerHandle};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::socket::{Shutdown, shutdown};
use socket2::{SockFilter, SockRef};
use tokio::time::{sleep, timeout};

/// How long a handshake of a balancer may take, which is near, and a thread that is woken.
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
        let paused = timeout(STEP, self.clients.pause()).await;
        // That says that it was asked for. The thread that accepts logs an error if it still waits for a socket that ends.
        sleep(HANDSHAKE).await;
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
