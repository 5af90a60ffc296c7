//! One run over several servers of a cluster. Without a server to make databases in, there is nothing to tell.

use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

use super::{is_there, json_option, report, words};
use crate::support::cli;
use crate::support::nodes::{Node, Nodes};

fn options(nodes: &[&Node]) -> Vec<String> {
    let urls = nodes
        .iter()
        .map(|node| format!("--url=http://{}", node.address));
    let tokens = [0, 1].map(|number| format!("--token={}", nodes[0].person(number).token()));
    urls.chain(tokens).collect()
}

#[test]
fn sockets_and_writers_are_spread_and_loss_and_order_are_judged_over_all() {
    let Some(nodes) = Nodes::new() else { return };
    let (one, two) = (nodes.start("one"), nodes.start("two"));
    let folder = tempfile::tempdir().expect("a folder");
    let (json, options) = (json_option(folder.path()), options(&[&one, &two]));
    let options: Vec<&str> = options.iter().map(String::as_str).collect();
    let plan = ["loadtest", "rooms", "--rooms", "3", "-n", "4", "-r", "60"];
    let bounds = ["-d", "2", "--warmup-seconds", "0", "--timing", "--quiet"];
    let output = cli::run(&[&plan[..], &bounds, &options, &[&json]].concat());
    let printed = words(&output);
    assert!(output.status.success(), "{printed}");
    assert!(printed.contains("\nNodes\n"), "{printed}");
    let report = report(folder.path());
    for bad in ["lost", "reordered", "repeated", "refused requests"] {
        assert_eq!(is_there(&report, bad), 0.0, "{bad}: {report}");
    }
    for name in [
        "arrival across nodes p99",
        "commit to arrival across nodes p50",
    ] {
        assert!(is_there(&report, name) > 0.0, "{name}: {report}");
    }
    let columns = report["nodes"].as_array().expect("a column per server");
    assert_eq!(columns.len(), 2);
    for column in columns {
        assert_eq!(column["sockets"], 6, "{column}");
        let of = |name: &str| column[name].as_u64().expect("a number");
        assert!(of("messages") > 20 && of("frames") > 100, "{column}");
        // Half of what a socket receives was written on the other server.
        let across = column["arrival_across"]["count"]
            .as_u64()
            .expect("a number");
        assert!(
            across > of("frames") / 4 && across < of("frames"),
            "{column}"
        );
    }
}

#[test]
fn listeners_of_a_server_that_is_killed_resume_at_the_other() {
    let Some(nodes) = Nodes::new() else { return };
    let (mut one, two) = (nodes.start("one"), nodes.start("two"));
    let folder = tempfile::tempdir().expect("a folder");
    let (json, options) = (json_option(folder.path()), options(&[&one, &two]));
    let options: Vec<&str> = options.iter().map(String::as_str).collect();
    let plan = ["loadtest", "failover", "-n", "10", "--quiet"];
    let mut tester = cli::command(&[&plan[..], &options, &[&json]].concat())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the tester starts");
    let mut said = BufReader::new(tester.stderr.take().expect("a pipe")).lines();
    let ready = said.by_ref().map_while(Result::ok);
    let mut ready = ready.skip_while(|line| !line.contains("end one of these now"));
    assert!(ready.next().is_some(), "it says when");
    one.kill();
    let output = tester.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(0), "{}", words(&output));
    let report = report(folder.path());
    assert_eq!(is_there(&report, "dropped"), 5.0, "{report}");
    assert_eq!(is_there(&report, "resumed"), 5.0, "{report}");
    assert_eq!(is_there(&report, "did not come back"), 0.0);
    assert!(is_there(&report, "all reconnected after") > 0.0);
    assert_eq!(report["nodes"][0]["cut"], 5, "{report}");
    assert_eq!(report["nodes"][1]["resumed"], 5, "{report}");
}

#[test]
fn a_plan_for_several_servers_says_what_it_lacks() {
    for (words_of, why) in [
        (&["failover"][..], "two or more servers"),
        (
            &[
                "room",
                "--token=T",
                "--url=http://127.0.0.1:1",
                "--url=http://127.0.0.1:1",
            ],
            "given twice",
        ),
        (
            &[
                "room",
                "--token=T",
                "--url=http://127.0.0.1:1",
                "--url=http://127.0.0.1:2",
                "--server-pid=7",
            ],
            "1 --server-pid for 2 --url",
        ),
    ] {
        let output = cli::run(&[&["loadtest"], words_of].concat());
        assert_eq!(output.status.code(), Some(2), "{}", words(&output));
        assert!(words(&output).contains(why), "{}", words(&output));
    }
}
