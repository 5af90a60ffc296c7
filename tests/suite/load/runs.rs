//! `groundnut loadtest`, played as a process of its own: what it reports, what it refuses, and how it ends when
//! it is ended from outside.

use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Output, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;

use super::{is_there, json_option, report, row, words};
use crate::support::{TestServer, cli, eventually, http};

/// Long enough for a run that is ended before.
const LONG: [&str; 5] = ["-d", "600", "--warmup-seconds", "0", "--quiet"];

#[test]
fn a_run_tells_what_listeners_saw_and_what_the_actors_say() {
    let folder = tempfile::tempdir().expect("a folder");
    let page = folder.path().join("out.html");
    let (json, html) = (
        json_option(folder.path()),
        format!("--report={}", page.display()),
    );
    let plan = ["loadtest", "rooms", "--rooms", "3", "-n", "4", "--timing"];
    let bounds = [
        "--window",
        "2",
        "-d",
        "1",
        "--warmup-seconds",
        "0",
        "--quiet",
    ];
    let output = cli::run(&[&plan[..], &bounds, &[&json, &html]].concat());
    assert!(output.status.success(), "{}", words(&output));
    let report = report(folder.path());
    assert_eq!(report["ended"], "complete");
    for bad in ["lost", "reordered", "repeated", "refused requests"] {
        assert_eq!(is_there(&report, bad), 0.0, "{bad}: {report}");
    }
    for name in [
        "frames",
        "server CPU per frame",
        "tester CPU per frame",
        "arrival p99.99",
        "accepted to committed p99",
        "commit to write p99",
        "write to arrival p99.9",
    ] {
        assert!(is_there(&report, name) > 0.0, "{name}: {report}");
    }
    let rooms = report["rooms"].as_array().expect("rooms");
    assert_eq!(rooms.len(), 3);
    for room in rooms {
        let inside = &room["inside"];
        assert_eq!(inside["id"], room["channel_id"], "{room}");
        assert_eq!(inside["receivers"], room["listeners"], "{room}");
        assert!(inside["frames"].as_u64() >= room["frames"].as_u64());
        assert!(inside["fanout_us"]["p99"].as_u64() > Some(0), "{room}");
    }
    let kinds = report["actors"].as_array().expect("actors");
    assert!(kinds.iter().any(|actor| actor["kind"] == "shard"));
    let printed = words(&output);
    assert!(printed.contains("fan-out p50"), "{printed}");
    assert!(printed.trim_start().starts_with("PASSED"), "{printed}");
    let page = std::fs::read_to_string(page).expect("a page");
    assert!(page.contains("<svg") && page.contains("fan-out p50"));
    let body = page.split("<body>").nth(1).expect("a body");
    assert!(body.contains("<main>\n<h1 class=passed>PASSED"), "{body}");
    for remote in ["src=", "href=", "<script", "@import"] {
        assert!(!page.contains(remote), "{remote} asks for something");
    }
}

#[test]
fn repeated_runs_give_medians_with_their_spread_and_are_compared_by_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let csv = folder.path().join("out.csv");
    let (json, csv_option) = (
        json_option(folder.path()),
        format!("--csv={}", csv.display()),
    );
    let plan = ["loadtest", "room", "-n", "3", "--messages", "30"];
    let bounds = ["-d", "5", "--warmup-seconds", "0", "--repeat", "3"];
    let output = cli::run(&[&plan[..], &bounds, &[&json, &csv_option]].concat());
    let printed = words(&output);
    assert!(output.status.success(), "{printed}");
    for part in [
        "run 1 of 3: PASSED",
        "run 3 of 3: PASSED",
        "of 3 runs",
        "highest",
    ] {
        assert!(printed.contains(part), "{part}: {printed}");
    }
    let report = report(folder.path());
    assert_eq!(report["runs"], 3);
    let rows = report["rows"].as_array().expect("rows");
    let p99 = rows.iter().find(|row| row["name"] == "arrival p99");
    let of = |name: &str| p99.expect("a row")[name].as_f64().expect("a number");
    assert!(of("low") <= of("value") && of("value") <= of("high"));
    let date = report["date"].as_str().expect("a date");
    assert!(date.len() == 20 && date.ends_with('Z'), "{date}");
    assert!(report["commit"].is_null() || report["commit"].is_string());
    assert!(report["machine"]["memory_bytes"].as_u64() > Some(0));
    let csv = std::fs::read_to_string(csv).expect("figures");
    let line = csv.lines().find(|line| line.contains(",arrival p99,ms,"));
    let line = line.expect("a line per figure");
    assert!(
        line.starts_with(date) && line.contains(",room,passed,3,"),
        "{line}"
    );

    // Runs of a few messages beside themselves: they are judged by their spread, which single ones have not.
    let before = format!("--baseline={}", folder.path().join("out.json").display());
    let output = cli::run(&[&plan[..], &bounds, &["--quiet", &before]].concat());
    let printed = words(&output);
    assert!(output.status.success(), "{printed}");
    assert!(
        printed.contains("ratio") && printed.contains('–'),
        "{printed}"
    );
    assert!(
        !printed.contains("the spread of one run is not known"),
        "{printed}"
    );
    let output = cli::run(&[&plan[..], &["-d", "5", "--quiet", &before]].concat());
    let printed = words(&output);
    assert!(
        printed.contains("the spread of one run is not known"),
        "{printed}"
    );
}

