//! Counts of the process, and numbers per actor.

use std::cmp::Reverse;
use std::sync::Arc;

use serde::Serialize;
use strum::{EnumString, IntoStaticStr, VariantArray};

use super::Engine;
use crate::actors::send::Measured;
use crate::actors::shard::mail::{CountConnections, CountRoomListeners};
use crate::model::ChannelId;
use crate::telemetry::{ActorNumbers, Percentiles};

/// Counts of the process.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Numbers {
    /// Websockets.
    pub connections: usize,
    /// Followed endpoints over all of them.
    pub subscriptions: usize,
    /// Points at which some shard listens.
    pub listening_points: usize,
    /// Channel actors.
    pub channels: usize,
    /// User actors.
    pub users: usize,
    /// App streams.
    pub streams_in_use: usize,
}

/// Actors that are measured one by one. Their names are values of the parameter `kind`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum ActorKind {
    /// One per channel in use.
    Channel,
    /// One per app with streams in use.
    Firehose,
    /// One per worker thread.
    Shard,
}

impl ActorKind {
    /// As it is written in a query and in labels.
    pub fn word(self) -> &'static str {
        self.into()
    }
}

/// What the list is sorted by, largest first. Their names are values of the parameter `order`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumString)]
#[strum(serialize_all = "snake_case")]
pub enum ActorOrder {
    /// Events that the log delivered to it.
    Events,
    /// Connections subscribed to it now.
    Receivers,
    /// Frames on its behalf.
    Frames,
    /// Bytes of these.
    Bytes,
    /// Mails that wait now.
    MailboxDepth,
    /// Most mails that ever waited.
    MailboxHighWater,
    /// Mails that found the mailbox full.
    Refused,
    /// Subscribers that were closed because they read too slowly.
    SlowCloses,
    /// Half of the fan-outs took no longer.
    #[strum(serialize = "fanout_p50")]
    FanOutP50,
    /// 99 of 100 took no longer.
    #[strum(serialize = "fanout_p99")]
    FanOutP99,
    /// None took longer.
    #[strum(serialize = "fanout_max")]
    FanOutMax,
}

/// One actor. Counters begin with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ActorRow {
    /// Channel, firehose or shard.
    pub kind: &'static str,
    /// Of the channel, the client, the shard.
    pub id: String,
    /// Events that came down the log to it.
    pub events: u64,
    /// Connections that receive its events now.
    pub receivers: usize,
    /// Worker threads that these live on.
    pub shards: usize,
    /// Frames to sockets, or to their queues.
    pub frames: u64,
    /// Bytes of these.
    pub bytes: u64,
    /// Listeners that were closed because they read too slowly.
    pub slow_closes: u64,
    /// Its mailbox.
    pub mailbox: MailboxRow,
    /// From the commit to the last socket written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fanout_us: Option<Percentiles>,
}

/// A mailbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct MailboxRow {
    /// Mails that wait.
    pub depth: usize,
    /// Most that ever waited.
    pub high_water: usize,
    /// Most that may.
    pub bound: usize,
    /// Mails that were one too many.
    pub refused: u64,
}

impl ActorRow {
    fn new<K: ToString>(kind: ActorKind, actor: &Measured<K>) -> Self {
        let numbers = &actor.numbers;
        Self {
            kind: kind.word(),
            id: actor.id.to_string(),
            events: numbers.events(),
            receivers: 0,
            shards: 0,
            frames: numbers.frames(),
            bytes: numbers.bytes(),
            slow_closes: numbers.slow_closes(),
            mailbox: MailboxRow {
                depth: numbers.depth(),
                high_water: numbers.high_water(),
                bound: actor.bound,
                refused: numbers.refused(),
            },
            fanout_us: numbers.fanout().percentiles(),
        }
    }

    fn rank(&self, order: ActorOrder) -> u64 {
        let fanout = self.fanout_us.unwrap_or_default();
        match order {
            ActorOrder::Events => self.events,
            ActorOrder::Receivers => self.receivers as u64,
            ActorOrder::Frames => self.frames,
            ActorOrder::Bytes => self.bytes,
            ActorOrder::MailboxDepth => self.mailbox.depth as u64,
            ActorOrder::MailboxHighWater => self.mailbox.high_water as u64,
            ActorOrder::Refused => self.mailbox.refused,
            ActorOrder::SlowCloses => self.slow_closes,
            ActorOrder::FanOutP50 => fanout.p50,
            ActorOrder::FanOutP99 => fanout.p99,
            ActorOrder::FanOutMax => fanout.max,
        }
    }
}

