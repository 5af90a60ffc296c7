//! The server's numbers per actor, from `GET /v1/sys/actors`: what each channel, firehose and shard did, and
//! how long it took from the commit until the last of its sockets was written.
//!
//! The page is answered to this machine only, and not every server has it: whatever cannot be read is left
//! out of the report, never an error.

use crate::load::blocking::Blocking;
use crate::load::target::Target;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// Most actors of one kind that are asked for: more rooms than a report lists, so that those with the worst
/// delay outside are among them.
const MOST: usize = 1000;

/// What waits for an actor.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(in crate::load) struct Mailbox {
    pub(in crate::load) depth: u64,
    pub(in crate::load) high_water: u64,
    pub(in crate::load) bound: u64,
    pub(in crate::load) refused: u64,
}

/// Time from the commit until the last socket was written, in microseconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(in crate::load) struct FanOut {
    pub(in crate::load) count: u64,
    pub(in crate::load) p50: u64,
    pub(in crate::load) p90: u64,
    pub(in crate::load) p99: u64,
    pub(in crate::load) p999: u64,
    pub(in crate::load) max: u64,
}

/// One actor as the server describes it, counted since it started.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(in crate::load) struct Actor {
    pub(in crate::load) kind: String,
    pub(in crate::load) id: String,
    pub(in crate::load) events: u64,
    pub(in crate::load) receivers: u64,
    pub(in crate::load) shards: u64,
    pub(in crate::load) frames: u64,
    pub(in crate::load) bytes: u64,
    pub(in crate::load) slow_closes: u64,
    pub(in crate::load) mailbox: Mailbox,
    pub(in crate::load) fanout_us: Option<FanOut>,
}

#[derive(Deserialize)]
struct Page {
    data: Vec<Actor>,
}

/// All actors that the server lists.
#[derive(Debug, Default)]
pub(in crate::load) struct Actors {
    pub(in crate::load) channels: HashMap<String, Actor>,
    /// Shards and firehoses, in this order.
    pub(in crate::load) others: Vec<Actor>,
}

impl Actors {
    /// Reads them from the server; empty if it has none. Those of several servers have the same names, and are left out.
    pub(in crate::load) fn now(target: &Target) -> Self {
        let [place] = target.places.as_slice() else {
            return Self::default();
        };
        let Ok(mut caller) = Blocking::briefly(place) else {
            return Self::default();
        };
        let mut page = |kind: &str, order: &str| {
            let path = format!("/v1/sys/actors?kind={kind}&order={order}&count={MOST}");
            let text = caller.text(&path).unwrap_or_default();
            parse(&text, kind)
        };
        let channels = page("channel", "fanout_p99").into_iter();
        let channels = channels.map(|actor| (actor.id.clone(), actor)).collect();
        let mut others = page("shard", "frames");
        others.extend(page("firehose", "events"));
        Self { channels, others }
    }
}

/// The actors of a page. A server that does not know `kind` may answer with something else, such as totals.
fn parse(text: &str, kind: &str) -> Vec<Actor> {
    let page = serde_json::from_str(text).unwrap_or(Page { data: Vec::new() });
    let mut actors = page.data;
    actors.retain(|actor| actor.kind == kind);
    actors
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = r#"{"meta":{"code":200},"data":[
        {"kind":"channel","id":"12","events":100,"receivers":1000,"shards":1,"frames":100000,"bytes":144700000,
         "slow_closes":0,"mailbox":{"depth":0,"high_water":5,"bound":4096,"refused":0},
         "fanout_us":{"count":100,"p50":1500,"p90":1800,"p99":2500,"p999":2600,"max":2700}},
        {"kind":"channel","id":"13","events":0,"mailbox":{"depth":1},"new_in_another_version":true}]}"#;

    #[test]
    fn actors_are_read_and_what_is_absent_stays_so() {
        let actors = parse(PAGE, "channel");
        let [busy, quiet] = actors.as_slice() else {
            panic!("two actors: {actors:?}")
        };
        assert_eq!((busy.id.as_str(), busy.receivers), ("12", 1000));
        assert_eq!(busy.mailbox.high_water, 5);
        assert_eq!(busy.fanout_us.map(|fan_out| fan_out.p99), Some(2500));
        assert_eq!((quiet.mailbox.depth, quiet.fanout_us), (1, None));
    }

    #[test]
    fn other_answers_are_no_actors() {
        let totals = r#"{"meta":{"code":200},"data":{"channel_actors":3}}"#;
        for text in [totals, "", "<html>", r#"{"data":[{"kind":"shard"}]}"#] {
            assert_eq!(parse(text, "channel"), Vec::new(), "{text}");
        }
    }
}
