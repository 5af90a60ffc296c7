//! Compares the results of `scripts/bench` with the kept ones: a line for each figure with its ratio.
//!
//! `kept --micro DIR --fanout FILE --results DIR --commit TEXT --at TEXT [--keep]`: `DIR` holds criterion's files,
//! `FILE` the output of `benches/peers`. Kept results are lines of `kept.jsonl`, and the last line is compared.
//! They are valid for this machine only, so they are not in the repository.

use serde_json::{Map, Value, json};
use std::error::Error;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Rows taken from the fan-out: row, unit, direction of an improvement.
const FANOUT: [(&str, &str); 3] = [
    ("server CPU per frame", "µs"),
    ("frames", "/s"),
    ("arrival p99", "ms"),
];

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().filter(|word| word != "--bench").collect();
    let words = words.get(1..).unwrap_or_default();
    if words.is_empty() {
        // `cargo bench` starts every bench; this one measures nothing.
        return ExitCode::SUCCESS;
    }
    match beside(words) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            writeln!(std::io::stderr(), "kept: {error}").unwrap_or_default();
            ExitCode::FAILURE
        }
    }
}

fn beside(words: &[String]) -> Result<(), Box<dyn Error>> {
    let value = |name: &str| {
        let at = words.iter().position(|word| word == name);
        let value = at.and_then(|at| words.get(at + 1));
        value.ok_or_else(|| format!("{name} is missing"))
    };
    let mut figures = Vec::new();
    micro(Path::new(value("--micro")?), &mut figures)?;
    fanout(Path::new(value("--fanout")?), &mut figures)?;
    let file = PathBuf::from(value("--results")?).join("kept.jsonl");
    let kept = last(&file)?;
    let mut out = std::io::stdout();
    out.write_all(table(&figures, kept.as_ref()).as_bytes())?;
    if !words.iter().any(|word| word == "--keep") {
        return Ok(());
    }
    let named: Map<String, Value> = figures
        .iter()
        .map(|figure| (figure.name.clone(), json!(figure.value)))
        .collect();
    let line = json!({
        "at": value("--at")?, "commit": value("--commit")?, "machine": machine(), "figures": named,
    });
    let mut kept = std::fs::File::options()
        .create(true)
        .append(true)
        .open(&file)?;
    writeln!(kept, "{line}")?;
    writeln!(out, "\nkept in {}", file.display())?;
    Ok(())
}

struct Figure {
    name: String,
    value: f64,
    unit: &'static str,
}

/// Median time per element of every bench in the directory.
fn micro(directory: &Path, figures: &mut Vec<Figure>) -> Result<(), Box<dyn Error>> {
    let said = |error| format!("{}: {error}", directory.display());
    let mut below: Vec<PathBuf> = std::fs::read_dir(directory)
        .map_err(said)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()?;
    below.sort();
    for path in below.into_iter().filter(|path| path.is_dir()) {
        if !path.join("new/estimates.json").exists() {
            micro(&path, figures)?;
            continue;
        }
        let bench = read(&path.join("new/benchmark.json"))?;
        let estimates = read(&path.join("new/estimates.json"))?;
        let name = bench.pointer("/full_id").and_then(Value::as_str);
        let median = estimates
            .pointer("/median/point_estimate")
            .and_then(Value::as_f64);
        let elements = bench
            .pointer("/throughput/Elements")
            .and_then(Value::as_f64);
        if let (Some(name), Some(nanoseconds)) = (name, median) {
            let (name, value) = (name.to_owned(), nanoseconds / elements.unwrap_or(1.0));
            figures.push(Figure {
                name,
                value,
                unit: "ns",
            });
        }
    }
    Ok(())
}

fn fanout(file: &Path, figures: &mut Vec<Figure>) -> Result<(), Box<dyn Error>> {
    let document = read(file)?;
    let rooms = document.pointer("/rooms").and_then(Value::as_array);
    for room in rooms.into_iter().flatten() {
        let (listeners, window) = (room.pointer("/listeners"), room.pointer("/window"));
        let number = |value: Option<&Value>| value.map(Value::to_string).unwrap_or_default();
        let ours = room.pointer("/sides/groundnut");
        for (row, unit) in FANOUT {
            let figure = ours.and_then(|figures| figures.get(row));
            let median = figure.and_then(|figure| figure.get("median")?.as_f64());
            if let Some(value) = median {
                let (listeners, window) = (number(listeners), number(window));
                let name = format!("room of {listeners}, {window} on the way: {row}");
                figures.push(Figure { name, value, unit });
            }
        }
    }
    Ok(())
}

fn read(path: &Path) -> Result<Value, Box<dyn Error>> {
    let text = std::fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(serde_json::from_slice(&text)?)
}

/// The last kept result.
fn last(file: &Path) -> Result<Option<Value>, Box<dyn Error>> {
    if !file.exists() {
        return Ok(None);
    }
    let text = std::fs::read_to_string(file)?;
    let line = text.lines().rfind(|line| !line.trim().is_empty());
    Ok(line.map(serde_json::from_str).transpose()?)
}

fn table(figures: &[Figure], kept: Option<&Value>) -> String {
    let mut text = match kept {
        None => "\nnothing was kept yet: scripts/bench --keep keeps a result to compare with\n\n"
            .to_owned(),
        Some(kept) => {
            let part = |name| kept.get(name).and_then(Value::as_str).unwrap_or("?");
            format!("\nbeside commit {} of {}\n\n", part("commit"), part("at"))
        }
    };
    let elsewhere = kept
        .and_then(|kept| kept.get("machine"))
        .filter(|then| **then != machine());
    if let Some(then) = elsewhere {
        text.push_str(&format!("note: that was another machine: {then}\n\n"));
    }
    let (now, then) = ("now", "kept");
    text.push_str(&format!("{:<52} {now:>12} {then:>12}     ratio\n", ""));
    for Figure { name, value, unit } in figures {
        let before = kept.and_then(|kept| kept.get("figures")?.get(name)?.as_f64());
        let more = if *unit == "/s" {
            "  more is better"
        } else {
            ""
        };
        let (then, ratio) = match before {
            Some(before) => (number(before), format!("{:.2}{more}", value / before)),
            None => ("-".to_owned(), "-".to_owned()),
        };
        text.push_str(&format!(
            "{name:<52} {:>12} {then:>12} {unit:<3} {ratio:>5}\n",
            number(*value)
        ));
    }
    text
}

fn number(value: f64) -> String {
    let digits = if value < 100.0 { 2 } else { 0 };
    format!("{value:.digits$}")
}

/// The environment that a result depends on.
fn machine() -> Value {
    let read = |path| std::fs::read_to_string(path).unwrap_or_default();
    let cpuinfo = read("/proc/cpuinfo");
    let models = || {
        cpuinfo
            .lines()
            .filter_map(|line| line.strip_prefix("model name"))
    };
    let model = models()
        .next()
        .map(|line| line.trim_start_matches([' ', '\t', ':']));
    let kernel = read("/proc/sys/kernel/osrelease");
    json!({ "processor": model, "cores": models().count(), "kernel": kernel.trim() })
}
