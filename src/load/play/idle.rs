//! Sockets that only stay: what each of them costs in memory, and what keeping them costs in time.

use super::{Run, Stop};
use crate::load::convert::count;
use crate::load::engine::{Circle, Opening, Reach, Room};
use crate::load::ledger::{Newest, Reception};
use std::time::Duration;

/// Sockets that are opened and closed before the first reading, so that the server's own buffers, pools and
/// code are paid for already.
const FIRST: u64 = 64;
/// Time for the server to return what connecting took.
const SETTLE: Duration = Duration::from_secs(1);

pub(super) fn play(run: &mut Run<'_>) -> Result<(), Stop> {
    let follow = run.plan.follow;
    let rooms = run.target.rooms(run.plan.rooms)?;
    let circle = |room: Room| {
        let path = follow.then(|| format!("/v1/channels/{}/messages", room.id));
        Circle::new(path, vec![room], Reach::OneRoom)
    };
    run.engine.seat(rooms.into_iter().map(circle).collect());
    let circles = run.engine.circles.len().max(1);
    let opening = |run: &Run<'_>, nth: u64| {
        let nth = count(nth);
        let token = run.target.person(nth / circles);
        Opening {
            circle: nth % circles,
            node: run.engine.nodes.turn(nth),
            stream: format!("/v1/user?access_token={token}"),
            follow_as: follow.then_some(token),
            reception: Reception::from_now(),
            newest: Newest::default(),
            subscription: None,
            awaited: false,
            intended_ns: run.engine.now_ns(),
        }
    };
    run.connect(FIRST, opening)?;
    for slot in 0..run.engine.slots() {
        run.engine.cut(slot);
    }
    run.listening = false;
    run.rest("settling", SETTLE)?;
    run.engine.tally.forget_delays();
    let before = run.reading();
    let count = run.plan.sockets();
    let complete = run.connect(count, opening);
    let connected = run.closing(&before);
    run.report.connected(&before, &connected);
    complete?;
    run.rest("settling", SETTLE)?;
    let began = run.observer.begin_slice(&mut run.engine);
    let stayed = run.rest("staying", run.plan.duration());
    let after = run.end_measurement(&began);
    run.report
        .stayed(run.engine.live, &before, &began, &after, &run.engine.tally);
    stayed
}
