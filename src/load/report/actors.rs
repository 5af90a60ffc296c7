//! The table per channel actor, the same for terminal and page: what listeners saw outside beside what the
//! actor says inside. Columns that no room fills are left out.

use super::figure::figure;
use super::{Report, RoomRow};
use crate::load::inside::Actor;

/// A table: heads, then cells.
pub(super) type Table = (Vec<&'static str>, Vec<Vec<String>>);
/// Name of a column and what stands in it.
type Column<T> = (&'static str, fn(&T) -> Option<String>);

const ROOM: [Column<RoomRow>; 16] = [
    ("channel", |room| Some(room.channel_id.clone())),
    ("listeners", |room| Some(room.listeners.to_string())),
    ("messages", |room| Some(room.messages.to_string())),
    ("arrival p50", |room| Some(figure(room.arrival.p50_ms))),
    ("p99", |room| Some(figure(room.arrival.p99_ms))),
    ("max", |room| Some(figure(room.arrival.max_ms))),
    ("receivers", |room| inside(room, |actor| actor.receivers)),
    ("shards", |room| inside(room, |actor| actor.shards)),
    ("events", |room| inside(room, |actor| actor.events)),
    ("fan-out p50", |room| fan_out(room.inside.as_ref()?, 50)),
    ("p99", |room| fan_out(room.inside.as_ref()?, 99)),
    ("max", |room| fan_out(room.inside.as_ref()?, 100)),
    ("mailbox", |room| {
        inside(room, |actor| actor.mailbox.high_water)
    }),
    ("refused", |room| {
        inside(room, |actor| actor.mailbox.refused)
    }),
    ("MiB", |room| Some(mebibytes(room.inside.as_ref()?.bytes))),
    ("slow", |room| inside(room, |actor| actor.slow_closes)),
];

const OTHER: [Column<Actor>; 9] = [
    ("actor", |actor| {
        Some(format!("{} {}", actor.kind, actor.id))
    }),
    ("receivers", |actor| Some(actor.receivers.to_string())),
    ("events", |actor| Some(actor.events.to_string())),
    ("frames", |actor| Some(actor.frames.to_string())),
    ("fan-out p50", |actor| fan_out(actor, 50)),
    ("p99", |actor| fan_out(actor, 99)),
    ("mailbox", |actor| {
        Some(actor.mailbox.high_water.to_string())
    }),
    ("MiB", |actor| Some(mebibytes(actor.bytes))),
    ("slow", |actor| Some(actor.slow_closes.to_string())),
];

/// What the columns mean, in one sentence.
pub(super) const LEGEND: &str = "Delays in ms. Arrival: from the intended moment to the listener, measured here. From receivers on the \
     server's own count since its actor started: fan-out is the time from the commit until the last socket was \
     written, mailbox the most that ever waited, slow the readers it closed.";

/// One line per room of the report, at most `most`; none if nothing was heard.
pub(super) fn rooms(report: &Report, most: usize) -> Option<Table> {
    let listed = report.rooms.get(..most).unwrap_or(&report.rooms);
    table(&ROOM, listed)
}

/// One line per shard and firehose, if the server tells of them.
pub(super) fn others(report: &Report) -> Option<Table> {
    table(&OTHER, &report.actors)
}

fn table<T>(columns: &[Column<T>], lines: &[T]) -> Option<Table> {
    let filled = columns
        .iter()
        .filter(|(_, cell)| lines.iter().any(|line| cell(line).is_some()));
    let filled: Vec<_> = filled.collect();
    let heads = filled.iter().map(|(head, _)| *head).collect();
    let cells = |line| {
        let cells = filled
            .iter()
            .map(|(_, cell)| cell(line).unwrap_or_default());
        cells.collect()
    };
    (!lines.is_empty()).then(|| (heads, lines.iter().map(cells).collect()))
}

fn inside(room: &RoomRow, value: fn(&Actor) -> u64) -> Option<String> {
    room.inside.as_ref().map(|actor| value(actor).to_string())
}

fn fan_out(actor: &Actor, percent: u8) -> Option<String> {
    let times = actor.fanout_us?;
    let micros = match percent {
        50 => times.p50,
        99 => times.p99,
        _ => times.max,
    };
    Some(figure(micros as f64 / 1000.0))
}

fn mebibytes(bytes: u64) -> String {
    figure(bytes as f64 / 1048576.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::inside::FanOut;
    use crate::load::latency::Percentiles;

    fn room(inside: Option<Actor>) -> RoomRow {
        RoomRow {
            channel_id: "12".to_owned(),
            listeners: 3,
            messages: 5,
            frames: 15,
            arrival: Percentiles::default(),
            inside,
        }
    }

    #[test]
    fn a_server_that_does_not_tell_leaves_its_columns_out() {
        let (heads, lines) = table(&ROOM, &[room(None)]).unwrap();
        assert_eq!(heads.len(), 6);
        assert_eq!(lines[0][..3], ["12", "3", "5"]);
        assert!(table(&OTHER, &[]).is_none());
    }

    #[test]
    fn inside_stands_beside_outside() {
        let times = FanOut {
            p50: 1500,
            p99: 2500,
            max: 2700,
            ..FanOut::default()
        };
        let actor = Actor {
            receivers: 3,
            bytes: 3 * 1048576,
            fanout_us: Some(times),
            ..Actor::default()
        };
        let (heads, lines) = table(&ROOM, &[room(Some(actor)), room(None)]).unwrap();
        assert_eq!(heads.len(), ROOM.len());
        assert_eq!(lines[0][9..12], ["1.50", "2.50", "2.70"]);
        assert_eq!(lines[0][14], "3");
        assert_eq!(lines[1][9], "", "one room of which nothing is known");
    }
}