impl Engine {
    /// What lives here now.
    pub async fn numbers(&self) -> Numbers {
        let (connections, channels, users) = self.shared.directory.counts();
        let mut numbers = Numbers {
            connections,
            channels,
            users,
            listening_points: self.shared.registry.len(),
            streams_in_use: self.shared.app_permits.taken(),
            subscriptions: 0,
        };
        for shard in self.shared.shards.all() {
            if let Ok(counts) = shard.send_past_bound(CountConnections).await {
                numbers.subscriptions += counts.subscriptions;
            }
        }
        numbers
    }

    /// The first `count` actors of a kind, in this order.
    pub async fn actors(&self, kind: ActorKind, order: ActorOrder, count: usize) -> Vec<ActorRow> {
        let mut rows = match kind {
            ActorKind::Channel => self.channel_rows().await,
            ActorKind::Firehose => self.firehose_rows(),
            ActorKind::Shard => self.shard_rows().await,
        };
        rows.sort_by_key(|row| Reverse(row.rank(order)));
        rows.truncate(count);
        rows
    }

    /// Mails that wait at all actors of a kind, and the most that ever waited at one of them.
    pub fn mailboxes(&self, kind: ActorKind) -> (usize, usize) {
        let numbers: Vec<Arc<ActorNumbers>> = match kind {
            ActorKind::Channel => only_numbers(self.shared.directory.channels_measured()),
            ActorKind::Firehose => only_numbers(self.shared.directory.firehoses_measured()),
            ActorKind::Shard => only_numbers(self.shards_measured()),
        };
        let depth = numbers.iter().map(|numbers| numbers.depth()).sum();
        let high_water = numbers.iter().map(|numbers| numbers.high_water()).max();
        (depth, high_water.unwrap_or(0))
    }

    async fn channel_rows(&self) -> Vec<ActorRow> {
        let actors = self.shared.directory.channels_measured();
        let ids: Arc<[ChannelId]> = actors.iter().map(|actor| actor.id).collect();
        let rows = actors.iter();
        let mut rows: Vec<ActorRow> = rows
            .map(|actor| ActorRow::new(ActorKind::Channel, actor))
            .collect();
        for shard in self.shared.shards.all() {
            let counted = shard.send_past_bound(CountRoomListeners(ids.clone())).await;
            for (row, listeners) in rows.iter_mut().zip(counted.unwrap_or_default()) {
                row.receivers += listeners;
                row.shards += usize::from(listeners > 0);
            }
        }
        rows
    }

    fn firehose_rows(&self) -> Vec<ActorRow> {
        let actors = self.shared.directory.firehoses_measured();
        let rows = actors.iter().map(|actor| ActorRow {
            receivers: self.shared.app_permits.taken_by(&actor.id),
            shards: self.shared.registry.shards_of_app(&actor.id),
            ..ActorRow::new(ActorKind::Firehose, actor)
        });
        rows.collect()
    }

    async fn shard_rows(&self) -> Vec<ActorRow> {
        let mut rows = Vec::new();
        for (actor, shard) in self.shards_measured().iter().zip(self.shared.shards.all()) {
            let counts = shard.send_past_bound(CountConnections).await;
            rows.push(ActorRow {
                receivers: counts.map_or(0, |counts| counts.connections),
                shards: 1,
                ..ActorRow::new(ActorKind::Shard, actor)
            });
        }
        rows
    }

    fn shards_measured(&self) -> Vec<Measured<usize>> {
        let shards = self.shared.shards.all();
        let measured = shards.iter().enumerate();
        measured.map(|(id, shard)| shard.measured(id)).collect()
    }
}

fn only_numbers<K>(actors: Vec<Measured<K>>) -> Vec<Arc<ActorNumbers>> {
    actors.into_iter().map(|actor| actor.numbers).collect()
}
