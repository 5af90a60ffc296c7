//! One run: what its seed makes of writers, listeners, and a hand that cuts, stalls, kills and trims.

use std::sync::Mutex;

use super::cast::{Cast, closes_circle};
use super::ledger::Ledger;
use super::listener::Kind;
use super::rights::Topic;
use super::writers::{Acknowledged, Writers, write};
use crate::support::build;
use crate::support::faults::run_sql;
use crate::support::random::Random;

pub(super) struct Run<'r> {
    pub(super) cast: Cast,
    pub(super) random: Random,
    pub(super) ledger: Ledger,
    pub(super) written: Vec<Acknowledged>,
    /// What was done, for the report.
    done: &'r Mutex<Vec<String>>,
    restarts: u32,
}

/// What the hand may do.
#[derive(Clone, Copy, Debug)]
enum Step {
    Write,
    Flood,
    Relate,
    /// One hides another for as long as that one writes.
    Veil,
    Attend,
    /// One joins a room for as long as another writes there, or leaves it for so long.
    Visit,
    Close,
    Delete,
    Post,
    Grant,
    Cut,
    GoOn,
    Subscribe,
    Unsubscribe,
    Restart,
}

/// How often it does what.
const STEPS: [(Step, u64); 15] = [
    (Step::Write, 3),
    (Step::Flood, 2),
    (Step::Relate, 3),
    (Step::Veil, 2),
    (Step::Attend, 2),
    (Step::Visit, 2),
    (Step::Close, 2),
    (Step::Delete, 1),
    (Step::Post, 3),
    (Step::Grant, 4),
    (Step::Cut, 5),
    (Step::GoOn, 5),
    (Step::Subscribe, 3),
    (Step::Unsubscribe, 1),
    (Step::Restart, 2),
];

