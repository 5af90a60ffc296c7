//! Pages of messages: the worked example of the API, and what does not count.

use crate::support::{Person, TestServer, build, ids};

/// A room with fifty messages; their ids in rising order.
fn fifty(person: &Person) -> (String, Vec<String>) {
    let room = build::room(person, "Long");
    let said = (1..=50)
        .map(|n| build::says(person, &room, &format!("message {n}")))
        .collect();
    (room, said)
}

#[test]
fn the_worked_example_of_the_reference_holds() {
    let server = TestServer::start();
    let ada = server.ada();
    let (room, said) = fifty(&ada);
    let page = |query: &str| {
        let answer = ada.get(&format!("/channels/{room}/messages?{query}"));
        let list = ids(&answer.data());
        let places: Vec<_> = list
            .iter()
            .map(|id| {
                1 + said
                    .iter()
                    .position(|known| known == id)
                    .expect("one of ours")
            })
            .collect();
        if let (Some(first), Some(last)) = (list.first(), list.last()) {
            assert_eq!(answer.meta()["max_id"], first.as_str());
            assert_eq!(answer.meta()["min_id"], last.as_str());
        }
        (places, answer.meta()["more"] == true)
    };
    let id = |place: usize| &said[place - 1];
    let down = |from: usize, to: usize| (to..=from).rev().collect::<Vec<_>>();
    assert_eq!(page(""), (down(50, 31), true));
    assert_eq!(page("count=200"), (down(50, 1), false));
    assert_eq!(
        page(&format!("since_id={}&count=-20", id(4))),
        (down(24, 5), true)
    );
    assert_eq!(page(&format!("since_id={}", id(4))), (down(50, 31), true));
    assert_eq!(
        page(&format!("before_id={}&count=4", id(6))),
        (down(5, 2), true)
    );
    assert_eq!(
        page(&format!("since_id={}&before_id={}", id(4), id(6))),
        (vec![5], false)
    );
    assert_eq!(page("count=-3"), (down(3, 1), true));
    for nonsense in ["count=0", "count=201", "count=-201", "count=many", "count="] {
        assert_eq!(page(nonsense), (down(50, 31), true), "{nonsense}");
    }
}

#[test]
fn an_empty_page_has_neither_bound() {
    let server = TestServer::start();
    let ada = server.ada();
    let room = build::room(&ada, "Empty");
    let meta = ada.get(&format!("/channels/{room}/messages")).meta();
    assert_eq!(meta["more"], false);
    assert!(
        meta.get("min_id").is_none() && meta.get("max_id").is_none(),
        "{meta}"
    );
}

#[test]
fn every_object_of_a_page_names_its_place_and_a_single_one_does_not() {
    let server = TestServer::start();
    let ada = server.ada();
    let room = build::room(&ada, "Short");
    let said = build::says(&ada, &room, "hello");
    let list = format!("/channels/{room}/messages");
    assert_eq!(ada.get(&list).data()[0]["pagination_id"], said.as_str());
    assert!(
        ada.get(&format!("{list}/{said}"))
            .data()
            .get("pagination_id")
            .is_none()
    );
    let found = ada.get(&format!("/channels/messages?ids={said}"));
    assert!(found.data()[0].get("pagination_id").is_none());
    assert!(found.meta().get("more").is_none());
}

#[test]
fn a_cursor_that_is_no_id_is_refused_or_ignored_but_never_trouble() {
    let server = TestServer::start();
    let ada = server.ada();
    let room = build::room(&ada, "Short");
    build::says(&ada, &room, "hello");
    let giant = "9".repeat(400);
    for bad in [
        "since_id=abc",
        "before_id=-1",
        "before_id=1e9",
        "since_id=%00",
        &format!("since_id={giant}"),
    ] {
        let answer = ada.get(&format!("/channels/{room}/messages?{bad}"));
        assert!(matches!(answer.status, 200 | 400), "{answer}");
    }
}
