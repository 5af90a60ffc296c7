//! The connections of one worker thread.
//!
//! `ShardActor` takes batches of deliveries from `LogTail` and walks them over its sockets. What it knows is
//! shared with the connection actors of the same thread through [`Shard`]; nothing of it leaves the thread.

pub mod audience;
mod deadlines;
mod effects;
pub mod hearing;
pub mod link;
mod output;
mod pile;
mod plain;
pub mod socket;
mod stands;
pub mod state;
mod walk;
pub mod wheel;

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use actix::fut::wrap_future;
use actix::prelude::*;

use audience::{Audience, Slot};
use deadlines::{Look, TICK};
use state::State;
use wheel::Wheel;

use super::delivery::Delivery;
use super::registry::{RoutingKey, ShardId, ShardRegistry};
use super::send::Mailbox;
use crate::clock::Clock;
use crate::config::Streams;
use crate::model::{ChannelId, ClientId, StreamKey};
use crate::protocol::goodbye::Goodbye;
use crate::protocol::site::Site;
use crate::telemetry::{ActorNumbers, Counter, Metrics};

/// Batches that may wait for a shard; beyond that `LogTail` waits, and the log keeps what it has not read.
const MAILBOX: usize = 256;

/// What the actors of one worker thread share.
#[derive(Debug)]
pub struct Shard {
    /// Which.
    pub id: ShardId,
    /// The connections and where they listen.
    pub state: RefCell<State>,
    /// Public addresses, for rendering.
    pub site: Arc<Site>,
    /// Limits and deadlines.
    pub limits: Arc<Streams>,
    /// Wall time, for what is timed.
    pub clock: Clock,
    /// What the shard has done.
    pub numbers: Arc<ActorNumbers>,
    metrics: Arc<Metrics>,
    wheel: RefCell<Wheel<(Slot, u64, Look)>>,
}

/// Events for the connections of a thread, in `pos` order. An empty batch is answered when those before it
/// have been walked.
#[derive(actix::Message, Debug)]
#[rtype(result = "()")]
pub struct FanOutBatch(pub Vec<Arc<Delivery>>);

/// Asks for the number of connections and subscriptions here.
#[derive(actix::Message, Debug)]
#[rtype(result = "(usize, usize)")]
pub struct CountLinks;

/// Asks how many connections hear the messages of each of these channels here.
#[derive(actix::Message, Debug)]
#[rtype(result = "Vec<usize>")]
pub struct CountAudiences(pub Arc<[ChannelId]>);

/// Tells every connection of the thread goodbye.
#[derive(actix::Message, Debug)]
#[rtype(result = "()")]
pub struct HangUpAll(pub Goodbye);

/// App streams were deleted: their connections are closed.
#[derive(actix::Message, Debug)]
#[rtype(result = "()")]
pub struct CloseStreams {
    /// Whose.
    pub client: ClientId,
    /// Which.
    pub keys: Vec<StreamKey>,
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
    ) -> (Rc<Shard>, Mailbox<Self>) {
        let numbers: Arc<ActorNumbers> = Arc::default();
        let state = RefCell::new(State::new(id, registry));
        let shard = Rc::new(Shard {
            id,
            state,
            site,
            limits,
            clock,
            numbers: numbers.clone(),
            metrics: metrics.clone(),
            wheel: RefCell::default(),
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
        // Not an interval of the context: that would stand still while a walk is waited for.
        actix_rt::spawn(async move {
            let mut ticks = tokio::time::interval(TICK);
            ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Burst);
            loop {
                ticks.tick().await;
                shard.tick();
            }
        });
    }
}

impl Handler<FanOutBatch> for ShardActor {
    type Result = ();

    fn handle(&mut self, batch: FanOutBatch, ctx: &mut Self::Context) {
        let shard = self.shard.clone();
        // The mailbox waits, so the next batch follows this one, and `LogTail` joins meanwhile what is
        // committed into one. Everything else on the thread goes on between the slices of a long walk.
        ctx.wait(wrap_future(async move {
            walk::walk(&shard, batch.0).await;
        }));
    }
}

impl Handler<CountLinks> for ShardActor {
    type Result = MessageResult<CountLinks>;

    fn handle(&mut self, _: CountLinks, _: &mut Self::Context) -> Self::Result {
        MessageResult(self.shard.state.borrow().counts())
    }
}

impl Handler<CountAudiences> for ShardActor {
    type Result = MessageResult<CountAudiences>;

    fn handle(&mut self, mail: CountAudiences, _: &mut Self::Context) -> Self::Result {
        let state = self.shard.state.borrow();
        let length = |id: &ChannelId| state.audience(*id).map_or(0, Audience::len);
        MessageResult(mail.0.iter().map(length).collect())
    }
}

impl Handler<HangUpAll> for ShardActor {
    type Result = ();

    fn handle(&mut self, mail: HangUpAll, _: &mut Self::Context) {
        let slots = self.shard.state.borrow().slots();
        for slot in slots {
            self.shard.hang_up(slot, mail.0);
        }
    }
}

impl Handler<CloseStreams> for ShardActor {
    type Result = ();

    fn handle(&mut self, mail: CloseStreams, _: &mut Self::Context) {
        let slots = self
            .shard
            .state
            .borrow()
            .at(&RoutingKey::App(mail.client))
            .to_vec();
        for slot in slots {
            let plays_one =
                self.shard
                    .state
                    .borrow()
                    .link(slot)
                    .is_some_and(|link| match &link.who {
                        link::Who::App(stream, _, _) => mail.keys.contains(&stream.key),
                        link::Who::Unclaimed(_) | link::Who::User(..) => false,
                    });
            if plays_one {
                self.shard.hang_up(slot, Goodbye::StreamDeleted);
            }
        }
    }
}

impl Shard {
    /// The current tick.
    pub fn now(&self) -> u32 {
        self.wheel.borrow().now()
    }

    /// The last socket here has these events.
    fn walked(&self, deliveries: &[Arc<Delivery>]) {
        let now = self.clock.now();
        for delivery in deliveries {
            delivery.note_fanned_out(&self.numbers, now, self.metrics.spans());
        }
    }

    /// Counts what a walk did.
    fn count(&self, frames: u64, writes: u64, bytes: u64) {
        self.metrics.add(Counter::FramesSent, frames);
        self.metrics.add(Counter::SocketWrites, writes);
        self.metrics.add(Counter::BytesSent, bytes);
        self.numbers.sent(frames, bytes);
    }
}
