//! What the log says, as far as it is raced for.

use serde_json::Value;

use crate::support::nodes::Nodes;
use crate::support::text;

pub(super) enum Fact {
    /// A channel is so from now on.
    Channel {
        id: String,
        writers: Vec<String>,
    },
    Message {
        channel: String,
        author: String,
        text: String,
    },
    Related {
        relation: String,
        on: bool,
    },
    Revoked,
}

/// The parts of events that facts are made of, as one JSON object each: a log of a soak has some hundred megabytes.
const QUERY: &str = "SELECT json_build_object('pos', pos, 'kind', kind,
    'channel', said ->> 'channel_id', 'author', said ->> 'user_id', 'text', said #>> '{content,text}',
    'id', body #>> '{news,channel,id}', 'writers', body #> '{news,channel,acl,write}',
    'relation', body ->> 'relation', 'undone', body -> 'undone')
    FROM (SELECT pos, kind, body::json AS body, body::json #> '{written,message}' AS said FROM log_events
        WHERE kind IN ('message_created', 'channel_created', 'channel_changed', 'related', 'token_revoked')) AS events
    ORDER BY pos";

/// What happened, in the order of the log.
pub(super) fn facts(nodes: &Nodes) -> Vec<(i64, Fact)> {
    let rows = nodes.sql(QUERY);
    rows.lines().map(fact).collect()
}

fn fact(row: &str) -> (i64, Fact) {
    let row: Value = serde_json::from_str(row).expect("JSON");
    let pos = row["pos"].as_i64().expect("a position");
    let fact = match row["kind"].as_str() {
        Some("message_created") => Fact::Message {
            channel: text(&row["channel"]),
            author: text(&row["author"]),
            text: text(&row["text"]),
        },
        Some("related") => Fact::Related {
            relation: text(&row["relation"]),
            on: row["undone"] == false,
        },
        Some("token_revoked") => Fact::Revoked,
        _ => Fact::Channel {
            id: text(&row["id"]),
            writers: row["writers"]
                .as_array()
                .expect("a list")
                .iter()
                .map(text)
                .collect(),
        },
    };
    (pos, fact)
}
