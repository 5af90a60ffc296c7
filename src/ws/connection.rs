//! One connection's actor: it handles what the client sends, and what REST calls ask of the connection.
//!
//! What goes out is written by the shard. Whatever ends the connection, the actor is dropped, and dropping it
//! takes everything of it out of shard, directory and limits.

use std::convert::Infallible;
use std::rc::Rc;
use std::sync::Arc;

use actix::prelude::*;
use bytes::{Bytes, BytesMut};
use tokio::sync::oneshot;

use super::reader::{Heard, Reader};
use crate::actors::Shared;
use crate::actors::connection::{ConnectionMail, ConnectionPermit, ConnectionReply};
use crate::actors::permits::Permit;
use crate::actors::shard::Shard;
use crate::actors::shard::state::{ConnectionHandle, ConnectionRef, Identity, State, Subscription};
use crate::event::Pos;
use crate::fault::{Fault, Seeded, seeded};
use crate::http::socket::Place;
use crate::model::Failure;
use crate::model::{ConnectionId, Refusal, Token, UserId};
use crate::protocol::frame::pong;
use crate::protocol::goodbye::{Ended, Goodbye};
use crate::protocol::render_class::RenderClass;
use crate::telemetry::Counter;

/// Mails that may wait for a connection: one per REST call that concerns it.
const MAILBOX: usize = 32;

/// One per websocket, and per stream that leaves as an answer.
pub(super) struct ConnectionActor {
    shared: Arc<Shared>,
    shard: Rc<Shard>,
    /// Where the shard has it.
    connection: ConnectionRef,
    id: ConnectionId,
    /// Tells it from an earlier and a later connection of its session.
    number: u64,
    /// Counts against a limit until the actor is dropped.
    permit: ConnectionPermit,
    /// So does its place among the connections of its address.
    _place: Option<Place>,
    /// Told when all of this is given back, so it is the last field.
    gone: Option<oneshot::Sender<Infallible>>,
}

/// The parts of an actor without the handle of its connection.
pub(super) struct Launch {
    /// What all actors share.
    pub shared: Arc<Shared>,
    /// The shard of this thread.
    pub shard: Rc<Shard>,
    /// Held as long as the connection lives.
    pub permit: ConnectionPermit,
    /// The same.
    pub place: Option<Place>,
    /// Bytes that came along with the request.
    pub read_ahead: BytesMut,
    /// Told when the connection is gone; of a request that waits for that before it is answered.
    pub gone: Option<oneshot::Sender<Infallible>>,
}

impl ConnectionActor {
    /// Takes a connection in that was admitted: from here on its exits are the actor's.
    pub(super) fn launch(
        launch: Launch,
        make: impl FnOnce(u64) -> ConnectionHandle,
    ) -> ConnectionRef {
        let Launch {
            shared,
            shard,
            permit,
            place,
            read_ahead,
            gone,
        } = launch;
        let connection = shard.state.borrow_mut().admit(make);
        shard.watch(connection, matches!(permit, ConnectionPermit::Unclaimed(_)));
        shared.metrics.add(Counter::ConnectionsOpened, 1);
        let (id, socket) = {
            let state = shard.state.borrow();
            let Some(handle) = state.connections.find(connection) else {
                return connection;
            };
            if let Some(cluster) = shared.cluster.as_ref().filter(|_| handle.is_session) {
                cluster.hold(handle.id.clone());
            }
            (handle.id.clone(), handle.socket.clone())
        };
        let limit = shard.limits.inbound_bytes;
        let number = shared.number_call();
        let actor = Self {
            shared,
            shard,
            connection,
            number,
            id,
            permit,
            _place: place,
            gone,
        };
        Self::create(move |ctx| {
            ctx.set_mailbox_capacity(MAILBOX);
            ctx.add_stream(Reader::new(socket, read_ahead, limit));
            let own = ctx.address().recipient();
            let directory = &actor.shared.directory;
            if let Some(older) = directory.register(actor.id.clone(), actor.number, own) {
                // The newest wins. One that is closing already needs no word.
                actix_rt::spawn(async move {
                    drop(older.send(ConnectionMail::TakeOver).await);
                });
            }
            actor
        });
        connection
    }

    /// Whether REST calls of this user may still concern it.
    fn is_open_for(&self, user: UserId) -> bool {
        let state = self.shard.state.borrow();
        let handle = state.connections.find_open(self.connection);
        handle.is_some_and(|handle| handle.identity.user() == Some(user))
    }

    fn is_unclaimed(&self) -> bool {
        let state = self.shard.state.borrow();
        let handle = state.connections.find_open(self.connection);
        handle.is_some_and(|handle| matches!(handle.identity, Identity::Unclaimed(_)))
    }

