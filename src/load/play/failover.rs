//! Listeners over several servers, one of which is ended from outside: they resume at the others.

use super::fan::Then;
use super::{Run, Stop, fan};
use crate::load::engine::{Dropped, Opening, SocketEvent};
use crate::load::latency::{Latency, Precision};
use std::collections::VecDeque;
use std::io::Write;
use std::time::{Duration, Instant};

/// Time after which a socket that was refused dials again.
const AGAIN: Duration = Duration::from_millis(250);
/// How long the run goes on once all are back: what comes back late shows.
const AFTERWARDS: Duration = Duration::from_secs(2);

pub(super) fn play(run: &mut Run<'_>) -> Result<(), Stop> {
    fan::prepare(run)?;
    // Whatever ends the server has to know when. If nothing reads it, nothing is lost.
    let (sockets, nodes) = (run.engine.live, run.engine.nodes.count());
    let words =
        format!("loadtest: {sockets} sockets listen at {nodes} servers; end one of these now");
    writeln!(std::io::stderr().lock(), "{words}").unwrap_or_default();
    let mut returning = Returning::default();
    let played = fan::measure(run, |run, _| Ok(returning.turn(run)));
    run.report.resumed(returning.cut, &run.engine.tally);
    let away = returning.cut.saturating_sub(returning.back);
    run.report
        .failed_over(returning.seconds(), away, &run.engine.tally);
    played
}

/// Sockets that their server's end has cut.
#[derive(Debug, Default)]
struct Returning {
    cut: u64,
    dialled: usize,
    back: u64,
    first: Option<Instant>,
    last: Option<Instant>,
    /// Those that are to dial, not before this moment.
    waiting: VecDeque<(Instant, Dropped)>,
}

impl Returning {
    fn turn(&mut self, run: &mut Run<'_>) -> Then {
        let now = Instant::now();
        for occurrence in std::mem::take(&mut run.engine.occurrences) {
            match occurrence {
                SocketEvent::Ready(_) => {
                    self.back += 1;
                    self.last = Some(now);
                }
                SocketEvent::Closed(slot) => {
                    if self.first.is_none() {
                        self.first = Some(now);
                        run.engine.tally.hello = Latency::new(Precision::Fine);
                    }
                    if let Some(dropped) = run.engine.take_back(slot) {
                        self.cut += 1;
                        self.waiting.push_back((now, dropped));
                    }
                }
                SocketEvent::Failed(slot) => {
                    let dropped = run.engine.take_back(slot);
                    self.waiting
                        .extend(dropped.map(|dropped| (now + AGAIN, dropped)));
                }
            }
        }
        self.dial(run, now);
        let rested = self.last.is_some_and(|last| now - last > AFTERWARDS);
        match self.cut > 0 && self.back >= self.cut && rested {
            true => Then::End,
            false => Then::GoOn,
        }
    }

    /// `--connecting` at once.
    fn dial(&mut self, run: &mut Run<'_>, now: Instant) {
        while run.engine.opening < u64::from(run.plan.connecting)
            && self.waiting.front().is_some_and(|(from, _)| *from <= now)
            && let Some((_, dropped)) = self.waiting.pop_front()
        {
            self.dialled += 1;
            let opening = Opening {
                circle: dropped.circle,
                node: run.engine.nodes.turn(self.dialled),
                stream: stream(&dropped),
                follow_as: dropped.follow_as,
                reception: dropped.reception,
                newest: dropped.newest,
                subscription: dropped.subscription,
                awaited: true,
                intended_ns: run.engine.now_ns(),
            };
            run.engine.open(opening);
        }
    }

    /// From the first socket that was cut to the last one that was ready again.
    fn seconds(&self) -> Option<f64> {
        Some(self.last?.duration_since(self.first?).as_secs_f64())
    }
}

/// Path and query to go on with. One that has been refused since has no new session or cursor.
fn stream(dropped: &Dropped) -> String {
    if dropped.connection_id.is_empty() {
        return dropped.stream.clone();
    }
    let (stream, _) = dropped
        .stream
        .split_once("&connection_id=")
        .unwrap_or((&dropped.stream, ""));
    format!(
        "{stream}&connection_id={}&cursor={}",
        dropped.connection_id, dropped.cursor
    )
}
