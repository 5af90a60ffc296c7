//! Whom listeners of posts follow: the time to take a list in, and the memory that it stays in.

use super::listener;
use super::world::World;
use actix_rt::net::TcpStream;
use criterion::Criterion;
use groundnut::actors::registry::ShardId;
use groundnut::actors::shard::socket::Socket;
use groundnut::actors::shard::state::{ConnectionHandle, ConnectionRef, Identity, State};
use groundnut::model::{ConnectionId, Token, UserId};
use groundnut::protocol::topic::Topic;
use std::cell::{LazyCell, RefCell};
use std::collections::BTreeSet;
use std::io::Write;
use std::rc::Rc;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::runtime::Builder;

/// Users whom each listener follows.
const FOLLOWED: usize = 5000;
/// All of them: as in the seeded database.
const USERS: i64 = 100_000;
const LISTENERS: usize = 1000;

/// A listener; no other user is numbered so.
pub(crate) fn viewer(number: usize) -> UserId {
    UserId(i64::try_from(number).unwrap() + 10 * USERS)
}

/// Whom it follows, rising: the author of the posts (user 1), and others, the low numbers by more listeners.
pub(crate) fn followed(number: usize) -> Vec<UserId> {
    let mut random = u64::try_from(number).unwrap() + 1;
    let mut next = || {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        i64::try_from(random >> 33).unwrap() % USERS
    };
    let mut users = BTreeSet::from([UserId(1)]);
    while users.len() < FOLLOWED {
        users.insert(UserId(2 + next() * next() / USERS));
    }
    users.into_iter().collect()
}

pub(crate) fn bench(criterion: &mut Criterion) {
    let runtime = Builder::new_current_thread().enable_io().build().unwrap();
    let full = LazyCell::new(|| runtime.block_on(Full::gather()));
    let mut group = criterion.benchmark_group("homes");
    group.bench_function("take in 5000 followed users, and drop them", |bench| {
        let mut state = full.state.borrow_mut();
        let users = followed(LISTENERS);
        bench.iter(|| {
            let connection = full.join(&mut state, viewer(LISTENERS), &users);
            state.remove(connection).unwrap()
        });
    });
    group.finish();
}

/// A shard with 1000 listeners that follow 5000 users each.
struct Full {
    state: RefCell<State>,
    socket: Rc<Socket>,
    token: Arc<Token>,
}

impl Full {
    async fn gather() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let stream = TcpStream::connect(listener.local_addr().unwrap());
        let full = Self {
            state: RefCell::new(State::new(ShardId(0), Arc::default())),
            // One for all: nothing is written here.
            socket: Rc::new(Socket::new(stream.await.unwrap())),
            token: World::open().await.token.clone(),
        };
        // The lists themselves are made before, so that what grows is what the shard keeps.
        let lists: Vec<Vec<UserId>> = (0..LISTENERS).map(followed).collect();
        let before = resident();
        for (number, users) in lists.iter().enumerate() {
            full.join(&mut full.state.borrow_mut(), viewer(number), users);
        }
        let grown = resident().saturating_sub(before) / LISTENERS;
        let words = format!("homes: {grown} bytes per listener that follows {FOLLOWED} users\n");
        std::io::stderr().write_all(words.as_bytes()).unwrap();
        full
    }

    fn join(&self, state: &mut State, viewer: UserId, users: &[UserId]) -> ConnectionRef {
        let token = self.token.clone();
        let identity = Identity::User(viewer, token.clone());
        let connection = state.admit(|serial| {
            let id = ConnectionId::from(serial.to_string());
            let socket = self.socket.clone();
            ConnectionHandle::new(serial, id, socket, identity, listener::display(), 0)
        });
        let subscription = listener::subscription(Topic::Home(viewer), "", token);
        state.subscribe(connection.index, subscription);
        state.homes.fill(viewer, users, true);
        connection
    }
}

/// Bytes of memory of this process.
pub(crate) fn resident() -> usize {
    let text = std::fs::read_to_string("/proc/self/statm").unwrap();
    let pages: usize = text.split(' ').nth(1).unwrap().parse().unwrap();
    pages * 4096
}
