//! Routing: the routing keys of an event, the shards registered under them, the subscriptions evaluated on the
//! slow path.

use super::listener::{self, inbox, subscription};
use super::world::World;
use actix_rt::net::TcpStream;
use criterion::{BenchmarkId, Criterion};
use groundnut::actors::app_index::AppIndex;
use groundnut::actors::registry::{RoutingKey, ShardId, ShardRegistry};
use groundnut::actors::shard::hearing::hears;
use groundnut::actors::shard::state::ConnectionHandle;
use groundnut::event::Payload;
use groundnut::model::{ChannelId, ClientId, TokenId, UserId};
use groundnut::protocol::topic::Topic;
use smallvec::SmallVec;
use std::cell::LazyCell;
use std::hint::black_box;
use std::sync::Arc;
use tokio::runtime::{Builder, Runtime};

const POINTS: i64 = 10_000;
const SHARDS: u16 = 2;

pub(crate) fn bench(criterion: &mut Criterion) {
    let runtime = Builder::new_current_thread().enable_io().build().unwrap();
    let world = LazyCell::new(|| runtime.block_on(World::open()));
    points(criterion, &world);
    shards(criterion);
    subscriptions(criterion, &runtime, &world);
    apps(criterion, &world);
}

/// A message in a room of one subscriber, whose app is one of so many with an open stream.
fn apps<F: FnOnce() -> World>(criterion: &mut Criterion, world: &LazyCell<World, F>) {
    let mut group = criterion.benchmark_group("route/apps that see a message");
    for count in [1, 100] {
        group.bench_with_input(
            BenchmarkId::from_parameter(count),
            &count,
            |bench, count| {
                let mut index = AppIndex::default();
                for number in 0..*count {
                    let mut token = (*world.token).clone();
                    token.id = TokenId(number);
                    token.user = Some(UserId(world.author.id.0 + number));
                    token.client.id = ClientId::from(number.to_string());
                    index.load(
                        token.client.id.clone(),
                        Arc::default(),
                        &[token],
                        Default::default(),
                    );
                }
                let room = [world.author.id].into_iter().collect();
                let event = world.event(|body| matches!(body, Payload::MessageCreated { .. }));
                assert_eq!(index.apps_for(&event.payload, &room).len(), 1);
                bench.iter(|| index.apps_for(black_box(&event.payload), &room));
            },
        );
    }
    group.finish();
}

type IsSuch = fn(&Payload) -> bool;

fn points<F: FnOnce() -> World>(criterion: &mut Criterion, world: &LazyCell<World, F>) {
    let mut group = criterion.benchmark_group("route/points of an event");
    let kinds: [(&str, IsSuch); 3] = [
        ("message", |body| {
            matches!(body, Payload::MessageCreated { .. })
        }),
        ("channel", |body| {
            matches!(body, Payload::ChannelCreated { .. })
        }),
        ("subscription", |body| {
            matches!(body, Payload::Subscribed { .. })
        }),
    ];
    for (name, is_such) in kinds {
        group.bench_function(name, |bench| {
            let event = world.event(is_such);
            bench.iter(|| black_box(&event.payload).routing_keys());
        });
    }
    group.finish();
}

fn shards(criterion: &mut Criterion) {
    let registry = LazyCell::new(|| {
        let registry = ShardRegistry::default();
        for number in 0..POINTS {
            let key = RoutingKey::Messages(ChannelId(number));
            (0..SHARDS).for_each(|shard| registry.add(&key, ShardId(shard)));
        }
        registry
    });
    let mut group = criterion.benchmark_group("route/shards at a point");
    for (name, number) in [("listened to", POINTS / 2), ("nobody there", POINTS)] {
        group.bench_function(name, |bench| {
            let key = RoutingKey::Messages(ChannelId(number));
            bench.iter(|| {
                let mut shards = SmallVec::new();
                registry.collect(black_box(&key), &mut shards);
                shards
            });
        });
    }
    group.finish();
}

fn subscriptions<F: FnOnce() -> World>(
    criterion: &mut Criterion,
    runtime: &Runtime,
    world: &LazyCell<World, F>,
) {
    let mut group = criterion.benchmark_group("route/does it hear a message");
    for (name, filters) in [
        ("room", ""),
        ("room without deletions", "include_deleted=0"),
        ("inbox", ""),
        (
            "inbox of two types",
            "channel_types=com.example.other,io.pnut.core.chat",
        ),
    ] {
        group.bench_with_input(
            BenchmarkId::from_parameter(name),
            filters,
            |bench, filters| {
                let topic = match name.starts_with("inbox") {
                    true => Topic::Inbox(world.author.id),
                    false => Topic::ChannelMessages(world.room.id),
                };
                let handle = connection(runtime, world);
                let (subscription, delivery) = (
                    subscription(topic, filters, world.token.clone()),
                    world.delivery(),
                );
                assert!(
                    hears(&handle, None, &subscription, &delivery),
                    "{name} hears it"
                );
                bench.iter(|| {
                    hears(
                        black_box(&handle),
                        None,
                        black_box(&subscription),
                        &delivery,
                    )
                });
            },
        );
    }
    group.finish();
}

/// A connection of the author with the room in its inbox.
fn connection(runtime: &Runtime, world: &World) -> ConnectionHandle {
    let _within = runtime.enter();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let stream = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    stream.set_nonblocking(true).unwrap();
    let stream = TcpStream::from_std(stream).unwrap();
    let mut handle = listener::connection(1, stream, world.author.id, world.token.clone());
    handle.inbox = inbox(world);
    handle
}
