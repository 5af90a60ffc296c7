//! Looks at both processes once per second and says what goes on.

use super::engine::{Engine, Idle};
use super::measure::Second;
use super::usage;
use crate::load::convert::whole;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::time::{Duration, Instant};

/// A little under a second, so that a look that comes early does not make it 1.2.
const SLICE: Duration = Duration::from_millis(980);
/// What is left of the last second counts as one if it is longer than this.
const SHORTEST: Duration = Duration::from_millis(500);
const REDRAW: Duration = Duration::from_millis(200);

/// Resources used by both sides at one time.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reading {
    pub(super) at: Instant,
    pub(super) server_cpu: Option<Duration>,
    pub(super) client_idle: Idle,
    pub(super) client_cpu: Option<Duration>,
    pub(super) machine: Option<Duration>,
    pub(super) frames: u64,
    pub(super) frame_bytes: u64,
    pub(super) reads: u64,
    pub(super) turns: u64,
    pub(super) ready: u64,
    pub(super) acked: u64,
    pub(super) opened: u64,
    pub(super) followed: u64,
    pub(super) resident: Option<u64>,
}

impl Reading {
    /// Takes it now, with the memory as exact as the kernel knows it.
    pub(super) fn now(engine: &Engine, servers: &[u32]) -> Self {
        Self::with(engine, servers, usage::resident_bytes)
    }

    /// Takes a cheap reading, since the run waits: exact memory would need a pass over all pages of the server.
    fn quickly(engine: &Engine, servers: &[u32]) -> Self {
        Self::with(engine, servers, usage::resident_bytes_roughly)
    }

    fn with(engine: &Engine, servers: &[u32], memory: fn(u32) -> Option<u64>) -> Self {
        Self {
            server_cpu: of_all(servers, usage::cpu_time_of_family),
            resident: of_all(servers, memory),
            client_idle: engine.idle(),
            client_cpu: usage::cpu_time(std::process::id()),
            machine: usage::machine_busy(),
            frames: engine.tally.frames,
            frame_bytes: engine.tally.frame_bytes,
            reads: engine.tally.reads,
            turns: engine.tally.turns,
            ready: engine.tally.ready,
            acked: engine.tally.acked,
            opened: engine.tally.opened,
            followed: engine.tally.followed,
            at: Instant::now(),
        }
    }

    /// Server processor time since an earlier reading.
    pub(super) fn server_cpu_since(&self, earlier: &Self) -> Option<Duration> {
        Some(self.server_cpu?.saturating_sub(earlier.server_cpu?))
    }

    /// Processor time that we have used since an earlier reading, without that spent on polling for nothing.
    pub(super) fn busy_since(&self, earlier: &Self) -> Duration {
        let (now, before) = (self.client_idle, earlier.client_idle);
        let polling = now.polling.saturating_sub(before.polling);
        let asleep = now.asleep.saturating_sub(before.asleep);
        let awake = self.at.duration_since(earlier.at).saturating_sub(asleep);
        // Others may have had our core meanwhile, from work and from polling alike: of the processor time that
        // we did get, work has the share that it has of the time awake.
        let working = awake.saturating_sub(polling).as_secs_f64() / awake.as_secs_f64().max(1e-9);
        grown(self.client_cpu, earlier.client_cpu).mul_f64(working)
    }

    /// Whether the server's process was there.
    fn saw_the_server(&self) -> bool {
        self.server_cpu.is_some() && self.resident.is_some()
    }

    /// Time since an earlier reading that cores worked for neither the server nor us; none if the server's
    /// own share is not known.
    pub(super) fn other_work_since(&self, earlier: &Self) -> Option<Duration> {
        let ours = grown(self.client_cpu, earlier.client_cpu) + self.server_cpu_since(earlier)?;
        Some(grown(self.machine, earlier.machine).saturating_sub(ours))
    }

    pub(super) fn seconds_since(&self, earlier: &Self) -> f64 {
        self.at.duration_since(earlier.at).as_secs_f64().max(1e-9)
    }
}

/// The sum over all processes, if each is there.
fn of_all<T: std::iter::Sum>(servers: &[u32], of: fn(u32) -> Option<T>) -> Option<T> {
    let each = servers.iter().map(|pid| of(*pid));
    each.sum::<Option<T>>().filter(|_| !servers.is_empty())
}

fn grown(now: Option<Duration>, before: Option<Duration>) -> Duration {
    now.unwrap_or_default()
        .saturating_sub(before.unwrap_or_default())
}

