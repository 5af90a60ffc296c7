//! The plans as they are played: phases over one engine, each bounded in time.

mod churn;
mod failover;
mod fan;
mod idle;
mod missed;
mod resume;
mod rounds;

use super::args::LoadtestArgs;
use super::bound::Bound;
use super::engine::{Engine, Opening, SocketEvent};
use super::inside::Actors;
use super::observer::{Observer, Reading};
use super::plan::{Kind, Plan};
use super::report::{Ended, Report};
use super::target::{SetupError, Target};
use crate::load::convert::millis;
use rounds::Rounds;
use std::time::{Duration, Instant};

/// Servers hang up after 60 s of silence; real clients speak a little more often.
const HEARTBEAT: Duration = Duration::from_secs(40);
/// A server that takes longer than this for the next handshake is not going to.
const STUCK: Duration = Duration::from_secs(20);
const CHECK: Duration = Duration::from_millis(100);
/// Sockets close a little before their process is over.
const DYING: Duration = Duration::from_millis(500);

/// A run that goes on.
pub(super) struct Run<'a> {
    pub(super) plan: &'a Plan,
    pub(super) target: Target,
    pub(super) engine: Engine,
    pub(super) observer: Observer,
    pub(super) report: Report,
    /// The server's numbers per actor at the end of the measurement.
    pub(super) actors: Actors,
    /// Processor time of each of several servers during the measurement.
    pub(super) node_cpu: Vec<Option<Duration>>,
    /// Frames are texts only.
    pub(super) bare: bool,
    polls: bool,
    /// Sockets were connected and should stay so: none left means that the server ended.
    listening: bool,
    checked: Instant,
    heartbeats: Rounds,
}

/// What to do while nothing arrives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wait {
    /// Measuring: poll, so that waking us is not the server's work. With --block, or on one core, sleep briefly.
    Keen,
    /// Before and after: sleep.
    Relaxed,
}

/// Why a run stops before its time.
#[derive(Debug)]
pub(super) enum Stop {
    Interrupted,
    ServerGone(String),
    Trouble(String),
}

impl From<std::io::Error> for Stop {
    fn from(error: std::io::Error) -> Self {
        Self::Trouble(error.to_string())
    }
}

impl From<SetupError> for Stop {
    fn from(error: SetupError) -> Self {
        match error {
            SetupError::Interrupted => Self::Interrupted,
            other @ (SetupError::Impossible(_)
            | SetupError::Io(_)
            | SetupError::Refused { .. }
            | SetupError::Answer(_)) => Self::Trouble(other.to_string()),
        }
    }
}

impl From<Stop> for Ended {
    fn from(stop: Stop) -> Self {
        match stop {
            Stop::Interrupted => Self::Interrupted,
            Stop::ServerGone(why) => Self::ServerGone(why),
            Stop::Trouble(why) => Self::Trouble(why),
        }
    }
}

/// Receive buffer if some listeners stop reading: small, so that the server notices soon.
const SMALL_BUFFER: usize = 64 * 1024;

/// Plays a plan to its end, whichever end that is.
pub(super) fn play(
    args: &LoadtestArgs,
    plan: &Plan,
    bounds: &[Bound],
    target: Target,
) -> Result<Report, SetupError> {
    let receive_buffer = (plan.kind == Kind::Slow).then_some(SMALL_BUFFER);
    let dials = target.dials(receive_buffer, args.sockets_per_address);
    let mut engine = Engine::new(dials, plan)?;
    engine.nodes.keeps_cut = plan.kind == Kind::Failover;
    let now = Instant::now();
    let mut run = Run {
        plan,
        observer: Observer::new(watched(plan, &target), args.quiet),
        report: Report::new(plan, &target),
        actors: Actors::default(),
        node_cpu: Vec::new(),
        bare: args.bare,
        polls: !args.block && target.client_core.is_some(),
        listening: false,
        target,
        engine,
        checked: now,
        heartbeats: Rounds::new(HEARTBEAT, now),
    };
    let played = match plan.kind {
        Kind::Room | Kind::Rooms | Kind::Inbox | Kind::Firehose | Kind::Slow => fan::play(&mut run),
        Kind::Resume => resume::play(&mut run),
        Kind::Reconnect | Kind::Replay => missed::play(&mut run),
        Kind::Failover => failover::play(&mut run),
        Kind::Idle => idle::play(&mut run),
        Kind::Churn => churn::play(&mut run),
    };
    run.observer.finish();
    if let Err(Stop::ServerGone(_)) = &played {
        run.report.end_before_death();
    }
    run.report.ended = played.map_or_else(Ended::from, |()| Ended::Complete);
    let Run {
        engine,
        observer,
        mut report,
        actors,
        node_cpu,
        target,
        ..
    } = run;
    report.list_nodes(&engine, &target, &node_cpu);
    report.finish(&engine, observer.seconds, actors);
    // Its sockets are closed before their rooms are.
    drop(engine);
    report.notes.extend(target.remove_made());
    report.judge(bounds, args.bare);
    Ok(report)
}