#[test]
fn a_foreign_server_is_loaded_with_tokens_and_left_as_it_was() {
    let server = TestServer::start();
    let folder = tempfile::tempdir().expect("a folder");
    let (url, json) = (
        format!("--url=http://{}", server.address),
        json_option(folder.path()),
    );
    let token = format!("--token={}", server.ada().token());
    // The next address is used after four sockets; the server does not mind.
    let plan = ["loadtest", "room", "-n", "12", "--sockets-per-address", "4"];
    let bounds = ["--messages", "20", "-d", "20", "--warmup-seconds", "0"];
    let output = cli::run(&[&plan[..], &bounds, &["--quiet", &url, &token, &json]].concat());
    assert!(output.status.success(), "{}", words(&output));
    let report = report(folder.path());
    assert_eq!(is_there(&report, "lost"), 0.0);
    assert_eq!(row(&report, "server CPU"), None, "its process is not known");
    let secret = server.ada().token().to_owned();
    assert!(
        !report.to_string().contains(&secret),
        "no token in a report"
    );
    assert_eq!(report["rooms"][0]["inside"]["receivers"], 12);
}

/// A run with a server of its own that goes on until it is ended.
struct LongRun {
    tester: Option<Child>,
    server: i32,
    folder: tempfile::TempDir,
}

impl LongRun {
    /// Returns once its listeners have heard something for a while.
    fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let data = format!("--data-dir={}", folder.path().display());
        let json = json_option(folder.path());
        let plan = ["loadtest", "room", "-n", "5", "--rate", "50"];
        let tester = cli::command(&[&plan[..], &LONG, &[&data, &json]].concat())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the tester starts");
        let mut run = Self {
            tester: Some(tester),
            server: 0,
            folder,
        };
        let mut address = None;
        eventually("the tester has started a server", || {
            address = run.find_server();
            address.is_some()
        });
        let address = address.expect("an address");
        eventually("the server listens", || TcpStream::connect(address).is_ok());
        let frames = || {
            let request = http::request("GET", "/metrics", &[], b"");
            let answer = http::exchange(address, &request);
            let page = String::from_utf8_lossy(&answer.body).into_owned();
            let name = "groundnut_stream_frames_total ";
            let mut lines = page.lines().filter_map(|line| line.strip_prefix(name));
            lines.next().and_then(|count| count.parse::<f64>().ok())
        };
        let mut since = None;
        // The tester looks at the server once per second.
        eventually("messages have been heard for three seconds", || {
            if since.is_none() && frames() > Some(50.0) {
                since = Some(Instant::now());
            }
            since.is_some_and(|since| since.elapsed() > Duration::from_secs(3))
        });
        run
    }

    fn find_server(&mut self) -> Option<SocketAddr> {
        let pid = self.tester.as_ref()?.id();
        let children = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).ok()?;
        for child in children.split_whitespace() {
            let line = std::fs::read_to_string(format!("/proc/{child}/cmdline")).ok()?;
            if line.split('\0').any(|word| word == "serve") {
                self.server = child.parse().ok()?;
                return listener_of(self.server);
            }
        }
        None
    }

    fn interrupt(&self) {
        let pid = self.tester.as_ref().map(Child::id).expect("it runs");
        let pid = Pid::from_raw(i32::try_from(pid).expect("a pid"));
        kill(pid, Signal::SIGINT).expect("it runs");
    }

    fn ends(mut self) -> (Output, Value, i32) {
        let tester = self.tester.take().expect("it runs");
        let output = tester.wait_with_output().expect("the tester ends");
        let report = report(self.folder.path());
        (output, report, self.server)
    }
}

impl Drop for LongRun {
    fn drop(&mut self) {
        // A story that failed in the middle leaves no process behind.
        if self.tester.is_some() {
            self.interrupt();
            let tester = self.tester.take().expect("it runs");
            drop(tester.wait_with_output());
        }
    }
}

/// Where a process listens, as Linux tells it: the port is not known before the server has taken it.
fn listener_of(pid: i32) -> Option<SocketAddr> {
    let open = std::fs::read_dir(format!("/proc/{pid}/fd")).ok()?;
    let links = open.filter_map(|entry| entry.ok()?.path().read_link().ok());
    let own: Vec<String> = links
        .map(|link| link.to_string_lossy().into_owned())
        .collect();
    let table = std::fs::read_to_string("/proc/net/tcp").ok()?;
    table.lines().skip(1).find_map(|line| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let (local, state, inode) = (fields.get(1)?, fields.get(3)?, fields.get(9)?);
        let is_ours = *state == "0A" && own.contains(&format!("socket:[{inode}]"));
        let port = u16::from_str_radix(local.split(':').nth(1)?, 16).ok()?;
        is_ours.then(|| SocketAddr::from(([127, 0, 0, 1], port)))
    })
}

