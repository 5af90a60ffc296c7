//! A resuming client in a thread of its own: it goes on at another server when the one that it has fails, and now and then
//! without a reason.

use std::time::{Duration, Instant};

use super::super::cast::begun;
use super::super::door::DOORS;
use super::super::listener::{Kind, Listener, Place};
use super::super::rights::{Subscription, Topic};
use super::checks::in_time;
use super::nodes::{COUNT, LEASE, Line, Servers};
use super::world::{PATIENCE, Request, World, any_node};
use crate::support::random::Random;
use crate::support::relay::Way;

/// No trouble of a server makes a request wrong.
const REFUSED: [&str; 6] = [
    "error: 400",
    "error: 401",
    "error: 404",
    "answered 400",
    "answered 401",
    "answered 404",
];

/// Subscriptions of a stream at most.
const MOST: usize = 10;

pub(super) struct Client<'c> {
    pub(super) listener: Listener,
    world: &'c World<'c>,
    random: Random,
}

impl<'c> Client<'c> {
    pub(super) fn new(listener: Listener, world: &'c World<'c>, random: Random) -> Self {
        Self {
            listener,
            world,
            random,
        }
    }

    /// Until the world ends.
    pub(super) fn lives(mut self) -> Result<Self, String> {
        while !self.world.is_over() {
            let pause = match self.listener.is_live() {
                true => self.does_something()?,
                // As clients do: not at once.
                false if self.goes_on(false)? => 20,
                false => 50,
            };
            let pause = pause + self.random.below(100);
            std::thread::park_timeout(Duration::from_millis(pause));
        }
        Ok(self)
    }

    fn does_something(&mut self) -> Result<u64, String> {
        match self.random.below(12) {
            0 | 1 => {
                let resets = self.random.below(2) == 0;
                self.listener.is_cut(resets)?;
                if self.random.below(4) == 0 {
                    self.unsubscribes();
                }
            }
            2 | 3 => {
                self.goes_on(false)?;
            }
            4..7 => self.subscribes_to_something()?,
            _ => return Ok(100),
        }
        Ok(0)
    }

    /// Whether it goes on at a server of chance. `Err`: one that answered did not go on as it has to.
    pub(super) fn goes_on(&mut self, is_last: bool) -> Result<bool, String> {
        let node = any_node(&mut self.random);
        self.goes_on_at(node, is_last)
    }

    /// All servers are well: a connection that goes on at each of them is not ended by any.
    pub(super) fn stays_anywhere(&mut self) -> Result<(), String> {
        for node in 0..COUNT {
            self.goes_on_at_in_time(node)?;
            // Servers compare their sessions each tenth of a lease.
            std::thread::park_timeout(Duration::from_millis(LEASE / 5 + 100));
            if !self.listener.is_live() {
                return Err(format!("{} does not stay at {node}", self.listener.name));
            }
        }
        Ok(())
    }

    /// All servers are well, but the one that has the connection is not told when that goes on elsewhere: it finds out.
    pub(super) fn leaves_untold(&mut self, servers: &Servers) -> Result<(), String> {
        let old = COUNT - 1;
        self.goes_on_at_in_time(old)?;
        servers.is(old, Line::Inside, Way::Cut);
        self.goes_on_at_in_time(0)?;
        servers.is(old, Line::Inside, Way::Open);
        let what = format!("{old} keeps a connection whose session went on elsewhere");
        in_time(&what, || self.listener.lingers() == 0)
    }

    fn goes_on_at_in_time(&mut self, node: usize) -> Result<(), String> {
        let begun = Instant::now();
        while !self.goes_on_at(node, true)? {
            if begun.elapsed() > super::super::patience() {
                return Err(format!("{} cannot go on at {node}", self.listener.name));
            }
        }
        Ok(())
    }

    fn goes_on_at(&mut self, node: usize, is_last: bool) -> Result<bool, String> {
        let Some(head) = self.world.position(node) else {
            return Ok(false);
        };
        // A long poll asks the database, which may be away, where the log ends.
        let door = *self.random.pick(&DOORS[..DOORS.len() - 1]);
        // The one that it has counts against the app.
        if matches!(self.listener.kind, Kind::App { .. }) {
            self.listener.is_cut(false)?;
        }
        let place = Place {
            address: self.world.addresses.of(node),
            head,
            database: String::new(),
            within: PATIENCE,
        };
        let asked = self
            .listener
            .asks(&place, door, (&mut self.random, is_last));
        let name = self.listener.name.clone();
        match asked {
            Ok(asked) => {
                self.world
                    .says(&format!("{name} {door:?} at {node}, head {head}"));
                self.listener.goes_on_with(asked, door, false)?;
                Ok(true)
            }
            Err(why) => {
                let said: String = why.chars().take(160).collect();
                self.world.says(&format!("{name} not at {node}: {said}"));
                match REFUSED.iter().any(|refused| why.contains(refused)) {
                    true => Err(format!("{name} is refused at {node}: {why}")),
                    false => Ok(false),
                }
            }
        }
    }

