//! Listeners that lose their connection and come back where they were: nothing may be missing or repeated.

use super::{Run, Stop, fan};
use crate::load::audience::Ear;
use crate::load::convert::{count, whole};
use crate::load::engine::{Occurrence, Opening};
use std::time::Duration;

const BETWEEN_DROPS: Duration = Duration::from_secs(1);

pub(super) fn play(run: &mut Run<'_>) -> Result<(), Stop> {
    fan::prepare(run)?;
    let share = run.plan.share_percent / 100.0;
    let extra = fan::stream_parameters(run.plan);
    let mut next_drop = BETWEEN_DROPS;
    let mut turn = 0;
    // The last drop leaves time to come back before the drain begins.
    let end = run.plan.duration().saturating_sub(BETWEEN_DROPS);
    let played = fan::measure(run, |run, age| {
        if age >= next_drop && age < end {
            next_drop += BETWEEN_DROPS;
            drop_some(run, share, &extra, &mut turn);
        }
        for occurrence in std::mem::take(&mut run.engine.occurrences) {
            if let Occurrence::Failed(slot) | Occurrence::Closed(slot) = occurrence {
                run.engine.vacate(slot);
            }
        }
        Ok(())
    });
    run.report.resumed(&run.engine.tally);
    played
}

/// Cuts a share of the sockets and dials again at once.
fn drop_some(run: &mut Run<'_>, share: f64, extra: &str, turn: &mut usize) {
    let slots = run.engine.slots();
    for _ in 0..count(whole(slots as f64 * share)) {
        let slot = *turn % slots.max(1);
        *turn += 1;
        let Some(mut dropped) = run.engine.cut(slot) else {
            continue;
        };
        let token = run.target.person(slot);
        let stream = format!(
            "/v1/user?access_token={token}{extra}&connection_id={}&cursor={}",
            dropped.connection_id, dropped.cursor
        );
        let opening = Opening {
            circle: dropped.circle,
            stream,
            follow_as: Some(token),
            ear: std::mem::replace(&mut dropped.ear, Ear::from_now()),
            intended_ns: run.engine.now_ns(),
        };
        run.engine.open(opening);
    }
}
