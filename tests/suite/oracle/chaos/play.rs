//! One run: three servers on a database of their own, clients that hop between them, a hand that does harm; and what all of
//! them received, held against the log.

use std::sync::Mutex;
use std::thread::{Scope, ScopedJoinHandle};
use std::time::{Duration, Instant};

use super::super::ending::compares_once;
use super::super::ledger::Ledger;
use super::super::listener::{Kind, Listener};
use super::super::patience;
use super::super::rights::{Rights, Topic};
use super::checks::{Checks, in_time};
use super::clients::Client;
use super::greedy::{self, Had};
use super::ground::{Ground, Scene};
use super::hand::Hand;
use super::nodes::{COUNT, Servers};
use super::users::{Users, Written};
use super::world::{EndOf, Request, World};
use super::written::is_in_the_log;
use crate::support::random::Random;

/// Users that write at a time.
const WRITERS: u64 = 3;

/// What a run leaves to be judged.
struct Left<'l> {
    clients: Vec<Client<'l>>,
    written: Written,
    had: Vec<Had>,
}

/// Plays a seed. `Err`: the first difference.
pub(super) fn is_right(
    (seed, is_thorough): (u64, bool),
    ground: &mut Ground,
    servers: &mut Servers,
    done: &Mutex<Vec<String>>,
) -> Result<(), String> {
    let scene = ground.scene.clone();
    let addresses = servers.addresses();
    let url = servers.url.clone();
    let world = World::new(&scene, (&addresses, &url), done);
    let random = |number: u64| Random::silent(seed.wrapping_mul(0x9e37_79b9).wrapping_add(number));
    let mut clients = Vec::new();
    for (n, listener) in listeners(&scene, &mut random(1)).into_iter().enumerate() {
        clients.push(Client::new(listener, &world, random(100 + n as u64)));
    }
    begins(&mut clients, &world)?;
    let left = std::thread::scope(|scope| {
        let _end = EndOf(&world);
        let clients: Vec<_> = clients
            .into_iter()
            .map(|client| scope.spawn(move || client.lives()))
            .collect();
        let users = users(scope, &world, &random);
        let greedy = (0..COUNT).map(|node| {
            let (world, random) = (&world, random(300 + node as u64));
            scope.spawn(move || greedy::lives(world, node, random))
        });
        let greedy: Vec<_> = greedy.collect();
        Hand::new(servers, ground).plays(&world, &mut random(2));
        world.ends();
        joins(clients, users, greedy)
    })?;
    let left = settles((&world, &*servers), left, (random(400), is_thorough))?;
    compares(left, &world)?;
    match servers.complaints().into_iter().next() {
        Some(complaint) => Err(complaint),
        None => Ok(()),
    }
}

fn listeners(scene: &Scene, random: &mut Random) -> Vec<Listener> {
    let own = |key, part| Kind::App {
        app: scene.own.app.clone(),
        client: scene.own.client.clone(),
        key,
        part,
    };
    let user = |n: usize| {
        let person = scene.people[n].clone();
        Listener::new(&person.name.clone(), Kind::User(person))
    };
    let mut all = vec![
        user(1),
        user(2),
        user(3),
        Listener::new("app", own("all", None)),
    ];
    match random.below(2) {
        0 => all.push(Listener::new(
            "other",
            Kind::App {
                app: scene.other.app.clone(),
                client: scene.other.client.clone(),
                key: "other",
                part: None,
            },
        )),
        _ => {
            let part = |index| {
                let part = own("parts", Some((index, 2)));
                Listener::new(&format!("part{index}"), part)
            };
            all.extend((0..2).map(part));
        }
    }
    all
}

