//! The stage of a run: a server, rooms, users, an app with a changing audience, and the listeners.

use serde_json::json;

use super::hook::HookListener;
use super::ledger::number;
use super::listener::{Kind, Listener};
use super::rights::{Subscription, Topic};
use super::writers::Places;
use crate::support::http::Answer;
use crate::support::random::Random;
use crate::support::template::template;
use crate::support::{Person, TestServer, build, text};

/// Small rings and queues cross their bounds within a run.
const RINGS: [&str; 2] = ["65536", "67108864"];
const QUEUES: [&str; 2] = ["32768", "1048576"];

/// A receiver of webhooks is away for as long as the server is.
const RETRIES: &str = "20,20,20,20,20,20,20,20,20,20,20,20,20,20,20,20,20,20,20,20,20,20,20,20";

pub(super) struct Cast {
    pub(super) server: TestServer,
    /// Ada, who owns the rooms and is hidden from no user, then those that change.
    pub(super) people: Vec<Person>,
    /// Two that are open to all, and one whose members change.
    pub(super) rooms: Vec<String>,
    /// The app that all users authorized.
    pub(super) client: String,
    /// One that some authorize: its id, and tokens that can be revoked.
    pub(super) other: Option<(String, Vec<Person>)>,
    pub(super) listeners: Vec<Listener>,
    /// A webhook of the app that all users authorized.
    pub(super) hook: Option<HookListener>,
}

impl Cast {
    /// Starts a server with these settings of chance, and opens nothing yet.
    pub(super) fn of(random: &mut Random, fault: Option<&str>) -> Self {
        let settings = [
            ("STREAMS_RING_BYTES", *random.pick(&RINGS)),
            ("STREAMS_QUEUE_BYTES", *random.pick(&QUEUES)),
            ("STREAMS_APP_CONNECTIONS", "256"),
            ("STREAMS_LINGER_MS", "50"),
            ("STREAMS_STALLED_MS", "300"),
            ("WEBHOOKS_ALLOW_PRIVATE", "true"),
            ("WEBHOOKS_RETRY_MS", RETRIES),
        ];
        let server = TestServer::with_seeded_fault(&settings, fault);
        let people = vec![server.ada(), server.bob(), server.eve(), server.dan()];
        let mut cast = Self {
            rooms: rooms(&people),
            server,
            people,
            client: template().client_id.clone(),
            other: None,
            listeners: Vec::new(),
            hook: None,
        };
        cast.prepares(random);
        cast
    }

    fn prepares(&mut self, random: &mut Random) {
        meet(&self.people, &self.rooms);
        let [_, bob, eve, dan] = &self.people[..] else {
            panic!("four users");
        };
        let app = self.server.app();
        build::app_stream(&app, "all", &["message", "post"]);
        build::app_stream(&app, "parts", &["message", "post"]);
        let of_app = |key, part| Kind::App {
            app: app.clone(),
            client: self.client.clone(),
            key,
            part,
        };
        self.listeners = vec![
            Listener::new("bob", Kind::User(bob.clone())),
            Listener::new("eve", Kind::User(eve.clone())),
            Listener::new("dan", Kind::User(dan.clone())),
            Listener::new("app", of_app("all", None)),
        ];
        match random.below(3) {
            0 => self.has_another_app(),
            1 => self.listeners.extend((0..2).map(|index| {
                Listener::new(&format!("part{index}"), of_app("parts", Some((index, 2))))
            })),
            _ => self.hook = Some(HookListener::of(&self.server, &self.client, random)),
        }
    }

    fn has_another_app(&mut self) {
        let (client, app) = self.server.other_app("Other");
        build::app_stream(&app, "other", &["message", "post"]);
        let granted = self.server.through(&client, &self.people[1], "messages");
        self.listeners.push(Listener::new(
            "other",
            Kind::App {
                app,
                client: client.clone(),
                key: "other",
                part: None,
            },
        ));
        self.other = Some((client, vec![granted]));
    }