    /// Whether a call of this user concerns it; an unclaimed one is claimed, if there is a permit. Else the answer.
    fn belong_to(
        &mut self,
        user: UserId,
        token: &Arc<Token>,
        permit: Option<Permit<UserId>>,
    ) -> Result<Option<ConnectionReply>, Failure> {
        if !self.is_unclaimed() {
            return Ok((!self.is_open_for(user)).then_some(ConnectionReply::NotYours));
        }
        let Some(permit) = permit else {
            return Ok(Some(ConnectionReply::Unclaimed));
        };
        if self.shard.state.borrow().revoked.contains(token.id) {
            return Err(Refusal::TokenInvalid.into());
        }
        self.claim(token.clone(), user, ConnectionPermit::User(permit));
        Ok(None)
    }

    fn claim(&mut self, token: Arc<Token>, user: UserId, permit: ConnectionPermit) {
        self.permit = permit;
        let identity = Identity::User(user, token);
        let mut state = self.shard.state.borrow_mut();
        state.claim(self.connection.index, identity);
    }

    fn subscribe(&self, subscription: Subscription) -> Result<ConnectionReply, Failure> {
        let most = self.shard.limits.subscriptions;
        let mut state = self.shard.state.borrow_mut();
        if state.revoked.contains(subscription.token.id) {
            return Err(Refusal::TokenInvalid.into());
        }
        let Some(handle) = state.connections.find(self.connection) else {
            return Ok(ConnectionReply::NotYours);
        };
        let mut known = handle.subscriptions.iter();
        let replaces_one = known.any(|known| known.id == subscription.id);
        // Calls that replace one have both until they succeed or fail: as many again, in all.
        let is_full = match replaces_one {
            true => handle.subscriptions.len() >= most.saturating_mul(2),
            false => handle.subscription_ids() >= most,
        };
        if is_full {
            return Err(Refusal::SubscriptionLimit.at("connection_id").into());
        }
        let session = handle.is_session;
        let is_exact = handle.render_class.has(RenderClass::CURSOR);
        let serial = subscription.serial;
        state.subscribe(self.connection.index, subscription);
        drop(state);
        if is_exact {
            self.shard.hold(self.connection, serial);
        }
        Ok(ConnectionReply::Subscribed {
            held: is_exact,
            session,
        })
    }

    /// A list was read for a subscription. If that has ended since, the list is older than a later subscription may need.
    fn fill(&self, serial: u64, fill: impl FnOnce(&mut State)) -> ConnectionReply {
        let mut state = self.shard.state.borrow_mut();
        if !state.has_subscription(self.connection, serial) {
            return ConnectionReply::NotYours;
        }
        fill(&mut state);
        ConnectionReply::Done
    }

    fn is_session(&self, state: &State) -> bool {
        let handle = state.connections.find(self.connection);
        handle.is_some_and(|handle| handle.is_session)
    }

    fn is_open(&self) -> bool {
        let state = self.shard.state.borrow();
        state.connections.find_open(self.connection).is_some()
    }

    /// The page of a subscription was read, or will not be.
    fn release(&self, serial: u64) {
        if self.is_open() {
            self.shard.release(self.connection.index, serial);
        }
    }

    fn settle(&self, user: UserId, serial: u64, page: Option<Pos>) {
        if self.is_open_for(user) {
            let mut state = self.shard.state.borrow_mut();
            state.settle(self.connection.index, serial, page);
        }
        self.release(serial);
    }

    /// The user closes it: a session ends with it.
    fn close(&self, user: UserId, goodbye: Goodbye) -> ConnectionReply {
        if !self.is_open_for(user) {
            return ConnectionReply::NotYours;
        }
        let session = {
            let mut state = self.shard.state.borrow_mut();
            let handle = state.connections.find_mut(self.connection);
            handle.is_some_and(|handle| std::mem::take(&mut handle.is_session))
        };
        self.shard.close(self.connection.index, goodbye);
        match session {
            true => ConnectionReply::DoneInSession,
            false => ConnectionReply::Done,
        }
    }

    fn unsubscribe(&self, user: UserId, goes: impl Fn(&Subscription) -> bool) -> ConnectionReply {
        if !self.is_open_for(user) {
            return ConnectionReply::NotYours;
        }
        let mut state = self.shard.state.borrow_mut();
        match state.unsubscribe(self.connection.index, goes) {
            0 => ConnectionReply::NotYours,
            _ if self.is_session(&state) => ConnectionReply::DoneInSession,
            _ => ConnectionReply::Done,
        }
    }

