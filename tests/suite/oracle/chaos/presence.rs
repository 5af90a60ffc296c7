//! The presence of all servers: told when it is set, and compared in case that it was not heard.

use std::time::{Duration, Instant};

use serde_json::json;

use super::checks::{Checks, in_time};
use super::nodes::{COUNT, Line};
use crate::support::relay::Way;

/// Presences that are told one behind the other: a comparison comes for one of them at most.
const TOLD: [&str; 4] = ["reading", "writing", "waiting", "leaving"];

/// For all of them. Comparisons are seconds apart.
const WITHIN: Duration = Duration::from_secs(3);

/// Comparisons come each five seconds.
const COMPARED_WITHIN: Duration = Duration::from_secs(15);

impl Checks<'_> {
    fn sets(&self, node: usize, who: usize, presence: &str) -> Result<(), String> {
        let body = json!({"presence": presence});
        in_time("a presence is not set", || {
            self.does(node, who, ("PUT", "/users/me/presence"), Some(body.clone()))
        })
    }

    fn has(&self, node: usize, who: usize, presence: &str) -> bool {
        let name = &self.world.scene.people[who].name;
        self.shows(node, &format!("/users/@{name}/presence"))["presence"] == presence
    }

    /// Long before servers compare what they know.
    pub(super) fn shows_presence(&self) -> Result<(), String> {
        let begun = Instant::now();
        for presence in TOLD {
            self.sets(2, 2, presence)?;
            in_time(
                "a presence that was set at another server is not shown",
                || self.has(0, 2, presence),
            )?;
        }
        match begun.elapsed() < WITHIN {
            true => Ok(()),
            false => Err(String::from("presences came with comparisons only")),
        }
    }

    /// Two servers were not told of what was set at the other, and find out: each has one that the other one outdid.
    pub(super) fn compares_presence(&self) -> Result<(), String> {
        for node in 0..COUNT {
            self.servers.is(node, Line::Bus, Way::Cut);
        }
        let lost = |node| self.world.metric(node, "bus_works") == Some(0);
        in_time("a bus that was cut works", || (0..COUNT).all(lost))?;
        for (node, who, presence) in [
            (0, 1, "earlier"),
            (1, 1, "later"),
            (1, 2, "earlier"),
            (0, 2, "later"),
        ] {
            self.sets(node, who, presence)?;
        }
        for node in 0..COUNT {
            self.servers.is(node, Line::Bus, Way::Open);
        }
        let begun = Instant::now();
        let knows = |node| self.has(node, 1, "later") && self.has(node, 2, "later");
        while !(0..COUNT).all(knows) {
            if begun.elapsed() > COMPARED_WITHIN {
                return Err(String::from(
                    "a server does not know of the latest presence",
                ));
            }
            std::thread::park_timeout(Duration::from_millis(50));
        }
        Ok(())
    }
}
