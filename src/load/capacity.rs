//! Whether the limits of a server can carry a plan, before anything is made on it: what `/sys/config` publishes beside
//! what the plan needs.
//!
//! A server that publishes nothing is not judged, and a limit that it does not publish is none.

use super::plan::{Kind, Plan};
use serde_json::Value;

/// Requests of the tester itself with each token: who it is, and what is read after the run.
const OWN_READS: f64 = 50.0;

/// The limits of a server.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Published {
    /// Per token, per user over all tokens, and in how many seconds.
    writes: Option<f64>,
    user_writes: Option<f64>,
    write_seconds: f64,
    reads: Option<f64>,
    user_reads: Option<f64>,
    read_seconds: f64,
    message_length: Option<f64>,
    /// Open streams per user, and connections per address.
    user_connections: Option<f64>,
    connections_per_address: Option<f64>,
}

/// Where a plan comes from: its tokens, and the users behind them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Callers {
    pub(super) tokens: usize,
    pub(super) users: usize,
    /// Runs one after another, each with rooms of its own.
    pub(super) runs: u32,
    /// Sockets from one address before the next one is used; none if the server sees only one.
    pub(super) sockets_per_address: Option<u64>,
}

impl Published {
    /// From the answer of `GET /sys/config`.
    pub(super) fn parse(config: &Value) -> Self {
        let number = |path: &str| config.pointer(&format!("/data/{path}"))?.as_f64();
        // 0 means that there is no bound.
        let bound = |path: &str| number(path).filter(|bound| *bound > 0.0);
        let enabled = config.pointer("/data/rate_limit/enabled") != Some(&Value::Bool(false));
        let rate = |path: &str| {
            let limit = number(&format!("rate_limit/{path}"));
            limit.filter(|_| enabled)
        };
        let seconds = |path: &str| number(&format!("rate_limit/{path}")).unwrap_or(60.0);
        Self {
            writes: rate("authorized/writes"),
            user_writes: rate("user/writes"),
            write_seconds: seconds("authorized/write_reset_seconds"),
            reads: rate("authorized/reads"),
            user_reads: rate("user/reads"),
            read_seconds: seconds("authorized/read_reset_seconds"),
            message_length: number("message/max_length"),
            user_connections: bound("stream/user_connections"),
            connections_per_address: bound("stream/connections_per_address"),
        }
    }

    /// What does not fit, each with what would.
    pub(super) fn shortfalls(&self, plan: &Plan, callers: Callers) -> Vec<String> {
        let (tokens, users) = (callers.tokens.max(1) as f64, callers.users.max(1) as f64);
        let mut found = Vec::new();
        let mut too_many = |limit: Option<f64>, needed: f64, say: &dyn Fn(f64) -> String| {
            found.extend(limit.filter(|limit| needed > *limit).map(say));
        };
        let runs = f64::from(callers.runs);
        let writes = writes(plan, self.write_seconds, (tokens, runs));
        let reads = runs * reads(plan, self.read_seconds);
        for (whose, sharers, write_limit, read_limit) in [
            ("token", tokens, self.writes, self.reads),
            ("user", users, self.user_writes, self.user_reads),
        ] {
            let per = |all: f64| (all / sharers).ceil();
            let window = self.write_seconds;
            let needed = writes.per(sharers);
            too_many(write_limit, needed, &|limit| {
                format!(
                    "{limit} writes in {window} s per {whose}, and the plan makes {} with each: {}",
                    amount(needed),
                    writes.advice(limit, sharers, whose)
                )
            });
            let (window, needed) = (self.read_seconds, per(reads) + OWN_READS);
            too_many(read_limit, needed, &|limit| {
                format!(
                    "{limit} reads in {window} s per {whose}, and the plan makes {} with each: fewer sockets, or more \
                     --token",
                    amount(needed)
                )
            });
        }
        let open = (plan.sockets() as f64 / users).ceil();
        let has_user_streams = !plan.kind.hears_all();
        let user_connections = self.user_connections.filter(|_| has_user_streams);
        too_many(user_connections, open, &|limit| {
            format!(
                "{limit} open streams per user, and the plan opens {open} for each: fewer --listeners, or --token of \
                 more accounts"
            )
        });
        let rest = f64::from(plan.rest_connections());
        let own = callers.sockets_per_address.unwrap_or(u64::MAX);
        // Each of several servers counts its own.
        let there = plan.sockets().div_ceil(u64::from(plan.nodes_at_last()));
        let from_one = there.min(own) as f64 + rest;
        too_many(self.connections_per_address, from_one, &|limit| {
            format!(
                "{limit} connections per address, and the plan opens {from_one} from one: fewer --listeners, or \
                 --sockets-per-address {}",
                (limit - rest).max(1.0)
            )
        });
        let text = f64::from(plan.text_bytes);
        too_many(self.message_length, text, &|limit| {
            format!("{limit} characters per message: --text-bytes {limit} or less")
        });
        found
    }
}

/// The writes of a plan within one window, by the tokens or users that share them.
struct Writes {
    /// Rooms and subscriptions, made and removed.
    around: f64,
    messages: f64,
    seconds: f64,
    /// Not all may write: each room has one writer.
    rooms: f64,
}

