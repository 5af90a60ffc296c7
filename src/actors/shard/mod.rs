//! The connections of one worker thread.
//!
//! `ShardActor` takes batches of deliveries from `LogTail` and fans them out to its sockets. What it knows is
//! shared with the connection actors of the same thread through [`Shard`]; nothing of it leaves the thread.

pub mod catch_up;
mod close_share;
pub mod control;
mod control_frames;
mod deadlines;
pub mod describe;
mod effects;
mod fan_out;
mod fast_path;
pub mod hearing;
mod holding;
pub mod mail;
mod outbox;
mod output;
mod output_batch;
mod panics;
mod post_fan_out;
mod room_fan_out;
mod sink;
pub mod socket;
mod stalls;
pub mod state;
pub mod wheel;

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Instant;

use actix::fut::wrap_future;
use actix::prelude::*;

use deadlines::{Check, TICK};
use mail::{
    CloseApp, CloseShare, CountConnections, CountRoomListeners, DescribeStreams, FanOutBatch,
    GoBack, ShardCounts,
};
use stalls::Stalls;
use state::{ConnectionRef, RoomListeners, State};
use wheel::Wheel;

use super::close_log::CloseLog;
use super::delivery::Delivery;
use super::registry::{RoutingKey, ShardId, ShardRegistry};
use super::send::Mailbox;
use crate::clock::Clock;
use crate::config::Streams;
use crate::fault::Fault;
use crate::model::ChannelId;
use crate::protocol::goodbye::Goodbye;
use crate::protocol::object::OpenStreamObject;
use crate::protocol::site::Site;
use crate::telemetry::{ActorNumbers, Counter, Metrics};

/// Batches that may wait for a shard; beyond that `LogTail` waits, and the log keeps what it has not read.
const MAILBOX: usize = 256;

/// What the actors of one worker thread share.
#[derive(Debug)]
pub struct Shard {
    /// Its number.
    pub id: ShardId,
    /// The connections and what they listen to.
    pub state: RefCell<State>,
    /// Public addresses, for rendering.
    pub site: Arc<Site>,
    /// Limits and deadlines.
    pub limits: Arc<Streams>,
    /// Wall time, for what is timed.
    pub clock: Clock,
    /// What the shard has done.
    pub numbers: Arc<ActorNumbers>,
    closes: Arc<CloseLog>,
    metrics: Arc<Metrics>,
    wheel: RefCell<Wheel<(ConnectionRef, Check)>>,
    stalls: Stalls,
}

/// One per worker thread; ends with it.
#[derive(Debug)]
pub struct ShardActor {
    shard: Rc<Shard>,
}

impl ShardActor {
    /// Starts the shard of the current thread.
    pub fn launch(
        id: ShardId,
        registry: Arc<ShardRegistry>,
        site: Arc<Site>,
        limits: Arc<Streams>,
        clock: Clock,
        metrics: Arc<Metrics>,
        closes: Arc<CloseLog>,
    ) -> (Rc<Shard>, Mailbox<Self>) {
        let numbers: Arc<ActorNumbers> = Arc::default();
        let shard = Rc::new(Shard {
            id,
            state: RefCell::new(State::new(id, registry)),
            site,
            limits,
            clock,
            numbers: numbers.clone(),
            closes,
            metrics: metrics.clone(),
            wheel: RefCell::default(),
            stalls: Stalls::default(),
        });
        let actor = Self {
            shard: shard.clone(),
        };
        let mailbox = Mailbox::new(actor.start(), MAILBOX, numbers, metrics);
        (shard, mailbox)
    }
}

impl Actor for ShardActor {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.set_mailbox_capacity(MAILBOX);
        let shard = self.shard.clone();
        // Not an interval of the context: that would pause while a fan-out is waited for.
        actix_rt::spawn(async move {
            let mut ticks = tokio::time::interval(TICK);
            ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Burst);
            loop {
                let due = ticks.tick().await;
                shard.stalls.note_tick(due.elapsed(), Instant::now());
                shard.tick();
            }
        });
    }
}

impl Handler<FanOutBatch> for ShardActor {
    type Result = ();

    fn handle(&mut self, batch: FanOutBatch, ctx: &mut Self::Context) {
        Fault::Shard.panics_once();
        let shard = self.shard.clone();
        // The mailbox waits, so the next batch follows this one, and `LogTail` joins meanwhile what is
        // committed into one. Everything else on the thread goes on between the slices of a long fan-out.
        ctx.wait(wrap_future(async move {
            fan_out::fan_out(&shard, batch.0).await;
        }));
    }
}

impl Handler<CountConnections> for ShardActor {
    type Result = ShardCounts;

    fn handle(&mut self, _: CountConnections, _: &mut Self::Context) -> Self::Result {
        let state = self.shard.state.borrow();
        ShardCounts {
            connections: state.connections.len(),
            subscriptions: state.connections.subscriptions(),
        }
    }
}

impl Handler<CountRoomListeners> for ShardActor {
    type Result = MessageResult<CountRoomListeners>;

    fn handle(&mut self, mail: CountRoomListeners, _: &mut Self::Context) -> Self::Result {
        let state = self.shard.state.borrow();
        let length = |id: &ChannelId| state.rooms.get(*id).map_or(0, RoomListeners::len);
        MessageResult(mail.0.iter().map(length).collect())
    }
}

impl Handler<DescribeStreams> for ShardActor {
    type Result = Vec<OpenStreamObject>;

    fn handle(&mut self, mail: DescribeStreams, _: &mut Self::Context) -> Self::Result {
        self.shard.describe(&mail.0)
    }
}

impl Handler<CloseShare> for ShardActor {
    type Result = usize;

    fn handle(&mut self, mail: CloseShare, _: &mut Self::Context) -> Self::Result {
        self.shard.close_share(mail)
    }
}

impl Handler<GoBack> for ShardActor {
    type Result = ();

    fn handle(&mut self, GoBack(head): GoBack, _: &mut Self::Context) {
        self.shard.state.borrow_mut().go_back(head);
        self.shard.close_share(CloseShare::all(Goodbye::Incomplete));
    }
}

impl Handler<CloseApp> for ShardActor {
    type Result = ();

    fn handle(&mut self, mail: CloseApp, _: &mut Self::Context) {
        let key = RoutingKey::App(mail.client);
        let indexes = self.shard.state.borrow().listeners.at(&key).to_vec();
        for index in indexes {
            self.shard.close(index, mail.goodbye);
        }
    }
}

impl Shard {
    /// The current tick.
    pub fn now(&self) -> u32 {
        self.wheel.borrow().now()
    }

    /// Whether a connection is here, and no close frame was sent to it.
    pub fn has_open(&self, connection: ConnectionRef) -> bool {
        let state = self.state.borrow();
        state.connections.find_open(connection).is_some()
    }

    /// The last socket here has these events.
    fn note_fanned_out(&self, deliveries: &[Arc<Delivery>]) {
        let now = self.clock.now();
        for delivery in deliveries {
            delivery.note_fanned_out(&self.numbers, now, self.metrics.spans());
        }
    }

    /// Counts what a fan-out did.
    fn count(&self, frames: u64, writes: u64, bytes: u64) {
        self.metrics.add(Counter::FramesSent, frames);
        self.metrics.add(Counter::SocketWrites, writes);
        self.metrics.add(Counter::BytesSent, bytes);
        self.numbers.sent(frames, bytes);
    }
}
