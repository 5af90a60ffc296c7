//! The command line of `groundnut loadtest`.

use clap::Args;
use serde::Deserialize;
use std::path::PathBuf;

const PLANS: &str = "\
Plans:
  room      listeners of one room
  rooms     many rooms, some listeners each
  inbox     sockets that subscribe to /channels instead of one room
  firehose  app streams that receive all rooms
  churn     connect, subscribe, disconnect, repeatedly
  idle      sockets that stay open: memory per socket
  slow      a room in which a share of the readers stops reading
  resume    a room whose listeners disconnect and resume
  reconnect a room whose listeners are all cut at once, miss --messages, and resume
  replay    an app stream that goes on from its cursor, behind --messages
  failover  a room over several servers, one of which is ended by hand: its listeners resume at the others

Several servers of one cluster: repeat --url. Sockets and writers are spread over them, listeners that come back do
so at the next one, and loss and order are judged over all.

A plan of your own is a file: plan = \"rooms\" and the flags under Plan, with `_` for `-`;
fail_if is a list of texts there.

Examples:
  groundnut loadtest room -n 1000                 one message in flight
  groundnut loadtest room -n 1000 -r 100 --timing a fixed rate, with the parts of the delay
  groundnut loadtest rooms --rooms 500 -n 39 -r 200 -d 600 --report soak.html
  groundnut loadtest room -r 100 --fail-if \"arrival p99 > 50ms\" && echo good enough
  groundnut loadtest room --repeat 5 --json before.json
  groundnut loadtest room --repeat 5 --baseline before.json
  groundnut loadtest room --url http://127.0.0.1:8080 --token TOKEN -r 0.2
  groundnut loadtest room -r 100 --timing --url http://10.0.0.5:8080 --url http://10.0.0.6:8080 --token TOKEN

Verdict: a run passes if all of these are true:
  * No listener missed a message, or received one twice, changed, from a foreign room, or out of the order of
    meta.id in its room.
  * Each frame of a user stream had exactly the subscription_ids of its listener.
  * The server refused at most 1 % of the requests, and closed no socket that should stay open.
  * Plan slow: a reader fell behind. Plans resume, reconnect, failover: a listener was resumed, and none had to
    subscribe again.
  * No --fail-if is true of the result:
  --fail-if \"arrival p99 > 50ms\"       a figure of the report, one of > >= < <=, a number with its unit
  --fail-if \"frames < 100000/s\"        units: µs ms s, KiB MiB GiB, %, /s; counts have none

Exit codes:
  0  passed
  1  aborted (Ctrl-C, the server ended): the partial result is printed, without a verdict
  2  refused before the start
  3  failed: the first lines say which checks, and what was found

docs/performance.md explains the rows.";

/// Measures how many listeners a server serves, and at what delay.
///
/// Without --url it starts its own server on a free port, with a fresh database, and stops it at the end.
#[derive(Debug, Clone, Args)]
#[command(after_help = PLANS)]
pub struct LoadtestArgs {
    /// The plan: one of the plans below, or a file ending in .toml
    #[arg(default_value = "room")]
    pub plan: String,

    /// Numbers of the plan; a plan file has the same names with `_` for `-`
    #[command(flatten, next_help_heading = "Plan")]
    pub overrides: Overrides,

