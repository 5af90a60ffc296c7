//! The interface of the actors for `http`: one method per operation.

mod app_streams;
mod authorize;
mod channels;
mod clients;
mod files;
mod hooks;
mod meanwhile;
mod nodes;
mod numbers;
mod own_streams;
mod polls;
mod posts;
mod reports;
mod resume;
mod sessions;
mod stream_sessions;
mod streams;
mod subscribe;
mod tickets;
mod to_its_end;
mod users;

use std::sync::Arc;

pub use authorize::Allowed;
pub use meanwhile::Meanwhile;
pub use numbers::{ActorKind, ActorOrder, Numbers};
pub use resume::Continued;
pub use stream_sessions::note_restart;
pub use subscribe::{NewSubscription, Subscribed, SubscriptionGuard};

use super::Shared;
use super::channel::ChannelActor;
use super::firehose::FirehoseActor;
use super::on_behalf::OnBehalf;
use super::presence::PresenceBoard;
use super::send::{Mailbox, Ticket};
use super::user::UserActor;
use super::user::posts::PostWindows;
use crate::config::{Limits, Streams};
use crate::model::{ChannelId, ClientId, Failure, Refusal, User, UserId};
use crate::protocol::site::Site;
use crate::store::Store;
use crate::telemetry::Metrics;

/// A cheap handle on everything below.
#[derive(Clone)]
pub struct Engine {
    shared: Arc<Shared>,
}

impl Engine {
    /// A handle.
    pub fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
    }

    /// For the parts that run on worker threads.
    pub fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    /// Rows.
    pub fn store(&self) -> &Store {
        &self.shared.store
    }

    /// Lengths and sizes.
    pub fn limits(&self) -> Arc<Limits> {
        self.shared.limits.get()
    }

    /// Limits of streams.
    pub fn streams(&self) -> &Streams {
        &self.shared.streams
    }

    /// As many followed users of one user as are read: one more than a stream may have shows that they are too many.
    fn followed_and_one(&self) -> usize {
        self.shared.streams.followed.saturating_add(1)
    }

    /// How often and how late posts may be written and revised.
    pub fn post_windows(&self) -> PostWindows {
        self.shared.post_windows
    }

    /// Public addresses.
    pub fn site(&self) -> &Site {
        &self.shared.site
    }

    /// Presence of users.
    pub fn presence(&self) -> &PresenceBoard {
        &self.shared.presence
    }

    /// Counters.
    pub fn metrics(&self) -> &Arc<Metrics> {
        &self.shared.metrics
    }

    async fn person(&self, id: UserId) -> Result<Arc<User>, Failure> {
        Ok(self.store().user(id).await?.ok_or(Refusal::UserNotFound)?)
    }

    /// Asks an actor. An actor that passivated while the mail was in flight, or panicked, is started again;
    /// nothing of the mail was written then, so asking twice is safe.
    async fn ask<A, M>(
        mailbox: impl Fn() -> Mailbox<A>,
        remove_dead: impl FnOnce(&Mailbox<A>),
        mail: impl Fn() -> M,
    ) -> Result<M::Result, Failure>
    where
        A: actix::Actor<Context = actix::Context<A>> + actix::Handler<M>,
        M: actix::Message + Send + 'static,
        M::Result: Send,
    {
        let first = mailbox();
        match first.ask(mail()).await {
            Err(Failure::Stopping) => {
                remove_dead(&first);
                mailbox().ask(mail()).await
            }
            answer => answer,
        }
    }

    /// Asks a channel's actor.
    async fn ask_channel<M>(
        &self,
        id: ChannelId,
        mail: impl Fn() -> M,
    ) -> Result<M::Result, Failure>
    where
        M: actix::Message + Send + 'static,
        M::Result: Send,
        ChannelActor: actix::Handler<OnBehalf<M>>,
    {
        let directory = &self.shared.directory;
        let mailbox = || directory.channel(id, &self.shared);
        Self::ask(
            mailbox,
            |dead| directory.remove_dead_channel(id, dead),
            || OnBehalf::of(mail()),
        )
        .await
    }

    /// Asks a user's actor.
    async fn ask_user<M>(&self, id: UserId, mail: impl Fn() -> M) -> Result<M::Result, Failure>
    where
        M: actix::Message + Send + 'static,
        M::Result: Send,
        UserActor: actix::Handler<OnBehalf<M>>,
    {
        let directory = &self.shared.directory;
        let mailbox = || directory.user(id, &self.shared);
        let mail = || OnBehalf::of(mail());
        Self::ask(mailbox, |dead| directory.remove_dead_user(id, dead), mail).await
    }

    /// Asks the actor of an app's streams.
    async fn ask_app<M>(&self, id: &ClientId, mail: impl Fn() -> M) -> Result<M::Result, Failure>
    where
        M: actix::Message + Send + 'static,
        M::Result: Send,
        FirehoseActor: actix::Handler<OnBehalf<M>>,
    {
        let directory = &self.shared.directory;
        let mailbox = || directory.firehose(id, &self.shared);
        Self::ask(
            mailbox,
            |dead| directory.remove_dead_firehose(id, dead),
            || OnBehalf::of(mail()),
        )
        .await
    }

    /// Has a channel's actor put a write into the lane; answered once it is committed. Asked again as in
    /// [`Self::ask_channel`]: a mail that the actor did not look at has not begun anything.
    async fn write_in<M, T>(
        &self,
        id: ChannelId,
        mail: impl Fn(Ticket<T>) -> M,
    ) -> Result<T, Failure>
    where
        M: actix::Message<Result = ()> + Send + 'static,
        ChannelActor: actix::Handler<OnBehalf<M>>,
    {
        let mail = |ticket| OnBehalf::of(mail(ticket));
        let mailbox = || self.shared.directory.channel(id, &self.shared);
        let channel = mailbox();
        match channel.post(mail)?.wait().await {
            Err(Failure::Stopping) => {
                self.shared.directory.remove_dead_channel(id, &channel);
                mailbox().post(mail)?.wait().await
            }
            answer => answer,
        }
    }
}