/// Keeps the seconds of the run and the progress bar.
#[derive(Debug)]
pub(super) struct Observer {
    servers: Vec<u32>,
    bar: ProgressBar,
    /// Moment from which the seconds of a report count.
    began: Instant,
    last: Option<Reading>,
    last_with_server: Option<Reading>,
    drawn: Instant,
    phase: &'static str,
    pub(super) seconds: Vec<Second>,
    /// Seconds are kept only while the measurement runs.
    keeping: bool,
}

impl Observer {
    pub(super) fn new(servers: Vec<u32>, quiet: bool) -> Self {
        let target = if quiet {
            ProgressDrawTarget::hidden()
        } else {
            ProgressDrawTarget::stderr()
        };
        let bar = ProgressBar::with_draw_target(None, target);
        let style = ProgressStyle::with_template("{prefix:>10} [{wide_bar}] {msg}");
        if let Ok(style) = style {
            bar.set_style(style.progress_chars("=> "));
        }
        let now = Instant::now();
        Self {
            servers,
            bar,
            began: now,
            last: None,
            last_with_server: None,
            drawn: now,
            phase: "",
            seconds: Vec::new(),
            keeping: false,
        }
    }

    /// A new part of the run, `steps` long: sockets, or milliseconds.
    pub(super) fn phase(&mut self, name: &'static str, steps: u64) {
        self.phase = name;
        self.bar.set_prefix(name);
        self.bar.set_length(steps);
        self.bar.set_position(0);
    }

    /// Called after each turn; does something once in a while.
    pub(super) fn look(&mut self, engine: &mut Engine, position: u64, now: Instant) {
        if now.duration_since(self.drawn) < REDRAW {
            return;
        }
        self.drawn = now;
        self.bar.set_position(position);
        let last = *self
            .last
            .get_or_insert_with(|| Reading::quickly(engine, &self.servers));
        if now.duration_since(last.at) < SLICE {
            return;
        }
        let reading = Reading::quickly(engine, &self.servers);
        if reading.saw_the_server() {
            self.last_with_server = Some(reading);
        }
        let slice = self.slice(engine, &last, &reading);
        self.bar.set_message(words(&slice));
        if self.keeping {
            self.seconds.push(slice);
        }
        self.last = Some(reading);
    }

    /// A reading of this moment.
    pub(super) fn now(&self, engine: &Engine) -> Reading {
        Reading::now(engine, &self.servers)
    }

    /// The reading that ends a part of the run which began with `earlier`: that of this moment, or, if the server
    /// has died meanwhile, the last one with it still there.
    pub(super) fn closing(&self, engine: &Engine, earlier: &Reading) -> Reading {
        let now = self.now(engine);
        let last = self
            .last_with_server
            .filter(|last| last.at > earlier.at && !now.saw_the_server());
        last.unwrap_or(now)
    }

    /// Starts to keep seconds now.
    pub(super) fn begin_slice(&mut self, engine: &mut Engine) -> Reading {
        engine.tally.cut();
        let reading = Reading::quickly(engine, &self.servers);
        self.last = Some(reading);
        self.began = reading.at;
        self.keeping = true;
        reading
    }

    /// Keeps what is left of the last second, and no more after it.
    pub(super) fn end_slices(&mut self, engine: &mut Engine, closing: &Reading) {
        self.keeping = false;
        let last = self.last.replace(*closing);
        if let Some(last) = last.filter(|last| closing.seconds_since(last) > SHORTEST.as_secs_f64())
        {
            let slice = self.slice(engine, &last, closing);
            self.seconds.push(slice);
        }
    }

    fn slice(&self, engine: &mut Engine, last: &Reading, now: &Reading) -> Second {
        let seconds = now.seconds_since(last);
        let rate = |now: u64, before: u64| whole(now.saturating_sub(before) as f64 / seconds);
        let cpu = now.server_cpu_since(last);
        Second {
            at_seconds: now.at.duration_since(self.began).as_secs_f64(),
            frames: rate(now.frames, last.frames),
            messages: rate(now.acked, last.acked),
            arrival: engine.tally.cut(),
            server_cpu_percent: cpu.map(|cpu| 100.0 * cpu.as_secs_f64() / seconds),
            server_resident_bytes: now.resident,
            client_busy_percent: 100.0 * now.busy_since(last).as_secs_f64() / seconds,
            sockets: engine.live,
        }
    }

    pub(super) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

fn words(slice: &Second) -> String {
    let mut words = format!(
        "{} sockets, {} frames/s, {} messages/s",
        slice.sockets, slice.frames, slice.messages
    );
    if slice.arrival.count > 0 {
        words.push_str(&format!(", p99 {:.2} ms", slice.arrival.p99_ms));
    }
    if let Some(percent) = slice.server_cpu_percent {
        words.push_str(&format!(", server {percent:.0} %"));
    }
    words.push_str(&format!(", tester {:.0} %", slice.client_busy_percent));
    words
}
