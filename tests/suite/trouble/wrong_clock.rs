//! A clock that once was ahead: its timestamps are in the database, and must not date everything in the future.

use std::time::UNIX_EPOCH;

use serde_json::json;

use super::readiness::{is_ready, is_unready};
use crate::support::{TestServer, build, cli, template};

const HOUR: u64 = 3600;

/// The database as if its last write had been so many seconds from now.
fn dates_its_last_write(server: &TestServer, seconds_ahead: u64) -> u64 {
    let now = UNIX_EPOCH.elapsed().expect("after 1970").as_secs();
    let micros = (now + seconds_ahead) * 1_000_000;
    server.sql(&format!("UPDATE log_head SET stamp = {micros}"));
    now
}

#[test]
fn an_hour_ahead_is_a_warning_and_writes_go_on() {
    let mut server = TestServer::start();
    dates_its_last_write(&server, HOUR);
    assert!(server.stop());
    server.start_again();
    assert!(server.log().contains("dated after the clock"));
    build::room(&server.ada(), "Lounge");
    is_ready(&server);
}

#[test]
fn more_than_a_day_ahead_refuses_writes_until_the_operator_decides() {
    let mut server = TestServer::start();
    let ada = server.ada();
    let room = build::room(&ada, "Lounge");
    let path = format!("/channels/{room}/messages");
    let now = dates_its_last_write(&server, 48 * HOUR + 60);
    ada.post(&path, &json!({"text": "when?"})).refused(500);
    ada.get(&path).is(200);
    is_unready(&server, "clock-wrong");
    server.forgives_all(&["after the clock of this machine"]);
    assert!(server.stop());
    // No start, either, unless the operator says that the clock is right.
    let url = server.database_url();
    let serve = ["serve", "--bind", "127.0.0.1:0", "--database-url", &url];
    let output = cli::run(&serve);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        said.contains("--accept-clock") && said.contains("48 hours"),
        "{said}"
    );
    template::serves_once(server.folder(), &url, &["--accept-clock"]);
    server.start_again();
    let ada = server.ada();
    build::says(&ada, &room, "now");
    let last = server.count("SELECT stamp / 1000000 FROM log_head");
    assert!(last < i64::try_from(now + HOUR).expect("a date"), "{last}");
}
