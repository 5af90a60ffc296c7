//! One channel in use: its ACL, its subscribers, its writes.
//!
//! The actor loads itself when it starts, before it takes mail, and passivates after it was not used for a
//! while. What it knows follows the log ([`mail::EventsArrived`]), so it is right on every machine.

pub mod acl;
pub mod change;
pub mod mail;
pub mod rules;
pub mod state;
pub mod write;

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use actix::fut::wrap_future;
use actix::prelude::*;
use tokio::time::Instant;

use self::change::ChangeLimits;
use self::mail::{
    ChangeChannel, ChangeOwner, ChangeSubscription, Deactivate, DeleteMessage, EventsArrived,
    MayListen, PostMessage, SetChannelPresence, SetSticky,
};
use self::state::ChannelState;
use super::Shared;
use crate::event::{Event, Payload, Timestamps};
use crate::fault::Fault;
use crate::model::{
    Channel, ChannelId, Failure, Message, NewMessage, Presence, Refusal, Refused, Subscribers,
    User, UserPrincipal,
};
use crate::store::{Answer, Call, PlainMessage, Purpose, Tx};
use crate::telemetry::Span;

/// Mails that may wait for a channel.
pub const MAILBOX: usize = 4096;

type Saved = Result<Arc<Channel>, Failure>;

/// One per channel in use.
pub struct ChannelActor {
    id: ChannelId,
    shared: Arc<Shared>,
    /// `None` if there is no such channel; then every mail is refused and the actor passivates soon.
    state: Option<ChannelState>,
    used: Instant,
}

impl ChannelActor {
    /// Not loaded yet.
    pub fn new(id: ChannelId, shared: Arc<Shared>) -> Self {
        Self {
            id,
            shared,
            state: None,
            used: Instant::now(),
        }
    }

    fn state(&mut self) -> Result<&mut ChannelState, Failure> {
        self.used = Instant::now();
        self.state
            .as_mut()
            .ok_or_else(|| Refusal::ChannelNotFound.into())
    }

