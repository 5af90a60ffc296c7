//! What depends on a lease: the app streams of a server that stands still, or is cut off from the database, end before another
//! server may have their places, and come again behind it.

use std::time::Duration;

use nix::sys::signal::Signal;

use super::super::door::{DOORS, Open, Opening};
use super::checks::{Checks, in_time};
use super::nodes::Line;
use super::world::PATIENCE;
use crate::support::relay::Way;

/// What that takes at most.
const LOOKED_AT: Duration = Duration::from_millis(200);

impl Checks<'_> {
    /// The greedy app has its two streams at servers that cannot renew their leases.
    pub(super) fn fences_what_stands_still(&self) -> Result<(), String> {
        let (stopped, cut_off) = (self.has_a_stream_at(0)?, self.has_a_stream_at(1)?);
        if self.has_room_at(2)? {
            return Err(String::from("an app has a stream more than it may"));
        }
        // Behind its hello a stream is looked at once more, in the database.
        std::thread::park_timeout(LOOKED_AT);
        self.servers.signals(0, Signal::SIGSTOP);
        self.servers.is(1, Line::Database, Way::Cut);
        let taken = self.has_a_stream_at(2);
        let has_outlived = !cut_off.is_over();
        let taken = taken.and_then(|first| Ok([first, self.has_a_stream_at(2)?]));
        self.servers.signals(0, Signal::SIGCONT);
        self.servers.is(1, Line::Database, Way::Open);
        let [first, second] = taken.map_err(|why| format!("a lease that is over counts: {why}"))?;
        if has_outlived {
            return Err(String::from(
                "an app stream outlived the lease of its server",
            ));
        }
        // What the others held was free, and nothing else.
        if self.has_room_at(1)? {
            return Err(String::from("an app has a stream more than it may"));
        }
        in_time("a server that stood still keeps its app streams", || {
            stopped.is_over()
        })?;
        for open in [stopped, cut_off, first, second] {
            open.cut(false)?;
        }
        self.takes_app_streams()
    }

    fn has_a_stream_at(&self, node: usize) -> Result<Open, String> {
        let mut opened = Err(String::new());
        let until_there = in_time("", || {
            opened = self.stream_at(node);
            opened.is_ok()
        });
        // The server has said why.
        drop(until_there);
        opened.map_err(|why| format!("no app stream at {node}: {why}"))
    }

    /// Whether a stream is opened there. A server that cannot tell yet is asked again.
    fn has_room_at(&self, node: usize) -> Result<bool, String> {
        let mut has_room = false;
        in_time(
            &format!("{node} does not say whether there is room"),
            || {
                let opened = self.stream_at(node);
                has_room = opened.is_ok();
                opened.map_or_else(|why| why.contains("429"), |open| open.cut(false).is_ok())
            },
        )?;
        Ok(has_room)
    }

    fn stream_at(&self, node: usize) -> Result<Open, String> {
        let token = self.world.scene.greedy.app.token();
        let opening = Opening::anew(DOORS[0], format!("/v1/app?access_token={token}&key=greedy"));
        opening.open(self.world.addresses.of(node), PATIENCE)
    }
}
