//! Every route as every viewer: `routes.txt` says what the answer may show.

use groundnut::http::routes::{ROUTES, Route};

use super::scene::{Scene, VIEWERS};
use super::table::{Differences, Row, rows};
use crate::support::Person;

const TABLE: &str = include_str!("routes.txt");

/// Everything that an answer may hold beside what it is about.
const EVERYTHING: &str = "include_raw=1&include_recent_message=1&include_limited_users=1&include_presence=1&include_marker=1&include_bookmarked_by=1&include_reposted_by=1";

/// A row of the table as a call.
struct Call<'r> {
    row: &'r Row,
    verb: &'r str,
    path: &'r str,
    body: &'r str,
}

impl<'r> Call<'r> {
    fn of(row: &'r Row) -> Self {
        let mut words = row.name.split(' ');
        let verb = words.next().unwrap_or_default();
        let path = words.next().unwrap_or_default();
        let body = words.next().unwrap_or("{}");
        Self {
            row,
            verb,
            path,
            body,
        }
    }

    /// The path as the table of routes has it.
    fn route(&self) -> String {
        let path = self.path.split('?').next().unwrap_or_default();
        path.replace("{public}", "{channel_id}")
            .replace("{private}", "{channel_id}")
            .replace("{said}", "{message_id}")
            .replace("{inner}", "{message_id}")
            .replace("{ada}", "{user_id}")
            .replace("{dan}", "{user_id}")
            .replace("{post}", "{post_id}")
            .replace("{poll}", "{poll_id}")
            .replace("{ballot}", "{poll_id}")
            .replace("{newcomers}", "{slug}")
            .replace("{missed}", "{slug}")
            .replace("{file}", "{file_id}")
            .replace("{shared}", "{file_id}")
            .replace("{badge}", "{badge_id}")
            .replace("{told}", "{post_id}")
            .replace("{client}", "{client_id}")
    }

    fn is_of(&self, route: &Route) -> bool {
        self.verb == route.verb.name() && self.route() == route.path
    }

    fn reads(&self) -> bool {
        self.verb == "GET"
    }

    /// Whether it takes something away from a message of ada's: then the next viewer needs another one.
    fn takes_away(&self) -> bool {
        self.verb == "DELETE" && (self.path.contains("{said}") || self.path.contains("{inner}"))
    }

    /// What this viewer sees by it: `-` is a refusal.
    fn shows(&self, scene: &Scene, viewer: &Person) -> String {
        let sign = if self.path.contains('?') { '&' } else { '?' };
        let path = format!("{}{sign}{EVERYTHING}", scene.fill(self.path));
        let body = scene.fill(self.body);
        let json = [("Content-Type", "application/json")];
        let answer = if self.reads() || self.verb == "DELETE" {
            viewer.call(self.verb, &path, &[], b"")
        } else {
            viewer.call(self.verb, &path, &json, body.as_bytes())
        };
        assert!(answer.status < 500, "{answer}");
        let shown = super::marks::of(&String::from_utf8_lossy(&answer.body), &scene.ada.id);
        if answer.status < 400 {
            return shown;
        }
        assert_eq!(shown, ".", "a refusal shows nothing: {answer}");
        String::from("-")
    }
}

#[test]
fn each_route_shows_each_viewer_what_the_table_says() {
    let table = rows(TABLE);
    let calls: Vec<Call<'_>> = table.iter().map(Call::of).collect();
    for route in ROUTES {
        let name = format!("{} {}", route.verb.name(), route.path);
        let has_row = calls.iter().any(|call| call.is_of(route));
        assert!(has_row, "say in routes.txt what {name} shows");
    }
    for call in &calls {
        let has_route = ROUTES.iter().any(|route| call.is_of(route));
        assert!(has_route, "there is no route {}", call.row.name);
    }
    let mut scene = Scene::new();
    let viewers = scene.viewers.clone();
    let mut differences = Differences::default();
    // Reading changes nothing. What ends the tokens of the viewers is last.
    let ends = |call: &&Call<'_>| call.verb == "DELETE" && call.path == "/token";
    let reading = calls.iter().filter(|call| call.reads());
    let writing = calls.iter().filter(|call| !call.reads() && !ends(call));
    for call in reading.chain(writing).chain(calls.iter().filter(ends)) {
        let mut seen = Vec::new();
        for viewer in &viewers {
            seen.push(call.shows(&scene, viewer));
            let is_refused = seen.last().is_some_and(|seen| seen == "-");
            if call.takes_away() && !is_refused {
                scene.renews();
            }
        }
        differences.note(call.row, &VIEWERS, &seen);
        if !call.reads() && !ends(&call) {
            scene.restore();
        }
    }
    differences.are_none();
}
