//! A shard on a thread of its own with real sockets in one room, and their other ends, which are read here.

use super::cores::Pinned;
use super::listener;
use super::world::World;
use actix::System;
use actix_rt::net::TcpStream;
use groundnut::actors::delivery::Delivery;
use groundnut::actors::send::Mailbox;
use groundnut::actors::shard::{Batch, ShardActor};
use groundnut::clock::Clock;
use groundnut::config::Streams;
use groundnut::protocol::topic::Topic;
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use std::io::Read;
use std::net::{TcpListener, TcpStream as Plain};
use std::pin::pin;
use std::sync::{Arc, mpsc};
use std::task::{Context, Poll, Waker};
use std::thread::JoinHandle;
use tokio::sync::oneshot;

const EVENTS: usize = 1024;
const READ_BYTES: usize = 256 * 1024;

pub(crate) struct Crowd {
    shard: Mailbox<ShardActor>,
    epoll: Epoll,
    /// The clients' ends.
    ears: Vec<Plain>,
    buffer: Vec<u8>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
    _pinned: Pinned,
}

impl Crowd {
    /// So many listeners of the world's room.
    pub(crate) fn gather(world: &World, count: usize) -> Self {
        let epoll = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (mut ears, mut mouths) = (Vec::new(), Vec::new());
        for number in 0..count {
            let ear = Plain::connect(address).unwrap();
            ear.set_nonblocking(true).unwrap();
            let event = EpollEvent::new(EpollFlags::EPOLLIN, number as u64);
            epoll.add(&ear, event).unwrap();
            ears.push(ear);
            let (mouth, _) = listener.accept().unwrap();
            mouth.set_nonblocking(true).unwrap();
            mouth.set_nodelay(true).unwrap();
            mouths.push(mouth);
        }
        let (stop, stopped) = oneshot::channel();
        let (shard, thread) = launch(world, mouths, stopped);
        Self {
            shard,
            epoll,
            ears,
            buffer: vec![0; READ_BYTES],
            stop: Some(stop),
            thread: Some(thread),
            _pinned: Pinned::second(),
        }
    }

    /// Sends the deliveries down and reads until everybody together has so many bytes.
    pub(crate) fn hear(&mut self, deliveries: Vec<Arc<Delivery>>, bytes: usize) {
        // Polled once, it is in the mailbox; let go, it would be taken out again.
        let mut sent = pin!(self.shard.insist(Batch(deliveries)));
        let begun = sent.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        assert!(!matches!(begun, Poll::Ready(Err(_))), "the shard is gone");
        let mut heard = 0;
        let mut events = [EpollEvent::empty(); EVENTS];
        while heard < bytes {
            // Not asleep: waking the reader would be the shard's work.
            let count = self.epoll.wait(&mut events, EpollTimeout::ZERO).unwrap();
            for event in events.iter().take(count) {
                let number = usize::try_from(event.data()).unwrap();
                let ear = self.ears.get_mut(number).unwrap();
                heard += ear.read(&mut self.buffer).unwrap();
            }
        }
    }
}

impl Drop for Crowd {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
    }
}

fn launch(
    world: &World,
    mouths: Vec<Plain>,
    stopped: oneshot::Receiver<()>,
) -> (Mailbox<ShardActor>, JoinHandle<()>) {
    let (tell, told) = mpsc::channel();
    let (room, user, token) = (world.room.id, world.author.id, world.token.clone());
    let site = Arc::new(world.site.clone());
    let thread = std::thread::spawn(move || {
        let _pinned = Pinned::first();
        System::new().block_on(async move {
            let shards = groundnut::actors::Shards::default();
            let shard = shards.add(|id| {
                let streams = Arc::new(Streams::default());
                let (interest, clock) = (Arc::default(), Clock::default());
                ShardActor::launch(id, interest, site, streams, clock, Arc::default())
            });
            for mouth in mouths {
                let stream = TcpStream::from_std(mouth).unwrap();
                let mut state = shard.state.borrow_mut();
                let make = |serial| listener::link(serial, stream, user, token.clone());
                let (slot, _) = state.admit(make);
                let topic = Topic::ChannelMessages(room);
                let subscription = listener::subscription(topic, "", token.clone());
                state.follow(slot, subscription, None);
            }
            tell.send(shards.all().into_iter().next().unwrap()).unwrap();
            // Dropped at the other end: that is the signal.
            stopped.await.unwrap_or(());
        });
    });
    (told.recv().unwrap(), thread)
}

/// Whether so many sockets may be opened, both ends of them.
pub(crate) fn allowed(count: usize) -> bool {
    let needed = count as u64 * 2 + 200;
    let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE).unwrap();
    soft >= needed || setrlimit(Resource::RLIMIT_NOFILE, needed, hard.max(needed)).is_ok()
}
