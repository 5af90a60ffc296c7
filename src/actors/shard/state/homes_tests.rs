//! Homes against a naive model, and what a fan-out may rely on.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::rc::Rc;
use std::sync::Arc;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use smallvec::SmallVec;

use super::super::{Identity, State, Subscription, testing};
use crate::actors::delivery::HiddenFrom;
use crate::actors::registry::{RoutingKey, ShardId, ShardRegistry};
use crate::actors::shard::socket::Socket;
use crate::actors::shard::state::{ConnectionIndex, ConnectionRef};
use crate::event::Pos;
use crate::model::{SubscriptionId, UserId};
use crate::protocol::topic::Topic;

const CONNECTIONS: usize = 5;
const VIEWERS: i64 = 2;
const AUTHORS: std::ops::Range<i64> = 10..14;

#[derive(Clone, Debug)]
enum Step {
    /// A connection of a viewer opens; the two are those of the user by their parity.
    Open(usize),
    Subscribe(usize, &'static str, Kind),
    Unsubscribe(usize, &'static str),
    Close(usize),
    Fill(i64, BTreeSet<i64>, bool),
    Change(i64, i64, bool),
}

/// What a subscription needs the home for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    AllPosts,
    SomePosts,
    Presence,
}

/// Two subscriptions of one connection at most.
const IDS: [&str; 2] = [
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb",
];

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let connection = 0..CONNECTIONS;
    let viewer = 1..=VIEWERS;
    let id = prop_oneof![Just(IDS[0]), Just(IDS[1])];
    let kind = prop_oneof![
        Just(Kind::AllPosts),
        Just(Kind::SomePosts),
        Just(Kind::Presence)
    ];
    let authors = proptest::collection::btree_set(AUTHORS, 0..4);
    let step = prop_oneof![
        3 => connection.clone().prop_map(Step::Open),
        6 => (connection.clone(), id.clone(), kind)
            .prop_map(|(at, id, kind)| Step::Subscribe(at, id, kind)),
        3 => (connection.clone(), id).prop_map(|(at, id)| Step::Unsubscribe(at, id)),
        1 => connection.prop_map(Step::Close),
        3 => (viewer.clone(), authors, any::<bool>())
            .prop_map(|(viewer, authors, last)| Step::Fill(viewer, authors, last)),
        4 => (viewer, AUTHORS, any::<bool>())
            .prop_map(|(viewer, author, follows)| Step::Change(viewer, author, follows)),
    ];
    proptest::collection::vec(step, 1..80)
}

/// What a viewer's home should hold.
#[derive(Default)]
struct Known {
    followed: BTreeSet<i64>,
    changes: Option<BTreeMap<i64, bool>>,
}

struct Run<'a> {
    sockets: &'a [Rc<Socket>],
    register: Arc<ShardRegistry>,
    state: State,
    open: BTreeMap<usize, (ConnectionRef, BTreeMap<&'static str, Kind>)>,
    homes: BTreeMap<i64, Known>,
}

fn viewer_of(connection: usize) -> i64 {
    if connection.is_multiple_of(2) { 1 } else { 2 }
}

fn subscription(viewer: i64, id: &str, kind: Kind) -> Subscription {
    let home = Topic::Home(UserId(viewer));
    let (topic, filters) = match kind {
        Kind::AllPosts => (home, ""),
        Kind::SomePosts => (home, "include_muted=1"),
        Kind::Presence => (Topic::Presence, ""),
    };
    let token = testing::token(1, viewer, "stream");
    testing::subscription(id, topic, filters, &token)
}