    /// Server to load, as http://127.0.0.1:8080; repeat it for all servers of a cluster
    #[arg(help_heading = "Server", long = "url", value_name = "URL", conflicts_with_all = ["data_dir", "server_cpu"])]
    pub urls: Vec<String>,
    /// User access token for --url; repeat it to use several accounts
    #[arg(
        help_heading = "Server",
        long = "token",
        value_name = "TOKEN",
        requires = "urls"
    )]
    pub tokens: Vec<String>,
    /// App access token for --url, needed by the firehose plan
    #[arg(help_heading = "Server", long, value_name = "TOKEN", requires = "urls")]
    pub app_token: Option<String>,
    /// Process of the server at --url, so that its processor time and memory can be read; repeat it in the order of
    /// several --url
    #[arg(
        help_heading = "Server",
        long = "server-pid",
        value_name = "PID",
        requires = "urls"
    )]
    pub server_pids: Vec<u32>,
    /// The server sends bare texts: only loss, repetition and order are judged (benches/peers)
    #[arg(help_heading = "Server", long, requires = "urls", hide = true)]
    pub bare: bool,
    /// Allows a server on another machine
    #[arg(help_heading = "Server", long)]
    pub yes_i_own_this_server: bool,

    /// Core for the started server [default: the first, if there are two]
    #[arg(help_heading = "Machine", long, value_name = "CORE")]
    pub server_cpu: Option<usize>,
    /// Core for the tester [default: the second, if there are two]
    #[arg(help_heading = "Machine", long, value_name = "CORE")]
    pub client_cpu: Option<usize>,
    /// Leaves both to the scheduler
    #[arg(help_heading = "Machine", long, conflicts_with_all = ["server_cpu", "client_cpu"])]
    pub no_pin: bool,
    /// Sleeps while nothing arrives instead of polling; the server then also pays for waking the tester
    #[arg(help_heading = "Machine", long)]
    pub block: bool,
    /// Directory for the started server's database [default: a temporary one]
    #[arg(help_heading = "Server", long, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,

    /// Sockets from 127.0.0.1; the next as many use 127.0.0.2 and so on, each with its own ports
    #[arg(help_heading = "Machine", long, value_name = "COUNT", default_value_t = 20_000, value_parser = clap::value_parser!(u64).range(1..=60_000))]
    pub sockets_per_address: u64,

    /// Writes the result as one JSON document
    #[arg(help_heading = "Result", long, value_name = "FILE")]
    pub json: Option<PathBuf>,
    /// Writes the figures as CSV
    #[arg(help_heading = "Result", long, value_name = "FILE.csv")]
    pub csv: Option<PathBuf>,
    /// Writes the result as one page with charts, which opens without a network
    #[arg(help_heading = "Result", long, value_name = "FILE.html")]
    pub report: Option<PathBuf>,
    /// Plays the plan so many times: medians, with the lowest and highest value; only figures whose spreads do not
    /// touch are called better or worse than a baseline
    #[arg(help_heading = "Result", long, value_name = "COUNT", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=100))]
    pub repeat: u32,
    /// Earlier --json result to compare with
    #[arg(help_heading = "Result", long, value_name = "FILE.json")]
    pub baseline: Option<PathBuf>,
    /// No progress bar
    #[arg(help_heading = "Result", long)]
    pub quiet: bool,
}

/// Numbers that flags or a plan file override; the others come from the plan.
#[derive(Debug, Clone, Default, Args, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Overrides {
    /// Rooms that receive messages
    #[arg(long, allow_negative_numbers = true)]
    pub rooms: Option<u32>,
    /// Listeners per room (inbox, firehose, idle: in all)
    #[arg(long, short = 'n', allow_negative_numbers = true)]
    pub listeners: Option<u32>,
    /// Accounts of the listeners
    #[arg(long, allow_negative_numbers = true)]
    pub people: Option<u32>,
    /// Open loop: messages per second over all rooms (churn: connections; 0: without a limit)
    #[arg(long, short = 'r', allow_negative_numbers = true)]
    pub rate: Option<f64>,
    /// Closed loop: messages in flight; with --rate: requests in flight
    #[arg(long, short = 'w', allow_negative_numbers = true)]
    pub window: Option<u32>,
    /// Time before the recording starts
    #[arg(long, value_name = "S", allow_negative_numbers = true)]
    pub warmup_seconds: Option<f64>,
    /// Recorded time
    #[arg(long, short = 'd', value_name = "S", allow_negative_numbers = true)]
    pub duration_seconds: Option<f64>,
    /// Ends the measurement after this many messages (churn: connections)
    #[arg(long, value_name = "COUNT", allow_negative_numbers = true)]
    pub messages: Option<u64>,
    /// Length of each message's text
    #[arg(long, value_name = "BYTES", allow_negative_numbers = true)]
    pub text_bytes: Option<u32>,
    /// Concurrent handshakes while connecting
    #[arg(long, value_name = "COUNT", allow_negative_numbers = true)]
    pub connecting: Option<u32>,
    /// Whether idle and churning sockets subscribe to a room [default: true]
    #[arg(long, value_name = "BOOL")]
    pub follow: Option<bool>,
    /// Splits the delay at the server's timestamps: accepted, committed, written (same machine: arrived)
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true", value_name = "BOOL")]
    pub timing: Option<bool>,
    /// Share of listeners that stops reading (slow) or drops each second (resume)
    #[arg(long, value_name = "PERCENT", allow_negative_numbers = true)]
    pub share_percent: Option<f64>,
    /// Fails the run if this is true of its result, such as "arrival p99 > 50ms"; repeatable
    #[arg(long, value_name = "BOUND")]
    #[serde(default)]
    pub fail_if: Vec<String>,
}

impl Overrides {
    /// Names of all fields: the keys of a plan file.
    pub(super) fn keys() -> Vec<String> {
        let command = Self::augment_args(clap::Command::new("keys"));
        command
            .get_arguments()
            .map(|argument| argument.get_id().to_string())
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_keys_of_a_file_are_the_flags() {
        let keys = Overrides::keys();
        assert!(
            keys.contains(&"text_bytes".to_owned()) && keys.len() == 14,
            "{keys:?}"
        );
        for key in keys {
            let parsed = toml::from_str::<Overrides>(&format!("{key} = \"x\""));
            let error = parsed.unwrap_err().to_string();
            assert!(
                !error.contains("unknown field"),
                "{key} should be a field: {error}"
            );
        }
    }
}
