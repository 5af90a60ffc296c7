//! Listeners that reconnect with their cursor: nothing may be missing or repeated.

use super::fan::Then;
use super::{Run, Stop, fan};
use crate::load::convert::{count, whole};
use crate::load::engine::{Opening, SocketEvent};
use std::time::Duration;

const BETWEEN_DROPS: Duration = Duration::from_secs(1);

pub(super) fn play(run: &mut Run<'_>) -> Result<(), Stop> {
    fan::prepare(run)?;
    let share = run.plan.share_percent / 100.0;
    let extra = fan::stream_parameters(run.plan);
    let mut next_drop = BETWEEN_DROPS;
    let (mut turn, mut dropped) = (0, 0);
    // The last drop leaves time to come back before the drain begins.
    let end = run.plan.duration().saturating_sub(BETWEEN_DROPS);
    let played = fan::measure(run, |run, age| {
        if age >= next_drop && age < end {
            next_drop += BETWEEN_DROPS;
            dropped += drop_some(run, share, &extra, &mut turn);
        }
        for occurrence in std::mem::take(&mut run.engine.occurrences) {
            if let SocketEvent::Failed(slot) | SocketEvent::Closed(slot) = occurrence {
                run.engine.vacate(slot);
            }
        }
        Ok(Then::GoOn)
    });
    run.report.resumed(dropped, &run.engine.tally);
    played
}

/// Cuts a share of the sockets and dials again at once; how many it were.
fn drop_some(run: &mut Run<'_>, share: f64, extra: &str, turn: &mut usize) -> u64 {
    let slots = run.engine.slots();
    let mut cut = 0;
    for _ in 0..count(whole(slots as f64 * share)) {
        let slot = *turn % slots.max(1);
        *turn += 1;
        let Some(dropped) = run.engine.cut(slot) else {
            continue;
        };
        cut += 1;
        let token = run.target.person(slot);
        let stream = format!(
            "/v1/user?access_token={token}{extra}&connection_id={}&cursor={}",
            dropped.connection_id, dropped.cursor
        );
        let opening = Opening {
            circle: dropped.circle,
            // Of several servers another one goes on with it.
            node: run.engine.nodes.turn(dropped.node + 1),
            stream,
            follow_as: Some(token),
            reception: dropped.reception,
            newest: dropped.newest,
            subscription: dropped.subscription,
            awaited: false,
            intended_ns: run.engine.now_ns(),
        };
        run.engine.open(opening);
    }
    cut
}
