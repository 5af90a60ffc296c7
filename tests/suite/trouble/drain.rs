//! A stop lets requests under way be finished, and does not wait for ever.

use nix::sys::signal::Signal;

use crate::support::raw_socket::RawSocket;
use crate::support::{TestServer, build, eventually, ids};

#[test]
fn requests_in_flight_are_answered_and_what_they_wrote_is_kept() {
    let mut server = TestServer::with_faults(&[]);
    let (ada, bob) = (server.ada(), server.bob());
    let room = build::room(&ada, "Lounge");
    let mut stream = bob.stream();
    stream.subscribes(&bob, &format!("/channels/{room}/messages"));
    let held = server.fault("lane");
    let said = std::thread::scope(|scope| {
        // One in the hands of the lane, two that wait for it.
        let first = scope.spawn(|| build::says(&ada, &room, "first"));
        held.is_met();
        let others: Vec<_> = ["second", "third"]
            .map(|text| {
                let (ada, room) = (&ada, &room);
                scope.spawn(move || build::says(ada, room, text))
            })
            .into_iter()
            .collect();
        eventually("both wait", || server.counter("store_lane_depth") == 2);
        server.signal(Signal::SIGTERM);
        // Streams are told goodbye at once, whatever is under way.
        assert_eq!(stream.closed_with(), 1001);
        held.off();
        let mut said = vec![first.join().expect("an answer")];
        said.extend(
            others
                .into_iter()
                .map(|other| other.join().expect("an answer")),
        );
        said
    });
    assert!(server.stop_status(), "{}", server.log());
    server.start_again();
    let page = server.ada().get(&format!("/channels/{room}/messages"));
    let mut kept = ids(&page.data());
    kept.sort();
    let mut said = said;
    said.sort();
    assert_eq!(kept, said);
}

#[test]
fn a_request_that_never_ends_is_given_up() {
    let mut server = TestServer::with(&[("SERVER_DRAIN_MS", "300")]);
    let ada = server.ada();
    let mut slow = RawSocket::connect(server.address);
    let head = format!(
        "POST /v1/channels HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\n\
         Content-Type: application/json\r\nContent-Length: 1000\r\nExpect: 100-continue\r\n\r\n",
        ada.token()
    );
    assert!(slow.write(head.as_bytes()));
    // Asked for its body: the request is being served.
    assert!(slow.line().starts_with("HTTP/1.1 100"));
    assert!(slow.write(b"{\"type\":"));
    server.signal(Signal::SIGTERM);
    assert_eq!(server.exit_code(), 75, "{}", server.log());
    assert!(server.log().contains("the stop took too long"));
    assert!(slow.is_over());
}
