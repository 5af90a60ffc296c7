//! Client sockets: never blocking, and spread over the addresses of 127.0.0.0/8, because one source address
//! has only some 28 000 ports towards one server.

use nix::errno::Errno;
use nix::sys::socket::{
    AddressFamily, SockFlag, SockType, SockaddrIn, bind, connect, setsockopt, socket, sockopt,
};
use std::io;
use std::net::{Ipv4Addr, SocketAddrV4, TcpStream};
use std::os::fd::AsRawFd;

/// How a socket is made.
#[derive(Debug, Clone, Copy)]
pub(super) struct Dial {
    pub(super) server: SocketAddrV4,
    /// Receive buffer in bytes, for readers that shall fall behind soon.
    pub(super) receive_buffer: Option<usize>,
    /// Sockets per source address before the next one is used.
    pub(super) sockets_per_address: u64,
}

impl Dial {
    /// Begins to connect the `nth` socket of the run.
    pub(super) fn begin(&self, nth: u64) -> io::Result<TcpStream> {
        let flags = SockFlag::SOCK_NONBLOCK | SockFlag::SOCK_CLOEXEC;
        let socket = socket(AddressFamily::Inet, SockType::Stream, flags, None)?;
        if let Some(bytes) = self.receive_buffer {
            setsockopt(&socket, sockopt::RcvBuf, &bytes)?;
        }
        if let Some(source) = source(*self.server.ip(), nth, self.sockets_per_address) {
            // Without this the port is taken at bind, for all servers at once.
            setsockopt(&socket, sockopt::IpBindAddressNoPort, &true)?;
            bind(
                socket.as_raw_fd(),
                &SockaddrIn::from(SocketAddrV4::new(source, 0)),
            )?;
        }
        match connect(socket.as_raw_fd(), &SockaddrIn::from(self.server)) {
            Ok(()) | Err(Errno::EINPROGRESS) => {}
            Err(error) => return Err(error.into()),
        }
        let stream = TcpStream::from(socket);
        stream.set_nodelay(true)?;
        Ok(stream)
    }
}

/// The source address of the `nth` socket where the kernel's own choice would run out of ports; only
/// loopback has more than one to choose from.
fn source(server: Ipv4Addr, nth: u64, per_address: u64) -> Option<Ipv4Addr> {
    if !server.is_loopback() || nth < per_address {
        return None;
    }
    let block = nth.checked_div(per_address)?;
    let low = u8::try_from(block % 250 + 1).ok()?;
    let high = u8::try_from(block / 250 % 250).ok()?;
    Some(Ipv4Addr::new(127, 0, high, low))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::{IpAddr, SocketAddr, TcpListener};

    #[test]
    fn many_sockets_use_many_addresses() {
        let from = |nth| source(Ipv4Addr::LOCALHOST, nth, 20_000);
        assert_eq!(from(19_999), None);
        assert_eq!(from(20_000), Some(Ipv4Addr::new(127, 0, 0, 2)));
        assert_eq!(from(5_000_000), Some(Ipv4Addr::new(127, 0, 1, 1)));
        let elsewhere = Ipv4Addr::new(10, 0, 0, 1);
        assert_eq!(source(elsewhere, 50_000, 20_000), None);
    }

    #[test]
    fn the_server_sees_the_next_address_once_one_is_full() {
        let server = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let SocketAddr::V4(address) = server.local_addr().unwrap() else {
            panic!("not asked for")
        };
        let dial = Dial {
            server: address,
            receive_buffer: None,
            sockets_per_address: 2,
        };
        let sockets: Vec<TcpStream> = (0..6).map(|nth| dial.begin(nth).unwrap()).collect();
        let mut seen: Vec<IpAddr> = (0..sockets.len())
            .map(|_| server.accept().unwrap().1.ip())
            .collect();
        seen.sort();
        let expected = [1, 1, 2, 2, 3, 3].map(|last| IpAddr::from([127, 0, 0, last]));
        assert_eq!(seen, expected);
    }
}