    /// The server has another address now.
    pub(super) fn moves(&mut self) {
        let address = self.server.address;
        let granted = self.other.iter_mut().flat_map(|(_, granted)| granted);
        for person in self.people.iter_mut().chain(granted) {
            person.address = address;
        }
    }

    /// Where writers write, and as which users.
    pub(super) fn places(&self) -> Places {
        let tokens = self.people.iter().map(|person| person.token().to_owned());
        Places {
            tokens: tokens.collect(),
            channels: self.rooms.clone(),
        }
    }

    /// The newest position of the log.
    pub(super) fn head(&self) -> i64 {
        self.server.count("SELECT pos FROM log_head")
    }

    pub(super) fn users(&self) -> Vec<i64> {
        let ids = self.people.iter();
        ids.map(|person| person.id.parse().expect("an id"))
            .collect()
    }

    /// A listener subscribes to this, if it may and its connection lives. The server names some of the subscriptions: what
    /// has a name of its own is not laid out together with others.
    pub(super) fn subscribes(
        &mut self,
        which: usize,
        topic: Topic,
        random: &mut Random,
    ) -> Result<(), String> {
        let listener = &mut self.listeners[which];
        let Kind::User(who) = &listener.kind else {
            return Ok(());
        };
        let who = self.people.iter().find(|person| person.name == who.name);
        let who = who.expect("one of them");
        let path = match topic {
            Topic::Messages(channel) => format!("/channels/{channel}/messages"),
            Topic::Inbox => String::from("/channels"),
            Topic::Home => String::from("/posts/streams/me"),
        };
        let name = format!("{}-{}", listener.name, listener.subscriptions.len());
        let name = match random.below(2) {
            0 => String::new(),
            _ => format!("&subscription_id={name}"),
        };
        let answer = who.get(&format!("{path}?connection_id={}{name}", listener.id()));
        listener.subscriptions.extend(begun(&answer, topic)?);
        Ok(())
    }
}

/// Rooms of the first of them.
pub(super) fn rooms(people: &[Person]) -> Vec<String> {
    let ada = &people[0];
    let members: Vec<&Person> = people.iter().skip(1).collect();
    let names = ["Lounge", "Kitchen"];
    let mut rooms: Vec<String> = names.iter().map(|name| build::room(ada, name)).collect();
    rooms.push(build::circle(ada, &members));
    rooms
}

/// Some are in some rooms, and follow some.
pub(super) fn meet(people: &[Person], rooms: &[String]) {
    let [ada, bob, eve, dan] = people else {
        panic!("four users");
    };
    for room in rooms {
        build::join(room, &[ada, bob]);
    }
    build::join(&rooms[0], &[dan]);
    build::join(&rooms[2], &[eve]);
    bob.does(&format!("/users/{}/follow", ada.id)).is(200);
    eve.does(&format!("/users/{}/follow", bob.id)).is(200);
}

/// The members of the circle from now on.
pub(super) fn closes_circle(ada: &Person, circle: &str, members: &[&Person]) {
    let ids: Vec<&str> = members.iter().map(|person| person.id.as_str()).collect();
    let acl = json!({"acl": {"write": {"user_ids": ids}}});
    text(&ada.put(&format!("/channels/{circle}"), &acl).is(200).data()["id"]);
}

/// The subscription that began with this page. `None`: it is a page, and no more.
pub(super) fn begun(answer: &Answer, topic: Topic) -> Result<Option<Subscription>, String> {
    let meta = answer.meta();
    let Some(id) = meta["subscription_id"].as_str() else {
        return Ok(None);
    };
    let cursor = meta["cursor"].as_str();
    let cursor = cursor.ok_or_else(|| format!("a page without a cursor: {answer}"))?;
    let page = answer.data();
    let shown = page.as_array().into_iter().flatten();
    let newest = shown.map(|item| number(&item["id"])).max();
    Ok(Some(Subscription {
        id: id.to_owned(),
        topic,
        newest: newest.filter(|_| matches!(topic, Topic::Messages(_))),
        since: super::listener::position(cursor),
        ended: usize::MAX,
    }))
}