impl<'r> Run<'r> {
    /// Starts the server of a seed.
    pub(super) fn of(seed: u64, fault: Option<&str>, done: &'r Mutex<Vec<String>>) -> Self {
        let mut random = Random::silent(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        Self {
            cast: Cast::of(&mut random, fault),
            random,
            ledger: Ledger::default(),
            written: Vec::new(),
            done,
            restarts: 0,
        }
    }

    /// Runs it to its end. `Err`: the first difference.
    pub(super) fn is_right(&mut self, seed: u64) -> Result<(), String> {
        for which in 0..self.cast.listeners.len() {
            let kind = &self.cast.listeners[which].kind;
            let is_whole_app = matches!(kind, Kind::App { part: None, .. });
            // Some begin later, in the middle of what is written.
            if !is_whole_app || self.random.below(2) == 0 {
                self.opens(which, false)?;
            }
        }
        self.begins_to_listen()?;
        let places = self.cast.places();
        let writers = Writers::start(2, &places, self.cast.server.address, seed);
        let steps = 20 + self.random.below(20);
        for _ in 0..steps {
            let step = self.next_step();
            self.does(step, &writers)?;
        }
        self.written.extend(writers.end());
        self.settles()?;
        self.compares()
    }

    /// Ends the server, whatever its log says.
    pub(super) fn ends_at_once(&mut self) {
        self.cast.server.kill();
        self.cast.server.forgives_all(&["ERROR", "panicked"]);
    }

    fn next_step(&mut self) -> Step {
        let mut at = self
            .random
            .below(STEPS.iter().map(|(_, often)| often).sum());
        let chosen = STEPS.iter().find(|(_, often)| {
            let is_here = at < *often;
            at = at.saturating_sub(*often);
            is_here
        });
        chosen.map_or(Step::Write, |(step, _)| *step)
    }

    fn begins_to_listen(&mut self) -> Result<(), String> {
        let rooms = self.channels();
        let [lounge, kitchen, circle] = rooms[..] else {
            return Err(String::from("three rooms"));
        };
        for (which, topic) in [
            (0, Topic::Messages(lounge)),
            (0, Topic::Messages(circle)),
            (0, Topic::Inbox),
            (1, Topic::Messages(circle)),
            (1, Topic::Messages(kitchen)),
            (1, Topic::Home),
            (2, Topic::Inbox),
            (2, Topic::Home),
        ] {
            self.cast.subscribes(which, topic, &mut self.random)?;
        }
        Ok(())
    }

    fn channels(&self) -> Vec<i64> {
        let rooms = self.cast.rooms.iter();
        rooms.map(|room| room.parse().expect("an id")).collect()
    }

    fn one_of(&mut self, count: usize) -> usize {
        usize::try_from(self.random.below(count as u64)).unwrap_or(0)
    }

    fn says(&self, what: String) {
        self.done.lock().expect("a list").push(what);
    }

    fn does(&mut self, step: Step, writers: &Writers) -> Result<(), String> {
        match step {
            Step::Write => {
                let count = 1 + self.random.below(8);
                self.writes(count);
            }
            Step::Flood => {
                let count = 10 + self.random.below(40);
                self.writes(count);
            }
            Step::Relate => self.relates(),
            Step::Veil => self.veils(),
            Step::Attend => self.attends(),
            Step::Visit => self.visits(),
            Step::Close => self.changes_members(),
            Step::Delete => self.deletes(),
            Step::Post => {
                for who in &self.cast.people {
                    let text = format!("post {:x}", self.random.next());
                    build::posts(who, &text);
                }
            }
            Step::Grant => self.grants(),
            Step::Cut => {
                let which = self.one_of(self.cast.listeners.len());
                let resets = self.random.below(2) == 0;
                self.says(format!("cut {which}"));
                self.cast.listeners[which].is_cut(resets)?;
            }
            Step::GoOn => {
                let which = self.one_of(self.cast.listeners.len());
                self.opens(which, false)?;
            }
            Step::Subscribe => self.subscribes()?,
            Step::Unsubscribe => self.unsubscribes(),
            Step::Restart if self.restarts < 2 => self.restarts(writers)?,
            Step::Restart => {}
        }
        Ok(())
    }

    fn writes(&mut self, count: u64) {
        let (places, address) = (self.cast.places(), self.cast.server.address);
        for _ in 0..count {
            self.written
                .extend(write(&places, address, &mut self.random));
        }
    }

    /// Ada is hidden from no user.
    fn relates(&mut self) {
        let user = 1 + self.one_of(3);
        let other = 1 + (user + self.one_of(2)) % 3;
        let relation = *self
            .random
            .pick(&["mute", "mute", "block", "follow", "follow"]);
        let (user, other) = (&self.cast.people[user], &self.cast.people[other]);
        let path = format!("/users/{}/{relation}", other.id);
        let undoes = self.random.below(2) == 0;
        let answer = match undoes {
            true => user.delete(&path),
            false => user.does(&path),
        };
        let what = format!(
            "{} {relation} {} undo={undoes}: {}",
            user.name, other.name, answer.status
        );
        self.says(what);
    }

    fn attends(&mut self) {
        let (who, room) = (1 + self.one_of(3), self.one_of(3));
        let path = format!("/channels/{}/subscribe", self.cast.rooms[room]);
        let leaves = self.random.below(2) == 0;
        let answer = match leaves {
            true => self.cast.people[who].delete(&path),
            false => self.cast.people[who].does(&path),
        };
        self.says(format!(
            "{who} attends {room} leaves={leaves}: {}",
            answer.status
        ));
    }

    fn veils(&mut self) {
        let (user, room) = (1 + self.one_of(3), self.one_of(2));
        let other = 1 + (user + self.one_of(2)) % 3;
        let relation = *self.random.pick(&["mute", "block"]);
        let (user, other) = (&self.cast.people[user], &self.cast.people[other]);
        let path = format!("/users/{}/{relation}", other.id);
        user.does(&path);
        for n in 0..2 {
            build::says(other, &self.cast.rooms[room], &format!("behind a veil {n}"));
        }
        user.delete(&path);
        self.says(format!("{} hides {} for a while", user.name, other.name));
    }

    fn visits(&mut self) {
        let (who, room) = (1 + self.one_of(3), self.one_of(2));
        let path = format!("/channels/{}/subscribe", self.cast.rooms[room]);
        let visitor = &self.cast.people[who];
        let is_away = self.random.below(2) == 0;
        let goes = |there: bool| match there {
            true => drop(visitor.does(&path)),
            false => drop(visitor.delete(&path)),
        };
        goes(!is_away);
        for n in 0..2 {
            build::says(
                &self.cast.people[0],
                &self.cast.rooms[room],
                &format!("hello {n}"),
            );
        }
        goes(is_away);
        self.says(format!("{who} visits {room} away={is_away}"));
    }

    fn changes_members(&mut self) {
        let bits = self.random.below(8);
        let members = self.cast.people[1..].iter().enumerate();
        let members = members.filter(|(n, _)| bits >> n & 1 == 1);
        let members: Vec<_> = members.map(|(_, person)| person).collect();
        closes_circle(&self.cast.people[0], &self.cast.rooms[2], &members);
        self.says(format!("circle {bits:03b}"));
    }

    fn deletes(&mut self) {
        if self.written.is_empty() {
            return;
        }
        let message = self.random.pick(&self.written).clone();
        let path = format!("/channels/{}/messages/{}", message.channel, message.id);
        self.cast.people[message.author].delete(&path);
    }

    /// Tokens of the other app come and go.
    fn grants(&mut self) {
        let who = 1 + self.one_of(3);
        let Some((client, granted)) = &mut self.cast.other else {
            return;
        };
        let what = match granted.pop() {
            Some(token) => format!("revokes: {}", token.delete("/token").status),
            None => {
                let person = &self.cast.people[who];
                granted.push(self.cast.server.through(client, person, "messages"));
                format!("grants {who}")
            }
        };
        self.says(what);
    }

    pub(super) fn opens(&mut self, which: usize, is_last: bool) -> Result<(), String> {
        let door = self.cast.listeners[which].door(&mut self.random);
        self.says(format!("open {which} {door:?} head {}", self.cast.head()));
        let Cast {
            listeners, server, ..
        } = &mut self.cast;
        let listener = &mut listeners[which];
        if matches!(listener.kind, Kind::App { .. }) {
            listener.is_cut(false)?;
        }
        listener.opens(server, door, (&mut self.random, is_last))
    }

    fn subscribes(&mut self) -> Result<(), String> {
        let which = self.one_of(3);
        if !self.cast.listeners[which].is_live()
            || self.cast.listeners[which].subscriptions.len() > 10
        {
            return Ok(());
        }
        let rooms = self.channels();
        let topic = match self.random.below(3) {
            0 => Topic::Home,
            1 => Topic::Inbox,
            _ => Topic::Messages(*self.random.pick(&rooms)),
        };
        self.says(format!("subscribe {which} {topic:?}"));
        self.cast.subscribes(which, topic, &mut self.random)
    }

    /// Of a listener that is away.
    fn unsubscribes(&mut self) {
        let which = self.one_of(3);
        let listener = &mut self.cast.listeners[which];
        if listener.is_live() || listener.id().is_empty() {
            return;
        }
        let (id, segment) = (listener.id().to_owned(), listener.segment());
        let mut known = listener.subscriptions.iter_mut();
        let Some(known) = known.find(|known| known.ended == usize::MAX) else {
            return;
        };
        let path = format!("/users/me/streams/{id}/{}", known.id);
        let answer = self.cast.people[which + 1].delete(&path);
        if answer.status == 204 {
            known.ended = segment;
        }
        let what = format!("unsubscribe {which} {}: {}", known.id, answer.status);
        self.says(what);
    }

    /// A crash, or a stop in order; while the server is away the log may be trimmed.
    fn restarts(&mut self, writers: &Writers) -> Result<(), String> {
        self.restarts += 1;
        let crashes = self.random.below(3) > 0;
        match crashes {
            true => self.cast.server.kill(),
            false if self.cast.server.stop() => {}
            false => return Err(String::from("the server did not stop well")),
        }
        for listener in &mut self.cast.listeners {
            listener.reads_to_the_end()?;
        }
        let url = self.cast.server.database_url();
        self.ledger.reads(&url);
        let (oldest, head) = (self.ledger.trimmed, self.ledger.head());
        if self.random.below(2) == 0 {
            let most = u64::try_from(head - oldest).unwrap_or(0) + 1;
            let until = oldest + i64::try_from(self.random.below(most)).unwrap_or(0);
            run_sql(
                &url,
                &format!("DELETE FROM log_events WHERE pos <= {until}"),
            );
            self.ledger.trimmed = until;
        }
        self.says(format!(
            "restart crash={crashes} head {head} trimmed {}",
            self.ledger.trimmed
        ));
        self.cast.server.start_again();
        self.cast.moves();
        writers.go_to(self.cast.server.address);
        Ok(())
    }
}
