//! A node has its name for itself, and a lease on it.

use nix::sys::signal::Signal;

use crate::support::eventually;
use crate::support::nodes::{Node, Nodes};

fn is_ready(node: &Node) -> bool {
    node.readiness().0 == 200
}

#[test]
fn a_second_node_of_a_name_is_refused_and_told_who_has_it() {
    let Some(nodes) = Nodes::new() else { return };
    let a = nodes.start("a");
    let refused = nodes.refused("a");
    assert_eq!(refused.status.code(), Some(1));
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    let complaint = said.lines().last().expect("a line");
    let own = format!("http://{}", a.address);
    assert!(complaint.contains("the node name a is taken"), "{said}");
    assert!(complaint.contains(&own), "{said}");
    assert_eq!(complaint.matches("http://127.0.0.1:").count(), 2, "{said}");
    let b = nodes.start("b");
    eventually("they count one another", || {
        a.metric("nodes") == 2 && b.metric("nodes") == 2
    });
    drop(b);
    eventually("one that stopped is not counted", || a.metric("nodes") == 1);
}

#[test]
fn a_node_that_was_killed_has_its_name_again_at_once() {
    let Some(nodes) = Nodes::new() else { return };
    let mut a = nodes.start_with("a", "127.0.0.1:0", &[("SERVER_NODE_LEASE_MS", "600000")]);
    let address = a.address.to_string();
    for _ in 0..3 {
        a.kill();
        a = nodes.start_with("a", &address, &[("SERVER_NODE_LEASE_MS", "600000")]);
    }
    assert_eq!(a.metric("nodes"), 1);
    assert_eq!(nodes.sql("SELECT count(*) FROM nodes"), "1");
}

#[test]
fn a_node_that_stands_still_loses_its_name_with_its_lease() {
    let Some(nodes) = Nodes::new() else { return };
    let mut first = nodes.start("a");
    first.signal(Signal::SIGSTOP);
    assert_eq!(nodes.refused("a").status.code(), Some(1), "its lease holds");
    let mut over = || {
        nodes.sql(
            "SELECT renewed_at + lease < EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 FROM nodes",
        ) == "t"
    };
    eventually("its lease is over", &mut over);
    let second = nodes.start("a");
    first.signal(Signal::SIGCONT);
    assert_eq!(first.exit_code(), Some(70), "{}", first.log());
    assert!(first.log().contains("the lease of this node's name"));
    eventually("the second one has the lock too", || {
        second.metric("nodes") == 1 && is_ready(&second)
    });
}

#[test]
fn a_row_that_was_deleted_by_hand_is_there_again() {
    let Some(nodes) = Nodes::new() else { return };
    let a = nodes.start("a");
    nodes.sql("DELETE FROM nodes");
    eventually("it is renewed", || {
        nodes.sql("SELECT count(*) FROM nodes") == "1"
    });
    eventually("nothing was lost", || is_ready(&a));
}

#[test]
fn a_row_that_was_changed_by_hand_is_as_it_was() {
    let Some(nodes) = Nodes::new() else { return };
    let a = nodes.start("a");
    eventually("it is ready", || is_ready(&a));
    let row = || nodes.sql("SELECT name, epoch, address, internal_address, lease FROM nodes");
    let before = row();
    for change in [
        "address = ''",
        "internal_address = '127.0.0.1:1'",
        "lease = 1",
        "renewed_at = renewed_at + 1000000000000",
        "internal_address = 'nowhere', lease = -1, renewed_at = 0",
    ] {
        nodes.sql(&format!("UPDATE nodes SET {change}"));
        eventually(change, || row() == before && is_ready(&a));
    }
    // The row of another process: this one has lost its name.
    nodes.sql("UPDATE nodes SET epoch = 'another0'");
    let mut a = a;
    assert_eq!(a.exit_code(), Some(70), "{}", a.log());
    assert!(a.log().contains("the lease of this node's name"));
}

#[test]
fn a_lease_that_cannot_be_renewed_is_told_until_it_can() {
    let Some(nodes) = Nodes::new() else { return };
    let a = nodes.start("a");
    eventually("it is ready", || is_ready(&a));
    nodes.while_locked("nodes", || {
        eventually("it says so", || a.readiness().1.contains("lease-late"));
    });
    eventually("it is ready again", || is_ready(&a));
}

/// The clock of the database, so far away.
fn set_clock(nodes: &Nodes, interval: &str) {
    nodes.sql(&format!(
        "CREATE SCHEMA IF NOT EXISTS away; \
         CREATE OR REPLACE FUNCTION away.clock_timestamp() RETURNS timestamptz LANGUAGE sql AS \
         $$SELECT pg_catalog.clock_timestamp() + interval '{interval}'$$; \
         DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET search_path = away, pg_catalog, public', \
         current_database()); END $$"
    ));
}

#[test]
fn a_clock_that_is_minutes_away_is_told_and_one_that_is_more_than_five_is_refused() {
    let Some(nodes) = Nodes::new() else { return };
    set_clock(&nodes, "2 minutes");
    let a = nodes.start("a");
    let apart = a.metric("node_clock_apart_ms");
    assert!((110_000..130_000).contains(&apart), "{apart}");
    assert!(a.log().contains("differs from that of the database"));
    drop(a);
    set_clock(&nodes, "-6 minutes");
    let refused = nodes.refused("a");
    assert_eq!(refused.status.code(), Some(1));
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    let complaint = said.lines().last().expect("a line");
    assert!(complaint.contains("more than 5 minutes apart"), "{said}");
    assert_eq!(
        complaint.matches("Z ").count() + complaint.matches("Z:").count(),
        2,
        "both times: {said}"
    );
}
