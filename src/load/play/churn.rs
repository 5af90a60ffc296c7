//! Connect, subscribe, disconnect: how many per second, and how long each takes from its intended start.

use super::{Run, Stop, Wait};
use crate::load::convert::{count, millis, whole};
use crate::load::engine::{Circle, Opening, Reach, Room, SocketEvent};
use crate::load::ledger::{Newest, Reception};
use std::time::Instant;

pub(super) fn play(run: &mut Run<'_>) -> Result<(), Stop> {
    let follow = run.plan.follow;
    let rooms = run.target.rooms(run.plan.rooms)?;
    let circle = |room: Room| {
        let path = follow.then(|| format!("/v1/channels/{}/messages", room.id));
        Circle::new(path, vec![room], Reach::OneRoom)
    };
    run.engine.seat(rooms.into_iter().map(circle).collect());
    let mut comings = Comings {
        start_ns: run.engine.now_ns(),
        begun: 0,
        left: 0,
    };
    run.observer.phase("warming up", millis(run.plan.warmup()));
    let began = Instant::now();
    while began.elapsed() < run.plan.warmup() {
        comings.turn(run)?;
        run.step(millis(began.elapsed()), Wait::Keen)?;
    }
    run.observer.phase("measuring", millis(run.plan.duration()));
    run.engine.tally.forget_delays();
    let memory = run.reading().resident;
    let mut before = run.observer.begin_slice(&mut run.engine);
    before.resident = memory;
    let left_before = comings.left;
    let began = Instant::now();
    let mut stopped = Ok(());
    while began.elapsed() < run.plan.duration() && stopped.is_ok() {
        if run
            .plan
            .messages
            .is_some_and(|most| comings.left - left_before >= most)
        {
            break;
        }
        stopped = comings
            .turn(run)
            .and_then(|()| run.step(millis(began.elapsed()), Wait::Keen));
    }
    let after = run.end_measurement(&before);
    run.report.churned(
        comings.left - left_before,
        &before,
        &after,
        &run.engine.tally,
    );
    stopped
}

/// Sockets on their way in and out.
struct Comings {
    start_ns: u64,
    begun: u64,
    left: u64,
}

impl Comings {
    fn turn(&mut self, run: &mut Run<'_>) -> Result<(), Stop> {
        let now_ns = run.engine.now_ns();
        loop {
            // Those that wait for the server's goodbye still hold a descriptor.
            if self.begun - self.left >= run.plan.sockets().max(u64::from(run.plan.connecting)) {
                break;
            }
            let intended_ns = match run.plan.rate {
                Some(rate) => self.start_ns + whole(self.begun as f64 * 1e9 / rate),
                None if run.engine.opening < u64::from(run.plan.connecting) => now_ns,
                None => break,
            };
            if intended_ns > now_ns {
                break;
            }
            let token = run.target.person(count(self.begun));
            let opening = Opening {
                node: run.engine.nodes.turn(count(self.begun)),
                circle: count(self.begun)
                    .checked_rem(run.engine.circles.len())
                    .unwrap_or(0),
                stream: format!("/v1/user?access_token={token}"),
                follow_as: run.plan.follow.then_some(token),
                reception: Reception::from_now(),
                newest: Newest::default(),
                subscription: None,
                awaited: false,
                intended_ns,
            };
            self.begun += 1;
            if run.engine.open(opening).is_none() {
                self.left += 1;
            }
        }
        for occurrence in std::mem::take(&mut run.engine.occurrences) {
            match occurrence {
                SocketEvent::Ready(slot) => run.engine.leave(slot),
                SocketEvent::Failed(slot) | SocketEvent::Closed(slot) => {
                    run.engine.vacate(slot);
                    self.left += 1;
                }
            }
        }
        let failed = run.engine.tally.failed_connects;
        if failed > 100 && failed > self.begun / 2 {
            return Err(Stop::Trouble(format!(
                "{failed} of {} handshakes failed",
                self.begun
            )));
        }
        Ok(())
    }
}
