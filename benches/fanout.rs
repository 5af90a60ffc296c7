//! Fan-out beside the raw loop: the same room against the server and against a plain loop of `send()` with
//! frames of the same length, turn and turn about in one run, medians and ratios at the end.
//!
//! `cargo bench --bench fanout -- [--sizes 100,1000,5000] [--windows 1,16] [--rounds 3] [--seconds 5]
//! [--control reno] [--data-dir DIR] [--json FILE]`
//!
//! The first figure is the growth: what each listener after the first adds to the cost of a message. It leaves
//! out what a message costs before it fans out (request, checks, durable write), which a raw loop does not do.
//!
//! Both are driven by `groundnut loadtest`, the server on the first core and the tester on the second. With
//! a window of 1 there is nothing to join, and the cost of a delivery shows; with more, what joining gains.

#[expect(dead_code, reason = "its main is for the bench of its own")]
#[path = "raw_loop.rs"]
mod raw_loop;

use nix::sched::{CpuSet, sched_getaffinity, sched_setaffinity};
use nix::unistd::Pid;
use serde_json::{Value, json};
use std::error::Error;
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, Command, ExitCode, Stdio};

const RAW: &str = "raw-loop";
const PER_MESSAGE: &str = "server CPU per message";
const GROWTH: &str = "CPU µs per further listener";
/// What is compared: row of the report, and how it is called here.
const FIGURES: [(&str, &str); 4] = [
    ("server CPU per frame", "CPU µs/frame"),
    ("frames", "frames/s"),
    ("arrival p50", "p50 ms"),
    ("arrival p99", "p99 ms"),
];

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args()
        .skip(1)
        .filter(|word| word != "--bench")
        .collect();
    if let Some((RAW, rest)) = words
        .split_first()
        .map(|(first, rest)| (first.as_str(), rest))
    {
        return raw_loop::run(rest);
    }
    match compare(&words) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            writeln!(std::io::stderr(), "fanout: {error}").unwrap_or_default();
            ExitCode::FAILURE
        }
    }
}

fn compare(words: &[String]) -> Result<(), Box<dyn Error>> {
    let wishes = Wishes::read(words)?;
    let mut out = std::io::stdout();
    let mut results = Vec::new();
    for window in &wishes.windows {
        let alone = Pair::measure(&wishes, 1, *window)?;
        writeln!(
            out,
            "\nwindow {window}: server, raw loop, ratio (medians of {})",
            wishes.rounds
        )?;
        let heads = std::iter::once(GROWTH).chain(FIGURES.map(|(_, name)| name));
        let heads: Vec<String> = heads.map(|name| format!("{name:>30}")).collect();
        writeln!(out, "{:>10}  {}", "listeners", heads.join("  "))?;
        for size in &wishes.sizes {
            let pair = Pair::measure(&wishes, *size, *window)?;
            let mut cells = vec![pair.growth(&alone, *size).cell()];
            cells.extend(FIGURES.map(|(row, _)| pair.figure(row).cell()));
            writeln!(out, "{size:>10}  {}", cells.join("  "))?;
            out.flush()?;
            results.push(pair.json(&alone, *size, *window));
        }
    }
    if let Some(path) = &wishes.json {
        std::fs::write(path, serde_json::to_string_pretty(&results)?)?;
    }
    Ok(())
}

struct Wishes {
    sizes: Vec<u32>,
    windows: Vec<u32>,
    rounds: usize,
    seconds: f64,
    control: Option<String>,
    data_dir: Option<String>,
    json: Option<PathBuf>,
}

impl Wishes {
    fn read(words: &[String]) -> Result<Self, Box<dyn Error>> {
        let mut wishes = Self {
            sizes: vec![100, 1000, 5000],
            windows: vec![1],
            rounds: 3,
            seconds: 5.0,
            control: None,
            data_dir: None,
            json: None,
        };
        let numbers = |text: &str| {
            text.split(',')
                .map(str::parse)
                .collect::<Result<Vec<u32>, _>>()
        };
        let mut words = words.iter();
        while let Some(name) = words.next() {
            let value = words
                .next()
                .ok_or_else(|| format!("{name} needs a value"))?;
            match name.as_str() {
                "--sizes" => wishes.sizes = numbers(value)?,
                "--windows" => wishes.windows = numbers(value)?,
                "--rounds" => wishes.rounds = value.parse::<usize>()?.max(1),
                "--seconds" => wishes.seconds = value.parse()?,
                "--control" => wishes.control = Some(value.clone()),
                "--data-dir" => wishes.data_dir = Some(value.clone()),
                "--json" => wishes.json = Some(PathBuf::from(value)),
                other => return Err(format!("unknown option {other}").into()),
            }
        }
        Ok(wishes)
    }
}

/// Reports of both sides, in the order in which they were made.
#[derive(Default)]
struct Pair {
    server: Vec<Value>,
    raw: Vec<Value>,
}

impl Pair {
    fn measure(wishes: &Wishes, size: u32, window: u32) -> Result<Self, Box<dyn Error>> {
        let mut pair = Self::default();
        for _ in 0..wishes.rounds {
            let report = loadtest(wishes, size, window, &[])?;
            let length = row(&report, "frame length").ok_or("no frame length in a report")?;
            pair.server.push(report);
            let raw = RawLoop::start(length.round() as u64, wishes.control.as_deref())?;
            let pid = raw.child.id().to_string();
            let address = [
                "--url",
                &raw.address,
                "--token",
                "none",
                "--server-pid",
                &pid,
            ];
            pair.raw.push(loadtest(wishes, size, window, &address)?);
        }
        Ok(pair)
    }