/// Before anything goes wrong.
fn begins(clients: &mut [Client<'_>], world: &World<'_>) -> Result<(), String> {
    for client in &mut *clients {
        client.goes_on_in_time(false)?;
    }
    let rooms = world.rooms();
    for (which, topic) in [
        (0, Topic::Messages(rooms[0])),
        (0, Topic::Messages(rooms[2])),
        (0, Topic::Inbox),
        (1, Topic::Messages(rooms[2])),
        (1, Topic::Messages(rooms[1])),
        (1, Topic::Home),
        (2, Topic::Inbox),
        (2, Topic::Home),
    ] {
        clients[which].subscribes(topic, which % COUNT)?;
    }
    for client in clients {
        client.subscribes_at(0)?;
        client.subscribes_at(1)?;
    }
    Ok(())
}

type Joins<'s, T> = Vec<ScopedJoinHandle<'s, T>>;

fn users<'s>(
    scope: &'s Scope<'s, '_>,
    world: &'s World<'_>,
    random: &impl Fn(u64) -> Random,
) -> Joins<'s, Written> {
    let mut all: Vec<_> = (0..WRITERS)
        .map(|n| {
            let users = Users::new(world, random(200 + n));
            scope.spawn(move || users.write())
        })
        .collect();
    let users = Users::new(world, random(299));
    all.push(scope.spawn(move || users.change()));
    all
}

fn joins<'w>(
    clients: Joins<'_, Result<Client<'w>, String>>,
    users: Joins<'_, Written>,
    greedy: Joins<'_, Vec<Had>>,
) -> Result<Left<'w>, String> {
    let mut left = Left {
        clients: Vec::new(),
        written: Written::default(),
        had: Vec::new(),
    };
    for written in users {
        left.written.joins(written.join().expect("a writer"));
    }
    for had in greedy {
        left.had.extend(had.join().expect("a greedy app"));
    }
    for client in clients {
        let client = client
            .join()
            .map_err(|panic| super::super::door::said(&*panic));
        left.clients.push(client??);
    }
    Ok(left)
}

/// All servers are ready, all clients have gone on, and something was said that all hear.
fn settles<'l>(
    (world, servers): (&World<'_>, &Servers),
    mut left: Left<'l>,
    (random, is_thorough): (Random, bool),
) -> Result<Left<'l>, String> {
    for node in 0..COUNT {
        in_time(&format!("server {node} is not ready"), || {
            is_ready(world, node)
        })?;
    }
    for client in &mut left.clients {
        client.goes_on_in_time(true)?;
        for node in 0..COUNT {
            client.subscribes_at(node)?;
        }
    }
    let checks = Checks { world, servers };
    checks.all()?;
    if is_thorough {
        left.clients[0].stays_anywhere()?;
        left.clients[0].leaves_untold(servers)?;
        checks.slow_ones()?;
    }
    let mut users = Users::new(world, random);
    for room in 0..world.scene.rooms.len() {
        in_time("a server takes no message", || users.says(0, room))?;
    }
    users.posts(0);
    left.written.joins(users.acknowledged());
    Ok(left)
}

fn is_ready(world: &World<'_>, node: usize) -> bool {
    let request = Request {
        method: "GET",
        path: "/users/me",
        body: None,
    };
    let answer = world.asks(node, world.scene.people[0].token(), &request);
    answer.is_some_and(|answer| answer.status == 200)
}

fn compares(mut left: Left<'_>, world: &World<'_>) -> Result<(), String> {
    let mut ledger = Ledger::default();
    ledger.reads(world.url);
    if let Some(complaint) = world.complaint() {
        return Err(complaint);
    }
    is_in_the_log(&left.written, &ledger, world.url)?;
    greedy::is_held_back(&left.had, &ledger.entries)?;
    let people = world.scene.people.iter();
    let ids: Vec<i64> = people.map(|one| one.id.parse().expect("an id")).collect();
    let rights = Rights::of(&ledger, &ids, &world.scene.own.client);
    let begun = Instant::now();
    loop {
        // A stream that was closed meanwhile, as slow for example, goes on.
        for client in &mut left.clients {
            if !client.listener.is_live() {
                client.goes_on_in_time(true)?;
            }
        }
        let listeners = left.clients.iter_mut().map(|client| &mut client.listener);
        match compares_once(&mut listeners.collect::<Vec<_>>(), (&ledger, &rights)) {
            Ok(_) => break,
            Err(difference) if !difference.is_open || begun.elapsed() > patience() => {
                return Err(difference.what);
            }
            Err(_) => std::thread::park_timeout(Duration::from_millis(5)),
        }
    }
    for client in &mut left.clients {
        let lingers = || {
            format!(
                "{}: a connection that was left goes on",
                client.listener.name
            )
        };
        in_time("", || client.listener.lingers() == 0).map_err(|_late| lingers())?;
        client.listener.leaves_all()?;
    }
    Ok(())
}
