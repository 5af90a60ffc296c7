//! The one way down: committed events, in `pos` order, to everybody who hears them.
//!
//! For each batch the owners of its events are asked (many at once), apps are judged, and every shard that
//! has listeners gets one mail; the next batch waits until all have taken it. So each shard, and each
//! connection, hears everything in `pos` order over all channels. A batch that does not begin where the last
//! one ended (another process wrote, or this one fell behind) is completed from the table first.

mod asking;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use smallvec::SmallVec;
use tokio::sync::mpsc;

use super::Shared;
use super::block_index::BlockIndex;
use super::delivery::{AllowedApp, Delivery, NewDelivery};
use super::firehose::mail::EventWithSubscribers;
use super::registry::{RoutingKey, ShardId};
use super::send::Mailbox;
use super::shard::ShardActor;
use super::shard::mail::FanOutBatch;
use crate::event::{Event, Payload, Pos};
use crate::fault::Fault;
use crate::model::UserId;
use crate::protocol::stream::NotificationTargets;
use crate::store::Failure;
use crate::telemetry::{ActorNumbers, Counter};

/// How often the head of the log is compared, in case that another process wrote last.
const HEAD_CHECK: Duration = Duration::from_secs(1);

/// Events taken in one go; more only wait longer.
const AT_ONCE: usize = 1024;

/// When writers outrun the sockets, more is waited for after a walk that took as long as this.
const LONG_FAN_OUT: Duration = Duration::from_millis(3);

/// For this part of its time, but never long. Whoever heard the last event writes now, and while the walk held
/// the thread nothing was read: what comes in this moment leaves in the same writes instead of in a walk of its own.
const GATHER_PART: u32 = 10;
const LONGEST_GATHER: Duration = Duration::from_millis(4);

/// Events fetched from the table in one go, and their bytes.
const CATCH_UP: (usize, usize) = (1024, 8 * 1024 * 1024);

/// Before the next try when the database is in trouble.
const PAUSE: Duration = Duration::from_millis(200);

/// Carries events down; one per process, ends with the store's queue.
pub struct LogTail {
    shared: Arc<Shared>,
    last: Pos,
    /// How long the last events took to all their sockets.
    fan_out_time: Duration,
    block_index: BlockIndex,
}

impl LogTail {
    /// Begins behind `last`: what was committed before has nobody waiting for it.
    pub fn new(shared: Arc<Shared>, last: Pos) -> Self {
        Self {
            shared,
            last,
            fan_out_time: Duration::ZERO,
            block_index: BlockIndex::default(),
        }
    }

    /// Until the store closes its queue.
    pub async fn run(
        mut self,
        mut committed: mpsc::Receiver<crate::store::CommittedBatch>,
        mut ephemeral: mpsc::Receiver<Event>,
    ) {
        let mut head_check = tokio::time::interval(HEAD_CHECK);
        loop {
            let is_behind = !committed.is_empty();
            tokio::select! {
                // Committed events first: ephemeral ones may be late, or lost.
                biased;
                batch = committed.recv() => {
                    let Some(batch) = batch else { return };
                    if is_behind && self.fan_out_time >= LONG_FAN_OUT {
                        tokio::time::sleep((self.fan_out_time / GATHER_PART).min(LONGEST_GATHER)).await;
                    }
                    let mut events: Vec<Arc<Event>> = batch.iter().cloned().collect();
                    while events.len() < AT_ONCE && let Ok(batch) = committed.try_recv() {
                        events.extend(batch.iter().cloned());
                    }
                    let began = Instant::now();
                    self.take(events).await;
                    self.fan_out_time = began.elapsed();
                }
                event = ephemeral.recv() => {
                    if let Some(event) = event {
                        self.deliver(vec![Arc::new(event)]).await;
                    }
                }
                _ = head_check.tick() => self.check_head().await,
            }
        }
    }

    /// Takes committed events, in order, each once.
    async fn take(&mut self, events: Vec<Arc<Event>>) {
        Fault::Delivery.panics_once();
        Fault::LogTail.delays().await;
        let mut next: Vec<Arc<Event>> = Vec::with_capacity(events.len());
        for event in events {
            let Some(pos) = event.pos else { continue };
            let reached = next.last().and_then(|event| event.pos).unwrap_or(self.last);
            if pos <= reached {
                continue;
            }
            if pos.0 > reached.0 + 1 {
                self.deliver_logged(std::mem::take(&mut next)).await;
                self.catch_up(Pos(pos.0 - 1)).await;
                // What was fetched may reach beyond the hole.
                if pos <= self.last {
                    continue;
                }
            }
            next.push(event);
        }
        self.deliver_logged(next).await;
    }

    async fn deliver_logged(&mut self, events: Vec<Arc<Event>>) {
        let Some(last) = events.last().and_then(|event| event.pos) else {
            return;
        };
        self.deliver(events).await;
        self.last = last;
    }

    async fn check_head(&mut self) {
        match self.shared.store.log_head().await {
            Ok(head) if head.pos > self.last => self.catch_up(head.pos).await,
            Ok(_) | Err(_) => {}
        }
    }

