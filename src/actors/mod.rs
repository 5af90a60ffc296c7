//! Subscriptions, routing, and the order of delivery.
//!
//! Up: `http` asks an actor (a channel's, a user's), which decides by its state and puts the write into the
//! store's lane. Down: [`log_tail`] takes committed events, asks their owning actors, and sends batches to the
//! shards, one per worker thread, which write to their sockets.

pub mod app_index;
pub mod arbiters;
pub mod authorized_users;
pub mod block_index;
pub mod channel;
pub mod close_log;
pub mod connection;
pub mod delivery;
pub mod developer;
pub mod directory;
mod engine;
pub mod firehose;
pub mod held;
pub mod hooks;
pub mod log_tail;
mod markers;
pub mod nodes;
mod on_behalf;
pub mod operator;
pub mod partitions;
pub mod permits;
pub mod presence;
pub mod registry;
pub mod resume;
pub mod send;
pub mod shard;
pub mod tickets;
pub mod user;
pub mod verdicts;

use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use tokio::sync::mpsc;

pub use channel::mail::{ChannelChange, SubscriptionChange};
pub use engine::{
    ActorKind, ActorOrder, Allowed, Continued, Engine, Meanwhile, NewSubscription, Numbers,
    Subscribed, SubscriptionGuard, note_restart,
};
pub use presence::{PresenceBoard, SetPresence};
pub use user::mail::{FileWrite, PostAct, ProfileChange};

use crate::bus::Bus;
use crate::config::{Config, Limits, Live, Streams};
use crate::event::Event;
use crate::log::{LogReader, Ring};
use crate::model::{ClientId, Failure, NodeEpoch, StreamKey, UserId};
use crate::protocol::app_filter::Partition;
use crate::protocol::site::Site;
use crate::store::{LogHead, Store};
use crate::telemetry::{Counter, Metrics};
use close_log::CloseLog;
use directory::Directory;
use held::OpenStreams;
use hooks::registry::Hooks;
use nodes::{Cluster, Place};
use partitions::Partitions;
use permits::Permits;
use registry::{ShardId, ShardRegistry};
use send::Mailbox;
use shard::ShardActor;
use tickets::Tickets;
use user::posts::PostWindows;

/// Bound of the queue of ephemeral events; one more is dropped and counted.
const EPHEMERAL: usize = 4096;

/// State shared by all actors of a process. Built once, by [`Shared::new`].
pub struct Shared {
    /// Rows and the log.
    pub store: Store,
    /// The log, read on from a position.
    pub log: LogReader,
    /// Finds actors by id.
    pub directory: Directory,
    /// The shards that listen, by routing key.
    pub registry: Arc<ShardRegistry>,
    /// The shards.
    pub shards: Shards,
    /// Presence of users.
    pub presence: Arc<PresenceBoard>,
    /// What other servers of the database are told at once.
    pub bus: Bus,
    /// Counters.
    pub metrics: Arc<Metrics>,
    /// Lengths and sizes.
    pub limits: Live<Limits>,
    /// How often and how late posts may be written and revised.
    pub post_windows: PostWindows,
    /// Bytes that the files of a user may hold.
    pub file_quota: i64,
    /// Limits of streams.
    pub streams: Arc<Streams>,
    /// Public URLs.
    pub site: Arc<Site>,
    /// Open user streams, by user.
    pub user_permits: Arc<Permits<UserId>>,
    /// Sessions of each user that are being continued at this moment.
    pub resuming: Arc<Permits<UserId>>,
    /// Open app streams, by client.
    pub app_permits: Arc<Permits<ClientId>>,
    /// Those of them that several connections share.
    pub partitions: Arc<Partitions>,
    /// Unclaimed user streams, by client address.
    pub unclaimed_permits: Arc<Permits<IpAddr>>,
    /// App streams that are posted to an address.
    pub hooks: Arc<Hooks>,
    /// Tickets that open a stream.
    pub tickets: Tickets,
    /// Time without use after which an actor passivates.
    pub idle: Duration,
    /// Subscribe users that are added to an ACL.
    pub subscribe_listed: bool,
    /// The last streams that ended.
    pub closes: Arc<CloseLog>,
    /// The process stops: no stream is opened any more.
    pub stopping: AtomicBool,
    /// The other servers of the database; of one that servers share.
    pub cluster: Option<Arc<Cluster>>,
    /// Sessions of streams when they were swept last.
    pub sessions: AtomicUsize,
    subscribing_calls: AtomicU64,
    ephemeral: mpsc::Sender<Event>,
}

