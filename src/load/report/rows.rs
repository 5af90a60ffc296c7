//! From readings to figures: which differences are taken, and what they are called.
//!
//! A name here is what `--baseline` compares by, so it changes only with a reason.

use super::sides::mebibytes;
use super::{Better, Report};
use crate::load::faults::Fault;
use crate::load::latency::Latency;
use crate::load::measure::Tally;
use crate::load::observer::Reading;
use strum::VariantArray;

impl Report {
    /// All listeners are connected.
    pub(in crate::load) fn connected(&mut self, before: &Reading, after: &Reading) {
        let opened = after.opened - before.opened;
        let seconds = after.seconds_since(before);
        self.push("sockets", opened as f64, "", Better::Neither);
        self.push("connects", opened as f64 / seconds, "1/s", Better::Higher);
        if let Some(cpu) = after.server_cpu_since(before) {
            let micros = cpu.as_secs_f64() * 1e6 / opened.max(1) as f64;
            self.push("server CPU per connect", micros, "µs", Better::Lower);
        }
        if let (Some(now), Some(then)) = (after.resident, before.resident) {
            let bytes = now.saturating_sub(then) as f64 / opened.max(1) as f64;
            self.push(
                "memory per socket after connecting",
                bytes / 1024.0,
                "KiB",
                Better::Lower,
            );
        }
    }

    /// The measurement is over.
    pub(in crate::load) fn fanned_out(&mut self, before: &Reading, after: &Reading) {
        let seconds = after.seconds_since(before);
        let frames = after.frames - before.frames;
        let per_frame = |total: f64| total / frames.max(1) as f64;
        self.push("measured", seconds, "s", Better::Neither);
        let acked = after.acked - before.acked;
        let messages = acked as f64 / seconds;
        self.push("messages", messages, "1/s", Better::Higher);
        self.push("frames", frames as f64 / seconds, "1/s", Better::Higher);
        let bytes = per_frame((after.frame_bytes - before.frame_bytes) as f64);
        self.push("frame length", bytes, "bytes", Better::Neither);
        if let Some(cpu) = after.server_cpu_since(before) {
            let micros = per_frame(cpu.as_secs_f64() * 1e6);
            self.push("server CPU per frame", micros, "µs", Better::Lower);
            // What is replayed was written before.
            if acked > 0 {
                let micros = cpu.as_secs_f64() * 1e6 / acked as f64;
                self.push("server CPU per message", micros, "µs", Better::Lower);
            }
            let percent = 100.0 * cpu.as_secs_f64() / seconds;
            self.push("server CPU", percent, "%", Better::Neither);
        }
        let reads = per_frame((after.reads - before.reads) as f64);
        self.push("reads per frame", reads, "", Better::Neither);
        self.tester(before, after, "frame", frames);
    }

    /// The server died: what the figures can still say.
    pub(in crate::load) fn end_before_death(&mut self) {
        let note = "rates, processor time and memory are those up to the last look at the living server, at \
            most a second before its end";
        self.notes.push(note.to_owned());
    }

    /// Delays and everything that must not happen, once the last arrival is in. `lost` and `read_whole` are unknown
    /// if the run ended before everything could arrive.
    pub(in crate::load) fn losses(
        &mut self,
        lost: Option<u64>,
        read_whole: Option<u64>,
        tally: &Tally,
    ) {
        self.delays("arrival", &tally.arrival);
        if let Some(across) = &tally.across {
            self.delays("arrival across nodes", &across.arrival);
            self.delays("commit to arrival across nodes", &across.commit);
        }
        self.delays("answer", &tally.answer);
        if let Some(lost) = lost {
            self.push("lost", lost as f64, "", Better::Lower);
        } else {
            self.notes.push(
                "losses are not known: the run ended before everything could arrive".to_owned(),
            );
        }
        for fault in Fault::VARIANTS {
            let count = tally.faults.count(*fault) as f64;
            self.push(fault.name(), count, "", Better::Lower);
        }
        if let Some(count) = read_whole {
            self.push("frames read whole", count as f64, "", Better::Neither);
        }
        self.refusals(tally);
        self.closed(tally);
    }

    /// Requests and handshakes without success, by status, and their share of all.
    fn refusals(&mut self, tally: &Tally) {
        let refused: u64 = tally.refused.values().sum();
        let all = refused + tally.acked + tally.opened + tally.followed;
        let share = 100.0 * refused as f64 / all.max(1) as f64;
        self.push("refused requests", refused as f64, "", Better::Lower);
        for (status, count) in &tally.refused {
            let name = match status {
                0 => "refused without an answer".to_owned(),
                status => format!("refused with {status}"),
            };
            self.push(&name, *count as f64, "", Better::Lower);
        }
        self.push("refused share", share, "%", Better::Lower);
    }

