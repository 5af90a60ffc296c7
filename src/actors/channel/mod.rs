//! One channel in use: its ACL, its subscribers, its writes.
//!
//! The actor loads itself when it starts, with its mailbox shut, and rests when nobody has needed it for a
//! while. What it knows follows the log ([`mail::EventsArrived`]), so it is right on every machine.

pub mod mail;
pub mod state;
pub mod write;

use std::sync::Arc;
use std::time::Duration;

use actix::fut::wrap_future;
use actix::prelude::*;
use tokio::time::Instant;

use self::mail::{
    ChangeChannel, ChangeOwner, ChangeSubscription, Deactivate, DeleteMessage, EventsArrived,
    MayListen, PostMessage, SetChannelPresence, SetSticky,
};
use self::state::ChannelState;
use super::Shared;
use crate::event::{Event, Payload, Timestamps};
use crate::fault::Fault;
use crate::model::{Channel, ChannelId, Message, Presence, Refusal, User, UserId};
use crate::store::{Failure, Pending, Tx};
use crate::text::raw::{On, merge};

/// Mails that may wait for a channel.
pub const MAILBOX: usize = 4096;

type Saved = Result<Arc<Channel>, Failure>;

/// One per channel in use.
pub struct ChannelActor {
    id: ChannelId,
    shared: Arc<Shared>,
    /// `None` if there is no such channel; then every mail is refused and the actor rests soon.
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
                .read(move |db| {
                    let Some(channel) = db.channel(id)? else {
                        return Ok(None);
                    };
                    let subscribers = db.subscribers(id)?;
                    Ok(Some(ChannelState::new(
                        channel,
                        subscribers,
                        db.log_head()?.pos,
                    )))
                })
                .await
        };
        wrap_future(read).map(
            |loaded, actor: &mut Self, ctx: &mut Context<Self>| match loaded {
                Ok(Some(state)) => actor.state = Some(state),
                // Nobody shall fill the directory by asking for channels that do not exist.
                Ok(None) => {
                    ctx.run_later(Duration::from_secs(1), |actor, ctx| actor.passivate(ctx));
                }
                // Whoever asks next starts it anew.
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
    /// held against the new ACL.
    fn save(
        &self,
        job: impl FnOnce(&mut Tx<'_>) -> Saved + Send + 'static,
        changes: bool,
    ) -> AtomicResponse<Self, Saved> {
        let store = self.shared.store.clone();
        let write = async move { store.write(job).await };
        AtomicResponse::new(Box::pin(wrap_future(write).map(
            move |saved: Saved, actor: &mut Self, _| {
                if let (true, Ok(channel), Some(state)) = (changes, &saved, actor.state.as_mut()) {
                    state.changed(channel.clone());
                }
                saved
            },
        )))
    }
}

/// A mail that was refused before anything was written.
fn refuse(failure: Failure) -> AtomicResponse<ChannelActor, Saved> {
    AtomicResponse::new(Box::pin(wrap_future(std::future::ready(Err(failure)))))
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
    type Result = Result<Pending<Message>, Failure>;

    fn handle(&mut self, mail: PostMessage, _: &mut Self::Context) -> Self::Result {
        Fault::ChannelActor.panics_once();
        let store = self.shared.store.clone();
        let state = self.state()?;
        state.may_write(&mail.principal)?;
        let channel = state.channel.clone();
        // Only private channels bring back who had left, so only they are looked through.
        let absent: Vec<UserId> = match channel.is_pm() {
            true => channel
                .acl
                .members()
                .filter(|user| !state.is_subscribed(*user))
                .collect(),
            false => Vec::new(),
        };
        store.submit(move |tx| write::message(tx, &channel, &absent, mail.author, mail.new))
    }
}

impl Handler<DeleteMessage> for ChannelActor {
    type Result = Result<Pending<Message>, Failure>;

    fn handle(&mut self, mail: DeleteMessage, _: &mut Self::Context) -> Self::Result {
        let store = self.shared.store.clone();
        let state = self.state()?;
        mail.principal.opens(&state.channel).demand()?;
        let (brief, user) = (state.channel.brief(), mail.principal.user);
        let may_moderate = state.may_moderate(user);
        store.submit(move |tx| write::delete_message(tx, &brief, mail.id, user, may_moderate))
    }
}

impl Handler<SetSticky> for ChannelActor {
    type Result = Result<Pending<Message>, Failure>;

    fn handle(&mut self, mail: SetSticky, _: &mut Self::Context) -> Self::Result {
        let (store, id) = (self.shared.store.clone(), self.id);
        self.state()?.may_stick(&mail.principal)?;
        store.submit(move |tx| write::set_sticky(tx, id, mail.id, mail.sticky))
    }
}

impl Handler<ChangeChannel> for ChannelActor {
    type Result = AtomicResponse<Self, Saved>;

    fn handle(&mut self, mail: ChangeChannel, _: &mut Self::Context) -> Self::Result {
        let (limits, listed) = (self.shared.limits.clone(), self.shared.subscribe_listed);
        let planned = self.state().and_then(|state| {
            state.may_edit(&mail.principal)?;
            let mut channel = Channel::clone(&state.channel);
            if let Some(acl) = &mail.change.acl {
                channel.acl = state.changed_acl(&mail.principal, acl, limits.channel_members)?;
            }
            if let Some(raw) = &mail.change.raw {
                channel.raw = merge(&channel.raw, raw, On::Channel, limits.raw_bytes)?;
            }
            crate::protocol::draft::check_kind(&channel.kind, &channel.raw)?;
            Ok(channel)
        });
        let auto = mail.change.auto_subscribe || (listed && mail.change.acl.is_some());
        let before = self.state.as_ref().map(|state| state.channel.acl.clone());
        match planned {
            Ok(channel) => {
                let actor = mail.principal.user;
                self.save(
                    move |tx| {
                        // Those who were listed before are subscribed too, as far as they may still read.
                        let saved = write::save(tx, &channel, actor, auto)?;
                        if let (true, Some(before)) = (auto, before) {
                            let may_read = |user: &UserId| {
                                saved.access(Some(*user)) >= crate::model::Access::Read
                            };
                            let listed: Vec<UserId> = before.members().filter(may_read).collect();
                            write::subscribe_all(tx, saved.id, &listed)?;
                        }
                        Ok(Arc::new(
                            tx.channel(saved.id)?.ok_or(Refusal::ChannelNotFound)?,
                        ))
                    },
                    true,
                )
            }
            Err(failure) => refuse(failure),
        }
    }
}

impl Handler<ChangeOwner> for ChannelActor {
    type Result = AtomicResponse<Self, Saved>;

    fn handle(&mut self, mail: ChangeOwner, _: &mut Self::Context) -> Self::Result {
        let planned = self.state().and_then(|state| {
            state.may_own(&mail.principal)?;
            state.demand_active()?;
            let mut channel = Channel::clone(&state.channel);
            channel.acl.full.extend(channel.owner);
            channel.owner = Some(mail.owner);
            channel.acl.normalize(channel.owner);
            Ok(channel)
        });
        match planned {
            Ok(channel) => self.save(
                move |tx| {
                    tx.user(mail.owner)?
                        .ok_or_else(|| Refusal::UnknownUser.at("owner_id"))?;
                    write::save(tx, &channel, mail.principal.user, false)
                },
                true,
            ),
            Err(failure) => refuse(failure),
        }
    }
}

impl Handler<Deactivate> for ChannelActor {
    type Result = AtomicResponse<Self, Saved>;

    fn handle(&mut self, mail: Deactivate, _: &mut Self::Context) -> Self::Result {
        let planned = self.state().and_then(|state| {
            state.may_own(&mail.principal)?;
            Ok(state.channel.clone())
        });
        match planned {
            Ok(channel) if !channel.is_active => {
                AtomicResponse::new(Box::pin(wrap_future(std::future::ready(Ok(channel)))))
            }
            Ok(channel) => self.save(move |tx| write::deactivate(tx, &channel), true),
            Err(failure) => refuse(failure),
        }
    }
}

impl Handler<ChangeSubscription> for ChannelActor {
    type Result = AtomicResponse<Self, Saved>;

    fn handle(&mut self, mail: ChangeSubscription, _: &mut Self::Context) -> Self::Result {
        use self::mail::SubscriptionChange;
        let id = self.id;
        let allowed = self.state().and_then(|state| match mail.how {
            SubscriptionChange::Subscribe => {
                state.may_read(&mail.principal)?;
                Ok(state.demand_active()?)
            }
            // Muting needs a channel that one can see.
            SubscriptionChange::Mute => Ok(state.may_read(&mail.principal)?),
            // Leaving is allowed to whoever is there; whether they are, the write finds out.
            SubscriptionChange::Unsubscribe | SubscriptionChange::Unmute => {
                Ok(mail.principal.opens(&state.channel).demand()?)
            }
        });
        match allowed {
            Ok(()) => self.save(
                move |tx| write::change_subscription(tx, id, mail.principal.user, mail.how),
                false,
            ),
            Err(failure) => refuse(failure),
        }
    }
}

impl Handler<SetChannelPresence> for ChannelActor {
    type Result = Result<Presence, Failure>;

    fn handle(&mut self, mail: SetChannelPresence, _: &mut Self::Context) -> Self::Result {
        let shared = self.shared.clone();
        let state = self.state()?;
        state.may_read(&mail.principal)?;
        let presence = shared
            .presence
            .set_in(mail.principal.user, state.channel.id, mail.set);
        if presence.text.is_some() {
            let channel = state.channel.brief();
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
    }
}

impl Handler<MayListen> for ChannelActor {
    type Result = Result<(), Failure>;

    fn handle(&mut self, mail: MayListen, _: &mut Self::Context) -> Self::Result {
        Ok(self.state()?.may_read(&mail.0)?)
    }
}

impl Handler<EventsArrived> for ChannelActor {
    type Result = MessageResult<EventsArrived>;

    fn handle(&mut self, mail: EventsArrived, _: &mut Self::Context) -> Self::Result {
        let Ok(state) = self.state() else {
            return MessageResult(mail.0.iter().map(|_| Arc::from([])).collect());
        };
        let subscribers = mail.0.iter().map(|event| {
            state.apply(event);
            state.subscribers().clone()
        });
        MessageResult(subscribers.collect())
    }
}
