//! A full lane says so at once, and nothing it refused was done.

use std::sync::Mutex;

use serde_json::json;

use crate::support::{TestServer, build};

#[test]
fn a_full_lane_is_busy_and_what_it_took_is_there() {
    let server = TestServer::with(&[("STORE_LANE_CAPACITY", "1"), ("STORE_LANE_BATCH", "1")]);
    let ada = server.ada();
    let rooms: Vec<_> = (0..4).map(|n| build::room(&ada, &n.to_string())).collect();
    let outcomes = Mutex::new((0_u64, 0_u64));
    std::thread::scope(|scope| {
        for lane in 0..16 {
            let (ada, room, outcomes) = (&ada, &rooms[lane % 4], &outcomes);
            scope.spawn(move || {
                for n in 0..25 {
                    let path = format!("/channels/{room}/messages");
                    let answer = ada.post(&path, &json!({"text": n.to_string()}));
                    let mut outcomes = outcomes.lock().expect("a count");
                    match answer.status {
                        201 => outcomes.0 += 1,
                        503 => {
                            answer.refused(503);
                            assert!(answer.header("retry-after").is_some(), "{answer}");
                            outcomes.1 += 1;
                        }
                        other => panic!("{other}: {answer}"),
                    }
                }
            });
        }
    });
    let (taken, refused) = *outcomes.lock().expect("a count");
    assert_eq!(taken + refused, 400);
    assert!(taken > 0 && refused > 0, "taken {taken}, refused {refused}");
    let kept: u64 = rooms
        .iter()
        .map(|room| {
            ada.get(&format!("/channels/{room}")).data()["counts"]["messages"]
                .as_u64()
                .unwrap()
        })
        .sum();
    assert_eq!(kept, taken);
}

#[test]
fn under_load_with_the_defaults_nobody_is_refused() {
    let server = TestServer::start();
    let ada = server.ada();
    let room = build::room(&ada, "Lounge");
    std::thread::scope(|scope| {
        for lane in 0..8 {
            let (ada, room) = (&ada, &room);
            scope.spawn(move || {
                (0..25).for_each(|n| drop(build::says(ada, room, &format!("{lane}-{n}"))));
            });
        }
    });
    assert_eq!(
        ada.get(&format!("/channels/{room}")).data()["counts"]["messages"],
        200
    );
}
