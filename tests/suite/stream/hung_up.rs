//! A caller that hangs up half way: the session of its stream keeps what the stream has, and nothing else.

use nix::sys::socket::sockopt::Linger;

use super::resume::Left;
use crate::support::raw_socket::RawSocket;
use crate::support::{Person, Stream, TestServer, build, eventually, http};

const SESSION: &str = "&include_cursor=1&auto_delete=0";

/// A call that waits for its answer.
struct Call(RawSocket);

impl Call {
    fn begins(person: &Person, method: &str, path: &str) -> Self {
        let mut socket = RawSocket::connect(person.address);
        let token = format!("Bearer {}", person.token());
        let headers = [("Authorization", token.as_str())];
        socket.write(&http::request(method, path, &headers, b""));
        Self(socket)
    }

    /// Its connection is reset, and the server knows.
    fn hangs_up(mut self, server: &TestServer) {
        let open = server.sockets();
        let at_once = nix::libc::linger {
            l_onoff: 1,
            l_linger: 0,
        };
        nix::sys::socket::setsockopt(self.0.stream(), Linger, &at_once).expect("a socket");
        drop(self);
        eventually("the call is over", || server.sockets() < open);
    }
}

/// How many subscriptions the stream of a person has.
fn subscriptions(person: &Person) -> usize {
    let streams = person.get("/users/me/streams").data();
    streams[0]["subscriptions"].as_array().map_or(0, Vec::len)
}

/// How many the session of this stream has.
fn in_session(stream: Stream, person: &Person) -> usize {
    let left = Left::of(&stream);
    drop(stream);
    eventually("the stream is gone", || {
        let streams = person.get("/users/me/streams").data();
        streams.as_array().is_some_and(Vec::is_empty)
    });
    let _continued = left.continues(person);
    subscriptions(person)
}

#[test]
fn what_a_call_subscribes_to_is_on_the_stream_and_in_its_session_or_in_neither() {
    let server = TestServer::with_faults(&[]);
    let (ada, bob) = (server.ada(), server.bob());
    let room = build::room(&ada, "Lounge");
    let stream = bob.stream_with(SESSION);
    let held = server.fault("lane");
    let path = format!(
        "/v1/channels/{room}/messages?connection_id={}&subscription_id=mine",
        stream.id
    );
    let call = Call::begins(&bob, "GET", &path);
    held.is_met();
    call.hangs_up(&server);
    held.off();
    // Behind its write.
    build::says(&ada, &room, "on it goes");
    let on_stream = subscriptions(&bob);
    assert_eq!(in_session(stream, &bob), on_stream);
}

#[test]
fn what_a_call_ends_is_ended_in_the_session_too() {
    let server = TestServer::with_faults(&[]);
    let (ada, bob) = (server.ada(), server.bob());
    let room = build::room(&ada, "Lounge");
    let stream = bob.stream_with(SESSION);
    let id = stream.subscribes(&bob, &format!("/channels/{room}/messages"));
    let held = server.fault("deletion");
    let path = format!("/v1/users/me/streams/{}/{id}", stream.id);
    let call = Call::begins(&bob, "DELETE", &path);
    held.is_met();
    call.hangs_up(&server);
    held.off();
    // Behind its write.
    build::says(&ada, &room, "on it goes");
    assert_eq!(subscriptions(&bob), 0);
    assert_eq!(in_session(stream, &bob), 0);
}