    /// Fetches from the table what is missing up to `until`. The order is worth more than the time: while the
    /// database is in trouble this waits.
    async fn catch_up(&mut self, until: Pos) {
        self.shared.metrics.add(Counter::LogCatchUps, 1);
        while self.last < until {
            let after = self.last;
            let (count, bytes) = CATCH_UP;
            match self
                .shared
                .store
                .read(move |db| db.events_after(after, count, bytes))
                .await
            {
                Ok(events) if events.is_empty() => {
                    // Retention took them, or a failed commit left the number unused.
                    self.last = until;
                }
                Ok(events) => {
                    // Written elsewhere: what the caches hold of it is old.
                    for event in &events {
                        self.shared.store.invalidate(event);
                    }
                    self.deliver_logged(events.into_iter().map(Arc::new).collect())
                        .await;
                }
                Err(Failure::Stopping) => return,
                Err(_) => tokio::time::sleep(PAUSE).await,
            }
        }
    }

    /// Sends events to everybody who hears them, in parts: who subscribes to a channel begins to listen to it
    /// when the event of it is walked, and only then the register knows where the next message goes.
    async fn deliver(&mut self, events: Vec<Arc<Event>>) {
        let joins = |event: &Arc<Event>| matches!(event.payload, Payload::Subscribed { .. });
        for part in events.chunk_by(|a, b| !joins(a) || joins(b)) {
            let told = self.deliver_part(part).await;
            if part.iter().any(joins) {
                let flushed = told
                    .iter()
                    .map(|shard| shard.send_past_bound(FanOutBatch(Vec::new())));
                join_all(flushed).await;
            }
        }
    }

    /// Returns the shards that were told.
    async fn deliver_part(&mut self, events: &[Arc<Event>]) -> Vec<Mailbox<ShardActor>> {
        self.shared
            .metrics
            .add(Counter::EventsDelivered, events.len() as u64);
        let firehoses = self.shared.directory.firehoses();
        let told = self.ask_owners(events, !firehoses.is_empty()).await;
        let seen: Arc<[EventWithSubscribers]> = events
            .iter()
            .zip(&told)
            .map(|(event, told)| EventWithSubscribers {
                event: event.clone(),
                subscribers: told.subscribers.clone(),
            })
            .collect();
        let apps = self.judge(&seen, firehoses).await;
        let mut mails: Vec<(ShardId, Vec<Arc<Delivery>>)> = Vec::new();
        for ((seen, told), apps) in seen.iter().zip(told).zip(apps) {
            self.block_index.apply(&seen.event.payload);
            let shards = self.shards_for(&seen.event.payload, &apps);
            if shards.is_empty() {
                continue;
            }
            let delivery = self.delivery(seen, apps, told.numbers, shards.len()).await;
            let delivery = Arc::new(delivery);
            for shard in shards {
                match mails.iter_mut().find(|(known, _)| *known == shard) {
                    Some((_, mail)) => mail.push(delivery.clone()),
                    None => mails.push((shard, vec![delivery.clone()])),
                }
            }
        }
        let sent = mails.into_iter().filter_map(|(shard, mail)| {
            let shard = self.shared.shards.get(shard)?;
            // A shard that is still walking holds everybody up here, not in memory: the log keeps the rest.
            Some(async move {
                shard
                    .send_past_bound(FanOutBatch(mail))
                    .await
                    .map(|()| shard)
            })
        });
        join_all(sent).await.into_iter().flatten().collect()
    }

    fn shards_for(&self, payload: &Payload, apps: &[AllowedApp]) -> SmallVec<[ShardId; 8]> {
        let mut shards = SmallVec::new();
        for key in payload.routing_keys() {
            self.shared.registry.collect(&key, &mut shards);
        }
        for app in apps {
            self.shared
                .registry
                .collect(&RoutingKey::App(app.client.clone()), &mut shards);
        }
        shards
    }

    async fn delivery(
        &mut self,
        seen: &EventWithSubscribers,
        apps: SmallVec<[AllowedApp; 1]>,
        channel: Option<Arc<ActorNumbers>>,
        shards: usize,
    ) -> Delivery {
        let payload = &seen.event.payload;
        let hidden = loop {
            match self
                .block_index
                .hidden_from(payload.facts().actor, &self.shared.store)
                .await
            {
                Ok(hidden) => break hidden,
                Err(Failure::Stopping) => break Arc::default(),
                // Sending to somebody who must not hear it would be worse than being late.
                Err(_) => tokio::time::sleep(PAUSE).await,
            }
        };
        let targets = if apps.is_empty() {
            NotificationTargets::default()
        } else {
            targets(seen, &hidden)
        };
        Delivery::new(NewDelivery {
            event: seen.event.clone(),
            hidden,
            apps,
            targets,
            channel,
            dispatched: self.shared.store.now(),
            shards,
        })
    }
}

/// What apps are told beside a message: who is subscribed, and who of them must not be notified.
fn targets(
    seen: &EventWithSubscribers,
    hidden: &super::delivery::HiddenFrom,
) -> NotificationTargets {
    let payload = &seen.event.payload;
    let Some(written) = payload.message() else {
        return NotificationTargets::default();
    };
    let mentioned = written
        .message
        .content
        .entities
        .mentions
        .iter()
        .map(|mention| mention.id);
    let notified: BTreeSet<UserId> = seen.subscribers.iter().chain(mentioned).collect();
    let suppress = notified
        .into_iter()
        .filter(|user| hidden.is_hidden_from(*user, false))
        .collect();
    NotificationTargets {
        subscribed_user_ids: (!payload.facts().is_deletion).then(|| seen.subscribers.clone()),
        suppress_notifications: Some(suppress),
    }
}