impl Run<'_> {
    fn take(&mut self, step: Step) {
        match step {
            Step::Open(at) => {
                if self.open.contains_key(&at) {
                    return;
                }
                let identity = testing::user(viewer_of(at));
                let socket = &self.sockets[at];
                let admitted = self
                    .state
                    .admit(|serial| testing::connection(serial, socket, identity));
                self.open.insert(at, (admitted, BTreeMap::new()));
            }
            Step::Subscribe(at, id, kind) => {
                let Some((reference, known)) = self.open.get_mut(&at) else {
                    return;
                };
                if known.contains_key(id) {
                    return;
                }
                known.insert(id, kind);
                let made = subscription(viewer_of(at), id, kind);
                self.state.subscribe(reference.index, made);
                self.homes.entry(viewer_of(at)).or_insert_with(|| Known {
                    changes: Some(BTreeMap::new()),
                    ..Known::default()
                });
            }
            Step::Unsubscribe(at, id) => {
                if let Some((reference, known)) = self.open.get_mut(&at) {
                    known.remove(id);
                    let id = SubscriptionId::from(id);
                    self.state
                        .unsubscribe(reference.index, |known| known.id == id);
                }
            }
            Step::Close(at) => {
                if let Some((reference, _)) = self.open.remove(&at) {
                    assert!(self.state.remove(reference).is_some());
                }
            }
            Step::Fill(viewer, authors, is_last) => self.fill(viewer, &authors, is_last),
            Step::Change(viewer, author, follows) => {
                let (user, other) = (UserId(viewer), UserId(author));
                self.state.homes.follow_changed(user, other, follows);
                if let Some(known) = self.homes.get_mut(&viewer) {
                    if let Some(changes) = &mut known.changes {
                        changes.insert(author, follows);
                    }
                    match follows {
                        true => known.followed.insert(author),
                        false => known.followed.remove(&author),
                    };
                }
            }
        }
        let open = &self.open;
        self.homes.retain(|viewer, _| {
            let mut connections = open.iter();
            connections.any(|(at, (_, known))| viewer_of(*at) == *viewer && !known.is_empty())
        });
    }

    fn fill(&mut self, viewer: i64, authors: &BTreeSet<i64>, is_last: bool) {
        let followed: Vec<UserId> = authors.iter().copied().map(UserId).collect();
        self.state.homes.fill(UserId(viewer), &followed, is_last);
        let Some(known) = self.homes.get_mut(&viewer) else {
            return;
        };
        if let Some(changes) = known.changes.clone() {
            let listed = authors.iter().copied();
            known
                .followed
                .extend(listed.filter(|author| changes.get(author) != Some(&false)));
            if is_last {
                known.changes = None;
            }
        }
    }

    fn compare(&mut self, when: &str) {
        for viewer in 1..=VIEWERS {
            let home = self.state.homes.of(UserId(viewer));
            let known = self.homes.get(&viewer);
            assert_eq!(home.is_some(), known.is_some(), "{viewer} {when}");
            for author in AUTHORS {
                let follows = home.is_some_and(|home| home.follows(UserId(author)));
                let expected = known.is_some_and(|known| known.followed.contains(&author));
                assert_eq!(follows, expected, "{viewer} and {author} {when}");
            }
        }
        for author in AUTHORS {
            let (mut fast, mut slow) = (BTreeSet::new(), BTreeSet::new());
            for (at, (reference, known)) in &self.open {
                let home = self.homes.get(&viewer_of(*at));
                if known.is_empty() || !home.is_some_and(|home| home.followed.contains(&author)) {
                    continue;
                }
                let mut posts = known.iter().filter(|(_, kind)| **kind != Kind::Presence);
                match (posts.next(), posts.next()) {
                    (None, _) => false,
                    (Some((id, Kind::AllPosts)), None) => {
                        fast.insert((reference.index, (*id).to_owned()))
                    }
                    (Some(_), _) => slow.insert(reference.index),
                };
            }
            let audience = self.state.homes.begin_fan_out(UserId(author), &[]);
            let receivers = audience.classes.iter().flat_map(|(_, receivers)| receivers);
            let found: BTreeSet<_> = receivers
                .map(|known| (known.index, String::from_utf8(known.id.to_vec()).unwrap()))
                .collect();
            assert_eq!(found, fast, "{author} {when}");
            let found: BTreeSet<_> = audience.slow.into_iter().collect();
            assert_eq!(found, slow, "{author} {when}");
            self.state.homes.end_fan_out();
            let mut shards = SmallVec::new();
            let key = RoutingKey::PostsBy(UserId(author));
            self.register.collect(&key, &mut shards);
            // For the sake of presence alone no post comes here.
            let is_heard = !fast.is_empty() || !slow.is_empty();
            assert_eq!(!shards.is_empty(), is_heard, "{author} {when}");
        }
    }
}

#[actix::test]
async fn random_steps_leave_the_homes_that_a_naive_list_says() {
    let sockets = testing::sockets(CONNECTIONS).await;
    let config = Config {
        cases: 500,
        failure_persistence: None,
        ..Config::default()
    };
    TestRunner::new(config)
        .run(&steps(), |steps| {
            let register = Arc::new(ShardRegistry::default());
            let mut run = Run {
                sockets: &sockets,
                state: State::new(ShardId(0), register.clone()),
                register,
                open: BTreeMap::new(),
                homes: BTreeMap::new(),
            };
            for (number, step) in steps.into_iter().enumerate() {
                run.take(step.clone());
                run.compare(&format!("after step {number}, {step:?}"));
            }
            for at in 0..CONNECTIONS {
                run.take(Step::Close(at));
            }
            run.compare("at the end");
            assert!(run.register.is_empty(), "{:?}", run.register);
            Ok(())
        })
        .unwrap();
}