    fn load(&self) -> impl ActorFuture<Self, Output = ()> + 'static {
        let (id, store) = (self.id, self.shared.store.clone());
        let read = async move {
            store
                .read_for(Purpose::Delivery, move |db| {
                    let Some(channel) = db.channel(id)? else {
                        return Ok(None);
                    };
                    let subscribers = db.subscribers(id)?;
                    Ok(Some(ChannelState::new(
                        channel,
                        subscribers.into_iter().collect(),
                        db.log_head()?.pos,
                    )))
                })
                .await
        };
        wrap_future(read).map(
            |loaded, actor: &mut Self, ctx: &mut Context<Self>| match loaded {
                Ok(Some(state)) => actor.state = Some(state),
                // Stop soon, so that requests for unknown channels do not accumulate actors.
                Ok(None) => {
                    ctx.run_later(Duration::from_secs(1), |actor, ctx| actor.passivate(ctx));
                }
                // The next mail starts it again.
                Err(_) => actor.passivate(ctx),
            },
        )
    }

    fn passivate(&self, ctx: &mut Context<Self>) {
        self.shared
            .directory
            .remove_channel(self.id, &ctx.address());
        ctx.stop();
    }

    /// A write that changes the channel itself: the mailbox waits for its commit, so that the next mail is
    /// held against the new ACL. `may` refuses by what is known here, before the lane is bothered; what it lets pass the
    /// job decides.
    fn save(
        &mut self,
        may: impl FnOnce(&Channel) -> Result<(), Refused>,
        job: impl FnOnce(&mut Tx<'_>, &Arc<Channel>) -> Saved + Send + 'static,
    ) -> AtomicResponse<Self, Saved> {
        let known = self.known_for_job(may);
        let store = &self.shared.store;
        let written = known.and_then(|known| store.begin_call(move |tx| job(tx, &known)));
        let write = async move { written?.wait().await };
        AtomicResponse::new(Box::pin(wrap_future(write).map(
            move |saved: Saved, actor: &mut Self, _| {
                if let (Ok(channel), Some(state)) = (&saved, actor.state.as_mut()) {
                    state.learn(channel);
                    actor.shared.presence.keep_readers(channel);
                }
                saved
            },
        )))
    }

    /// Decides on a message and puts it into the lane.
    fn post(
        &mut self,
        principal: UserPrincipal,
        author: Arc<User>,
        new: NewMessage,
        answer: Answer<Message>,
    ) {
        let store = self.shared.store.clone();
        let channel = match self.known_for_job(|channel| rules::may_write(channel, &principal)) {
            Ok(channel) => channel,
            Err(failure) => return answer.give(Err(failure)),
        };
        // What is data has no room for a key.
        if channel.is_pm() || Call::has_key() || !PlainMessage::is_enough_for(&new) {
            let job = move |tx: &mut Tx<'_>| write::message(tx, &channel, &principal, author, new);
            return store.carry_out_for(answer, job);
        }
        let plain = PlainMessage {
            channel: channel.brief(),
            revision: channel.revision,
            author,
            new,
            allow: Box::new(move |channel| rules::may_write(channel, &principal)),
        };
        store.post(plain, answer);
    }

    /// The channel, if what is known of it allows something.
    fn known(
        &mut self,
        may: impl FnOnce(&Channel) -> Result<(), Refused>,
    ) -> Result<Arc<Channel>, Failure> {
        let state = self.state()?;
        may(state.channel())?;
        Ok(state.channel().clone())
    }

    /// The same before a job that asks the rule again. A call with a key may have been carried out before, and what it did
    /// may be the reason why it is not allowed now: its job alone decides.
    fn known_for_job(
        &mut self,
        may: impl FnOnce(&Channel) -> Result<(), Refused>,
    ) -> Result<Arc<Channel>, Failure> {
        self.known(|channel| match Call::has_key() {
            true => Ok(()),
            false => may(channel),
        })
    }
}

impl Actor for ChannelActor {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.set_mailbox_capacity(MAILBOX);
        ctx.wait(self.load());
        let idle = self.shared.idle;
        ctx.run_interval(idle / 4, move |actor, ctx| {
            if actor.used.elapsed() >= idle {
                actor.passivate(ctx);
            }
        });
    }
}

impl Handler<PostMessage> for ChannelActor {
    type Result = ();

    fn handle(&mut self, mail: PostMessage, _: &mut Self::Context) {
        if Fault::ActorThread.happens_once() {
            Arbiter::current().stop();
        }
        Fault::ChannelActor.panics_once();
        let sent = mail.ticket.sent();
        self.post(mail.principal, mail.author, mail.new, mail.ticket.take());
        self.shared.metrics.spans().since(Span::Decide, sent);
    }
}

impl Handler<DeleteMessage> for ChannelActor {
    type Result = ();

    fn handle(&mut self, mail: DeleteMessage, _: &mut Self::Context) {
        let answer = mail.ticket.take();
        match self.known_for_job(|channel| mail.principal.opens(channel).demand()) {
            Ok(channel) => self.shared.store.carry_out_for(answer, move |tx| {
                write::delete_message(tx, &channel, &mail.principal, mail.id)
            }),
            Err(failure) => answer.give(Err(failure)),
        }
    }
}

impl Handler<SetSticky> for ChannelActor {
    type Result = ();

    fn handle(&mut self, mail: SetSticky, _: &mut Self::Context) {
        let answer = mail.ticket.take();
        match self.known_for_job(|channel| rules::may_stick(channel, &mail.principal)) {
            Ok(channel) => self.shared.store.carry_out_for(answer, move |tx| {
                write::set_sticky(tx, &channel, &mail.principal, mail.id, mail.sticky)
            }),
            Err(failure) => answer.give(Err(failure)),
        }
    }
}

impl Handler<ChangeChannel> for ChannelActor {
    type Result = AtomicResponse<Self, Saved>;

