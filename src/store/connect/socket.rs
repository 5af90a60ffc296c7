//! The socket under a connection to a server. libpq waits for an answer without an end: a server that hangs, or a statement
//! that takes too long, is left by ending the socket.

use std::os::fd::RawFd;

use diesel::prelude::*;
use diesel::sql_types::{Integer, Nullable};
use nix::sys::socket::{Shutdown, SockaddrStorage, getpeername, getsockname, shutdown};

use super::Sql;

/// A socket of this process. It is valid as long as the connection that it belongs to is not closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(in crate::store) struct Socket(RawFd);

#[derive(QueryableByName)]
struct Ports {
    #[diesel(sql_type = Nullable<Integer>)]
    here: Option<i32>,
    #[diesel(sql_type = Nullable<Integer>)]
    there: Option<i32>,
}

impl Socket {
    /// Of a connection over TCP. `None`: it goes another way (a Unix socket, a proxy), so that it cannot be told from others.
    pub(super) fn of(sql: &mut Sql) -> QueryResult<Option<Self>> {
        let ports: Ports =
            diesel::sql_query("SELECT inet_client_port() AS here, inet_server_port() AS there")
                .get_result(sql)?;
        let (Some(here), Some(there)) = (port(ports.here), port(ports.there)) else {
            return Ok(None);
        };
        let Ok(open) = std::fs::read_dir("/proc/self/fd") else {
            return Ok(None);
        };
        let mut open = open.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
        let found = open.find(|fd| {
            let own = getsockname::<SockaddrStorage>(*fd).ok();
            let peer = getpeername::<SockaddrStorage>(*fd).ok();
            own.and_then(|own| port_of(&own)) == Some(here)
                && peer.and_then(|peer| port_of(&peer)) == Some(there)
        });
        Ok(found.map(Self))
    }

    /// Ends it: what waits for the server has an error now.
    pub(in crate::store) fn shut_down(self) {
        if let Err(error) = shutdown(self.0, Shutdown::Both) {
            tracing::debug!(%error, "the connection to the database is closed already");
        }
    }
}

fn port(number: Option<i32>) -> Option<u16> {
    number.and_then(|number| u16::try_from(number).ok())
}

fn port_of(address: &SockaddrStorage) -> Option<u16> {
    let v4 = address
        .as_sockaddr_in()
        .map(nix::sys::socket::SockaddrIn::port);
    v4.or_else(|| {
        address
            .as_sockaddr_in6()
            .map(nix::sys::socket::SockaddrIn6::port)
    })
}
