//! An app that tries to have a stream at every server. It may have two.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::super::door::{DOORS, Opening, now};
use super::super::ledger::Entry;
use super::super::listener::position;
use super::world::{PATIENCE, World};
use crate::support::random::Random;

/// What the settings allow.
const MOST: usize = 2;

/// A stream that it had.
pub(super) struct Had {
    /// For the report.
    what: String,
    /// When its client had read the hello: microseconds.
    since: i64,
    /// The position of the last event that came; everything came live.
    last: Option<i64>,
}

/// At this server, until the world ends.
pub(super) fn lives(world: &World<'_>, node: usize, mut random: Random) -> Vec<Had> {
    let mut all = Vec::new();
    while !world.is_over() {
        let app = &world.scene.greedy.app;
        let door = *random.pick(&DOORS[..DOORS.len() - 1]);
        let token = app.token();
        let path = format!("/v1/app?access_token={token}&key=greedy&include_cursor=1");
        let opening = Opening::anew(door, path);
        if let Ok(open) = opening.open(world.addresses.of(node), PATIENCE) {
            let since = now();
            world.says(&format!("greedy at {node}"));
            let most = match random.below(2) {
                0 => Duration::from_millis(random.below(1000)),
                _ => Duration::MAX,
            };
            let begun = Instant::now();
            while !open.is_over() && !world.is_over() && begun.elapsed() < most {
                std::thread::park_timeout(Duration::from_millis(20));
            }
            let heard = open.cut(false);
            let frames = heard.map(|heard| heard.frames).unwrap_or_default();
            let mut cursors = frames.iter().filter_map(|frame| frame.cursor.as_deref());
            let first = cursors.clone().next().map(position);
            let last = cursors.next_back().map(position);
            let what = format!("greedy at {node} from {since}: {first:?} to {last:?}");
            world.says(&format!("{what}, no more"));
            all.push(Had { what, since, last });
        }
        std::thread::park_timeout(Duration::from_millis(100));
    }
    all
}

/// Whether there were never more than it may have. A stream was surely in use from the time when its client had read the
/// hello to the time of the last event that it was sent.
pub(super) fn is_held_back(had: &[Had], entries: &BTreeMap<i64, Entry>) -> Result<(), String> {
    let spans: Vec<(i64, i64, &Had)> = had
        .iter()
        .filter_map(|had| {
            let last = entries.get(&had.last?)?;
            (last.at > had.since).then_some((had.since, last.at, had))
        })
        .collect();
    for (at, _, _) in &spans {
        let then = spans
            .iter()
            .filter(|(since, until, _)| since <= at && at < until);
        let then: Vec<&str> = then.map(|(_, _, had)| had.what.as_str()).collect();
        if then.len() > MOST {
            return Err(format!(
                "{} app streams in use at {at}: {then:?}",
                then.len()
            ));
        }
    }
    Ok(())
}
