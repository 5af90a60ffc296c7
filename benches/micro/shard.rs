//! A shard with real sockets in one room, or of users that follow one author, as a process of its own on the first
//! core: each end of a socket then counts against the limit of open files of one process only.
//!
//! `micro shard RECEIVERS room|followers` prints its port. The first connection controls it: each byte is a number of
//! messages or posts to deliver at once. The others are the receivers. It ends with the first.

use super::homes;
use super::listener::{self, display};
use super::world::World;
use actix::System;
use actix_rt::net::TcpStream;
use bytes::BytesMut;
use groundnut::actors::Shards;
use groundnut::actors::delivery::Delivery;
use groundnut::actors::shard::mail::FanOutBatch;
use groundnut::actors::shard::{Shard, ShardActor};
use groundnut::clock::Clock;
use groundnut::config::Streams;
use groundnut::protocol::frame::{ID_LENGTH, render_ids};
use groundnut::protocol::topic::Topic;
use std::io::Write;
use std::net::TcpListener;
use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// What this program is called with to be the shard.
pub(crate) const NAME: &str = "shard";

/// What the receivers listen to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Audience {
    /// One room.
    Room,
    /// Posts of one author. Each follows 5000 users.
    Followers,
}

impl Audience {
    /// As an argument.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Room => "room",
            Self::Followers => "followers",
        }
    }

    /// From an argument.
    pub(crate) fn named(name: &str) -> Self {
        match name {
            "followers" => Self::Followers,
            _ => Self::Room,
        }
    }

    fn delivery(self, world: &World) -> Arc<Delivery> {
        match self {
            Self::Room => world.delivery(),
            Self::Followers => world.post_delivery(),
        }
    }
}

/// Until the controlling connection ends.
pub(crate) fn serve(receivers: usize, audience: Audience) {
    System::new().block_on(async {
        let world = World::open().await;
        let shards = Shards::default();
        let site = Arc::new(world.site.clone());
        let shard = shards.add(|id| {
            let (registry, clock) = (Arc::default(), Clock::default());
            let streams = Arc::new(Streams::default());
            let (metrics, closes) = (Arc::default(), Arc::default());
            ShardActor::launch(id, registry, site, streams, clock, metrics, closes)
        });
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut out = std::io::stdout();
        writeln!(out, "{}", listener.local_addr().unwrap().port()).unwrap();
        let mut control = accept(&listener);
        for number in 0..receivers {
            let stream = accept(&listener);
            match audience {
                Audience::Room => join(&shard, stream, &world),
                Audience::Followers => follow(&shard, stream, &world, number),
            }
        }
        let mailbox = shards.all().into_iter().next().unwrap();
        control
            .write_u32(frame_bytes(&world, audience))
            .await
            .unwrap();
        while let Ok(messages) = control.read_u8().await {
            let deliveries = (0..messages).map(|_| audience.delivery(&world)).collect();
            mailbox
                .send_past_bound(FanOutBatch(deliveries))
                .await
                .unwrap();
        }
    });
}

fn accept(listener: &TcpListener) -> TcpStream {
    let (stream, _) = listener.accept().unwrap();
    stream.set_nonblocking(true).unwrap();
    stream.set_nodelay(true).unwrap();
    TcpStream::from_std(stream).unwrap()
}

/// A listener of the room on the fast path.
fn join(shard: &Shard, stream: TcpStream, world: &World) {
    let (user, token) = (world.author.id, world.token.clone());
    let mut state = shard.state.borrow_mut();
    let make = |serial| listener::connection(serial, stream, user, token.clone());
    let connection = state.admit(make);
    let topic = Topic::ChannelMessages(world.room.id);
    let subscription = listener::subscription(topic, "", token.clone());
    state.subscribe(connection.index, subscription);
}

/// A follower of the author on the fast path.
fn follow(shard: &Shard, stream: TcpStream, world: &World, number: usize) {
    let viewer = homes::viewer(number);
    let mut state = shard.state.borrow_mut();
    let token = world.token.clone();
    let connection = state.admit(|serial| listener::connection(serial, stream, viewer, token));
    let subscription = listener::subscription(Topic::Home(viewer), "", world.token.clone());
    state.subscribe(connection.index, subscription);
    state.homes.fill(viewer, &homes::followed(number), true);
}

fn frame_bytes(world: &World, audience: Audience) -> u32 {
    let frame = audience.delivery(world).frame(display(), &world.site);
    let mut out = BytesMut::new();
    let id = "0".repeat(ID_LENGTH);
    frame.write(&render_ids([id.as_str()]), &mut out);
    u32::try_from(out.len()).unwrap()
}