/// Viewers 1 to 3 follow user 10, each with one connection.
async fn audience() -> (State, Vec<ConnectionRef>, Vec<Rc<Socket>>) {
    let sockets = testing::sockets(3).await;
    let mut state = State::new(ShardId(0), Arc::default());
    let connections = (1..=3).zip(&sockets).map(|(viewer, socket)| {
        let identity: Identity = testing::user(viewer);
        let admitted = state.admit(|serial| testing::connection(serial, socket, identity));
        state.subscribe(admitted.index, subscription(viewer, IDS[0], Kind::AllPosts));
        state.homes.fill(UserId(viewer), &[UserId(10)], true);
        admitted
    });
    let connections = connections.collect();
    (state, connections, sockets)
}

fn receivers(audience: &super::Audience) -> HashSet<ConnectionIndex> {
    let all = audience.classes.iter().flat_map(|(_, receivers)| receivers);
    all.map(|receiver| receiver.index).collect()
}

#[actix::test]
async fn a_receiver_that_leaves_during_a_fan_out_is_not_served_any_more() {
    let (mut state, connections, sockets) = audience().await;
    let [first, second, third] = connections[..] else {
        panic!("three of them");
    };
    let audience = state.homes.begin_fan_out(UserId(10), &[]);
    assert_eq!(receivers(&audience).len(), 3);
    // One closes and another connection gets its index; one ends its subscription; one makes a second one.
    state.remove(first);
    let again = state.admit(|serial| testing::connection(serial, &sockets[0], testing::user(1)));
    assert_eq!(again.index, first.index, "the index is used again");
    state.subscribe(again.index, subscription(1, IDS[0], Kind::AllPosts));
    state.unsubscribe(second.index, |_| true);
    state.subscribe(third.index, subscription(3, IDS[1], Kind::AllPosts));
    let left = [first, second, third].map(|connection| state.homes.has_left(connection.index));
    assert_eq!(left, [true, true, false]);
    // The subscription that the frame names ends, too.
    state.unsubscribe(third.index, |known| known.id.as_str() == IDS[0]);
    assert!(state.homes.has_left(third.index));
    state.homes.end_fan_out();
    assert!(!state.homes.has_left(first.index));
}

#[actix::test]
async fn streams_that_had_the_post_leave_its_repost_out() {
    let (mut state, connections, _sockets) = audience().await;
    state.homes.follow_changed(UserId(1), UserId(11), true);
    state.homes.follow_changed(UserId(2), UserId(11), true);
    // From user 11, whom the second viewer muted; the third viewer is the author of it.
    let mut hidden = HiddenFrom::default();
    hidden.muted_by.insert(UserId(2));
    let earlier = [(UserId(11), Arc::new(hidden)), (UserId(3), Arc::default())];
    let audience = state.homes.begin_fan_out(UserId(10), &earlier);
    assert_eq!(receivers(&audience), HashSet::from([connections[1].index]));
    let has_heard = |viewer, muted| {
        let home = state.homes.of(UserId(viewer)).unwrap();
        home.has_heard_from(&earlier, muted)
    };
    assert_eq!(
        [1, 2, 3].map(|viewer| has_heard(viewer, false)),
        [true, false, true]
    );
    assert!(has_heard(2, true), "muted ones are on this stream");
}

#[actix::test]
async fn a_subscription_ahead_of_the_shard_takes_the_slow_path() {
    let (mut state, connections, _sockets) = audience().await;
    let index = connections[0].index;
    state.unsubscribe(index, |_| true);
    let ahead = Subscription {
        since: Pos(5),
        ..subscription(1, IDS[0], Kind::AllPosts)
    };
    state.subscribe(index, ahead);
    state.homes.fill(UserId(1), &[UserId(10)], true);
    let is_fast = |state: &mut State| {
        let audience = state.homes.begin_fan_out(UserId(10), &[]);
        receivers(&audience).contains(&index)
    };
    assert!(!is_fast(&mut state));
    state.reach(Pos(5));
    assert!(is_fast(&mut state));
}
