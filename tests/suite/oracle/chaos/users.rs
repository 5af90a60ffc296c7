//! Users that write, and that change what others may see, each time at a server of chance. Only what was acknowledged counts.

use std::time::Duration;

use serde_json::{Value, json};

use super::super::ledger::number;
use super::super::writers::Acknowledged;
use super::world::{Request, World, any_node};
use crate::support::Person;
use crate::support::random::Random;

/// How often a call is made that has a key.
const TRIES: usize = 3;

/// What was acknowledged, and what was not.
#[derive(Default)]
pub(super) struct Written {
    pub(super) messages: Vec<Acknowledged>,
    pub(super) posts: Vec<i64>,
    /// Texts of what was refused, and by which answers.
    pub(super) refused: Vec<(String, Vec<String>)>,
}

impl Written {
    pub(super) fn joins(&mut self, other: Self) {
        self.messages.extend(other.messages);
        self.posts.extend(other.posts);
        self.refused.extend(other.refused);
    }
}

pub(super) struct Users<'u> {
    pub(super) world: &'u World<'u>,
    pub(super) random: Random,
    pub(super) written: Written,
    /// A token of bob's for the other app.
    pub(super) granted: Option<Person>,
    /// The members of the circle as they were said last: a bit for each.
    pub(super) members: u64,
}

impl<'u> Users<'u> {
    pub(super) fn new(world: &'u World<'u>, random: Random) -> Self {
        let granted = Some(world.scene.granted.clone());
        Self {
            world,
            random,
            written: Written::default(),
            granted,
            members: 0b111,
        }
    }

    /// Writes until the world ends.
    pub(super) fn write(mut self) -> Written {
        while !self.world.is_over() {
            let who = self.one_of(self.world.scene.people.len());
            match self.random.below(4) {
                0 => self.posts(who),
                _ => {
                    let room = self.one_of(self.world.scene.rooms.len());
                    self.says(who, room);
                }
            }
            let pause = Duration::from_millis(self.random.below(40));
            std::thread::park_timeout(pause);
        }
        self.written
    }

    /// Changes rights until the world ends.
    pub(super) fn change(mut self) -> Written {
        while !self.world.is_over() {
            match self.random.below(8) {
                0 | 1 => self.relates(),
                2 => self.veils(),
                3 => self.attends(),
                4 => self.visits(),
                5 => self.changes_members(),
                6 => self.deletes(),
                _ => self.grants(),
            }
            let pause = Duration::from_millis(self.random.below(80));
            std::thread::park_timeout(pause);
        }
        self.written
    }

    pub(super) fn one_of(&mut self, count: usize) -> usize {
        usize::try_from(self.random.below(count as u64)).unwrap_or(0)
    }

    /// One of those that change, and another one of them.
    fn two_of_them(&mut self) -> (&'u Person, &'u Person) {
        let user = 1 + self.one_of(3);
        let other = 1 + (user + self.one_of(2)) % 3;
        let people = &self.world.scene.people;
        (&people[user], &people[other])
    }

    /// At a server of chance; the status of its answer, 0 if there was none.
    pub(super) fn does(&mut self, who: &Person, method: &str, path: &str) -> u16 {
        self.sends(who, method, path, None)
    }

    pub(super) fn sends(
        &mut self,
        who: &Person,
        method: &str,
        path: &str,
        body: Option<Value>,
    ) -> u16 {
        let node = any_node(&mut self.random);
        let request = Request { method, path, body };
        let answer = self.world.asks(node, who.token(), &request);
        let status = answer.map_or(0, |answer| answer.status);
        self.world
            .says(&format!("{} {method} {path} at {node}: {status}", who.name));
        status
    }