    /// The same, until it does.
    pub(super) fn goes_on_in_time(&mut self, is_last: bool) -> Result<(), String> {
        let begun = Instant::now();
        while !self.goes_on(is_last)? {
            if begun.elapsed() > super::super::patience() {
                return Err(format!("{} cannot go on anywhere", self.listener.name));
            }
            std::thread::park_timeout(Duration::from_millis(50));
        }
        Ok(())
    }

    fn subscribes_to_something(&mut self) -> Result<(), String> {
        if self.listener.subscriptions.len() >= MOST {
            return Ok(());
        }
        let rooms = self.world.rooms();
        let topic = match self.random.below(4) {
            0 => Topic::Home,
            1 => Topic::Inbox,
            _ => Topic::Messages(*self.random.pick(&rooms)),
        };
        let node = any_node(&mut self.random);
        self.subscribes(topic, node)
    }

    /// Through this server. All servers are well: the call reaches the one that has the connection.
    pub(super) fn subscribes_at(&mut self, node: usize) -> Result<(), String> {
        let (count, begun) = (self.listener.subscriptions.len(), Instant::now());
        let is_user = matches!(self.listener.kind, Kind::User(_));
        while is_user && self.listener.subscriptions.len() == count {
            if begun.elapsed() > super::super::patience() {
                let name = &self.listener.name;
                return Err(format!("{name}: a call at {node} subscribes to nothing"));
            }
            if !self.listener.is_live() {
                self.goes_on_in_time(true)?;
            }
            self.subscribes(Topic::Inbox, node)?;
        }
        Ok(())
    }

    /// Through this server.
    pub(super) fn subscribes(&mut self, topic: Topic, node: usize) -> Result<(), String> {
        let Kind::User(who) = &self.listener.kind else {
            return Ok(());
        };
        let path = match topic {
            Topic::Messages(channel) => format!("/channels/{channel}/messages"),
            Topic::Inbox => String::from("/channels"),
            Topic::Home => String::from("/posts/streams/me"),
        };
        let count = self.listener.subscriptions.len() + self.listener.doubtful.len();
        let id = format!("{}-{count}", self.listener.name);
        let connection = self.listener.id();
        let request = Request {
            method: "GET",
            path: &format!("{path}?connection_id={connection}&subscription_id={id}"),
            body: None,
        };
        let answer = self.world.asks(node, who.token(), &request);
        let status = answer.as_ref().map_or(0, |answer| answer.status);
        self.world
            .says(&format!("{id} {topic:?} at {node}: {status}"));
        match answer {
            Some(answer) if answer.status == 200 => {
                self.listener.subscriptions.extend(begun(&answer, topic)?);
            }
            Some(answer) if answer.status < 500 => {}
            Some(_) | None => {
                self.listener.doubtful.insert(id);
            }
        }
        Ok(())
    }

    /// While it has no connection.
    fn unsubscribes(&mut self) {
        let Kind::User(who) = self.listener.kind.clone() else {
            return;
        };
        let (connection, segment) = (self.listener.id().to_owned(), self.listener.segment());
        let doubtful = self.listener.doubtful.clone();
        let mut known = self.listener.subscriptions.iter_mut();
        let is_on =
            |known: &&mut Subscription| known.ended == usize::MAX && !doubtful.contains(&known.id);
        let Some(known) = known.find(is_on) else {
            return;
        };
        let request = Request {
            method: "DELETE",
            path: &format!("/users/me/streams/{connection}/{}", known.id),
            body: None,
        };
        let node = any_node(&mut self.random);
        let answer = self.world.asks(node, who.token(), &request);
        let status = answer.map_or(0, |answer| answer.status);
        let what = format!("{} deleted at {node}: {status}", known.id);
        match status {
            204 => known.ended = segment,
            400..500 => {}
            _ => {
                let id = known.id.clone();
                self.listener.doubtful.insert(id);
            }
        }
        self.world.says(&what);
    }
}
