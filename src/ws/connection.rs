//! One websocket's actor: what the client sends comes in here, what REST asks of the connection too.
//!
//! What goes out is written by the shard. Whatever ends the connection, the actor is dropped, and dropping it
//! takes everything of it out of shard, directory and limits.

use std::rc::Rc;
use std::sync::Arc;

use actix::prelude::*;
use bytes::BytesMut;

use super::reader::{Heard, Reader};
use crate::actors::Shared;
use crate::actors::connection::{Answer, ConnectionMail, ConnectionSlot};
use crate::actors::shard::Shard;
use crate::actors::shard::audience::Slot;
use crate::actors::shard::link::{Link, Subscription, Who};
use crate::fault::Fault;
use crate::model::{ConnectionId, Refusal, Token, UserId};
use crate::protocol::frame::PONG;
use crate::protocol::goodbye::Goodbye;
use crate::store::Failure;
use crate::telemetry::Counter;

/// Mails that may wait for a connection: one per REST call that concerns it.
const MAILBOX: usize = 32;

/// One per websocket.
pub(super) struct ConnectionActor {
    shared: Arc<Shared>,
    shard: Rc<Shard>,
    slot: Slot,
    serial: u64,
    id: ConnectionId,
    /// Counts against a limit until the actor is dropped.
    place: ConnectionSlot,
}

impl ConnectionActor {
    /// Takes a connection in that was admitted: from here on its exits are the actor's.
    pub(super) fn launch(
        shared: Arc<Shared>,
        shard: Rc<Shard>,
        place: ConnectionSlot,
        rest: BytesMut,
        make: impl FnOnce(u64) -> Link,
    ) -> (Slot, u64) {
        let (slot, serial) = shard.state.borrow_mut().admit(make);
        shard.watch(slot, serial, matches!(place, ConnectionSlot::Unclaimed(_)));
        shared.metrics.add(Counter::ConnectionsOpened, 1);
        let (id, socket) = {
            let state = shard.state.borrow();
            match state.link(slot) {
                Some(link) => (link.id.clone(), link.socket.clone()),
                None => return (slot, serial),
            }
        };
        let limit = shard.limits.inbound_bytes;
        let actor = Self {
            shared,
            shard,
            slot,
            serial,
            id,
            place,
        };
        Self::create(move |ctx| {
            ctx.set_mailbox_capacity(MAILBOX);
            ctx.add_stream(Reader::new(socket, rest, limit));
            actor
                .shared
                .directory
                .register(actor.id.clone(), ctx.address().recipient());
            actor
        });
        (slot, serial)
    }

    fn with_link<T>(&self, ask: impl FnOnce(&mut Link) -> T) -> Option<T> {
        let mut state = self.shard.state.borrow_mut();
        state
            .link_mut(self.slot)
            .filter(|link| link.serial == self.serial)
            .map(ask)
    }

    /// Whether REST calls may still concern it.
    fn is_open_for(&self, user: UserId) -> bool {
        let open = |link: &mut Link| link.closing.is_none() && link.who.user() == Some(user);
        self.with_link(open).unwrap_or(false)
    }

    fn claim(&mut self, token: Arc<Token>, user: UserId, place: ConnectionSlot) {
        self.place = place;
        self.shard
            .state
            .borrow_mut()
            .claim(self.slot, Who::User(user, token));
    }

    fn follow(
        &self,
        subscription: Subscription,
        follows: Option<std::collections::HashSet<UserId>>,
    ) -> Result<Answer, Failure> {
        let most = self.shard.limits.subscriptions;
        let mut state = self.shard.state.borrow_mut();
        if state.was_revoked(subscription.token.id) {
            return Err(Refusal::TokenInvalid.into());
        }
        let Some(link) = state.link(self.slot) else {
            return Ok(Answer::NotYours);
        };
        let replaces = link
            .subscriptions
            .iter()
            .any(|known| known.id == subscription.id);
        if link.subscriptions.len() >= most && !replaces {
            return Err(Refusal::SubscriptionLimit.at("connection_id").into());
        }
        state.follow(self.slot, subscription, follows);
        Ok(Answer::Done)
    }
}

