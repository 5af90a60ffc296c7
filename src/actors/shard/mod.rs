//! The connections of one worker thread.
//!
//! `ShardActor` takes batches of deliveries from `LogTail` and walks them over its sockets. What it knows is
//! shared with the connection actors of the same thread through [`Shard`]; nothing of it leaves the thread.

pub mod audience;
pub mod hearing;
pub mod link;
pub mod socket;
pub mod state;
mod walk;
pub mod wheel;

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix::fut::wrap_future;
use actix::prelude::*;
use bytes::Bytes;

use audience::Slot;
use socket::{Sent, send_now};
use state::State;
use wheel::Wheel;

use super::delivery::Delivery;
use super::interest::{Interest, Key, ShardId};
use crate::config::Streams;
use crate::model::{ClientId, StreamKey};
use crate::protocol::goodbye::Goodbye;
use crate::protocol::site::Site;
use crate::telemetry::{Counter, Metrics};

/// Length of a tick of the timer wheel: fine enough for a deadline of seconds, and twenty wake-ups per
/// second cost nothing.
const TICK: Duration = Duration::from_millis(50);

/// Batches that may wait for a shard; beyond that `LogTail` waits, and the log keeps what it has not read.
const MAILBOX: usize = 256;

/// Why a connection is looked at when its moment in the wheel comes.
#[derive(Clone, Copy, Debug)]
enum Look {
    /// Silence and claim; looked at as long as the connection lives.
    Life,
    /// A queue that does not move; looked at as long as there is one.
    Stall,
    /// The end of a goodbye.
    End,
}

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
    metrics: Arc<Metrics>,
    wheel: RefCell<Wheel<(Slot, u64, Look)>>,
}

/// Events for the connections of a thread, in `pos` order.
#[derive(actix::Message, Debug)]
#[rtype(result = "()")]
pub struct Batch(pub Vec<Arc<Delivery>>);

/// Asks for the number of connections and subscriptions here.
#[derive(actix::Message, Debug)]
#[rtype(result = "(usize, usize)")]
pub struct CountLinks;

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

/// Everything that waits in the mailbox is here: walk it.
#[derive(actix::Message, Debug)]
#[rtype(result = "()")]
struct Flush;

/// One per worker thread; ends with it.
#[derive(Debug)]
pub struct ShardActor {
    shard: Rc<Shard>,
    /// Deliveries of this turn, joined per socket when the flush comes.
    turn: Vec<Arc<Delivery>>,
    flush_sent: bool,
}

impl ShardActor {
    /// Starts the shard of the current thread.
    pub fn launch(
        id: ShardId,
        interest: Arc<Interest>,
        site: Arc<Site>,
        limits: Arc<Streams>,
        metrics: Arc<Metrics>,
    ) -> (Rc<Shard>, Addr<Self>) {
        let state = RefCell::new(State::new(id, interest));
        let shard = Rc::new(Shard {
            id,
            state,
            site,
            limits,
            metrics,
            wheel: RefCell::default(),
        });
        let actor = Self {
            shard: shard.clone(),
            turn: Vec::new(),
            flush_sent: false,
        };
        (shard, actor.start())
    }