    /// The session stays. A store that is busy or closed keeps it as it was.
    fn park(&self) {
        let (id, node) = (self.id.clone(), self.shared.node());
        let store = &self.shared.store;
        drop(store.submit(move |tx| tx.park_stream_session(&id, node.as_ref())));
    }
}

impl Actor for ConnectionActor {
    type Context = Context<Self>;
}

impl Drop for ConnectionActor {
    fn drop(&mut self) {
        let is_own = self.shared.directory.unregister(&self.id, self.number);
        if let Some(cluster) = self.shared.cluster.as_ref().filter(|_| is_own) {
            cluster.let_go(&self.id);
        }
        // The handle is dropped after the borrow: its socket may wake its reader.
        let handle = self.shard.state.borrow_mut().remove(self.connection);
        if let Some(handle) = &handle {
            if let Some(progress) = &handle.catching_up {
                progress.notify_one();
            }
            // One that was taken over has a connection.
            if is_own && handle.is_session {
                self.park();
            }
        }
        // A drain that waits for a peer that does not read holds the socket: it must end too.
        if let Some(handle) = handle {
            // The end of a request that waited is its answer.
            if handle.closing.is_none() && self.gone.is_none() {
                self.shard.note_end(&handle, Ended::Lost);
            }
            handle.socket.cut();
        }
        self.shared.metrics.add(Counter::ConnectionsGone, 1);
    }
}

impl StreamHandler<Heard> for ConnectionActor {
    fn handle(&mut self, heard: Heard, ctx: &mut Self::Context) {
        Fault::ConnectionActor.panics_once();
        let now = self.shard.now();
        let known = {
            let mut state = self.shard.state.borrow_mut();
            let handle = state.connections.find_mut(self.connection);
            handle.map(|handle| {
                handle.heard = now;
                (handle.closing.is_some(), handle.render_class.coding())
            })
        };
        let Some((is_closing, coding)) = known else {
            // The shard has removed the connection already.
            return ctx.stop();
        };
        match (heard, is_closing) {
            // The answer to our close frame.
            (Heard::Close, true) => ctx.stop(),
            (_, true) => {}
            (Heard::Message, _) => self.shard.write(self.connection.index, &pong(coding)),
            (Heard::Part | Heard::Pong, _) => {}
            (Heard::Ping(bytes), _) => {
                // Control frames carry 125 bytes at most; the codec has refused longer ones.
                let mut frame = vec![0x8a, u8::try_from(bytes.len()).unwrap_or(0)];
                frame.extend_from_slice(&bytes);
                self.shard.write(self.connection.index, &Bytes::from(frame));
            }
            (Heard::Close, _) => {
                self.shard.close(self.connection.index, Goodbye::Asked);
                ctx.stop();
            }
            (Heard::Fault(goodbye), _) => self.shard.close(self.connection.index, goodbye),
        }
    }
}

impl Handler<ConnectionMail> for ConnectionActor {
    type Result = Result<ConnectionReply, Failure>;

    fn handle(&mut self, mail: ConnectionMail, _: &mut Self::Context) -> Self::Result {
        match mail {
            ConnectionMail::Subscribe {
                token,
                user,
                topic,
                filter,
                id,
                serial,
                since,
                permit,
            } => {
                if let Some(no) = self.belong_to(user, &token, permit)? {
                    return Ok(no);
                }
                let subscription = Subscription {
                    id,
                    serial,
                    since,
                    topic,
                    filter,
                    token,
                };
                self.subscribe(subscription)
            }
            ConnectionMail::FillInbox { serial, channels } => Ok(self.fill(serial, |state| {
                state.fill_inbox(self.connection.index, channels);
            })),
            ConnectionMail::FillHome {
                user,
                serial,
                followed,
                is_last,
            } => Ok(self.fill(serial, |state| {
                state.homes.fill(user, &followed, is_last);
            })),
            ConnectionMail::Settle { user, serial, page } => {
                self.settle(user, serial, page);
                Ok(ConnectionReply::Done)
            }
            ConnectionMail::TakeBack { user, serial } => {
                let done = self.unsubscribe(user, |known| known.serial == serial);
                self.release(serial);
                Ok(done)
            }
            ConnectionMail::Unsubscribe(user, id) => {
                Ok(self.unsubscribe(user, |known| known.id == id))
            }
            ConnectionMail::Close(user, goodbye) => Ok(self.close(user, goodbye)),
            ConnectionMail::TakeOver => {
                if self.is_open() && !seeded(Seeded::TakeOverKeepsBoth) {
                    self.shard.close(self.connection.index, Goodbye::TakenOver);
                }
                Ok(ConnectionReply::Done)
            }
        }
    }
}