    fn handle(&mut self, mail: ChangeChannel, _: &mut Self::Context) -> Self::Result {
        let limits = self.shared.limits.get();
        let limits = ChangeLimits {
            members: limits.channel_members,
            raw_bytes: limits.raw_bytes,
            subscribe_listed: self.shared.subscribe_listed,
        };
        let ChangeChannel { principal, change } = mail;
        let may = principal.clone();
        self.save(
            move |channel| rules::may_edit(channel, &may),
            move |tx, known| write::change(tx, known, &principal, &change, limits),
        )
    }
}

impl Handler<ChangeOwner> for ChannelActor {
    type Result = AtomicResponse<Self, Saved>;

    fn handle(&mut self, mail: ChangeOwner, _: &mut Self::Context) -> Self::Result {
        let ChangeOwner { principal, owner } = mail;
        let may = principal.clone();
        self.save(
            move |channel| rules::may_own(channel, &may),
            move |tx, known| write::hand_over(tx, known, &principal, owner),
        )
    }
}

impl Handler<Deactivate> for ChannelActor {
    type Result = AtomicResponse<Self, Saved>;

    fn handle(&mut self, mail: Deactivate, _: &mut Self::Context) -> Self::Result {
        let may = mail.principal.clone();
        self.save(
            move |channel| rules::may_own(channel, &may),
            move |tx, known| write::deactivate(tx, known, &mail.principal),
        )
    }
}

impl Handler<ChangeSubscription> for ChannelActor {
    type Result = AtomicResponse<Self, Saved>;

    fn handle(&mut self, mail: ChangeSubscription, _: &mut Self::Context) -> Self::Result {
        let ChangeSubscription { principal, how } = mail;
        let may = principal.clone();
        self.save(
            move |channel| rules::may_attend(channel, &may, how),
            move |tx, known| write::change_subscription(tx, known, &principal, how),
        )
    }
}

impl Handler<SetChannelPresence> for ChannelActor {
    type Result = Result<Presence, Failure>;

    fn handle(&mut self, mail: SetChannelPresence, _: &mut Self::Context) -> Self::Result {
        let shared = self.shared.clone();
        // Users that lost the channel may still leave it.
        if mail.set.text.is_none() {
            let channel = self.known(|_| Ok(()))?;
            return Ok(shared.presence.leave(mail.principal.user, channel.id));
        }
        let channel = self.known(|channel| rules::may_be_present(channel, &mail.principal))?;
        let presence = shared
            .presence
            .set_in(mail.principal.user, channel.id, mail.set);
        if presence.text.is_some() {
            let channel = channel.brief();
            shared.publish(presence_event(
                &shared,
                mail.user,
                channel,
                presence.clone(),
            ));
        }
        Ok(presence)
    }
}

fn presence_event(
    shared: &Shared,
    user: Arc<User>,
    channel: crate::model::ChannelBrief,
    presence: Presence,
) -> Event {
    let payload = Payload::ChannelPresence {
        user,
        channel,
        presence,
    };
    Event {
        pos: None,
        at: shared.store.now(),
        payload,
        timestamps: Timestamps::default(),
        row_bytes: 0,
    }
}

impl Handler<MayListen> for ChannelActor {
    type Result = Result<(), Failure>;

    fn handle(&mut self, mail: MayListen, _: &mut Self::Context) -> Self::Result {
        self.known(|channel| rules::may_read(channel, &mail.0))
            .map(|_| ())
    }
}

impl Handler<EventsArrived> for ChannelActor {
    type Result = MessageResult<EventsArrived>;

    fn handle(&mut self, mail: EventsArrived, _: &mut Self::Context) -> Self::Result {
        let Ok(state) = self.state() else {
            return MessageResult(mail.0.iter().map(|_| Subscribers::default()).collect());
        };
        let subscribers = mail.0.iter().map(|event| {
            state.apply(event);
            state.subscribers().clone()
        });
        MessageResult(subscribers.collect())
    }
}