/// The processes whose time and memory are read. One of them ends in the middle: what is left says nothing.
fn watched(plan: &Plan, target: &Target) -> Vec<u32> {
    match plan.kind {
        Kind::Failover => Vec::new(),
        Kind::Room
        | Kind::Rooms
        | Kind::Inbox
        | Kind::Firehose
        | Kind::Churn
        | Kind::Idle
        | Kind::Slow
        | Kind::Resume
        | Kind::Reconnect
        | Kind::Replay => target.pids.clone(),
    }
}

impl Run<'_> {
    pub(super) fn reading(&self) -> Reading {
        self.observer.now(&self.engine)
    }

    /// The reading that ends what `before` began.
    pub(super) fn closing(&self, before: &Reading) -> Reading {
        self.observer.closing(&self.engine, before)
    }

    /// The same, and nothing after it is kept second by second.
    pub(super) fn end_measurement(&mut self, before: &Reading) -> Reading {
        let closing = self.closing(before);
        self.observer.end_slices(&mut self.engine, &closing);
        closing
    }

    /// One turn of the engine and whatever is due besides.
    pub(super) fn step(&mut self, position: u64, wait: Wait) -> Result<(), Stop> {
        self.engine.turn(match wait {
            Wait::Keen if self.polls => None,
            Wait::Keen => Some(Duration::from_millis(1)),
            Wait::Relaxed => Some(Duration::from_millis(5)),
        })?;
        let now = Instant::now();
        self.observer.look(&mut self.engine, position, now);
        self.heartbeats(now);
        if self.engine.interrupted {
            return Err(Stop::Interrupted);
        }
        let deserted = self.listening && self.engine.live + self.engine.opening == 0;
        if deserted || now.duration_since(self.checked) > CHECK {
            self.checked = now;
            self.engine.give_up_old_calls();
            let words = self.target.process.as_mut().and_then(|process| {
                let patience = if deserted { DYING } else { Duration::ZERO };
                process.obituary(patience)
            });
            if let Some(words) = words {
                return Err(Stop::ServerGone(words));
            }
            if deserted {
                return Err(Stop::ServerGone("all sockets were closed".to_owned()));
            }
        }
        Ok(())
    }

    /// Speaks to the server as often as each socket needs it.
    fn heartbeats(&mut self, now: Instant) {
        let slots = self.engine.slots();
        for slot in self.heartbeats.due(now, slots) {
            self.engine.heartbeat(slot);
        }
    }

    /// Opens sockets, a bounded number at once, until all are ready.
    pub(super) fn connect(
        &mut self,
        count: u64,
        mut opening: impl FnMut(&Self, u64) -> Opening,
    ) -> Result<(), Stop> {
        self.observer.phase("connecting", count);
        let (mut begun, mut failed) = (0, 0_u64);
        let mut moved = (Instant::now(), 0);
        let before = self.engine.live;
        loop {
            while begun < count && self.engine.opening < u64::from(self.plan.connecting) {
                let opening = opening(self, begun);
                if self.engine.open(opening).is_none() {
                    failed += 1;
                }
                begun += 1;
            }
            let ready = self.engine.live - before.min(self.engine.live);
            if begun == count && self.engine.opening == 0 {
                break;
            }
            if ready != moved.1 {
                moved = (Instant::now(), ready);
            } else if moved.0.elapsed() > STUCK {
                return Err(Stop::Trouble(format!(
                    "stuck at {ready} of {count} sockets"
                )));
            }
            self.step(ready, Wait::Relaxed)?;
            failed += self.drain_failures();
            if failed > 100 && failed > count / 10 {
                return Err(Stop::Trouble(format!(
                    "{failed} of {begun} handshakes failed"
                )));
            }
        }
        if self.engine.live == before {
            return Err(Stop::Trouble("not one socket got through".to_owned()));
        }
        self.listening = true;
        Ok(())
    }

    fn drain_failures(&mut self) -> u64 {
        let mut failed = 0;
        for occurrence in std::mem::take(&mut self.engine.occurrences) {
            failed += u64::from(matches!(occurrence, SocketEvent::Failed(_)));
        }
        failed
    }

    /// Lets time pass while sockets stay as they are.
    pub(super) fn rest(&mut self, name: &'static str, time: Duration) -> Result<(), Stop> {
        self.observer.phase(name, millis(time));
        let began = Instant::now();
        while began.elapsed() < time {
            let passed = millis(began.elapsed());
            self.step(passed, Wait::Relaxed)?;
        }
        Ok(())
    }
}