    /// A message or a post of this user, with a new text: `data` of it, if it was acknowledged. `may_be_over`: the token.
    /// Some calls have a key, and are made again where their outcome is not known.
    fn makes(&mut self, who: &Person, path: &str, may_be_over: bool) -> Option<Value> {
        let said = self.text();
        let request = Request {
            method: "POST",
            path,
            body: Some(json!({"text": said})),
        };
        let key = (self.random.below(2) == 0).then(|| format!("{:x}", self.random.next()));
        let (mut is_refused, mut answers) = (true, Vec::new());
        for _ in 0..if key.is_some() { TRIES } else { 1 } {
            let node = any_node(&mut self.random);
            let answer = self
                .world
                .sends_as((node, who.token()), &request, key.as_deref());
            if let Some(answer) = answer.as_ref().filter(|_| !may_be_over) {
                self.world.looks_at(answer);
            }
            answers.push(match &answer {
                Some(answer) => format!("{node}: {answer}"),
                None => format!("{node}: none"),
            });
            match answer {
                Some(answer) if answer.status == 201 => return Some(answer.data()),
                Some(answer) if answer.status == 503 => {
                    is_refused &= answer.refused(503) != "outcome-unknown";
                }
                Some(answer) if (400..500).contains(&answer.status) => break,
                Some(_) | None => is_refused = false,
            }
        }
        let refused = is_refused.then_some((said, answers));
        self.written.refused.extend(refused);
        None
    }

    /// Each text is said once.
    fn text(&mut self) -> String {
        let length = [8, 40, 700][self.one_of(3)];
        format!("{:x} {}", self.random.next(), "x".repeat(length))
    }

    /// Whether it was acknowledged.
    pub(super) fn says(&mut self, author: usize, room: usize) -> bool {
        let who = &self.world.scene.people[author];
        self.says_as((who, author), room, false)
    }

    /// The same, with another token of the author, which may be over.
    pub(super) fn says_as(
        &mut self,
        (who, author): (&Person, usize),
        room: usize,
        may_be_over: bool,
    ) -> bool {
        let channel = &self.world.scene.rooms[room];
        let made = self.makes(who, &format!("/channels/{channel}/messages"), may_be_over);
        let message = made.map(|message| Acknowledged {
            id: number(&message["id"]),
            channel: channel.clone(),
            author,
        });
        let is_made = message.is_some();
        self.written.messages.extend(message);
        is_made
    }

    pub(super) fn posts(&mut self, author: usize) {
        let made = self.makes(&self.world.scene.people[author], "/posts", false);
        let id = made.map(|post| number(&post["id"]));
        self.written.posts.extend(id);
    }

    pub(super) fn acknowledged(self) -> Written {
        self.written
    }

    /// Ada is hidden from no user.
    fn relates(&mut self) {
        let (user, other) = self.two_of_them();
        let relation = *self
            .random
            .pick(&["mute", "mute", "block", "follow", "follow"]);
        let method = *self.random.pick(&["PUT", "DELETE"]);
        self.does(user, method, &format!("/users/{}/{relation}", other.id));
    }

    /// One hides another for as long as that one writes.
    fn veils(&mut self) {
        let ((user, other), room) = (self.two_of_them(), self.one_of(2));
        let relation = *self.random.pick(&["mute", "block"]);
        let path = format!("/users/{}/{relation}", other.id);
        self.does(user, "PUT", &path);
        let people = &self.world.scene.people;
        let author = people.iter().position(|person| person.id == other.id);
        for _ in 0..2 {
            self.says(author.unwrap_or(0), room);
        }
        self.does(user, "DELETE", &path);
    }

    fn attends(&mut self) {
        let (who, room) = (1 + self.one_of(3), self.one_of(3));
        let scene = self.world.scene;
        let method = *self.random.pick(&["PUT", "DELETE"]);
        let path = format!("/channels/{}/subscribe", scene.rooms[room]);
        self.does(&scene.people[who], method, &path);
    }

    /// One joins a room for as long as another writes there.
    fn visits(&mut self) {
        let (who, room) = (1 + self.one_of(3), self.one_of(2));
        let scene = self.world.scene;
        let path = format!("/channels/{}/subscribe", scene.rooms[room]);
        self.does(&scene.people[who], "PUT", &path);
        for _ in 0..2 {
            self.says(0, room);
        }
        self.does(&scene.people[who], "DELETE", &path);
    }

    fn deletes(&mut self) {
        if self.written.messages.is_empty() {
            return;
        }
        let message = self.random.pick(&self.written.messages).clone();
        let path = format!("/channels/{}/messages/{}", message.channel, message.id);
        let who = &self.world.scene.people[message.author];
        self.does(who, "DELETE", &path);
    }
}
