//! Frames that RFC 6455 forbids, or that are too much.

use crate::support::raw_socket::{Heard, RawSocket, frame};
use crate::support::{TestServer, build};

const TEXT: u8 = 0x81;
const BINARY: u8 = 0x82;
const CLOSE: u8 = 0x88;
const PING: u8 = 0x89;

/// Sends bytes on a fresh user stream; gives the close code.
fn closes_with(server: &TestServer, bytes: &[u8]) -> Option<u16> {
    let mut socket = RawSocket::open(&server.ada());
    socket.write(bytes);
    let code = socket.closed_with();
    drop(socket);
    server.holds_no_connection();
    code
}

#[test]
fn unmasked_frames_are_a_protocol_fault() {
    let server = TestServer::start();
    assert_eq!(closes_with(&server, &[TEXT, 1, b'.']), Some(1002));
}

#[test]
fn reserved_bits_and_unknown_opcodes_are_a_protocol_fault() {
    let server = TestServer::start();
    for first in [0xc1, 0xa1, 0x91, 0x83, 0x87, 0x8b, 0x8f] {
        assert_eq!(
            closes_with(&server, &frame(first, b".")),
            Some(1002),
            "{first:x}"
        );
    }
}

#[test]
fn oversized_messages_are_refused_by_their_declared_length() {
    let server = TestServer::start();
    assert_eq!(
        closes_with(&server, &frame(TEXT, &vec![b'x'; 5000])),
        Some(1009)
    );
    let mask = [1, 2, 3, 4];
    for length in [u64::MAX >> 1, 1 << 32, 1 << 20] {
        let mut head = vec![TEXT, 0x80 | 127];
        head.extend(length.to_be_bytes());
        head.extend(mask);
        assert_eq!(closes_with(&server, &head), Some(1009), "{length}");
    }
    // With the highest bit set it is not even a length.
    for length in [1_u64 << 63, u64::MAX] {
        let mut head = vec![BINARY, 0x80 | 127];
        head.extend(length.to_be_bytes());
        head.extend(mask);
        let code = closes_with(&server, &head);
        assert!(matches!(code, Some(1002 | 1009)), "{code:?}");
    }
}

#[test]
fn messages_up_to_the_limit_are_answered() {
    let server = TestServer::start();
    let mut socket = RawSocket::open(&server.ada());
    for length in [0, 1, 125, 126, 127, 4000, 4096] {
        socket.write(&frame(TEXT, &vec![b'x'; length]));
        assert_eq!(
            socket.hears(),
            Heard::Text("{\"meta\":{\"pong\":1}}".into()),
            "{length}"
        );
    }
}

#[test]
fn a_message_in_fragments_is_one_message() {
    let server = TestServer::start();
    let mut socket = RawSocket::open(&server.ada());
    socket.write(&frame(0x01, b"he"));
    socket.write(&frame(PING, b"between"));
    socket.write(&frame(0x00, b"ll"));
    socket.write(&frame(0x80, b"o"));
    assert_eq!(socket.hears(), Heard::Other(10, b"between".to_vec()));
    assert!(matches!(socket.hears(), Heard::Text(pong) if pong.contains("pong")));
    // Byte by byte is the same to us.
    for byte in frame(TEXT, b"slowly") {
        socket.write(&[byte]);
    }
    assert!(matches!(socket.hears(), Heard::Text(pong) if pong.contains("pong")));
}

#[test]
fn fragments_may_not_add_up_to_more_than_a_message_may_be() {
    let server = TestServer::start();
    let mut bytes = frame(0x01, &[b'x'; 2000]);
    for _ in 0..50 {
        bytes.extend(frame(0x00, &[b'x'; 2000]));
    }
    assert_eq!(closes_with(&server, &bytes), Some(1009));
}

