//! The same room on our server and on others, interleaved in one run, with medians and ratios at the end: a
//! raw loop of `send()`, nginx with nchan, node with `ws`.
//!
//! `groundnut loadtest` drives all of them, with the server on the first core and the tester on the second. All
//! send frames of the same length; ours also carry each receiver's subscription id. The others check no tokens
//! and store nothing; our figures include the write to the database. `--growth` excludes it: the cost of each
//! listener after the first, per message.
//!
//! `options` holds the command line.

mod figures;
mod options;
mod process;
#[path = "../raw_loop/mod.rs"]
mod raw_loop;

use figures::Measured;
use options::{Load, Options, Room, Side, USAGE};
use process::Peer;
use serde_json::{Value, json};
use std::error::Error;
use std::io::Write;
use std::process::{Command, ExitCode};

/// Length of the text of each message, before it is padded to the length of our frames.
const TEXT_BYTES: u64 = 256;
/// nchan sends the posted body: this and the text.
const BODY: &str = "{\"text\":\"\"}";

fn main() -> ExitCode {
    let words = std::env::args().skip(1).filter(|word| word != "--bench");
    let words: Vec<String> = words.collect();
    match words
        .split_first()
        .map(|(first, rest)| (first.as_str(), rest))
    {
        Some((raw_loop::NAME, rest)) => return raw_loop::run(rest),
        Some(("--help" | "-h", _)) => return say(USAGE, ExitCode::SUCCESS),
        _ => {}
    }
    match compare(&words) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => say(&format!("peers: {error}"), ExitCode::FAILURE),
    }
}

fn say(words: &str, code: ExitCode) -> ExitCode {
    writeln!(std::io::stderr(), "{words}").unwrap_or_default();
    code
}

fn compare(words: &[String]) -> Result<(), Box<dyn Error>> {
    let options = Options::read(words)?;
    let most = options.rooms.iter().map(|room| room.listeners).max();
    process::allow_sockets(most.unwrap_or(0));
    let mut alone: Vec<Measured> = Vec::new();
    let mut results = Vec::new();
    for room in &options.rooms {
        let known = alone.iter().any(|known| known.room.load == room.load);
        if options.growth && !known {
            let load = room.load;
            let single = Room { listeners: 1, load };
            alone.push(measure(&options, single)?);
        }
        let mut measured = measure(&options, *room)?;
        if let Some(single) = alone.iter().find(|known| known.room.load == room.load) {
            measured.grow_from(single);
        }
        let mut out = std::io::stdout();
        out.write_all(measured.text().as_bytes())?;
        out.flush()?;
        results.push(measured.json());
    }
    if let Some(path) = &options.json {
        let document =
            json!({ "rounds": options.rounds, "seconds": options.seconds, "rooms": results });
        std::fs::write(path, serde_json::to_string_pretty(&document)?)?;
    }
    Ok(())
}

fn measure(options: &Options, room: Room) -> Result<Measured, Box<dyn Error>> {
    let mut measured = Measured::new(room, &options.sides);
    for round in 1..=options.rounds {
        for side in &options.sides {
            let (name, rounds) = (side.name(), options.rounds);
            writeln!(
                std::io::stderr(),
                "{room}: {name}, round {round} of {rounds}"
            )?;
            // Our report is made first: it holds the frame length that the other servers use.
            let length = measured.frame_bytes().unwrap_or(0);
            let peer = Peer::start(*side, length, options)?;
            let text_bytes = match side {
                Side::Groundnut | Side::RawLoop | Side::Ws => TEXT_BYTES,
                Side::Nchan => length.saturating_sub(header(length) + BODY.len() as u64),
            };
            let report = loadtest(options, (*side, room), text_bytes, peer.as_ref())
                .map_err(|error| format!("{name}, {room}: {error}"))?;
            measured.add(*side, report);
        }
    }
    Ok(measured)
}

/// Length of a websocket header before a payload of so many bytes, itself included.
fn header(frame_bytes: u64) -> u64 {
    if frame_bytes < 128 { 2 } else { 4 }
}

/// One run of the tester; its JSON report.
fn loadtest(
    options: &Options,
    (side, room): (Side, Room),
    text_bytes: u64,
    peer: Option<&Peer>,
) -> Result<Value, Box<dyn Error>> {
    let name = format!("groundnut-peers-{}.json", std::process::id());
    let path = std::env::temp_dir().join(name);
    let mut command = Command::new(env!("CARGO_BIN_EXE_groundnut"));
    command
        .args(["loadtest", "room", "--quiet", "--json"])
        .arg(&path);
    command.args(["--listeners", &room.listeners.to_string()]);
    match room.load {
        Load::Window(window) => command.args(["--window", &window.to_string()]),
        Load::Rate(rate) => command.args(["--rate", &rate.to_string()]),
    };
    // At a fixed rate delays are measured, with a window cost. Timing makes the server read the clock for each
    // frame, which would change the cost.
    if matches!(room.load, Load::Rate(_)) && side.has_timing() {
        command.arg("--timing");
    }
    command.args(["--duration-seconds", &options.seconds.to_string()]);
    command.args([
        "--warmup-seconds",
        "1",
        "--text-bytes",
        &text_bytes.to_string(),
    ]);
    if let (Some(directory), None) = (&options.data_dir, peer) {
        command.args(["--data-dir", directory]);
    }
    if let Some(peer) = peer {
        // Their frames are the posted text and nothing else.
        command.args(["--url", &peer.address, "--token", "none", "--bare"]);
        command.args(["--server-pid", &peer.pid().to_string()]);
    }
    let output = command.args(&options.tester).output()?;
    // 3: a check failed; the notes say which.
    if !matches!(output.status.code(), Some(0 | 3)) {
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        let shown = String::from_utf8_lossy(&output.stdout).into_owned();
        return Err(format!("the tester ended with {}: {said}{shown}", output.status).into());
    }
    let report: Value = serde_json::from_slice(&std::fs::read(&path)?)?;
    std::fs::remove_file(&path)?;
    Ok(report)
}
