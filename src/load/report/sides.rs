//! Figures of the two sides apart: what the server says of itself, where it says that the time went, what
//! both hold in memory, and what the tester cost.

use super::{Better, NOISY_PERCENT, Report, SATURATED_PERCENT, SATURATED_READY};
use crate::load::inside::Inside;
use crate::load::latency::Latency;
use crate::load::measure::Second;
use crate::load::observer::Reading;
use crate::load::split::Split;
use crate::load::usage;

/// Time after which a server has what it needs, and its memory should stay.
const FIRST_MINUTE: f64 = 60.0;

impl Report {
    /// What the server counted meanwhile.
    pub(in crate::load) fn inside(&mut self, before: &Inside, after: &Inside) {
        let ratio = |many, few| {
            let few = after.grown(before, few)?;
            (few > 0.0).then_some(after.grown(before, many)? / few)
        };
        if let Some(joined) = ratio("stream_frames_total", "stream_writes_total") {
            self.push("inside: frames per write", joined, "", Better::Neither);
        }
        if let Some(grouped) = ratio("store_writes_total", "store_commits_total") {
            self.push("inside: writes per commit", grouped, "", Better::Neither);
        }
        for (name, counter) in [
            (
                "inside: sockets that fell behind",
                "stream_sockets_behind_total",
            ),
            ("inside: slow readers closed", "stream_slow_closes_total"),
            ("inside: mails refused", "actor_mail_refused_total"),
            ("inside: pages read for replays", "log_replay_reads_total"),
        ] {
            if let Some(count) = after.grown(before, counter) {
                self.push(name, count, "", Better::Lower);
            }
        }
    }

    /// The parts of a delivery, if the server sends timestamps. `one_clock`: both sides read the same.
    pub(in crate::load) fn split(&mut self, split: &Split, one_clock: bool) {
        if split.write_to_arrival.count() == 0 {
            let note = "the server sends no timestamps (include_timing=1)";
            self.notes.push(note.to_owned());
            return;
        }
        self.parts("accepted to committed", &split.accepted_to_committed);
        self.parts("commit to write", &split.commit_to_write);
        if one_clock {
            self.parts("write to arrival", &split.write_to_arrival);
        } else {
            let note = "write to arrival is left out: it would compare the clocks of two machines";
            self.notes.push(note.to_owned());
        }
    }

    fn parts(&mut self, what: &str, latency: &Latency) {
        let summary = latency.summary();
        let figures = [
            ("p50", summary.p50_ms),
            ("p99", summary.p99_ms),
            ("p99.9", summary.p999_ms),
        ];
        for (name, value) in figures.into_iter().filter(|_| summary.count > 0) {
            self.push(&format!("{what} {name}"), value, "ms", Better::Lower);
        }
    }

    /// What both sides hold at the end, and what the server's share grew by once it had warmed up.
    pub(in crate::load) fn memory(&mut self, after: &Reading, seconds: &[Second]) {
        if let Some(resident) = after.resident {
            self.push("server memory", mebibytes(resident), "MiB", Better::Lower);
        }
        let seen = || {
            seconds
                .iter()
                .filter_map(|second| Some((second.at_seconds, second.server_resident_bytes?)))
        };
        if let (Some((begin, _)), Some((end, last))) = (seen().next(), seen().next_back())
            && let Some((minute, then)) = seen().find(|(at, _)| at - begin >= FIRST_MINUTE)
            && end - minute >= FIRST_MINUTE
        {
            let name = "server memory after the first minute";
            self.push(name, mebibytes(then), "MiB", Better::Lower);
            let grown = mebibytes(last) - mebibytes(then);
            self.push("server memory grown since", grown, "MiB", Better::Lower);
        }
        if let Some(own) = usage::resident_bytes_roughly(std::process::id()) {
            self.push("tester memory", mebibytes(own), "MiB", Better::Neither);
        }
    }

    /// What our own side cost, and whether that spoils the result.
    pub(super) fn tester(&mut self, before: &Reading, after: &Reading, each: &str, count: u64) {
        let busy = after.busy_since(before);
        let percent = 100.0 * busy.as_secs_f64() / after.seconds_since(before);
        let micros = busy.as_secs_f64() * 1e6 / count.max(1) as f64;
        self.push(
            &format!("tester CPU per {each}"),
            micros,
            "µs",
            Better::Neither,
        );
        if let Some(cpu) = after.server_cpu_since(before) {
            let share = 100.0 * busy.as_secs_f64() / cpu.as_secs_f64().max(1e-9);
            let name = "tester CPU beside the server's";
            self.push(name, share, "%", Better::Neither);
        }
        self.push("tester busy", percent, "%", Better::Neither);
        let turns = (after.turns - before.turns).max(1);
        let ready = (after.ready - before.ready) as f64 / turns as f64;
        self.push("sockets ready per turn", ready, "", Better::Neither);
        if let Some(other) = after.other_work_since(before) {
            let other = 100.0 * other.as_secs_f64() / after.seconds_since(before);
            self.push(
                "other work on the machine",
                other,
                "% of a core",
                Better::Neither,
            );
            if other > NOISY_PERCENT {
                let note = format!(
                    "other work on this machine took {other:.0} % of a core: delays and rates are worse than \
                     they would be alone, processor times a little"
                );
                self.notes.push(note);
            }
        }
        if percent > SATURATED_PERCENT && ready > SATURATED_READY {
            let note = format!(
                "the tester, not the server, was saturated ({percent:.0} % busy): delays and rates are its own"
            );
            self.notes.push(note);
        }
    }
}

pub(super) fn mebibytes(bytes: u64) -> f64 {
    bytes as f64 / 1048576.0
}
