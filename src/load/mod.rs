//! The built-in load tester: a client, never an insider.
//!
//! It speaks the public protocol and, to set up a server of its own, that server's command line. What it
//! knows about the inside comes from the operating system (processor time, memory) and from pages that any
//! client may read.
//!
//! * [`args`] flags · `plan` the load · `capacity` whether the server can carry it
//! * `setup`, `blocking`, `process` the server and its accounts · `rooms`, `made` what is made there, and removed
//! * `play` the plans over `engine`, one epoll loop over all sockets
//! * `frame`, `rest`, `stamp`, `timestamps` bytes · `event`, `held` frames that are read whole
//! * `ledger` loss and order · `faults` what must not happen
//! * `measure`, `split`, `across`, `usage`, `observer`, `inside` numbers
//! * `figures`, `bound` their names, and bounds on them · `report` the result, verdict first

pub mod args;

mod across;
mod blocking;
mod bound;
mod capacity;
mod convert;
mod engine;
mod event;
mod faults;
mod figures;
mod frame;
mod held;
mod inside;
mod latency;
mod ledger;
mod made;
mod measure;
mod observer;
mod plan;
mod play;
mod process;
mod report;
mod rest;
mod rooms;
mod setup;
mod signals;
mod socket;
mod split;
mod stamp;
mod target;
mod timestamps;
mod usage;

pub use args::LoadtestArgs;

use bound::Bound;
use plan::Plan;
use play::Stop;
use report::{Outcome, Report};
use std::error::Error;
use std::fs::File;
use std::io::{BufReader, Write};
use std::path::Path;
use std::process::ExitCode;
use target::{SetupError, Target};

/// A plan that was checked, with everything that its result is held against.
struct Prepared {
    plan: Plan,
    bounds: Vec<Bound>,
    baseline: Option<Report>,
}

/// Exit code of a complete run that failed a check.
const FAILED: u8 = 3;

/// Runs a plan and prints the result. Exit code 0: passed; 1: aborted, with the partial result printed; 2: refused
/// before it began; 3: failed.
#[expect(
    clippy::needless_pass_by_value,
    reason = "the command line hands its arguments over"
)]
pub fn run(args: LoadtestArgs) -> ExitCode {
    let prepared = match prepare(&args) {
        Ok(prepared) => prepared,
        Err(refused) => return say(&refused.to_string(), ExitCode::from(2)),
    };
    if let Err(trouble) = signals::hold() {
        return say(&trouble.to_string(), ExitCode::FAILURE);
    }
    let report = match repeat(&args, &prepared) {
        Ok(report) => report,
        Err(SetupError::Interrupted) => return ExitCode::FAILURE,
        Err(refused) => return say(&refused.to_string(), ExitCode::from(2)),
    };
    if let Err(trouble) = publish(&args, &report, prepared.baseline.as_ref()) {
        return say(&trouble.to_string(), ExitCode::FAILURE);
    }
    match report.verdict.outcome {
        Outcome::Passed => ExitCode::SUCCESS,
        Outcome::Failed => ExitCode::from(FAILED),
        Outcome::Aborted => ExitCode::FAILURE,
    }
}

/// Plays the plan as often as asked; one that is aborted is the last. The result keeps the finished runs if the next
/// one cannot begin.
fn repeat(args: &LoadtestArgs, prepared: &Prepared) -> Result<Report, SetupError> {
    // Once the tester is pinned, it no longer sees the others.
    let cores = usage::cores();
    let mut runs: Vec<Report> = Vec::new();
    for number in 1..=args.repeat {
        let played = Target::prepare(args, &prepared.plan, &cores)
            .and_then(|target| play::play(args, &prepared.plan, &prepared.bounds, target));
        let report = match (played, runs.last_mut()) {
            (Ok(report), _) => report,
            (Err(error), None) => return Err(error),
            (Err(error), Some(last)) => {
                last.abort_after(Stop::from(error).into());
                break;
            }
        };
        if args.repeat > 1 && !args.quiet {
            let headline = report.verdict.headline();
            let words = format!("run {number} of {}: {headline}", args.repeat);
            say(&words, ExitCode::SUCCESS);
        }
        let goes_on = report.is_complete();
        runs.push(report);
        if !goes_on {
            break;
        }
    }
    Report::of_runs(runs, &prepared.bounds, args.bare)
        .ok_or(SetupError::Answer("no run was asked for"))
}

/// Everything that can be refused before anything is started.
fn prepare(args: &LoadtestArgs) -> Result<Prepared, Box<dyn Error>> {
    let plan = Plan::new(&args.plan, &args.overrides)?.over(args.urls.len())?;
    let bounds = plan.fail_if.iter().map(|text| Bound::parse(text, &plan));
    let bounds = bounds.collect::<Result<_, _>>()?;
    let baseline = args.baseline.as_deref().map(read_baseline).transpose()?;
    for path in args.json.iter().chain(&args.csv).chain(&args.report) {
        // Checked now, so that an unwritable file is not found out after an hour. An existing file stays for now.
        let tried = File::options().append(true).create(true).open(path);
        tried.map_err(|error| format!("{}: {error}", path.display()))?;
    }
    Ok(Prepared {
        plan,
        bounds,
        baseline,
    })
}

fn read_baseline(path: &Path) -> Result<Report, Box<dyn Error>> {
    let named = |error: &dyn Error| format!("--baseline {}: {error}", path.display());
    let file = File::open(path).map_err(|error| named(&error))?;
    Ok(serde_json::from_reader(BufReader::new(file)).map_err(|error| named(&error))?)
}

fn publish(args: &LoadtestArgs, report: &Report, baseline: Option<&Report>) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    out.write_all(report::table(report).as_bytes())?;
    if let Some(baseline) = baseline {
        out.write_all(report::compare(report, baseline).as_bytes())?;
    }
    if let Some(path) = &args.json {
        let mut file = File::create(path)?;
        serde_json::to_writer_pretty(&mut file, report)?;
        file.write_all(b"\n")?;
    }
    if let Some(path) = &args.csv {
        File::create(path)?.write_all(report::csv(report).as_bytes())?;
    }
    if let Some(path) = &args.report {
        File::create(path)?.write_all(report::page(report).as_bytes())?;
    }
    Ok(())
}

fn say(words: &str, code: ExitCode) -> ExitCode {
    // If standard error is closed, the error cannot be reported.
    writeln!(std::io::stderr().lock(), "loadtest: {words}").unwrap_or_default();
    code
}