    fn closed(&mut self, tally: &Tally) {
        let closed: u64 = tally.closed_by_server.values().sum();
        let name = "sockets closed by the server";
        self.push(name, closed as f64, "", Better::Lower);
    }

    fn delays(&mut self, what: &str, latency: &Latency) {
        let summary = latency.summary();
        if summary.count == 0 {
            return;
        }
        for (name, value) in [
            ("p50", summary.p50_ms),
            ("p90", summary.p90_ms),
            ("p99", summary.p99_ms),
            ("p99.9", summary.p999_ms),
            ("p99.99", summary.p9999_ms),
            ("max", summary.max_ms),
        ] {
            self.push(&format!("{what} {name}"), value, "ms", Better::Lower);
        }
    }

    /// Sockets stayed for a while.
    pub(in crate::load) fn stayed(
        &mut self,
        sockets: u64,
        before: &Reading,
        began: &Reading,
        after: &Reading,
        tally: &Tally,
    ) {
        self.refusals(tally);
        self.closed(tally);
        if let (Some(now), Some(then)) = (after.resident, before.resident) {
            let bytes = now.saturating_sub(then) as f64 / sockets.max(1) as f64;
            self.push(
                "memory per idle socket",
                bytes / 1024.0,
                "KiB",
                Better::Lower,
            );
            self.push("server memory", mebibytes(now), "MiB", Better::Lower);
        }
        if let Some(cpu) = after.server_cpu_since(began) {
            let micros =
                cpu.as_secs_f64() * 1e6 / after.seconds_since(began) / sockets.max(1) as f64;
            self.push("server CPU per idle socket", micros, "µs/s", Better::Lower);
        }
    }

    /// Sockets came and went.
    pub(in crate::load) fn churned(
        &mut self,
        left: u64,
        before: &Reading,
        after: &Reading,
        tally: &Tally,
    ) {
        let seconds = after.seconds_since(before);
        let opened = after.opened - before.opened;
        self.push("measured", seconds, "s", Better::Neither);
        self.push("connects", opened as f64 / seconds, "1/s", Better::Higher);
        self.push(
            "follows",
            (after.followed - before.followed) as f64 / seconds,
            "1/s",
            Better::Higher,
        );
        self.push("goodbyes", left as f64 / seconds, "1/s", Better::Higher);
        if let Some(cpu) = after.server_cpu_since(before) {
            let micros = cpu.as_secs_f64() * 1e6 / opened.max(1) as f64;
            self.push("server CPU per visit", micros, "µs", Better::Lower);
            self.push(
                "server CPU",
                100.0 * cpu.as_secs_f64() / seconds,
                "%",
                Better::Neither,
            );
        }
        self.tester(before, after, "visit", opened);
        self.delays("hello", &tally.hello);
        self.delays("follow", &tally.follow);
        let failed = tally.failed_connects as f64;
        self.push("failed handshakes", failed, "", Better::Lower);
        self.refusals(tally);
        if let (Some(now), Some(then)) = (after.resident, before.resident) {
            let grown = now as f64 - then as f64;
            self.push(
                "server memory grown",
                grown / 1048576.0,
                "MiB",
                Better::Lower,
            );
        }
    }

    /// Some readers had stopped.
    pub(in crate::load) fn slow(&mut self, stopped: usize, closed: usize) {
        self.push("readers that stopped", stopped as f64, "", Better::Neither);
        self.push(
            "of them closed by the server",
            closed as f64,
            "",
            Better::Neither,
        );
    }

    /// All listeners were away and came back: the seconds until each had its hello, and all messages.
    pub(in crate::load) fn missed(
        &mut self,
        messages: u64,
        (reconnected, caught_up): (f64, f64),
        tally: &Tally,
    ) {
        self.push("missed messages", messages as f64, "", Better::Neither);
        self.push("all reconnected after", reconnected, "s", Better::Lower);
        self.push("all caught up after", caught_up, "s", Better::Lower);
        self.delays("hello", &tally.hello);
    }

    /// A server ended: the seconds until all of its listeners were back at the others, and those that were not.
    pub(in crate::load) fn failed_over(&mut self, seconds: Option<f64>, away: u64, tally: &Tally) {
        if let Some(seconds) = seconds {
            self.push("all reconnected after", seconds, "s", Better::Lower);
            self.delays("hello", &tally.hello);
        }
        self.push("did not come back", away as f64, "", Better::Lower);
    }

    /// Some listeners had dropped and come back.
    pub(in crate::load) fn resumed(&mut self, dropped: u64, tally: &Tally) {
        self.push("dropped", dropped as f64, "", Better::Neither);
        self.push("resumed", tally.resumed as f64, "", Better::Neither);
        self.push(
            "could not resume",
            tally.not_resumed as f64,
            "",
            Better::Lower,
        );
    }
}