fn writes(plan: &Plan, window: f64, (tokens, runs): (f64, f64)) -> Writes {
    let rooms = f64::from(plan.rooms);
    let around = match plan.kind {
        // Each account subscribes to each room.
        Kind::Inbox | Kind::Firehose | Kind::Replay => 2.0 * (rooms + rooms * tokens),
        Kind::Room
        | Kind::Rooms
        | Kind::Slow
        | Kind::Resume
        | Kind::Reconnect
        | Kind::Failover
        | Kind::Churn
        | Kind::Idle => 2.0 * rooms,
    };
    let seconds = (runs * (plan.warmup_seconds + plan.duration_seconds)).min(window);
    let all = plan.messages.map_or(f64::INFINITY, |most| most as f64);
    let messages = match (plan.kind, plan.rate) {
        (Kind::Churn | Kind::Idle, _) => 0.0,
        (_, Some(rate)) => (rate * seconds).min(runs * (all + rate * plan.warmup_seconds)),
        // A closed loop is as fast as the server.
        (_, None) if plan.warmup_seconds > 0.0 => f64::INFINITY,
        (_, None) => runs * all,
    };
    Writes {
        around: runs * around,
        messages,
        seconds,
        rooms,
    }
}

impl Writes {
    fn per(&self, sharers: f64) -> f64 {
        ((self.around / sharers) + self.messages / sharers.min(self.rooms)).ceil()
    }

    fn advice(&self, limit: f64, sharers: f64, whose: &str) -> String {
        let left = (limit - self.around / sharers) * sharers.min(self.rooms);
        let rate = (100.0 * left / self.seconds).floor() / 100.0;
        // A room has one writer.
        let more = if sharers >= self.rooms {
            format!("more --rooms, each with a --token of another {whose}")
        } else {
            format!("--token of more {whose}s")
        };
        if rate > 0.0 {
            format!("--rate {rate} or less, {more}, or a higher limit there")
        } else {
            format!("fewer --rooms, {more}, or a higher limit there")
        }
    }
}

/// The subscribing requests of a plan within one window.
fn reads(plan: &Plan, window: f64) -> f64 {
    let sockets = plan.sockets() as f64;
    let seconds = plan.duration_seconds.min(window);
    match plan.kind {
        Kind::Firehose | Kind::Replay => 0.0,
        Kind::Churn if plan.follow => plan.rate.map_or(f64::INFINITY, |rate| {
            rate * (plan.warmup_seconds + plan.duration_seconds).min(window)
        }),
        Kind::Churn => 0.0,
        Kind::Idle if !plan.follow => 0.0,
        Kind::Resume => sockets * (1.0 + plan.share_percent / 100.0 * seconds),
        Kind::Reconnect | Kind::Failover => 2.0 * sockets,
        Kind::Room | Kind::Rooms | Kind::Inbox | Kind::Slow | Kind::Idle => sockets,
    }
}

fn amount(number: f64) -> String {
    if number.is_finite() {
        number.to_string()
    } else {
        "as many as it can".to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::args::Overrides;
    use serde_json::json;

    fn config() -> Value {
        json!({"data": {
            "rate_limit": {"authorized": {"writes": 20, "write_reset_seconds": 60, "reads": 5000, "read_reset_seconds": 3600}},
            "message": {"max_length": 2048}, "stream": {"user_connections": 64, "connections_per_address": 0},
        }})
    }

    fn said(config: &Value, kind: &str, overrides: &Overrides, tokens: usize) -> String {
        let plan = Plan::new(kind, overrides).unwrap();
        let callers = Callers {
            tokens,
            users: tokens,
            runs: 1,
            sockets_per_address: None,
        };
        Published::parse(config)
            .shortfalls(&plan, callers)
            .join("\n")
    }

    fn small(rate: Option<f64>) -> Overrides {
        Overrides {
            listeners: Some(20),
            rate,
            warmup_seconds: Some(0.0),
            duration_seconds: Some(10.0),
            ..Overrides::default()
        }
    }

    #[test]
    fn a_plan_that_fits_is_not_refused_and_one_that_does_not_says_what_would() {
        assert_eq!(said(&config(), "room", &small(Some(1.0)), 1), "");
        let said_of = |overrides: &Overrides| said(&config(), "room", overrides, 1);
        let fast = said_of(&small(Some(5.0)));
        assert!(fast.contains("20 writes in 60 s per token"), "{fast}");
        assert!(
            fast.contains("makes 52 with each: --rate 1.8 or less"),
            "{fast}"
        );
        let closed = said_of(&small(None));
        assert!(closed.contains("as many as it can"), "{closed}");
        let few = Overrides {
            messages: Some(15),
            ..small(None)
        };
        assert_eq!(said_of(&few), "");
        let many = Overrides {
            listeners: Some(200),
            ..small(Some(1.0))
        };
        assert!(said_of(&many).contains("64 open streams per user"));
        assert_eq!(said(&config(), "room", &many, 4), "");
    }

    #[test]
    fn rooms_users_addresses_and_reads_have_limits_too() {
        let mut config = config();
        config["data"]["rate_limit"]["user"] = json!({"writes": 5, "reads": 60});
        config["data"]["stream"]["connections_per_address"] = json!(30);
        let said = said(&config, "room", &small(Some(1.0)), 1);
        for hint in [
            "5 writes in 60 s per user",
            "60 reads in 3600 s per user",
            "30 connections per address",
        ] {
            assert!(said.contains(hint), "{hint}: {said}");
        }
        let overrides = Overrides {
            rooms: Some(15),
            ..small(Some(0.1))
        };
        let inbox = self::said(&self::config(), "inbox", &overrides, 1);
        assert!(inbox.contains("fewer --rooms"), "{inbox}");
    }

    #[test]
    fn limits_that_are_switched_off_or_unknown_refuse_nothing() {
        let mut config = config();
        config["data"]["rate_limit"]["enabled"] = json!(false);
        assert_eq!(said(&config, "room", &small(None), 1), "");
        assert_eq!(said(&json!({}), "room", &small(None), 1), "");
        assert_eq!(Published::parse(&json!(null)), Published::parse(&json!({})));
    }
}