#[test]
fn fragments_out_of_place_are_a_protocol_fault() {
    let server = TestServer::start();
    assert_eq!(
        closes_with(&server, &frame(0x80, b"nothing to continue")),
        Some(1002)
    );
    let twice = [frame(0x01, b"begun"), frame(0x01, b"begun again")].concat();
    assert_eq!(closes_with(&server, &twice), Some(1002));
    assert_eq!(
        closes_with(&server, &frame(0x09, b"a ping in parts")),
        Some(1002)
    );
    assert_eq!(closes_with(&server, &frame(PING, &[b'x'; 126])), Some(1002));
}

#[test]
fn text_that_is_not_utf8_is_refused() {
    let server = TestServer::start();
    assert_eq!(closes_with(&server, &frame(TEXT, b"\xff\xfe")), Some(1007));
    assert_eq!(
        closes_with(&server, &frame(TEXT, b"\xed\xa0\x80")),
        Some(1007)
    );
    // A character may be cut by a fragment, as long as it is whole in the end.
    let mut socket = RawSocket::open(&server.ada());
    socket.write(&frame(0x01, b"\xf0\x9f"));
    socket.write(&frame(0x80, b"\xa5\x9c"));
    assert!(matches!(socket.hears(), Heard::Text(pong) if pong.contains("pong")));
}

#[test]
fn odd_closes_are_answered() {
    let server = TestServer::start();
    assert!(matches!(
        closes_with(&server, &frame(CLOSE, b"")),
        Some(1000 | 1005)
    ));
    assert!(matches!(
        closes_with(&server, &frame(CLOSE, &1000_u16.to_be_bytes())),
        Some(1000)
    ));
    let code = closes_with(&server, &frame(CLOSE, &[3]));
    assert!(matches!(code, Some(1000 | 1002) | None), "{code:?}");
    let code = closes_with(&server, &frame(CLOSE, &[0x03, 0xe8, 0xff, 0xff]));
    assert!(matches!(code, Some(1000 | 1002 | 1007) | None), "{code:?}");
}

#[test]
fn a_client_that_floods_with_texts_is_answered_or_closed_and_memory_stays() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    let before = server.memory();
    let mut socket = RawSocket::open(&ada);
    // Never reads what it is answered.
    let burst = frame(TEXT, b".").repeat(20_000);
    for _ in 0..10 {
        if !socket.write(&burst) {
            break;
        }
    }
    let room = build::room(&bob, "Lounge");
    let mut stream = bob.stream();
    stream.subscribes(&bob, &format!("/channels/{room}/messages"));
    build::says(&bob, &room, "others go on");
    stream.hears_text("others go on");
    let grown = server.memory().saturating_sub(before);
    assert!(grown < 50_000, "{grown} KiB more");
}

#[test]
fn data_that_comes_with_the_handshake_is_not_lost() {
    let server = TestServer::start();
    let ada = server.ada();
    let mut socket = RawSocket::connect(server.address);
    let head = format!(
        "GET /v1/user?access_token={} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
        ada.token(),
    );
    socket.write(&[head.into_bytes(), frame(TEXT, b"early")].concat());
    socket.upgraded();
    assert!(
        matches!(socket.hears(), Heard::Text(hello) if hello.contains("connection_id")),
        "hello first"
    );
    assert!(matches!(socket.hears(), Heard::Text(pong) if pong.contains("pong")));
}

#[test]
fn a_client_that_broke_the_protocol_is_not_waited_for() {
    // Longer than a test waits: only the fault ends the connection.
    let server = TestServer::with(&[("STREAMS_LINGER_MS", "60000")]);
    for (bytes, code) in [
        (vec![TEXT, 1, b'.'], 1002),
        (frame(TEXT, b"\xff\xfe"), 1007),
        (frame(TEXT, &vec![b'x'; 5000]), 1009),
    ] {
        let mut socket = RawSocket::open(&server.ada());
        socket.write(&bytes);
        assert_eq!(socket.closed_with(), Some(code));
        assert!(socket.is_over(), "TCP ends behind the close frame");
        // What is still under way resets nothing before the close frame is read; then all is gone.
        drop(socket);
        server.holds_no_connection();
    }
}
