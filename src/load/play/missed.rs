//! Listeners that are all disconnected at once, miss messages, and come back with their cursors: user streams as
//! sessions (`reconnect`), or an app stream that reads the log on from its cursor (`replay`).

use super::{Run, Stop, Wait, fan};
use crate::load::convert::count;
use crate::load::engine::{Dropped, Opening};
use crate::load::inside::Inside;
use crate::load::latency::{Latency, Precision};

pub(super) fn play(run: &mut Run<'_>) -> Result<(), Stop> {
    fan::prepare(run)?;
    let dropped = cut_all(run);
    let cut = dropped.len() as u64;
    let written = write_missed(run)?;
    let inside = Inside::now(&run.target);
    run.engine.tally.hello = Latency::new(Precision::Fine);
    run.engine.tally.recording = true;
    let before = run.observer.begin_slice(&mut run.engine);
    let back = come_back(run, dropped);
    let ready = run.reading();
    let drained = back.and_then(|()| fan::drain(run));
    let after = run.end_measurement(&before);
    run.report.fanned_out(&before, &after);
    run.report.memory(&after, &run.observer.seconds);
    if run.plan.kind.keeps_sessions() {
        run.report.resumed(cut, &run.engine.tally);
    }
    let times = (ready.seconds_since(&before), after.seconds_since(&before));
    run.report.missed(written, times, &run.engine.tally);
    fan::conclude(run, &inside, drained)
}

fn cut_all(run: &mut Run<'_>) -> Vec<Dropped> {
    // No socket is left: that is no sign of a server that has ended.
    run.listening = false;
    let slots = 0..run.engine.slots();
    slots
        .filter_map(|slot| run.engine.cut_and_await(slot))
        .collect()
}

/// Writes what all of them miss, with `--window` requests in flight; how many messages it were.
fn write_missed(run: &mut Run<'_>) -> Result<u64, Stop> {
    let missed = run.plan.messages.unwrap_or_default();
    run.observer.phase("writing what is missed", missed);
    let answered = |run: &Run<'_>| {
        let tally = &run.engine.tally;
        tally.acked + tally.refused.values().sum::<u64>()
    };
    let before = answered(run);
    let circles = run.engine.circles.len().max(1) as u64;
    let mut sent = 0;
    loop {
        let done = answered(run) - before;
        if done >= missed {
            return Ok(done);
        }
        while sent < missed && sent - done < u64::from(run.plan.window) {
            let now_ns = run.engine.now_ns();
            run.engine.publish(count(sent % circles), now_ns);
            sent += 1;
        }
        run.step(done, Wait::Keen)?;
    }
}

/// Dials for all of them, `--connecting` at once, until each has its hello.
fn come_back(run: &mut Run<'_>, mut dropped: Vec<Dropped>) -> Result<(), Stop> {
    let keeps_sessions = run.plan.kind.keeps_sessions();
    run.connect(dropped.len() as u64, |run, nth| {
        let one = dropped.get_mut(count(nth)).map(std::mem::take);
        // `connect` asks as often as there are some.
        let one = one.unwrap_or_default();
        let session = match keeps_sessions {
            true => format!("&connection_id={}", one.connection_id),
            false => String::new(),
        };
        Opening {
            circle: one.circle,
            // Of several servers another one goes on with it.
            node: run.engine.nodes.turn(one.node + 1),
            stream: format!("{}{session}&cursor={}", one.stream, one.cursor),
            follow_as: one.follow_as,
            reception: one.reception,
            newest: one.newest,
            subscription: one.subscription,
            awaited: true,
            intended_ns: run.engine.now_ns(),
        }
    })
}
