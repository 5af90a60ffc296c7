//! One run: what its seed makes of writers, listeners, and a hand that cuts, stalls, kills and trims.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use super::cast::{Cast, closes_circle};
use super::door::DOORS;
use super::ledger::{Fact, Ledger};
use super::listener::Kind;
use super::rights::{Rights, Topic};
use super::verdict::{Difference, Truth, examine, note_parts};
use super::writers::{Acknowledged, Writers, write};
use crate::support::build;
use crate::support::faults::run_sql;
use crate::support::random::Random;

pub(super) struct Run<'r> {
    cast: Cast,
    random: Random,
    ledger: Ledger,
    written: Vec<Acknowledged>,
    /// What was done, for the report.
    done: &'r Mutex<Vec<String>>,
    restarts: u32,
}

/// What the hand may do, each as often as it is listed.
#[derive(Clone, Copy, Debug)]
enum Step {
    Write,
    Flood,
    Relate,
    Attend,
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

const STEPS: [Step; 32] = [
    Step::Write,
    Step::Write,
    Step::Write,
    Step::Flood,
    Step::Flood,
    Step::Relate,
    Step::Relate,
    Step::Relate,
    Step::Attend,
    Step::Attend,
    Step::Close,
    Step::Close,
    Step::Delete,
    Step::Post,
    Step::Post,
    Step::Post,
    Step::Grant,
    Step::Cut,
    Step::Cut,
    Step::Cut,
    Step::Cut,
    Step::Cut,
    Step::GoOn,
    Step::GoOn,
    Step::GoOn,
    Step::GoOn,
    Step::GoOn,
    Step::Subscribe,
    Step::Subscribe,
    Step::Unsubscribe,
    Step::Restart,
    Step::Restart,
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
            self.opens(which, false)?;
        }
        self.begins_to_listen()?;
        let places = self.cast.places();
        let writers = Writers::start(2, &places, self.cast.server.address, seed);
        let steps = 20 + self.random.below(20);
        for _ in 0..steps {
            let step = *self.random.pick(&STEPS);
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
            self.cast.subscribes(which, topic)?;
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
            Step::Attend => self.attends(),
            Step::Close => self.changes_members(),
            Step::Delete => self.deletes(),
            Step::Post => {
                let who = self.one_of(4);
                let text = format!("post {:x}", self.random.next());
                build::posts(&self.cast.people[who], &text);
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
        let relation = *self.random.pick(&["mute", "block", "follow"]);
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

    fn opens(&mut self, which: usize, is_last: bool) -> Result<(), String> {
        let head = self.cast.head();
        let door = *self.random.pick(&DOORS);
        self.says(format!("open {which} {door:?} head {head}"));
        let listener = &mut self.cast.listeners[which];
        if matches!(listener.kind, Kind::App { .. }) {
            listener.is_cut(false)?;
        }
        let address = self.cast.server.address;
        listener.opens(address, (door, head), (&mut self.random, is_last))
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
        self.cast.subscribes(which, topic)
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

    /// All listeners come back, and hear that it is over.
    fn settles(&mut self) -> Result<(), String> {
        for which in 0..self.cast.listeners.len() {
            let open = self.cast.listeners[which].is_live();
            if !open || self.random.below(3) > 0 || self.cast.listeners[which].is_stalled() {
                self.opens(which, true)?;
            }
        }
        for room in &self.cast.rooms {
            build::says(&self.cast.people[0], room, "the end");
        }
        build::posts(
            &self.cast.people[0],
            &format!("the end {}", self.random.next()),
        );
        let url = self.cast.server.database_url();
        self.ledger.reads(&url);
        Ok(())
    }

    /// Until nothing is missing any more, or for too long.
    fn compares(&mut self) -> Result<(), String> {
        self.holds_what_was_acknowledged()?;
        let rights = Rights::of(&self.ledger, &self.cast.users(), &self.cast.client);
        let begun = Instant::now();
        loop {
            let difference = match self.compares_once(&rights) {
                Ok(()) => break,
                Err(difference) => difference,
            };
            if !difference.is_open || begun.elapsed() > super::patience() {
                return Err(difference.what);
            }
            // A stream that was closed meanwhile, as slow for example, goes on.
            for which in 0..self.cast.listeners.len() {
                if !self.cast.listeners[which].is_live() {
                    self.opens(which, true)?;
                }
            }
            std::thread::park_timeout(Duration::from_millis(5));
        }
        for listener in &mut self.cast.listeners {
            listener.is_cut(false)?;
        }
        Ok(())
    }

    fn compares_once(&mut self, rights: &Rights) -> Result<(), Difference> {
        let mut parts = HashMap::new();
        for listener in &mut self.cast.listeners {
            listener.with_present(|listener| note_parts(listener, &self.ledger, &mut parts))?;
        }
        let truth = Truth {
            ledger: &self.ledger,
            rights,
            parts: &parts,
        };
        for listener in &mut self.cast.listeners {
            listener.with_present(|listener| examine(listener, &truth))?;
        }
        Ok(())
    }

    /// Nothing that was acknowledged is lost.
    fn holds_what_was_acknowledged(&self) -> Result<(), String> {
        let entries = self.ledger.entries.values();
        let mut times: HashMap<i64, u32> = HashMap::new();
        for entry in entries {
            if let Fact::Said {
                id, gone: false, ..
            } = entry.fact
            {
                *times.entry(id).or_default() += 1;
            }
        }
        let wrong = |message: &&Acknowledged| times.get(&message.id) != Some(&1);
        match self.written.iter().find(wrong) {
            Some(message) => Err(format!(
                "{message:?} was acknowledged, and is in the log {:?} times",
                times.get(&message.id)
            )),
            None => Ok(()),
        }
    }
}