    /// What each listener after the first adds to the processor time of a message.
    fn growth(&self, alone: &Self, size: u32) -> Figure {
        let (all, one) = (self.figure(PER_MESSAGE), alone.figure(PER_MESSAGE));
        let others = f64::from(size.saturating_sub(1).max(1));
        Figure {
            server: (all.server - one.server) / others,
            raw: (all.raw - one.raw) / others,
        }
    }

    fn figure(&self, name: &str) -> Figure {
        Figure {
            server: median(&self.server, name),
            raw: median(&self.raw, name),
        }
    }

    fn json(&self, alone: &Self, size: u32, window: u32) -> Value {
        let figures = FIGURES.map(|(name, _)| self.figure(name).json(name));
        let growth = self.growth(alone, size).json(GROWTH);
        json!({ "listeners": size, "window": window, "growth": growth, "figures": figures })
    }
}

/// The same figure of both sides.
struct Figure {
    server: f64,
    raw: f64,
}

impl Figure {
    fn cell(&self) -> String {
        let Self { server, raw } = self;
        let digits = if *server > 1000.0 { 0 } else { 2 };
        format!("{server:>11.digits$}{raw:>11.digits$}{:>8.2}", server / raw)
    }

    fn json(&self, name: &str) -> Value {
        let Self { server, raw } = self;
        json!({ "figure": name, "server": server, "raw": raw, "ratio": server / raw })
    }
}

/// One run of the tester; its JSON report.
fn loadtest(
    wishes: &Wishes,
    size: u32,
    window: u32,
    address: &[&str],
) -> Result<Value, Box<dyn Error>> {
    let name = format!("groundnut-fanout-{}.json", std::process::id());
    let path = std::env::temp_dir().join(name);
    let output = Command::new(env!("CARGO_BIN_EXE_groundnut"))
        .args(["loadtest", "room", "--quiet", "--json"])
        .arg(&path)
        .args([
            "--listeners",
            &size.to_string(),
            "--window",
            &window.to_string(),
        ])
        .args([
            "--duration-seconds",
            &wishes.seconds.to_string(),
            "--warmup-seconds",
            "1",
        ])
        .args(
            wishes
                .data_dir
                .iter()
                .flat_map(|directory| ["--data-dir", directory]),
        )
        .args(address)
        .output()?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        let shown = String::from_utf8_lossy(&output.stdout).into_owned();
        return Err(format!("the tester ended with {}: {said}{shown}", output.status).into());
    }
    let report: Value = serde_json::from_slice(&std::fs::read(&path)?)?;
    std::fs::remove_file(&path)?;
    if row(&report, "lost") != Some(0.0) {
        return Err(format!("frames were lost with {size} listeners: {report}").into());
    }
    Ok(report)
}

fn row(report: &Value, name: &str) -> Option<f64> {
    let rows = report.get("rows")?.as_array()?;
    rows.iter()
        .find(|row| row.get("name").is_some_and(|found| found == name))?
        .get("value")?
        .as_f64()
}

fn median(reports: &[Value], name: &str) -> f64 {
    let mut values: Vec<f64> = reports
        .iter()
        .filter_map(|report| row(report, name))
        .collect();
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    let upper = values.get(middle).copied().unwrap_or(f64::NAN);
    if values.len().is_multiple_of(2) {
        let lower = values
            .get(middle.wrapping_sub(1))
            .copied()
            .unwrap_or(f64::NAN);
        f64::midpoint(lower, upper)
    } else {
        upper
    }
}

/// The loop as a process of its own, on the core where the tester would put a server.
struct RawLoop {
    child: Child,
    address: String,
}

impl RawLoop {
    fn start(frame_bytes: u64, control: Option<&str>) -> Result<Self, Box<dyn Error>> {
        let everywhere = sched_getaffinity(Pid::from_raw(0))?;
        let cores = (0..CpuSet::count()).filter(|core| everywhere.is_set(*core).unwrap_or(false));
        let cores: Vec<usize> = cores.collect();
        // A child inherits where it may run.
        if let [first, _, ..] = cores.as_slice() {
            let mut one = CpuSet::new();
            one.set(*first)?;
            sched_setaffinity(Pid::from_raw(0), &one)?;
        }
        let spawned = Command::new(std::env::current_exe()?)
            .args([RAW, "0", &frame_bytes.to_string()])
            .args(control)
            .stdout(Stdio::piped())
            .spawn();
        sched_setaffinity(Pid::from_raw(0), &everywhere)?;
        let mut raw = Self {
            child: spawned?,
            address: String::new(),
        };
        let stdout = raw
            .child
            .stdout
            .take()
            .ok_or("the raw loop has no output")?;
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line)?;
        let address = line
            .trim()
            .strip_prefix("listening on ")
            .ok_or("the raw loop did not start")?;
        address.clone_into(&mut raw.address);
        Ok(raw)
    }
}

impl Drop for RawLoop {
    fn drop(&mut self) {
        // It serves until it is killed; if it is gone already there is nothing to do.
        self.child.kill().unwrap_or_default();
        self.child.wait().map(drop).unwrap_or_default();
    }
}
