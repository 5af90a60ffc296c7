//! Finds actors: id → mailbox. Actors are started on demand, and removed in one step when they passivate.

use std::sync::Arc;

use actix::prelude::*;
use dashmap::DashMap;

use super::Shared;
use super::arbiters::Arbiters;
use super::channel::{self, ChannelActor};
use super::connection::ConnectionMail;
use super::firehose::{self, FirehoseActor};
use super::send::{Mailbox, Measured};
use super::user::{self, UserActor};
use crate::model::{ChannelId, ClientId, ConnectionId, UserId};
use crate::telemetry::Metrics;

/// A connection, and its number.
pub type Numbered = (u64, Recipient<ConnectionMail>);

/// The actors of this process.
pub struct Directory {
    arbiters: Arbiters,
    metrics: Arc<Metrics>,
    channels: DashMap<ChannelId, Mailbox<ChannelActor>>,
    users: DashMap<UserId, Mailbox<UserActor>>,
    firehoses: DashMap<ClientId, Mailbox<FirehoseActor>>,
    /// With the number of the connection: another one may take the id over.
    connections: DashMap<ConnectionId, Numbered>,
}

impl Directory {
    /// Without actors yet.
    pub fn new(arbiters: Arbiters, metrics: Arc<Metrics>) -> Self {
        Self {
            arbiters,
            metrics,
            channels: DashMap::new(),
            users: DashMap::new(),
            firehoses: DashMap::new(),
            connections: DashMap::new(),
        }
    }

    /// The first of the actor threads, for `LogTail`, which asks actors all the time.
    pub fn arbiter(&self) -> ArbiterHandle {
        self.arbiters.of(0)
    }

    /// Whether all threads of actors run.
    pub fn are_threads_alive(&self) -> bool {
        self.arbiters.are_all_alive()
    }

    /// The actor of a channel, started on demand.
    pub fn channel(&self, id: ChannelId, shared: &Arc<Shared>) -> Mailbox<ChannelActor> {
        if let Some(known) = self.running_channel(id) {
            return known;
        }
        let start = || {
            let shared = shared.clone();
            let arbiter = self.arbiters.of(id.0);
            let addr =
                ChannelActor::start_in_arbiter(&arbiter, move |_| ChannelActor::new(id, shared));
            Mailbox::new(addr, channel::MAILBOX, Arc::default(), self.metrics.clone())
        };
        let mut entry = self.channels.entry(id).or_insert_with(start);
        if !entry.is_alive() {
            // It panicked, so it was not removed.
            *entry = start();
        }
        entry.clone()
    }

    /// The actor of a channel, if it is running.
    pub fn running_channel(&self, id: ChannelId) -> Option<Mailbox<ChannelActor>> {
        self.channels
            .get(&id)
            .map(|entry| entry.clone())
            .filter(Mailbox::is_alive)
    }

    /// Removes a channel's actor that passivates. A newer one under the id stays.
    pub fn remove_channel(&self, id: ChannelId, addr: &Addr<ChannelActor>) {
        self.channels.remove_if(&id, |_, known| known.is(addr));
    }

    /// A channel's actor did not answer because it is gone. In the moment of a panic it may still look alive to
    /// others, so it is taken out here. A newer one in its place stays.
    pub fn remove_dead_channel(&self, id: ChannelId, gone: &Mailbox<ChannelActor>) {
        self.channels.remove_if(&id, |_, known| known.is_same(gone));
    }

    /// The same for a user's actor.
    pub fn remove_dead_user(&self, id: UserId, gone: &Mailbox<UserActor>) {
        self.users.remove_if(&id, |_, known| known.is_same(gone));
    }

    /// The same for the actor of an app's streams.
    pub fn remove_dead_firehose(&self, id: &ClientId, gone: &Mailbox<FirehoseActor>) {
        self.firehoses.remove_if(id, |_, known| known.is_same(gone));
    }

    /// The actor of a user, started on demand.
    pub fn user(&self, id: UserId, shared: &Arc<Shared>) -> Mailbox<UserActor> {
        let start = || {
            let shared = shared.clone();
            let arbiter = self.arbiters.of(id.0);
            let addr = UserActor::start_in_arbiter(&arbiter, move |_| UserActor::new(id, shared));
            Mailbox::new(addr, user::MAILBOX, Arc::default(), self.metrics.clone())
        };
        let mut entry = self.users.entry(id).or_insert_with(start);
        if !entry.is_alive() {
            *entry = start();
        }
        entry.clone()
    }

    /// Removes a user's actor that passivates. A newer one under the id stays.
    pub fn remove_user(&self, id: UserId, addr: &Addr<UserActor>) {
        self.users.remove_if(&id, |_, known| known.is(addr));
    }

    /// The actor of an app's streams, started if none is in use.
    pub fn firehose(&self, id: &ClientId, shared: &Arc<Shared>) -> Mailbox<FirehoseActor> {
        let start = || {
            let (shared, client) = (shared.clone(), id.clone());
            let arbiter = self.arbiters.of(0);
            let addr = FirehoseActor::start_in_arbiter(&arbiter, move |_| {
                FirehoseActor::new(client, shared)
            });
            Mailbox::new(
                addr,
                firehose::MAILBOX,
                Arc::default(),
                self.metrics.clone(),
            )
        };
        let mut entry = self.firehoses.entry(id.clone()).or_insert_with(start);
        if !entry.is_alive() {
            *entry = start();
        }
        entry.clone()
    }

    /// Removes a firehose that passivates. A newer one under the id stays.
    pub fn remove_firehose(&self, id: &ClientId, addr: &Addr<FirehoseActor>) {
        self.firehoses.remove_if(id, |_, known| known.is(addr));
    }

    /// Channels can no longer trust the state that they built from events, so new actors load it again.
    /// The old actors answer the mail that waits for them, and end when no address is left.
    pub fn restart_channels(&self) {
        self.channels.clear();
    }

    /// A connection opened. Gives the one whose id it took over.
    pub fn register(
        &self,
        id: ConnectionId,
        number: u64,
        connection: Recipient<ConnectionMail>,
    ) -> Option<Recipient<ConnectionMail>> {
        let before = self.connections.insert(id, (number, connection));
        before.map(|(_, connection)| connection)
    }

    /// A connection closed. Says whether the id was still its own.
    pub fn unregister(&self, id: &ConnectionId, number: u64) -> bool {
        let own = self
            .connections
            .remove_if(id, |_, (known, _)| *known == number);
        own.is_some()
    }

    /// The connection with this public id.
    pub fn connection(&self, id: &ConnectionId) -> Option<Recipient<ConnectionMail>> {
        self.connections.get(id).map(|entry| entry.1.clone())
    }

    /// The same with its number, by which a later one is known.
    pub fn numbered(&self, id: &ConnectionId) -> Option<Numbered> {
        self.connections.get(id).map(|entry| entry.clone())
    }

    /// The running channel actors.
    pub fn channels_measured(&self) -> Vec<Measured<ChannelId>> {
        let channels = self.channels.iter();
        channels.map(|entry| entry.measured(*entry.key())).collect()
    }

    /// The running firehoses.
    pub fn firehoses_measured(&self) -> Vec<Measured<ClientId>> {
        let firehoses = self.firehoses.iter();
        firehoses
            .map(|entry| entry.measured(entry.key().clone()))
            .collect()
    }

    /// Counts of connections, channel actors and user actors.
    pub fn counts(&self) -> (usize, usize, usize) {
        (
            self.connections.len(),
            self.channels.len(),
            self.users.len(),
        )
    }
}
