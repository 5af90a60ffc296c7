//! Plans in which messages fan out: room, rooms, inbox, firehose, slow.

use super::{Run, Stop, Wait};
use crate::load::convert::{count, millis, whole};
use crate::load::engine::{Circle, Opening, Reach, Room};
use crate::load::inside::{Actors, Inside};
use crate::load::ledger::{Newest, Reception};
use crate::load::plan::{Kind, Plan};
use crate::load::usage;
use std::time::{Duration, Instant};

/// Most messages that an open loop may be behind before the run is given up.
const BACKLOG: usize = 100_000;
/// After the last message, arrivals are awaited while they keep coming this often.
const QUIET: Duration = Duration::from_secs(5);
const LONGEST_DRAIN: Duration = Duration::from_secs(30);

pub(super) fn play(run: &mut Run<'_>) -> Result<(), Stop> {
    prepare(run)?;
    let share = (run.plan.kind == Kind::Slow).then_some(run.plan.share_percent);
    let stopped = share.map(|percent| stop_readers(run, percent));
    measure(run, |_, _| Ok(Then::GoOn))?;
    if let Some(stopped) = stopped {
        let closed = stopped
            .iter()
            .filter(|slot| run.engine.was_closed(**slot))
            .count();
        run.report.slow(stopped.len(), closed);
    }
    Ok(())
}

/// Rooms, then their listening sockets.
pub(super) fn prepare(run: &mut Run<'_>) -> Result<(), Stop> {
    let rooms = run.target.rooms(run.plan.rooms)?;
    let messages = |room: &Room| Some(format!("/v1/channels/{}/messages", room.id));
    let mut stream = None;
    let reach = |reach| if run.bare { Reach::Bare } else { reach };
    let circles = match run.plan.kind {
        Kind::Inbox => {
            run.target.subscribe_all(&rooms)?;
            let endpoint = Some("/v1/channels".to_owned());
            vec![Circle::new(endpoint, rooms, reach(Reach::Everything))]
        }
        Kind::Firehose | Kind::Replay => {
            run.target.subscribe_all(rooms.as_slice())?;
            stream = Some(run.target.app_stream()?);
            vec![Circle::new(None, rooms, reach(Reach::Everything))]
        }
        Kind::Room
        | Kind::Rooms
        | Kind::Slow
        | Kind::Resume
        | Kind::Reconnect
        | Kind::Failover
        | Kind::Churn
        | Kind::Idle => rooms
            .into_iter()
            .map(|room| Circle::new(messages(&room), vec![room], reach(Reach::OneRoom)))
            .collect(),
    };
    run.engine.seat(circles);
    let circles = run.engine.circles.len();
    let extra = stream_parameters(run.plan);
    let before = run.reading();
    let connected = run.connect(run.plan.sockets(), |run, nth| {
        let nth = count(nth);
        let (turn, circle) = (nth / circles.max(1), nth % circles.max(1));
        let token = run.target.person(turn);
        Opening {
            circle,
            // The listeners of each room are spread over all servers.
            node: run.engine.nodes.turn(turn + circle),
            stream: match &stream {
                Some(app) => format!("{app}{extra}"),
                None => format!("/v1/user?access_token={token}{extra}"),
            },
            // The hello of an app stream is enough.
            follow_as: stream.is_none().then_some(token),
            reception: Reception::from_start(),
            newest: Newest::default(),
            subscription: None,
            awaited: false,
            intended_ns: run.engine.now_ns(),
        }
    });
    let after = run.closing(&before);
    run.report.connected(&before, &after);
    connected
}

/// What the plan asks of each stream.
pub(super) fn stream_parameters(plan: &Plan) -> String {
    let mut text = String::new();
    match plan.kind {
        Kind::Resume | Kind::Reconnect | Kind::Failover => {
            text.push_str("&auto_delete=0&include_cursor=1");
        }
        Kind::Replay => text.push_str("&include_cursor=1"),
        Kind::Room
        | Kind::Rooms
        | Kind::Inbox
        | Kind::Firehose
        | Kind::Churn
        | Kind::Idle
        | Kind::Slow => {}
    }
    if plan.timing {
        text.push_str("&include_timing=1");
    }
    text
}

/// Whether the measurement goes on to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Then {
    GoOn,
    /// What was to be seen was seen.
    End,
}

