//! Users that write, and that change what others may see, each time at a server of chance. Only what was acknowledged counts.

use std::time::Duration;

use serde_json::{Value, json};

use super::super::ledger::number;
use super::super::writers::Acknowledged;
use super::world::{Request, World, any_node};
use crate::support::random::Random;
use crate::support::{Person, cli};

/// What was acknowledged.
#[derive(Default)]
pub(super) struct Written {
    pub(super) messages: Vec<Acknowledged>,
    pub(super) posts: Vec<i64>,
}

impl Written {
    pub(super) fn joins(&mut self, other: Self) {
        self.messages.extend(other.messages);
        self.posts.extend(other.posts);
    }
}

pub(super) struct Users<'u> {
    world: &'u World<'u>,
    random: Random,
    written: Written,
    /// A token of bob's for the other app.
    granted: Option<Person>,
}

impl<'u> Users<'u> {
    pub(super) fn new(world: &'u World<'u>, random: Random) -> Self {
        let granted = Some(world.scene.granted.clone());
        Self {
            world,
            random,
            written: Written::default(),
            granted,
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

    fn one_of(&mut self, count: usize) -> usize {
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
    fn does(&mut self, who: &Person, method: &str, path: &str) -> u16 {
        self.sends(who, method, path, None)
    }

    fn sends(&mut self, who: &Person, method: &str, path: &str, body: Option<Value>) -> u16 {
        let node = any_node(&mut self.random);
        let request = Request { method, path, body };
        let answer = self.world.asks(node, who.token(), &request);
        let status = answer.map_or(0, |answer| answer.status);
        self.world
            .says(&format!("{} {method} {path} at {node}: {status}", who.name));
        status
    }

    /// `data` of what was made, if it was acknowledged.
    fn makes(&mut self, who: &Person, path: &str, body: Value) -> Option<Value> {
        let node = any_node(&mut self.random);
        let body = Some(body);
        let method = "POST";
        let request = Request { method, path, body };
        let answer = self.world.asks(node, who.token(), &request)?;
        (answer.status == 201).then(|| answer.data())
    }

    /// Each text is said once.
    fn text(&mut self) -> String {
        let length = [8, 40, 700][self.one_of(3)];
        format!("{:x} {}", self.random.next(), "x".repeat(length))
    }

    /// Whether it was acknowledged.
    pub(super) fn says(&mut self, author: usize, room: usize) -> bool {
        let (who, channel) = (
            &self.world.scene.people[author],
            &self.world.scene.rooms[room],
        );
        let body = json!({"text": self.text()});
        let made = self.makes(who, &format!("/channels/{channel}/messages"), body);
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
        let body = json!({"text": self.text()});
        let made = self.makes(&self.world.scene.people[author], "/posts", body);
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

    fn changes_members(&mut self) {
        let bits = self.random.below(8);
        let scene = self.world.scene;
        let members = scene.people[1..].iter().enumerate();
        let members = members.filter(|(n, _)| bits >> n & 1 == 1);
        let ids: Vec<&str> = members.map(|(_, person)| person.id.as_str()).collect();
        let acl = json!({"acl": {"write": {"user_ids": ids}}});
        let path = format!("/channels/{}", scene.rooms[2]);
        self.world.says(&format!("circle {bits:03b}"));
        self.sends(&scene.people[0], "PUT", &path, Some(acl));
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

    /// The other app's token goes and comes.
    fn grants(&mut self) {
        if let Some(granted) = self.granted.take() {
            self.does(&granted, "DELETE", "/token");
            return;
        }
        let bob = &self.world.scene.people[1];
        let client = &self.world.scene.other.client;
        let made = cli::run(&[
            "token",
            "create",
            "--client",
            client,
            "--user",
            &bob.name,
            "--scopes",
            "messages",
            "--database-url",
            self.world.url,
            "--json",
        ]);
        // The database may be away.
        if made.status.success() {
            let token = crate::support::text(&cli::object(&made)["access_token"]);
            self.world.says("bob grants the other app");
            self.granted = Some(Person {
                token: Some(token),
                ..bob.clone()
            });
        }
    }
}
