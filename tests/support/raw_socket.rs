//! A websocket that sends any bytes, also those that RFC 6455 forbids.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpStream};

use super::{DEADLINE, Person, http};

pub(crate) struct RawSocket {
    socket: TcpStream,
    seen: Vec<u8>,
}

/// What the server sent.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Heard {
    Text(String),
    Other(u8, Vec<u8>),
    Close(u16),
    /// The connection ended without a close frame.
    End,
}

impl RawSocket {
    /// Upgrades a user stream by hand and reads its hello.
    pub(crate) fn open(person: &Person) -> Self {
        let path = format!("/v1/user?access_token={}", person.token());
        let mut socket = Self::asks(person.address, &path, &[]);
        socket.upgraded();
        match socket.hears() {
            Heard::Text(hello) => assert!(hello.contains("connection_id"), "{hello}"),
            other @ (Heard::Other(..) | Heard::Close(_) | Heard::End) => {
                panic!("no hello: {other:?}")
            }
        }
        socket
    }

    /// Asks for an upgrade, with more headers.
    pub(crate) fn asks(address: SocketAddr, path: &str, more: &[(&str, &str)]) -> Self {
        let mut headers = vec![
            ("Connection", "Upgrade"),
            ("Upgrade", "websocket"),
            ("Sec-WebSocket-Version", "13"),
            ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
        ];
        headers.extend_from_slice(more);
        let mut socket = Self::connect(address);
        socket.write(&http::request("GET", path, &headers, b""));
        socket
    }

    pub(crate) fn connect(address: SocketAddr) -> Self {
        let socket = TcpStream::connect(address).expect("the server accepts connections");
        socket.set_read_timeout(Some(DEADLINE)).expect("a deadline");
        socket
            .set_write_timeout(Some(DEADLINE))
            .expect("a deadline");
        socket.set_nodelay(true).expect("a socket");
        Self {
            socket,
            seen: Vec::new(),
        }
    }

    /// Writes; a server that has hung up is no failure here.
    pub(crate) fn write(&mut self, bytes: &[u8]) -> bool {
        self.socket.write_all(bytes).is_ok()
    }

    /// For reading something else than frames from it.
    pub(crate) fn stream(&mut self) -> &mut TcpStream {
        &mut self.socket
    }

    /// No more will be written.
    pub(crate) fn finish(&self) {
        drop(self.socket.shutdown(Shutdown::Write));
    }

    /// Reads the answer to an upgrade, which must be a yes.
    pub(crate) fn upgraded(&mut self) {
        loop {
            if let Some(end) = self
                .seen
                .windows(4)
                .position(|window| window == b"\r\n\r\n")
            {
                let head = String::from_utf8_lossy(&self.seen[..end]).into_owned();
                assert!(head.starts_with("HTTP/1.1 101"), "no upgrade: {head}");
                // The accept key that RFC 6455 gives for the nonce used here.
                assert!(head.contains("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="), "{head}");
                self.seen.drain(..end + 4);
                return;
            }
            assert!(self.read_more(), "the connection ended before the upgrade");
        }
    }

    /// The next line of a head, without its end.
    pub(crate) fn line(&mut self) -> String {
        loop {
            if let Some(end) = self.seen.windows(2).position(|two| two == b"\r\n") {
                let line = String::from_utf8_lossy(&self.seen[..end]).into_owned();
                self.seen.drain(..end + 2);
                return line;
            }
            assert!(self.read_more(), "the connection ended before the line");
        }
    }

    /// Reads on until the server has hung up.
    pub(crate) fn is_over(&mut self) -> bool {
        while self.read_more() {}
        true
    }

    fn read_more(&mut self) -> bool {
        let mut chunk = [0_u8; 4096];
        match self.socket.read(&mut chunk) {
            Ok(count) => {
                self.seen.extend_from_slice(&chunk[..count]);
                count > 0
            }
            Err(error)
                if matches!(
                    error.kind(),
                    std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut
                ) =>
            {
                panic!("nothing came in time")
            }
            Err(_) => false,
        }
    }

    /// The next frame of the server. Its frames are whole and unmasked.
    pub(crate) fn hears(&mut self) -> Heard {
        loop {
            if let Some((opcode, payload)) = self.take_frame() {
                return match opcode {
                    1 => Heard::Text(String::from_utf8(payload).expect("UTF-8 from the server")),
                    8 if payload.len() >= 2 => {
                        Heard::Close(u16::from_be_bytes([payload[0], payload[1]]))
                    }
                    8 => Heard::Close(1005),
                    other => Heard::Other(other, payload),
                };
            }
            if !self.read_more() {
                return Heard::End;
            }
        }
    }

    fn take_frame(&mut self) -> Option<(u8, Vec<u8>)> {
        let (first, second) = (*self.seen.first()?, *self.seen.get(1)?);
        assert_eq!(
            first & 0b1111_0000,
            0b1000_0000,
            "whole frames without extensions"
        );
        assert_eq!(second & 0b1000_0000, 0, "a server does not mask");
        let (length, start) = match second & 0b0111_1111 {
            126 => (
                usize::from(u16::from_be_bytes(self.seen.get(2..4)?.try_into().ok()?)),
                4,
            ),
            127 => (
                usize::try_from(u64::from_be_bytes(self.seen.get(2..10)?.try_into().ok()?)).ok()?,
                10,
            ),
            short => (usize::from(short), 2),
        };
        let payload = self.seen.get(start..start + length)?.to_vec();
        self.seen.drain(..start + length);
        Some((first & 0b1111, payload))
    }

    /// Reads on to the end; gives the close code if there was one.
    pub(crate) fn closed_with(&mut self) -> Option<u16> {
        loop {
            match self.hears() {
                Heard::Close(code) => return Some(code),
                Heard::End => return None,
                Heard::Text(_) | Heard::Other(..) => {}
            }
        }
    }
}

/// One frame as a client sends it.
pub(crate) fn frame(first_byte: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![first_byte];
    match payload.len() {
        length @ 0..=125 => bytes.push(0b1000_0000 | u8::try_from(length).unwrap_or(0)),
        length @ 126..=0xffff => {
            bytes.push(0b1000_0000 | 126);
            bytes.extend(u16::try_from(length).unwrap_or(0).to_be_bytes());
        }
        length => {
            bytes.push(0b1000_0000 | 127);
            bytes.extend((length as u64).to_be_bytes());
        }
    }
    let mask = [0x37, 0xfa, 0x21, 0x3d];
    bytes.extend(mask);
    bytes.extend(
        payload
            .iter()
            .zip(mask.iter().cycle())
            .map(|(byte, mask)| byte ^ mask),
    );
    bytes
}
