//! Random steps against a naive model; after each of them all that the shard knows is compared.
//!
//! A failure is shrunk to the shortest list of steps that still fails, and printed with its seed.

mod calls;
mod model;
mod step;

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use proptest::test_runner::{Config, TestRunner};
use smallvec::SmallVec;

use super::testing;
use super::{
    ConnectionIndex, ConnectionRef, Identity, Receiver, RoomListeners, Snapshot, State,
    Subscription,
};
use crate::actors::registry::{RoutingKey, ShardId, ShardRegistry};
use crate::actors::shard::socket::Socket;
use crate::model::{AppStream, ChannelId, StreamKey, SubscriptionId, TokenId, UserId};
use crate::protocol::render_class::RenderClass;
use crate::protocol::topic::Topic;
use model::{Known, Model, Served};
use step::{As, CHANNELS, CONNECTIONS, Step, USERS, steps};

#[actix::test]
async fn random_steps_leave_what_a_naive_map_says() {
    let sockets = testing::sockets(CONNECTIONS).await;
    let config = Config {
        cases: 1000,
        failure_persistence: None,
        ..Config::default()
    };
    TestRunner::new(config)
        .run(&steps(), |steps| {
            let mut run = Run::new(&sockets);
            for (number, step) in steps.into_iter().enumerate() {
                run.take(step.clone());
                run.compare(&format!("after step {number}, {step:?}"));
            }
            run.empty();
            Ok(())
        })
        .unwrap();
}

/// A state and its model, side by side.
struct Run<'a> {
    sockets: &'a [Rc<Socket>],
    register: Arc<ShardRegistry>,
    state: State,
    model: Model,
    gone: BTreeMap<usize, ConnectionRef>,
    fan_out: Option<FanOut>,
    calls: u64,
}

/// What a fan-out that is under way may rely on.
struct FanOut {
    channel: i64,
    snapshot: Snapshot,
    /// The receivers that were there, by class, and whether each has listened without a pause since.
    receivers: Vec<Vec<(Receiver, bool)>>,
}

impl<'a> Run<'a> {
    fn new(sockets: &'a [Rc<Socket>]) -> Self {
        let register = Arc::new(ShardRegistry::default());
        Self {
            sockets,
            state: State::new(ShardId(0), register.clone()),
            register,
            model: Model::default(),
            gone: BTreeMap::new(),
            fan_out: None,
            calls: 0,
        }
    }

    fn index(&self, connection: usize) -> Option<ConnectionIndex> {
        let known = self.model.connections.get(&connection);
        known.map(|known| known.reference.index)
    }

    /// Takes one step with the state and with the model. A step that makes no sense now is left out.
    fn take(&mut self, mut step: Step) {
        if let Step::Subscribe {
            connection,
            subscription,
        } = &mut step
        {
            // Only claimed user streams subscribe, and an inbox is that of their user.
            let known = self.model.connections.get(connection);
            let Some(user) = known.and_then(|known| known.user) else {
                return;
            };
            self.calls += 1;
            subscription.serial = self.calls;
            if let Topic::Inbox(owner) = &mut subscription.topic {
                *owner = UserId(user);
            }
        }
        if let Step::Claim { connection, .. } = &step {
            let known = self.model.connections.get(connection);
            if known.is_none_or(|known| known.user.is_some() || known.is_app) {
                return;
            }
        }
        // Which one that is, before either side changes.
        let mut serial = None;
        if let Step::Settle { connection, at } | Step::TakeBack { connection, at } = &step {
            let known = self.model.connections.get(connection);
            serial = known.and_then(|known| Some(known.subscriptions.get(*at)?.serial));
        }
        self.model.apply(&step);
        self.apply(step, serial);
    }