impl Actor for ConnectionActor {
    type Context = Context<Self>;
}

impl Drop for ConnectionActor {
    fn drop(&mut self) {
        self.shared.directory.unregister(&self.id);
        // The link is dropped after the borrow: its socket may wake its reader.
        let link = self.shard.state.borrow_mut().remove(self.slot, self.serial);
        // A drain that waits for a peer that does not read holds the socket: it must end too.
        if let Some(link) = link {
            link.socket.cut();
        }
        self.shared.metrics.add(Counter::ConnectionsGone, 1);
    }
}

impl StreamHandler<Heard> for ConnectionActor {
    fn handle(&mut self, heard: Heard, ctx: &mut Self::Context) {
        Fault::ConnectionActor.panics_once();
        let now = self.shard.now();
        let closing = self.with_link(|link| {
            link.heard = now;
            link.closing.is_some()
        });
        match (heard, closing) {
            // The answer to our goodbye, or the shard has let go already.
            (Heard::Close, Some(true)) | (_, None) => ctx.stop(),
            (_, Some(true)) => {}
            (Heard::Message, _) => self.shard.write(self.slot, PONG),
            (Heard::Part | Heard::Pong, _) => {}
            (Heard::Ping(bytes), _) => {
                // Control frames carry 125 bytes at most; the codec has refused longer ones.
                let mut frame = vec![0x8a, u8::try_from(bytes.len()).unwrap_or(0)];
                frame.extend_from_slice(&bytes);
                self.shard.write(self.slot, &frame);
            }
            (Heard::Close, _) => {
                self.shard.hang_up(self.slot, Goodbye::Asked);
                ctx.stop();
            }
            (Heard::Fault(goodbye), _) => self.shard.hang_up(self.slot, goodbye),
        }
    }
}

impl Handler<ConnectionMail> for ConnectionActor {
    type Result = Result<Answer, Failure>;

    fn handle(&mut self, mail: ConnectionMail, _: &mut Self::Context) -> Self::Result {
        match mail {
            ConnectionMail::Subscribe {
                token,
                user,
                topic,
                filter,
                id,
                follows,
                slot,
            } => {
                let unclaimed = self
                    .with_link(|link| {
                        matches!(link.who, Who::Unclaimed(_)) && link.closing.is_none()
                    })
                    .unwrap_or(false);
                if unclaimed {
                    let Some(slot) = slot else {
                        return Ok(Answer::Unclaimed);
                    };
                    if self.shard.state.borrow().was_revoked(token.id) {
                        return Err(Refusal::TokenInvalid.into());
                    }
                    self.claim(token.clone(), user, ConnectionSlot::User(slot));
                } else if !self.is_open_for(user) {
                    return Ok(Answer::NotYours);
                }
                self.follow(
                    Subscription {
                        id,
                        topic,
                        filter,
                        token,
                    },
                    follows,
                )
            }
            ConnectionMail::FillInbox(channels) => {
                self.shard
                    .state
                    .borrow_mut()
                    .fill_inbox(self.slot, channels);
                Ok(Answer::Done)
            }
            ConnectionMail::Unsubscribe(user, id) => {
                if !self.is_open_for(user) {
                    return Ok(Answer::NotYours);
                }
                let gone = self
                    .shard
                    .state
                    .borrow_mut()
                    .unfollow(self.slot, |known| known.id == id);
                Ok(if gone > 0 {
                    Answer::Done
                } else {
                    Answer::NotYours
                })
            }
            ConnectionMail::Close(user, goodbye) => {
                if !self.is_open_for(user) {
                    return Ok(Answer::NotYours);
                }
                self.shard.hang_up(self.slot, goodbye);
                Ok(Answer::Done)
            }
        }
    }
}
