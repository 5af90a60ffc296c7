//! What a run looks at when all servers are well again, beside what its listeners received: calls reach the node of a
//! connection, caches and presence follow, leases and places are as they should be.
//!
//! Each of these is asked for until it holds: when, is a matter of the load.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use diesel::sql_types::Text;
use serde_json::{Value, json};

use super::super::door::{DOORS, Opening, connected};
use super::super::patience;
use super::nodes::{COUNT, LEASE, Line, Servers};
use super::world::{PATIENCE, Request, World};
use crate::support::database::Sql;
use crate::support::relay::Way;
use crate::support::{cli, http, text};

/// Asks again and again.
pub(super) fn in_time(what: &str, mut holds: impl FnMut() -> bool) -> Result<(), String> {
    let begun = Instant::now();
    while !holds() {
        if begun.elapsed() > patience() {
            return Err(what.to_owned());
        }
        std::thread::park_timeout(Duration::from_millis(30));
    }
    Ok(())
}

/// All servers work.
pub(super) struct Checks<'c> {
    pub(super) world: &'c World<'c>,
    pub(super) servers: &'c Servers,
}

#[derive(diesel::QueryableByName)]
struct Renewed {
    #[diesel(sql_type = Text)]
    at: String,
}

impl Checks<'_> {
    pub(super) fn all(&self) -> Result<(), String> {
        self.hears_without_a_bus()?;
        self.buries_what_is_gone()?;
        self.takes_app_streams()?;
        self.refuses_a_revoked_token()?;
        self.shows_a_changed_user()?;
        self.follows_a_changed_channel()?;
        for node in 0..COUNT {
            in_time(&format!("the bus of {node} does not work"), || {
                self.world.metric(node, "bus_works") == Some(1)
            })?;
        }
        self.shows_presence()?;
        self.takes_a_ticket()?;
        self.asks_for_the_secret()
    }

    /// Those that take seconds.
    pub(super) fn slow_ones(&self) -> Result<(), String> {
        self.renews_leases()?;
        self.fences_what_stands_still()?;
        self.compares_presence()
    }

    pub(super) fn does(
        &self,
        node: usize,
        who: usize,
        (method, path): (&str, &str),
        body: Option<Value>,
    ) -> bool {
        let token = self.world.scene.people[who].token();
        let request = Request { method, path, body };
        let answer = self.world.asks(node, token, &request);
        answer.is_some_and(|answer| matches!(answer.status, 200 | 201))
    }

    pub(super) fn shows(&self, node: usize, path: &str) -> Value {
        let token = self.world.scene.people[0].token();
        let request = Request {
            method: "GET",
            path,
            body: None,
        };
        match self.world.asks(node, token, &request) {
            Some(answer) if answer.status == 200 => answer.data(),
            Some(_) | None => Value::Null,
        }
    }

    fn hears_without_a_bus(&self) -> Result<(), String> {
        self.servers.is(0, Line::Bus, Way::Cut);
        let path = format!("/channels/{}/messages", self.world.scene.rooms[0]);
        let mut tries = 0;
        in_time("a message without a bus", || {
            tries += 1;
            let body = json!({"text": format!("without a bus {tries}")});
            self.does(1, 0, ("POST", &path), Some(body))
        })?;
        let head = Sql::connects(self.world.url).count("SELECT pos FROM log_head");
        let heard = in_time("a server without a bus does not hear of an event", || {
            self.world.position(0).is_some_and(|pos| pos >= head)
        });
        self.servers.is(0, Line::Bus, Way::Open);
        heard
    }

    fn buries_what_is_gone(&self) -> Result<(), String> {
        let mut sql = Sql::connects(self.world.url);
        for table in ["stream_sessions", "streams_in_use"] {
            in_time(&format!("{table} of a server that is gone"), || {
                let gone = format!(
                    "SELECT count(*) FROM {table} WHERE node IS NOT NULL \
                     AND node NOT IN (SELECT epoch FROM nodes)"
                );
                sql.count(&gone) == 0
            })?;
        }
        Ok(())
    }

    /// Each of them does.
    pub(super) fn takes_app_streams(&self) -> Result<(), String> {
        for node in 0..COUNT {
            let app = &self.world.scene.greedy.app;
            let path = format!("/v1/app?access_token={}&key=greedy", app.token());
            self.opens(node, path)
                .map_err(|why| format!("{node} takes no app stream: {why}"))?;
        }
        Ok(())
    }

    fn opens(&self, node: usize, path: String) -> Result<(), String> {
        let opening = Opening::anew(DOORS[0], path);
        let mut why = String::new();
        let opened = in_time("", || {
            match opening.open(self.world.addresses.of(node), PATIENCE) {
                Ok(open) => open.cut(false).is_ok(),
                Err(refused) => {
                    why = refused;
                    false
                }
            }
        });
        opened.map_err(|_late| why)
    }

    /// At one server, and another one that knew it.
    fn refuses_a_revoked_token(&self) -> Result<(), String> {
        let scene = self.world.scene;
        let made = cli::run(&[
            "token",
            "create",
            "--client",
            &scene.other.client,
            "--user",
            "eve",
            "--database-url",
            self.world.url,
            "--json",
        ]);
        let token = text(&cli::object(&made)["access_token"]);
        let asks = |node, method| {
            let request = Request {
                method,
                path: "/token",
                body: None,
            };
            let answer = self.world.sends(node, &token, &request);
            answer.map_or(0, |answer| answer.status)
        };
        in_time("a new token is not known", || asks(2, "GET") == 200)?;
        in_time("a token is not revoked", || {
            matches!(asks(1, "DELETE"), 200 | 401)
        })?;
        in_time(
            "a token that was revoked at another server is taken",
            || asks(2, "GET") == 401,
        )
    }

    fn shows_a_changed_user(&self) -> Result<(), String> {
        let path = format!("/users/{}", self.world.scene.people[3].id);
        self.shows(0, &path);
        let body = json!({"name": "Daniel"});
        in_time("a user is not changed", || {
            self.does(1, 3, ("PATCH", "/users/me"), Some(body.clone()))
        })?;
        in_time(
            "a user is shown as before a change at another server",
            || self.shows(0, &path)["name"] == "Daniel",
        )
    }

    /// One that another server made a member may write, and one that it removed may not.
    fn follows_a_changed_channel(&self) -> Result<(), String> {
        let scene = self.world.scene;
        let ids: Vec<&str> = scene.people[1..]
            .iter()
            .map(|one| one.id.as_str())
            .collect();
        let path = format!("/channels/{}", scene.rooms[2]);
        let (mut tries, dan) = (0, 3);
        let mut changes = |node, members: &[&str], status: u16| {
            let acl = json!({"acl": {"write": {"user_ids": members}}});
            in_time("a channel is not changed", || {
                self.does(node, 0, ("PUT", &path), Some(acl.clone()))
            })?;
            in_time(&format!("a member is as before a change at {node}"), || {
                tries += 1;
                let request = Request {
                    method: "POST",
                    path: &format!("{path}/messages"),
                    body: Some(json!({"text": format!("as a member {tries}")})),
                };
                let answer = self.world.asks(0, scene.people[dan].token(), &request);
                answer.is_some_and(|answer| answer.status == status)
            })
        };
        changes(0, &ids[..2], 403)?;
        changes(1, &ids, 201)?;
        changes(2, &ids[..1], 403)
    }

    fn takes_a_ticket(&self) -> Result<(), String> {
        let token = self.world.scene.people[1].token();
        let mut ticket = Value::Null;
        in_time("no ticket", || {
            let request = Request {
                method: "POST",
                path: "/token/ticket",
                body: Some(json!({})),
            };
            let answer = self.world.asks(0, token, &request);
            let answer = answer.filter(|answer| answer.status == 200);
            ticket = answer.map_or(Value::Null, |answer| answer.data()["ticket"].clone());
            ticket.is_string()
        })?;
        let path = format!("/v1/user?ticket={}", text(&ticket));
        self.opens(1, path)
            .map_err(|why| format!("a ticket of another server is not taken: {why}"))
    }

    fn asks_for_the_secret(&self) -> Result<(), String> {
        let bearer = format!("Bearer {}", self.world.scene.people[0].token());
        let headers = [("Authorization", &*bearer)];
        let request = http::request("GET", "/v1/users/me", &headers, b"");
        let mut status = 0;
        in_time("the internal address does not answer", || {
            status = exchange(self.servers.inside(0), &request).unwrap_or(0);
            status != 0
        })?;
        match status {
            404 => Ok(()),
            status => Err(format!("the internal address answered {status}")),
        }
    }

    /// Long before they are over: the row of each server changes some times.
    fn renews_leases(&self) -> Result<(), String> {
        let mut sql = Sql::connects(self.world.url);
        let mut seen = BTreeSet::new();
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_millis(LEASE * 2 / 3) {
            let asked = "SELECT name || ' ' || renewed_at AS at FROM nodes";
            let rows: Vec<Renewed> = sql.loads(asked);
            seen.extend(rows.into_iter().map(|row| row.at));
            std::thread::park_timeout(Duration::from_millis(50));
        }
        match seen.len() >= 3 * COUNT {
            true => Ok(()),
            false => Err(format!("leases are renewed late: {seen:?}")),
        }
    }
}

/// The status of an answer that comes.
fn exchange(address: SocketAddr, request: &[u8]) -> Option<u16> {
    use std::io::Write as _;
    let mut socket = connected(address, PATIENCE).ok()?;
    socket.write_all(request).ok()?;
    let answer = http::read_answer_in_time(&mut socket, "GET inside").ok()?;
    Some(answer.status)
}