    #[expect(clippy::too_many_lines, reason = "one arm per step")]
    fn apply(&mut self, step: Step, serial: Option<u64>) {
        match step {
            Step::Admit {
                connection,
                identity,
                timing,
            } => self.admit(connection, identity, timing),
            Step::Claim { connection, user } => {
                let index = self.index(connection).unwrap();
                self.state.claim(index, testing::user(user));
            }
            Step::Subscribe {
                connection,
                subscription,
            } => {
                let index = self.index(connection).unwrap();
                self.state.subscribe(index, subscription.real());
            }
            Step::Settle { connection, .. } => {
                if let (Some(index), Some(serial)) = (self.index(connection), serial) {
                    self.state.settle(index, serial, None);
                }
            }
            Step::TakeBack { connection, .. } => {
                if let (Some(index), Some(serial)) = (self.index(connection), serial) {
                    self.state
                        .unsubscribe(index, |known| known.serial == serial);
                }
            }
            Step::Unsubscribe { connection, id } => {
                if let Some(index) = self.index(connection) {
                    let id = SubscriptionId::from(id);
                    self.state.unsubscribe(index, |known| known.id == id);
                }
            }
            Step::Remove { connection } => {
                if let Some(known) = self.model.connections.remove(&connection) {
                    assert!(self.state.remove(known.reference).is_some());
                    self.gone.insert(connection, known.reference);
                }
            }
            Step::RemoveAgain { connection } => {
                if let Some(reference) = self.gone.get(&connection) {
                    assert!(self.state.remove(*reference).is_none());
                }
            }
            Step::FillInbox {
                connection,
                channels,
            } => {
                if let Some(index) = self.index(connection) {
                    let channels = channels.into_iter().map(ChannelId).collect();
                    self.state.fill_inbox(index, channels);
                }
            }
            Step::ChannelSubscription {
                user,
                channel,
                subscribed,
            } => {
                let (user, channel) = (UserId(user), ChannelId(channel));
                self.state
                    .channel_subscription_changed(user, channel, subscribed);
            }
            Step::Revoke { token } => {
                let token = TokenId(token);
                self.state.revoked.insert(token);
                for index in self.state.connections.indexes() {
                    self.state
                        .unsubscribe(index, |known| known.token.id == token);
                }
            }
            Step::Behind { connection, behind } => {
                if let Some(index) = self.index(connection) {
                    self.state.connections.set_behind(index, behind);
                    assert_eq!(self.state.connections.is_behind(index), behind);
                }
            }
            Step::BeginFanOut { channel } => self.begin_fan_out(channel),
            Step::EndFanOut => {
                self.state.rooms.end_fan_out();
                self.fan_out = None;
            }
        }
    }

    fn admit(&mut self, connection: usize, identity: As, timing: bool) {
        if self.model.connections.contains_key(&connection) {
            return;
        }
        let socket = &self.sockets[connection];
        let (who, user) = match identity {
            As::Unclaimed => (Identity::Unclaimed([127, 0, 0, 1].into()), None),
            As::User(user) => (testing::user(user), Some(user)),
            As::App => (app(), None),
        };
        let reference = self.state.admit(|serial| {
            let mut handle = testing::connection(serial, socket, who);
            if timing {
                handle.render_class = handle.render_class.with(RenderClass::TIMING);
            }
            handle
        });
        assert!(!self.state.connections.is_behind(reference.index));
        let known = Known::new(reference, user, identity == As::App);
        self.model.connections.insert(connection, known);
    }

    fn begin_fan_out(&mut self, channel: i64) {
        // One that is under way is ended by the next.
        let snapshot = self.state.rooms.begin_fan_out(ChannelId(channel));
        let room = self.state.rooms.get(ChannelId(channel));
        let classes = room.iter().flat_map(|room| &room.classes);
        let receivers = classes.map(|class| class.receivers.iter().map(|r| (*r, true)).collect());
        self.fan_out = room.is_some().then_some(FanOut {
            channel,
            snapshot,
            receivers: receivers.collect(),
        });
    }

    /// Everything goes, and nothing may be left.
    fn empty(&mut self) {
        for connection in 0..CONNECTIONS {
            self.take(Step::Remove { connection });
            self.compare("while all go");
        }
        self.take(Step::EndFanOut);
        self.compare("at the end");
        assert!(self.state.connections.is_empty());
        assert!(self.register.is_empty(), "{:?}", self.register);
    }

    fn compare(&mut self, when: &str) {
        let known = self.model.connections.values();
        let subscriptions: usize = known.map(|known| known.subscriptions.len()).sum();
        let connections = &self.state.connections;
        assert_eq!(connections.len(), self.model.connections.len(), "{when}");
        assert_eq!(connections.subscriptions(), subscriptions, "{when}");
        for known in self.model.connections.values() {
            assert!(connections.find(known.reference).is_some(), "{when}");
        }
        for token in 0..4 {
            let revoked = self.state.revoked.contains(TokenId(token));
            assert_eq!(revoked, self.model.revoked.contains(&token), "{when}");
        }
        self.compare_listeners(when);
        for channel in 0..CHANNELS {
            self.compare_room(channel, when);
        }
        self.check_fan_out(when);
    }

