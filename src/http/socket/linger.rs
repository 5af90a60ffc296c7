//! The end of a connection that has been answered (RFC 9112 §9.6). Bytes that arrive at a closed socket make the kernel
//! reset the connection, and the reset takes the answer away from a client that is still sending: a proxy then says
//! 502 instead of our 413. So our side is closed first, and what still arrives is read and thrown away.

use std::io::ErrorKind;
use std::os::fd::AsRawFd as _;
use std::time::Duration;

use actix_rt::net::TcpStream;
use nix::sys::socket::{Shutdown, shutdown};
use tokio::runtime::Handle;
use tokio::time::timeout;

/// Longest time for all that still arrives.
const IN_ALL: Duration = Duration::from_secs(30);

/// Longest silence within it.
const SILENCE: Duration = Duration::from_secs(5);

/// Closes our side, and the connection once the peer has closed its own, says nothing more, or does not end. Until then
/// what it holds (its place among the connections of its address) is held.
pub(crate) fn linger(stream: TcpStream, held: impl Send + 'static) {
    // Without a runtime the process is at its end, and so is the connection.
    let Ok(runtime) = Handle::try_current() else {
        return;
    };
    // One that the peer has closed or reset already needs no shutdown.
    shutdown(stream.as_raw_fd(), Shutdown::Write).unwrap_or_default();
    runtime.spawn(async move {
        // Either way the connection is closed.
        drop(timeout(IN_ALL, read_out(&stream)).await);
        drop(held);
    });
}

async fn read_out(stream: &TcpStream) {
    while let Ok(Ok(())) = timeout(SILENCE, stream.readable()).await {
        let mut waste = [0; 8 * 1024];
        match stream.try_read(&mut waste) {
            Ok(0) => return,
            Err(error) if error.kind() != ErrorKind::WouldBlock => return,
            Ok(_) | Err(_) => {}
        }
    }
}