/// Warm-up, measurement, drain. `also` is called each turn of the measurement with its age.
pub(super) fn measure(
    run: &mut Run<'_>,
    mut also: impl FnMut(&mut Run<'_>, Duration) -> Result<Then, Stop>,
) -> Result<(), Stop> {
    // Asked while nothing is on its way: an answer that we wait for holds up everything else.
    let inside = Inside::now(&run.target);
    let mut pace = Pace::new(run);
    run.observer.phase("warming up", millis(run.plan.warmup()));
    let began = Instant::now();
    while began.elapsed() < run.plan.warmup() {
        pace.publish(run)?;
        run.step(millis(began.elapsed()), Wait::Keen)?;
    }
    run.observer.phase("measuring", millis(run.plan.duration()));
    let before = run.observer.begin_slice(&mut run.engine);
    run.engine.tally.recording = true;
    run.engine.tally.forget_delays();
    let processor = processor_times(run);
    let began = Instant::now();
    let mut stopped = Ok(());
    while began.elapsed() < run.plan.duration() {
        if run
            .plan
            .messages
            .is_some_and(|most| run.engine.tally.acked - before.acked >= most)
        {
            break;
        }
        let turn = pace
            .publish(run)
            .and_then(|()| also(run, began.elapsed()))
            .and_then(|then| run.step(millis(began.elapsed()), Wait::Keen).map(|()| then));
        match turn {
            Ok(Then::GoOn) => {}
            Ok(Then::End) => break,
            Err(stop) => {
                stopped = Err(stop);
                break;
            }
        }
    }
    run.node_cpu = between(&processor, &processor_times(run));
    let after = run.end_measurement(&before);
    // The rows so far are worth printing whatever ended the run.
    run.report.fanned_out(&before, &after);
    run.report.memory(&after, &run.observer.seconds);
    let drained = stopped.and_then(|()| drain(run));
    conclude(run, &inside, drained)
}

/// Processor time of each of several servers, as far as it is known.
fn processor_times(run: &Run<'_>) -> Vec<Option<Duration>> {
    let each = run.target.pids.iter();
    let several = run.engine.nodes.count() > 1;
    each.filter(|_| several)
        .map(|pid| usage::cpu_time_of_family(*pid))
        .collect()
}

fn between(before: &[Option<Duration>], after: &[Option<Duration>]) -> Vec<Option<Duration>> {
    let both = before.iter().zip(after);
    both.map(|(before, after)| Some((*after)?.saturating_sub((*before)?)))
        .collect()
}

/// Everything that must not have happened, once the last arrival is in or the run has ended before.
pub(super) fn conclude(
    run: &mut Run<'_>,
    inside: &Inside,
    drained: Result<(), Stop>,
) -> Result<(), Stop> {
    run.engine.tally.cut();
    run.engine.tally.recording = false;
    if !matches!(drained, Err(Stop::ServerGone(_))) {
        run.report.inside(inside, &Inside::now(&run.target));
        run.actors = Actors::now(&run.target);
    }
    let complete = drained.is_ok();
    let read_whole = if complete { read_whole(run) } else { None };
    let lost = complete.then(|| run.engine.lost());
    run.report.losses(lost, read_whole, &run.engine.tally);
    if run.plan.timing {
        let mut places = run.target.places.iter();
        let one_clock = places.all(|place| place.address.ip().is_loopback());
        run.report.split(&run.engine.tally.split, one_clock);
    }
    drained
}

/// Holds the kept frames against the REST answers; how many they were.
fn read_whole(run: &mut Run<'_>) -> Option<u64> {
    if run.bare {
        return None;
    }
    match run
        .engine
        .held
        .judge(&run.target, &mut run.engine.tally.faults)
    {
        Ok(judged) => {
            for (slot, channel, seq) in judged.arrived {
                run.engine.arrived(slot, &channel, seq);
            }
            Some(judged.frames)
        }
        Err(error) => {
            let note = format!("no frame could be held against the REST answer: {error}");
            run.report.notes.push(note);
            None
        }
    }
}

/// Waits until all listeners have everything, or arrivals end.
pub(super) fn drain(run: &mut Run<'_>) -> Result<(), Stop> {
    run.observer.phase("draining", run.engine.outstanding);
    let began = Instant::now();
    let mut moved = (
        Instant::now(),
        run.engine.outstanding,
        run.engine.tally.frames,
    );
    let all = run.engine.outstanding;
    while run.engine.outstanding > 0 && began.elapsed() < LONGEST_DRAIN {
        run.step(all.saturating_sub(run.engine.outstanding), Wait::Relaxed)?;
        if (run.engine.outstanding, run.engine.tally.frames) != (moved.1, moved.2) {
            moved = (
                Instant::now(),
                run.engine.outstanding,
                run.engine.tally.frames,
            );
        } else if moved.0.elapsed() > QUIET {
            break;
        }
    }
    Ok(())
}

/// A share of the listeners, spread evenly, stops reading.
fn stop_readers(run: &mut Run<'_>, percent: f64) -> Vec<usize> {
    let slots = run.engine.slots();
    let wanted = count(whole(slots as f64 * percent / 100.0));
    let chosen: Vec<usize> = (0..wanted).map(|nth| nth * slots / wanted.max(1)).collect();
    for slot in &chosen {
        run.engine.stop_reading(*slot);
    }
    chosen
}

/// When the next message is due.
enum Pace {
    /// At fixed times, independent of the server: the intended time of number n is start + n × gap.
    Open {
        start_ns: u64,
        gap_ns: f64,
        number: u64,
    },
    /// As soon as fewer than so many are on their way.
    Closed { window: u64, number: u64 },
}

impl Pace {
    fn new(run: &Run<'_>) -> Self {
        match run.plan.rate {
            Some(rate) => Self::Open {
                start_ns: run.engine.now_ns(),
                gap_ns: 1e9 / rate,
                number: 0,
            },
            None => Self::Closed {
                window: u64::from(run.plan.window),
                number: 0,
            },
        }
    }

    fn publish(&mut self, run: &mut Run<'_>) -> Result<(), Stop> {
        let circles = run.engine.circles.len().max(1) as u64;
        match self {
            Self::Open {
                start_ns,
                gap_ns,
                number,
            } => {
                let now_ns = run.engine.now_ns();
                loop {
                    let due_ns = *start_ns + whole(*number as f64 * *gap_ns);
                    if due_ns > now_ns {
                        return Ok(());
                    }
                    if run.engine.waiting_calls() > BACKLOG {
                        let why = format!("the server is {BACKLOG} messages behind the set rate");
                        return Err(Stop::Trouble(why));
                    }
                    run.engine.publish(count(*number % circles), due_ns);
                    *number += 1;
                }
            }
            Self::Closed { window, number } => {
                // Bounded by the window, not by the room in it: refused messages make room at once.
                for _ in 0..*window {
                    if run.engine.outstanding >= *window {
                        break;
                    }
                    let now_ns = run.engine.now_ns();
                    run.engine.publish(count(*number % circles), now_ns);
                    *number += 1;
                }
                Ok(())
            }
        }
    }
}