    fn compare_listeners(&self, when: &str) {
        let keys = (0..CHANNELS).map(ChannelId).flat_map(|channel| {
            [
                RoutingKey::ChannelNews(channel),
                RoutingKey::Subscribers(channel),
                RoutingKey::ChannelPresence(channel),
            ]
        });
        let users = (1..=USERS).map(|user| RoutingKey::User(UserId(user)));
        let others = [RoutingKey::Presence, RoutingKey::App("app".into())];
        for key in keys.chain(users).chain(others) {
            let mut listed = self.state.listeners.at(&key).to_vec();
            listed.sort_unstable();
            let expected = self.model.listeners(&key);
            assert_eq!(listed, sorted(&expected), "{key:?} {when}");
            let entered = self.is_registered(&key);
            assert_eq!(entered, !expected.is_empty(), "{key:?} {when}");
        }
    }

    fn is_registered(&self, key: &RoutingKey) -> bool {
        let mut shards = SmallVec::new();
        self.register.collect(key, &mut shards);
        !shards.is_empty()
    }

    fn compare_room(&self, channel: i64, when: &str) {
        let key = RoutingKey::Messages(ChannelId(channel));
        let expected = self.model.listeners(&key);
        let room = self.state.rooms.get(ChannelId(channel));
        let mut listed: Vec<_> = room.iter().flat_map(|room| room.connections()).collect();
        listed.sort_unstable();
        assert_eq!(listed, sorted(&expected), "room {channel} {when}");
        let is_fanning_out = self
            .fan_out
            .as_ref()
            .is_some_and(|fan_out| fan_out.channel == channel);
        if is_fanning_out {
            return;
        }
        assert_eq!(self.is_registered(&key), !expected.is_empty(), "{when}");
        assert_eq!(room.is_some(), !expected.is_empty(), "{when}");
        let Some(room) = room else { return };
        assert_eq!(room.len(), expected.len(), "no blank is left {when}");
        for known in self.model.connections.values() {
            let index = known.reference.index;
            assert_eq!(
                self.served(room, index),
                known.served(channel),
                "{index:?} in room {channel} {when}"
            );
        }
    }

    /// How a room serves a connection, as its lists say.
    fn served(&self, room: &RoomListeners, index: ConnectionIndex) -> Option<Served> {
        let handle = self.state.connections.get(index)?;
        let mut found = Vec::new();
        for class in &room.classes {
            for receiver in class.receivers.iter().filter(|r| r.index == index) {
                assert_eq!(Some(receiver.fd), handle.socket.descriptor());
                assert_eq!(class.render_class, handle.render_class.for_messages());
                let id = String::from_utf8(receiver.id.to_vec()).unwrap();
                found.push(Served::Fast(id));
            }
        }
        let slow = room.slow.iter().filter(|slow| **slow == index);
        found.extend(slow.map(|_| Served::Slow));
        assert!(found.len() <= 1, "{index:?} is listed twice: {found:?}");
        found.pop()
    }

    /// What the fan-out that is under way relies on: nobody moves, nobody is served for a subscription that
    /// ended, and nobody who listens on is lost.
    fn check_fan_out(&mut self, when: &str) {
        let Some(fan_out) = &mut self.fan_out else {
            return;
        };
        let room = self.state.rooms.get(ChannelId(fan_out.channel)).unwrap();
        for (class, before) in fan_out.receivers.iter_mut().enumerate() {
            assert!(fan_out.snapshot.classes[class].1 <= room.classes[class].receivers.len());
            for (at, (receiver, listens)) in before.iter_mut().enumerate() {
                let id = std::str::from_utf8(&receiver.id).unwrap();
                let mut known = self.model.connections.values();
                let known = known.find(|known| {
                    self.state
                        .connections
                        .find(known.reference)
                        .is_some_and(|handle| handle.socket.descriptor() == Some(receiver.fd))
                });
                *listens &= known.is_some_and(|known| {
                    known.reference.index == receiver.index
                        && known.fast_ids(fan_out.channel).contains(&id)
                });
                let now = room.classes[class].receivers[at];
                match listens {
                    true => assert_eq!(now, *receiver, "moved or lost {when}"),
                    false => assert!(!now.is_present(), "{now:?} would be served {when}"),
                }
            }
        }
    }
}

fn sorted(references: &[ConnectionRef]) -> Vec<ConnectionIndex> {
    let mut indexes: Vec<_> = references.iter().map(|known| known.index).collect();
    indexes.sort_unstable();
    indexes
}

fn app() -> Identity {
    let stream = AppStream {
        client: "app".into(),
        key: StreamKey::from("key"),
        object_types: Vec::new(),
        filter: None,
        hook: None,
    };
    let token = testing::token(0, 0, "messages");
    Identity::App(Arc::new(stream), token, Arc::default())
}