fn has_the_figures_so_far(report: &Value) {
    for name in [
        "frames",
        "server CPU per frame",
        "server memory",
        "arrival p50",
        "answer p99",
    ] {
        assert!(is_there(report, name) > 0.0, "{name}: {report}");
    }
    assert!(!report["seconds"].as_array().expect("seconds").is_empty());
}

#[test]
fn a_server_that_dies_in_the_middle_leaves_a_partial_report() {
    let run = LongRun::start();
    kill(Pid::from_raw(run.server), Signal::SIGKILL).expect("it runs");
    let (output, report, _) = run.ends();
    let printed = words(&output);
    assert_eq!(output.status.code(), Some(1), "{printed}");
    assert!(printed.contains("The server died"), "{printed}");
    let last_words = report["ended"]["server_gone"].as_str().expect("words");
    assert!(last_words.contains("signal: 9"), "{last_words}");
    has_the_figures_so_far(&report);
    assert_eq!(row(&report, "lost"), None, "what was lost is not known");
}

#[test]
fn an_interrupt_prints_what_there_is_and_stops_the_server() {
    let run = LongRun::start();
    run.interrupt();
    let (output, report, server) = run.ends();
    let printed = words(&output);
    assert_eq!(output.status.code(), Some(1), "{printed}");
    assert!(printed.contains("Interrupted"), "{printed}");
    assert_eq!(report["ended"], "interrupted");
    has_the_figures_so_far(&report);
    assert!(
        kill(Pid::from_raw(server), None).is_err(),
        "its server is gone, too"
    );
}

#[test]
fn a_tester_that_is_killed_takes_its_server_with_it() {
    let mut run = LongRun::start();
    let mut tester = run.tester.take().expect("it runs");
    tester.kill().expect("it runs");
    tester.wait().expect("it ends");
    let stat = format!("/proc/{}/stat", run.server);
    eventually("its server is gone, too", || {
        // A process without a parent may stay as a zombie in a container.
        let stat = std::fs::read_to_string(&stat).unwrap_or_default();
        stat.is_empty() || stat.contains(") Z ")
    });
}

#[test]
fn impossible_plans_are_refused_with_what_to_do() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).expect("a file");
        path.display().to_string()
    };
    let typo = file("typo.toml", "plan = \"room\"\nlistners = 3\n");
    let share = file("share.toml", "plan = \"slow\"\nshare_percent = 120\n");
    let nothing = file("nothing.json", "{}");
    let elsewhere = ["--url", "http://192.0.2.1:80", "--token", "x"];
    let here = ["--url", "http://127.0.0.1:1", "--token", "x"];
    let missing = folder
        .path()
        .join("no/such/file.json")
        .display()
        .to_string();
    let bound = "arival p99 > 5ms";
    let bounded = file(
        "bound.toml",
        "plan = \"room\"\nfail_if = [\"arrival p99 > 5\"]\n",
    );
    let cases: [(&[&str], &str); 22] = [
        (&["--fail-if", bound], "did you mean \"arrival p99\""),
        (&[&bounded], "\"arrival p99 > 5ms\""),
        (&["rom"], "did you mean \"room\""),
        (&[&typo], "did you mean \"listeners\""),
        (&["no-such-plan.toml"], "no-such-plan.toml"),
        (&["rooms", "-n", "1000000", "--rooms", "100"], "ulimit -n"),
        (&[&elsewhere[..], &[]].concat(), "--yes-i-own-this-server"),
        (&["--url", "https://127.0.0.1", "--token", "x"], "only http"),
        (
            &["--url", "127.0.0.1:1", "--token", "x"],
            "http://127.0.0.1:8080",
        ),
        (&["--url", "http://127.0.0.1:1"], "--token"),
        (&[&["firehose"], &here[..]].concat(), "--app-token"),
        (&["--rate", "0"], "--rate is 0"),
        (&["--rate", "-5"], "--rate is -5"),
        (&here, "does not answer"),
        (&["--server-cpu", "9999"], "--server-cpu 9999"),
        (&["--data-dir", "/proc/nowhere"], "/proc/nowhere"),
        (&["--listeners", "-5"], "-5"),
        (&["--duration-seconds", "-1"], "--duration-seconds is -1"),
        (&[&share], "--share-percent is 120"),
        (&["--baseline", &nothing], "nothing.json"),
        (&["--json", &missing], "no/such/file.json"),
        (&[&here[..], &["--data-dir", "/tmp"]].concat(), "--data-dir"),
    ];
    for (arguments, hint) in cases {
        let output = cli::run(&[&["loadtest"], arguments].concat());
        let said = words(&output);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {said}");
        assert!(
            said.contains(hint),
            "{arguments:?} should name {hint}: {said}"
        );
        assert!(!said.contains("panicked"), "{said}");
    }
}