impl Shared {
    /// Everything except the shards, which their threads add. The receiver belongs to [`log_tail::LogTail`].
    pub fn new(
        store: Store,
        config: &Config,
        site: Site,
        bus: Bus,
        directory: Directory,
        metrics: Arc<Metrics>,
        head: &LogHead,
    ) -> (Self, mpsc::Receiver<Event>) {
        let (ephemeral, receiver) = mpsc::channel(EPHEMERAL);
        let streams = &config.streams;
        let app_permits = Permits::new(streams.app_connections, usize::MAX / 2);
        let open = OpenStreams::new(streams, &bus.counts());
        let ring = Ring::new(head.epoch.as_str().into(), head.pos, streams.ring_bytes);
        let log = LogReader::new(Arc::new(ring), store.clone(), metrics.clone());
        let presence = PresenceBoard::new(store.clock().clone(), bus.clone());
        let shared = Self {
            store,
            log,
            directory,
            registry: Arc::default(),
            shards: Shards::default(),
            presence: Arc::new(presence),
            bus,
            metrics,
            limits: Live::new(config.limits.clone()),
            streams: Arc::new(streams.clone()),
            post_windows: PostWindows {
                duplicate: Duration::from_millis(config.posts.duplicate_window_ms),
                revision: Duration::from_millis(config.posts.revision_window_ms),
            },
            file_quota: i64::try_from(config.files.quota_bytes).unwrap_or(i64::MAX),
            site: Arc::new(site),
            user_permits: open.users,
            resuming: Permits::new(streams.sessions_per_user, usize::MAX / 2),
            partitions: Partitions::new(app_permits.clone()),
            app_permits,
            unclaimed_permits: open.addresses,
            hooks: Hooks::new(config.webhooks.clone()),
            tickets: Tickets::default(),
            idle: Duration::from_secs(config.channels.idle_seconds.max(1)),
            subscribe_listed: config.channels.subscribe_listed,
            closes: Arc::default(),
            stopping: AtomicBool::new(false),
            cluster: None,
            sessions: AtomicUsize::new(0),
            subscribing_calls: AtomicU64::new(0),
            ephemeral,
        };
        (shared, receiver)
    }

    /// Which process this is among those of the database, if servers share it.
    pub fn node(&self) -> Option<NodeEpoch> {
        let cluster = self.cluster.as_ref();
        cluster.map(|cluster| cluster.own().epoch.clone())
    }

    /// A place among the app streams in use over all nodes, if there are several.
    ///
    /// # Errors
    /// The app has as many as it may; this node cannot count on its lease; the database is in trouble.
    pub async fn place(
        &self,
        client: ClientId,
        part: Option<(StreamKey, Partition)>,
    ) -> Result<Option<Place>, Failure> {
        let Some(cluster) = &self.cluster else {
            return Ok(None);
        };
        if cluster.is_fenced() {
            return Err(Failure::Busy);
        }
        cluster.places().take(client, part).await.map(Some)
    }

    /// A number that no other subscribing call has.
    pub fn number_call(&self) -> u64 {
        self.subscribing_calls.fetch_add(1, Ordering::Relaxed)
    }

    /// Sends an ephemeral event down. When the queue is full, the event is dropped and counted: the next one supersedes it.
    pub fn publish(&self, event: Event) {
        self.bus.send_event(&event);
        if self.ephemeral.try_send(event).is_err() {
            self.metrics.add(Counter::EphemeralDropped, 1);
        }
    }
}

/// The shards, in the order in which their threads started.
#[derive(Debug, Default)]
pub struct Shards {
    mailboxes: RwLock<Vec<Mailbox<ShardActor>>>,
}

impl Shards {
    /// Adds the shard of a thread; `start` gets its number.
    pub fn add<T>(&self, start: impl FnOnce(ShardId) -> (T, Mailbox<ShardActor>)) -> T {
        let mailboxes = self.mailboxes.write();
        let mut mailboxes = mailboxes.unwrap_or_else(PoisonError::into_inner);
        let id = ShardId(u16::try_from(mailboxes.len()).unwrap_or(u16::MAX));
        let (shard, mailbox) = start(id);
        mailboxes.push(mailbox);
        shard
    }

    /// The shard with this id.
    pub fn get(&self, id: ShardId) -> Option<Mailbox<ShardActor>> {
        let mailboxes = self.mailboxes.read();
        let mailboxes = mailboxes.unwrap_or_else(PoisonError::into_inner);
        mailboxes.get(usize::from(id.0)).cloned()
    }

    /// All shards.
    pub fn all(&self) -> Vec<Mailbox<ShardActor>> {
        self.mailboxes
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}
