//! A right is taken on one node while it is used on another one. The log judges: nothing that used the right is behind its
//! end, and what began after the end was acknowledged was refused. `RACES` says how many rounds each story has
//! (`scripts/soak --races`).

mod judged;

use std::collections::HashMap;
use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Value, json};

use self::judged::{Fact, facts};
use crate::support::http::Answer;
use crate::support::nodes::{Node, Nodes};
use crate::support::{Person, Stream, build, eventually, text};

/// Rounds without `RACES`.
const ROUNDS: usize = 40;
/// Channels and such that take turns: what is given back has arrived everywhere before it is taken again.
const TURNS: usize = 16;
/// Messages that a listener may hear or not, around each end.
const SAID: usize = 3;

#[expect(
    clippy::disallowed_methods,
    reason = "the arguments of a test are in the environment"
)]
fn rounds() -> usize {
    let told = std::env::var("RACES").ok().filter(|told| !told.is_empty());
    told.map_or(ROUNDS, |told| told.parse().expect("a number of rounds"))
}

/// Takes the right away in each round, and uses it at the same time until it is refused. Returns how often it was used.
fn race(
    takes: impl Fn(usize) + Sync,
    gives_back: impl Fn(usize),
    uses: impl Fn(usize) -> Answer + Sync,
    refused: (u16, &str),
) -> usize {
    let mut used = 0;
    for round in 0..rounds() {
        let (start, taken) = (Barrier::new(2), AtomicBool::new(false));
        used += std::thread::scope(|both| {
            let user = both.spawn(|| {
                start.wait();
                let mut used = 0;
                loop {
                    let is_over = taken.load(Ordering::SeqCst);
                    let answer = uses(round);
                    if answer.status != 201 {
                        answer.refused_as(refused.0, refused.1);
                        return used;
                    }
                    assert!(
                        !is_over,
                        "round {round}: carried out after the end: {answer}"
                    );
                    used += 1;
                }
            });
            start.wait();
            takes(round);
            taken.store(true, Ordering::SeqCst);
            user.join().expect("it was refused")
        });
        gives_back(round);
    }
    println!("{} rounds, {used} writes", rounds());
    used
}

fn two() -> Option<(Nodes, Node, Node)> {
    let nodes = Nodes::new()?;
    let (a, b) = (nodes.start("a"), nodes.start("b"));
    Some((nodes, a, b))
}

#[test]
fn no_message_of_a_removed_writer_is_behind_the_removal() {
    let Some((nodes, a, b)) = two() else { return };
    let (ada, bob) = (a.person(0), b.person(1));
    let circles: Vec<String> = (0..TURNS).map(|_| build::circle(&ada, &[&bob])).collect();
    let of = |round: usize| format!("/channels/{}", circles[round % TURNS]);
    let writers = |round: usize, writers: Value| {
        let acl = json!({"acl": {"write": {"user_ids": writers}}});
        ada.put(&of(round), &acl).is(200);
    };
    let says = |round: usize| bob.post(&format!("{}/messages", of(round)), &json!({"text": "in"}));
    for turn in 0..TURNS {
        eventually("he may write", || says(turn).status == 201);
    }
    let used = race(
        |round| writers(round, json!([])),
        |round| {
            writers(round, json!([bob.id]));
            let next = (round + 1) % TURNS;
            eventually("he may write", || says(next).status == 201);
        },
        says,
        (403, "no-access"),
    );
    let mut is_writer = HashMap::new();
    let mut said = 0;
    for (pos, fact) in facts(&nodes) {
        match fact {
            Fact::Channel { id, writers } => {
                is_writer.insert(id, writers.contains(&bob.id));
            }
            Fact::Message {
                channel, author, ..
            } if author == bob.id => {
                assert!(
                    is_writer[&channel],
                    "the message at {pos} is behind his removal"
                );
                said += 1;
            }
            Fact::Message { .. } | Fact::Related { .. } | Fact::Revoked => {}
        }
    }
    assert!(said >= used, "the log has {said} of {used}");
}

#[test]
fn no_message_is_behind_the_revocation_of_its_token() {
    let Some((nodes, a, b)) = two() else { return };
    let room = build::room(&a.person(0), "Lounge");
    let path = format!("/channels/{room}/messages");
    nodes.sql(&format!(
        "INSERT INTO tokens (hash, client_id, user_id, scopes, created_at)
         SELECT sha256(convert_to('raced-' || n, 'UTF8')), client_id, user_id, scopes, created_at
         FROM tokens, generate_series(0, {}) AS n WHERE hash = sha256(convert_to('{}', 'UTF8'))",
        rounds(),
        b.person(1).token(),
    ));
    let of = |node: &Node, round: usize| Person {
        token: Some(format!("raced-{round}")),
        ..node.person(1)
    };
    let used = race(
        |round| {
            of(&a, round).delete("/token").is(200);
        },
        |_| (),
        |round| of(&b, round).post(&path, &json!({"text": format!("by {round}")})),
        (401, "invalid-token"),
    );
    // Tokens are revoked in the order of the rounds.
    let (mut revoked, mut said) = (0, 0);
    for (pos, fact) in facts(&nodes) {
        match fact {
            Fact::Revoked => revoked += 1,
            Fact::Message { text, .. } => {
                let round = text.strip_prefix("by ").map(str::parse::<usize>);
                let round = round.expect("a round").expect("a number");
                assert!(round >= revoked, "the message at {pos} is behind its token");
                said += 1;
            }
            Fact::Channel { .. } | Fact::Related { .. } => {}
        }
    }
    assert_eq!((said, revoked), (used, rounds()));
}

