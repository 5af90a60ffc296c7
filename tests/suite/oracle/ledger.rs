//! The log as its table holds it: what happened at each position, read with SQL and a JSON parser alone.

use std::collections::{BTreeMap, BTreeSet};

use diesel::sql_types::{BigInt, Integer, Text};
use serde_json::Value;

use crate::support::database::Sql;

/// What an event says, as far as the oracle knows it.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Fact {
    /// A message was written, or deleted.
    Said {
        channel: i64,
        author: i64,
        /// The app that it was written with.
        client: String,
        id: i64,
        gone: bool,
    },
    /// A post was written, or deleted.
    Posted { author: i64, id: i64, gone: bool },
    /// A user subscribed to a channel, or left it.
    Joined { channel: i64, user: i64, on: bool },
    /// A channel is so from now on.
    Channel {
        channel: i64,
        readers: Allowed,
        writers: Allowed,
    },
    /// `follow`, `mute` or `block`, begun or undone.
    Related {
        relation: String,
        user: i64,
        other: i64,
        on: bool,
    },
    /// An app was authorized, or is no longer.
    Token {
        client: String,
        id: i64,
        user: i64,
        on: bool,
    },
    /// Of no interest.
    Other,
}

/// The users that may do something in a channel.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Allowed {
    All,
    These(BTreeSet<i64>),
}

impl Allowed {
    pub(super) fn has(&self, user: i64) -> bool {
        match self {
            Self::All => true,
            Self::These(users) => users.contains(&user),
        }
    }
}

/// An event.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    /// Microseconds.
    pub(super) at: i64,
    pub(super) fact: Fact,
    /// The event shares the channel of the event at this position: without that it cannot be read.
    pub(super) needs: Option<i64>,
}

/// Everything that was ever in the log, and what was trimmed since.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    pub(super) entries: BTreeMap<i64, Entry>,
    /// Positions up to here were trimmed.
    pub(super) trimmed: i64,
}

#[derive(diesel::QueryableByName)]
struct Row {
    #[diesel(sql_type = BigInt)]
    pos: i64,
    #[diesel(sql_type = BigInt)]
    at: i64,
    #[diesel(sql_type = Integer)]
    v: i32,
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = Text)]
    body: String,
}

impl Ledger {
    /// Adds what the database has behind what is known.
    pub(super) fn reads(&mut self, url: &str) {
        let known = self.entries.keys().next_back().copied().unwrap_or(0);
        let rows: Vec<Row> = Sql::connects(url).loads(&format!(
            "SELECT pos, at, v, kind, body FROM log_events WHERE pos > {known} ORDER BY pos"
        ));
        for row in rows {
            let last = self.entries.keys().next_back().copied();
            assert_eq!(row.pos, last.unwrap_or(row.pos - 1) + 1, "the log is dense");
            let entry = self.entry(&row);
            self.entries.insert(row.pos, entry);
        }
    }

    /// The newest position.
    pub(super) fn head(&self) -> i64 {
        self.entries.keys().next_back().copied().unwrap_or(0)
    }

    /// Whether an event may be missing: it was trimmed, or the one that it shares a channel with.
    pub(super) fn may_lack(&self, pos: i64) -> bool {
        let needs = self.entries.get(&pos).and_then(|entry| entry.needs);
        pos <= self.trimmed || needs.is_some_and(|needs| needs <= self.trimmed)
    }

    fn entry(&self, row: &Row) -> Entry {
        let body: Value = serde_json::from_str(&row.body).expect("JSON in the log");
        let mut needs = None;
        let fact = match (row.kind.as_str(), row.v) {
            ("message_created", _) => said(&body, false),
            ("message_deleted", _) => said(&body, true),
            ("post_created", _) => posted(&body, false),
            ("post_deleted", _) => posted(&body, true),
            (kind @ ("subscribed" | "unsubscribed"), form) => {
                let channel = match form {
                    3 => {
                        let back = body["back"].as_i64().expect("how far back");
                        needs = Some(row.pos - back);
                        self.channel_at(row.pos - back)
                    }
                    _ => number(&body["news"]["channel"]["id"]),
                };
                let user = number(&body["user"]["id"]);
                let on = kind == "subscribed";
                Fact::Joined { channel, user, on }
            }
            ("channel_created" | "channel_changed", _) => channel(&body["news"]["channel"]),
            ("related", _) => Fact::Related {
                relation: crate::support::text(&body["relation"]),
                user: number(&body["user"]["id"]),
                other: number(&body["other"]["id"]),
                on: body["undone"] == false,
            },
            (kind @ ("token_granted" | "token_revoked"), _) => {
                token(&body, kind == "token_granted")
            }
            _ => Fact::Other,
        };
        let at = row.at;
        Entry { at, fact, needs }
    }

    fn channel_at(&self, pos: i64) -> i64 {
        match self.entries.get(&pos).map(|entry| &entry.fact) {
            Some(Fact::Joined { channel, .. }) => *channel,
            other => panic!("no channel at {pos}: {other:?}"),
        }
    }
}

fn said(body: &Value, gone: bool) -> Fact {
    let message = &body["written"]["message"];
    Fact::Said {
        channel: number(&message["channel_id"]),
        author: number(&message["user_id"]),
        client: crate::support::text(&message["client"]["id"]),
        id: number(&message["id"]),
        gone,
    }
}

fn posted(body: &Value, gone: bool) -> Fact {
    let post = &body["posted"]["post"];
    Fact::Posted {
        author: number(&post["user_id"]),
        id: number(&post["id"]),
        gone,
    }
}

fn channel(channel: &Value) -> Fact {
    let readers = (
        &["read_public", "read_any_user", "write_any_user"][..],
        &["full", "write", "read"][..],
    );
    Fact::Channel {
        channel: number(&channel["id"]),
        readers: allowed(channel, readers),
        writers: allowed(channel, (&["write_any_user"], &["full", "write"])),
    }
}

/// Its owner, and the users of these groups; all, if one of these flags is set.
fn allowed(channel: &Value, (flags, groups): (&[&str], &[&str])) -> Allowed {
    let acl = &channel["acl"];
    if flags.iter().any(|flag| acl[*flag] == true) {
        return Allowed::All;
    }
    let listed = groups.iter().filter_map(|group| acl[*group].as_array());
    let mut users: BTreeSet<i64> = listed.flatten().map(number).collect();
    if channel["owner"].is_string() {
        users.insert(number(&channel["owner"]));
    }
    Allowed::These(users)
}

fn token(body: &Value, on: bool) -> Fact {
    let token = &body["token"];
    if !token["user"].is_string() {
        return Fact::Other;
    }
    Fact::Token {
        client: crate::support::text(&token["client"]["id"]),
        id: number(&token["id"]),
        user: number(&token["user"]),
        on,
    }
}

/// An id: a number in a string.
pub(super) fn number(id: &Value) -> i64 {
    let text = id.as_str().unwrap_or_else(|| panic!("no id: {id}"));
    text.parse().expect("a number")
}
