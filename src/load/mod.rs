//! The built-in load tester: a client, never an insider.
//!
//! It speaks the public protocol and, to set up a server of its own, that server's command line. What it
//! knows about the inside comes from the operating system (processor time, memory) and from pages that any
//! client may read.
//!
//! * [`args`] flags · `plan` what is played · `setup`, `blocking`, `process` the server, its accounts and rooms
//! * `play` the plans over `engine`, one epoll loop over all sockets
//! * `frame`, `rest`, `stamp`, `moments` bytes · `audience` loss and order
//! * `measure`, `split`, `usage`, `observer`, `inside` numbers
//! * `report` what came out

pub mod args;

mod audience;
mod blocking;
mod convert;
mod engine;
mod frame;
mod inside;
mod latency;
mod measure;
mod moments;
mod observer;
mod plan;
mod play;
mod process;
mod report;
mod rest;
mod setup;
mod signals;
mod socket;
mod split;
mod stamp;
mod target;
mod usage;

pub use args::LoadtestArgs;

use plan::Plan;
use report::Report;
use std::error::Error;
use std::fs::File;
use std::io::{BufReader, Write};
use std::path::Path;
use std::process::ExitCode;
use target::Target;

/// Plays a plan and prints what came out. Exit code 0: played to its end; 1: not, but what there is was
/// printed; 2: refused before it began.
#[expect(
    clippy::needless_pass_by_value,
    reason = "the command line hands its arguments over"
)]
pub fn run(args: LoadtestArgs) -> ExitCode {
    let prepared = prepare(&args);
    let (plan, baseline) = match prepared {
        Ok(prepared) => prepared,
        Err(refused) => return say(&refused.to_string(), ExitCode::from(2)),
    };
    if let Err(trouble) = signals::hold() {
        return say(&trouble.to_string(), ExitCode::FAILURE);
    }
    let target = match Target::prepare(&args, &plan) {
        Ok(target) => target,
        Err(refused) => return say(&refused.to_string(), ExitCode::from(2)),
    };
    let report = match play::play(&args, &plan, target) {
        Ok(report) => report,
        Err(trouble) => return say(&trouble.to_string(), ExitCode::FAILURE),
    };
    match publish(&args, &report, baseline.as_ref()) {
        Ok(()) if report.is_complete() => ExitCode::SUCCESS,
        Ok(()) => ExitCode::FAILURE,
        Err(trouble) => say(&trouble.to_string(), ExitCode::FAILURE),
    }
}

/// Everything that can be refused before anything is started.
fn prepare(args: &LoadtestArgs) -> Result<(Plan, Option<Report>), Box<dyn Error>> {
    let plan = Plan::new(&args.plan, &args.wishes)?;
    let baseline = args.baseline.as_deref().map(read_baseline).transpose()?;
    for path in args.json.iter().chain(&args.report) {
        // A result that cannot be written should not be found out after an hour. What stands there stays for now.
        let tried = File::options().append(true).create(true).open(path);
        tried.map_err(|error| format!("{}: {error}", path.display()))?;
    }
    Ok((plan, baseline))
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
    if let Some(path) = &args.report {
        File::create(path)?.write_all(report::page(report).as_bytes())?;
    }
    Ok(())
}

fn say(words: &str, code: ExitCode) -> ExitCode {
    // If even standard error is gone there is nobody to tell.
    writeln!(std::io::stderr().lock(), "loadtest: {words}").unwrap_or_default();
    code
}