#[test]
fn no_private_message_is_behind_a_block() {
    let Some((nodes, a, b)) = two() else { return };
    let (eve, bob) = (a.person(2), b.person(1));
    let private = text(&build::whispers(&bob, &[&eve], "first")["channel_id"]);
    let path = format!("/channels/{private}/messages");
    let block = format!("/users/{}/block", bob.id);
    let used = race(
        |_| {
            eve.does(&block).is(200);
        },
        |_| {
            eve.delete(&block).is(200);
        },
        |_| bob.post(&path, &json!({"text": "psst"})),
        (403, "blocked"),
    );
    let (mut is_blocked, mut said) = (false, 0);
    for (pos, fact) in facts(&nodes) {
        match fact {
            Fact::Related { relation, on, .. } if relation == "block" => is_blocked = on,
            Fact::Message { text, .. } if text == "psst" => {
                assert!(!is_blocked, "the message at {pos} is behind the block");
                said += 1;
            }
            Fact::Channel { .. } | Fact::Message { .. } | Fact::Related { .. } | Fact::Revoked => {}
        }
    }
    assert_eq!(said, used);
}

/// Positions of the events on a stream, up to the message that ends it.
fn hears(stream: &mut Stream) -> Vec<i64> {
    let mut heard = Vec::new();
    loop {
        let event = stream.event();
        let cursor = text(&event["meta"]["cursor"]);
        let (_, pos) = cursor.rsplit_once('.').expect("a log and a position");
        if event["data"][0]["content"]["text"] == "the end" {
            return heard;
        }
        heard.push(pos.parse().expect("a position"));
    }
}

/// A listener mutes or blocks an author on one node, and takes it back; the author writes on the other one. On both nodes her
/// streams have what is in front of each end, and nothing of what is behind it.
fn is_heard_in_the_order_of_the_log(relation: &str) {
    let Some((nodes, a, b)) = two() else { return };
    let (ada, eve, bob) = (a.person(0), a.person(2), b.person(1));
    let room = build::room(&ada, "Lounge");
    let path = format!("/channels/{room}/messages");
    let mut streams = [&a, &b].map(|node| {
        let stream = node.person(2).stream_with("&include_cursor=1");
        stream.subscribes(&node.person(2), &path);
        stream
    });
    let relates = format!("/users/{}/{relation}", bob.id);
    let heard: Vec<Vec<i64>> = std::thread::scope(|all| {
        let readers: Vec<_> = streams
            .iter_mut()
            .map(|stream| all.spawn(|| hears(stream)))
            .collect();
        for _ in 0..rounds() {
            let start = Barrier::new(2);
            std::thread::scope(|both| {
                both.spawn(|| {
                    start.wait();
                    for _ in 0..SAID {
                        build::says(&bob, &room, "heard or not");
                    }
                });
                start.wait();
                eve.does(&relates).is(200);
                eve.delete(&relates).is(200);
            });
        }
        build::says(&ada, &room, "the end");
        readers
            .into_iter()
            .map(|reader| reader.join().expect("the end"))
            .collect()
    });
    let (mut is_on, mut expected, mut hidden) = (false, Vec::new(), 0);
    for (pos, fact) in facts(&nodes) {
        match fact {
            Fact::Related { on, .. } => is_on = on,
            Fact::Message { text, .. } if text == "heard or not" => match is_on {
                true => hidden += 1,
                false => expected.push(pos),
            },
            Fact::Channel { .. } | Fact::Message { .. } | Fact::Revoked => {}
        }
    }
    println!(
        "{} rounds, {} heard, {hidden} not",
        rounds(),
        expected.len()
    );
    for (node, heard) in ["a", "b"].into_iter().zip(heard) {
        assert_eq!(heard, expected, "the stream at {node}");
    }
}

#[test]
fn a_mute_is_heard_in_the_order_of_the_log() {
    is_heard_in_the_order_of_the_log("mute");
}

#[test]
fn a_block_is_heard_in_the_order_of_the_log() {
    is_heard_in_the_order_of_the_log("block");
}