    fn walk_turn(&mut self, ctx: &mut Context<Self>) {
        self.flush_sent = false;
        let turn = std::mem::take(&mut self.turn);
        let shard = self.shard.clone();
        // The mailbox waits, so the next batch follows this one; everything else on the thread goes on
        // between the slices of a long walk.
        ctx.wait(wrap_future(async move { walk::walk(&shard, turn).await }));
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

impl Handler<Batch> for ShardActor {
    type Result = ();

    fn handle(&mut self, batch: Batch, ctx: &mut Self::Context) {
        self.turn.extend(batch.0);
        // The flush goes behind what already waits, so that one write per socket carries all of it.
        if !self.flush_sent {
            self.flush_sent = ctx.address().try_send(Flush).is_ok();
        }
        if !self.flush_sent {
            self.walk_turn(ctx);
        }
    }
}

impl Handler<Flush> for ShardActor {
    type Result = ();

    fn handle(&mut self, _: Flush, ctx: &mut Self::Context) {
        self.walk_turn(ctx);
    }
}

impl Handler<CountLinks> for ShardActor {
    type Result = MessageResult<CountLinks>;

    fn handle(&mut self, _: CountLinks, _: &mut Self::Context) -> Self::Result {
        MessageResult(self.shard.state.borrow().counts())
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
            .at(&Key::App(mail.client))
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

    /// Starts the deadlines of a connection that was just admitted.
    pub fn watch(&self, slot: Slot, serial: u64, unclaimed: bool) {
        let first = if unclaimed {
            self.limits.unclaimed_ms
        } else {
            self.silence_ms()
        };
        self.wheel.borrow_mut().put(
            (slot, serial, Look::Life),
            ticks(first.min(self.silence_ms())),
        );
    }

    fn silence_ms(&self) -> u64 {
        self.limits.silence_ms.saturating_add(self.limits.grace_ms)
    }

    fn tick(self: &Rc<Self>) {
        let due = self.wheel.borrow_mut().turn();
        for (slot, serial, look) in due {
            let again = match look {
                Look::Life => self.look_at_life(slot, serial),
                Look::Stall => self.look_at_queue(slot, serial),
                Look::End => {
                    self.end(slot, serial);
                    None
                }
            };
            if let Some(wait) = again {
                self.wheel.borrow_mut().put((slot, serial, look), wait);
            }
        }
    }

    fn look_at_life(self: &Rc<Self>, slot: Slot, serial: u64) -> Option<u32> {
        let now = self.now();
        let (quiet, unclaimed_for) = {
            let state = self.state.borrow();
            let link = state
                .link(slot)
                .filter(|link| link.serial == serial && link.closing.is_none())?;
            let unclaimed = matches!(link.who, link::Who::Unclaimed(_));
            (
                now.wrapping_sub(link.heard),
                unclaimed.then(|| now.wrapping_sub(link.opened)),
            )
        };
        let (silence, claim) = (ticks(self.silence_ms()), ticks(self.limits.unclaimed_ms));
        if unclaimed_for.is_some_and(|age| age >= claim) {
            self.hang_up(slot, Goodbye::Unclaimed);
            return None;
        }
        if quiet >= silence {
            self.hang_up(slot, Goodbye::Silent);
            return None;
        }
        let until_claim = unclaimed_for.map_or(u32::MAX, |age| claim - age);
        Some(until_claim.min(silence - quiet))
    }

    fn look_at_queue(self: &Rc<Self>, slot: Slot, serial: u64) -> Option<u32> {
        let since = {
            let state = self.state.borrow();
            let link = state
                .link(slot)
                .filter(|link| link.serial == serial && link.closing.is_none())?;
            link.socket.behind_since()?
        };
        let (still, allowed) = (
            since.elapsed(),
            Duration::from_millis(self.limits.stalled_ms),
        );
        if still >= allowed {
            self.hang_up(slot, Goodbye::Slow);
            return None;
        }
        Some(ticks(
            u64::try_from((allowed - still).as_millis()).unwrap_or(u64::MAX),
        ))
    }

    fn end(&self, slot: Slot, serial: u64) {
        let state = self.state.borrow();
        if let Some(link) = state.link(slot).filter(|link| link.serial == serial) {
            link.socket.end();
        }
    }

    /// Says goodbye: nothing more is heard, what waits is dropped, the close frame goes out, and when the
    /// peer answers or the time is up the connection ends.
    pub fn hang_up(self: &Rc<Self>, slot: Slot, goodbye: Goodbye) {
        let linger = ticks(self.limits.linger_ms);
        let deadline = self.now().wrapping_add(linger);
        let serial = {
            let mut state = self.state.borrow_mut();
            let Some(link) = state.link_mut(slot).filter(|link| link.closing.is_none()) else {
                return;
            };
            link.closing = Some((goodbye, deadline));
            link.socket.drop_queue();
            let serial = link.serial;
            state.unfollow(slot, |_| true);
            serial
        };
        match goodbye {
            Goodbye::Slow => self.metrics.add(Counter::SlowCloses, 1),
            Goodbye::Silent => self.metrics.add(Counter::SilentCloses, 1),
            Goodbye::Asked
            | Goodbye::GoingAway
            | Goodbye::ProtocolFault
            | Goodbye::NotUtf8
            | Goodbye::TooBig
            | Goodbye::TokenRevoked
            | Goodbye::Unclaimed
            | Goodbye::StreamDeleted => {}
        }
        self.write(slot, &goodbye.frame());
        self.wheel
            .borrow_mut()
            .put((slot, serial, Look::End), linger);
    }

    /// Writes to one connection, behind whatever waits for it.
    pub fn write(self: &Rc<Self>, slot: Slot, bytes: &[u8]) {
        let fd = {
            let state = self.state.borrow();
            let Some(link) = state.link(slot) else { return };
            (!state.is_behind(slot)).then(|| link.socket.fd())
        };
        match fd.map(|fd| send_now(fd, bytes)) {
            Some(Sent::All) => {}
            Some(Sent::Part(taken)) => {
                self.queue(slot, bytes.get(taken..).unwrap_or_default(), taken > 0)
            }
            Some(Sent::Broken) => {
                if let Some(link) = self.state.borrow().link(slot) {
                    link.socket.end();
                }
            }
            None => self.queue(slot, bytes, false),
        }
    }

    /// Keeps bytes for a socket that is behind; over the bound it is closed as too slow.
    fn queue(self: &Rc<Self>, slot: Slot, rest: &[u8], begun: bool) {
        let (over, drain) = {
            let mut state = self.state.borrow_mut();
            let Some(link) = state.link(slot) else { return };
            let over = link.closing.is_none()
                && link.socket.queued_bytes() + rest.len() > self.limits.queue_bytes;
            // Even over the bound the rest of a frame whose beginning is gone has to follow.
            if over && !begun {
                (true, None)
            } else {
                let first = link
                    .socket
                    .queue(Bytes::copy_from_slice(rest), begun, Instant::now());
                let drain = first.then(|| (link.socket.clone(), link.serial));
                state.set_behind(slot, true);
                (over, drain)
            }
        };
        if let Some((socket, serial)) = drain {
            self.metrics.add(Counter::SocketsBehind, 1);
            self.wheel
                .borrow_mut()
                .put((slot, serial, Look::Stall), ticks(self.limits.stalled_ms));
            let shard = self.clone();
            actix_rt::spawn(async move {
                socket.drain(Instant::now).await;
                let mut state = shard.state.borrow_mut();
                if state.link(slot).is_some_and(|link| link.serial == serial) {
                    state.set_behind(slot, false);
                }
            });
        }
        if over {
            self.hang_up(slot, Goodbye::Slow);
        }
    }

    /// Counts what a walk did.
    fn count(&self, frames: u64, writes: u64) {
        self.metrics.add(Counter::FramesSent, frames);
        self.metrics.add(Counter::SocketWrites, writes);
    }
}

fn ticks(millis: u64) -> u32 {
    let tick = u64::try_from(TICK.as_millis()).unwrap_or(1);
    u32::try_from(millis.div_ceil(tick)).unwrap_or(u32::MAX)
}
