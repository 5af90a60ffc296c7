//! From events to mails: subscribed users, apps that may see the event, users from whom it is hidden, listening shards.

use std::collections::HashSet;
use std::future::Future;
use std::sync::Arc;

use futures_util::future::{OptionFuture, join, join_all};
use smallvec::SmallVec;

use super::acted_on::ActedOn;
use super::joining::Joining;
use super::targets::targets;
use super::{PAUSE, wait_for_database};
use crate::actors::app_index::{AppIndex, Apps};
use crate::actors::block_index::BlockIndex;
use crate::actors::delivery::{AllowedApp, Delivery, Earlier, HiddenFrom, NewDelivery, Withheld};
use crate::actors::registry::{RoutingKey, ShardId};
use crate::actors::shard::mail::{CloseApp, CloseShare, FanOutBatch, GoBack};
use crate::actors::{Engine, Shared};
use crate::event::{Event, Payload, Pos};
use crate::fault::{Fault, Seeded, seeded};
use crate::log::RenderedEvent;
use crate::model::Failure;
use crate::model::{ClientId, Subscribers, UserId};
use crate::protocol::goodbye::Goodbye;
use crate::protocol::stream::{NotificationTargets, Place};
use crate::telemetry::{ActorNumbers, Counter};

/// Where events go, in order.
pub trait Dispatch: Send {
    /// Sends events to all listeners; done when all shards have taken them.
    fn deliver(&mut self, events: Vec<Arc<Event>>) -> impl Future<Output = ()> + Send;

    /// Events were missed: state that was built from events is loaded again.
    fn reset_state(&mut self);

    /// Nothing up to here will be delivered any more.
    fn pass_over(&mut self, last: Pos);

    /// Streams missed events: they are closed, and their clients catch up.
    fn close_streams(&mut self) -> impl Future<Output = ()> + Send;

    /// The log ends here, before what was delivered: streams are closed, and what goes by positions goes on behind this one.
    fn go_back(&mut self, head: Pos) -> impl Future<Output = ()> + Send;
}

/// To the shards of this process.
pub struct Dispatcher {
    pub(super) shared: Arc<Shared>,
    block_index: BlockIndex,
    pub(super) app_index: AppIndex,
    joining: Joining,
    /// The process stops, and it is not known who must not hear of an event: what is behind it must not go out either, or a
    /// stream would go on behind it elsewhere.
    is_over: bool,
}

impl Dispatch for Dispatcher {
    // In parts, where an event has to wait for listeners that join (`joining.rs`).
    async fn deliver(&mut self, events: Vec<Arc<Event>>) {
        if self.is_over {
            return;
        }
        let last = events.last().and_then(|event| event.pos);
        if let Some(last) = last {
            self.shared.log.ring().note_routing(last);
            Fault::Routing.delays().await;
            if seeded(Seeded::HandedOverTooSoon) {
                self.shared.log.ring().note_handed_over(last);
            }
        }
        let mut rest = events.as_slice();
        while !self.is_over
            && let Some((first, _)) = rest.split_first()
        {
            if self.joining.holds_up(&first.payload) {
                self.wait_for_joining().await;
            }
            let mut length = 0;
            for event in rest {
                if length > 0 && self.joining.holds_up(&event.payload) {
                    break;
                }
                self.joining.note(&event.payload, &self.shared.registry);
                length += 1;
            }
            let (part, behind) = rest.split_at(length);
            self.deliver_part(part).await;
            rest = behind;
        }
        // A long poll answers with a cursor behind what was handed over.
        if let Some(last) = last.filter(|_| !self.is_over) {
            self.shared.log.ring().note_handed_over(last);
        }
    }

    fn pass_over(&mut self, last: Pos) {
        let ring = self.shared.log.ring();
        ring.note_routing(last);
        ring.restart_behind(last);
    }

    fn reset_state(&mut self) {
        self.block_index = BlockIndex::default();
        self.app_index = AppIndex::default();
        self.shared.directory.restart_channels();
    }

    async fn close_streams(&mut self) {
        let shards = self.shared.shards.all();
        let closed = shards
            .iter()
            .map(|shard| shard.send_past_bound(CloseShare::all(Goodbye::Incomplete)));
        join_all(closed).await;
    }

    async fn go_back(&mut self, head: Pos) {
        // Before the streams are closed: one that is opened behind that begins where the log ends.
        self.shared.log.ring().go_back(head);
        let shards = self.shared.shards.all();
        let gone_back = shards
            .iter()
            .map(|shard| shard.send_past_bound(GoBack(head)));
        join_all(gone_back).await;
        let engine = Engine::new(Arc::clone(&self.shared));
        // They ask the database, which delivery does not wait for.
        actix_rt::spawn(async move { engine.begin_hooks_again().await });
    }
}

impl Dispatcher {
    /// To the shards of this process.
    pub fn new(shared: Arc<Shared>) -> Self {
        Self {
            shared,
            block_index: BlockIndex::default(),
            app_index: AppIndex::default(),
            joining: Joining::default(),
            is_over: false,
        }
    }

    /// Events that concern an app could not be judged: its streams are closed rather than incomplete.
    pub(super) async fn close_app(&self, client: &ClientId) {
        let shards = self.shared.shards.all();
        let closed = shards.iter().map(|shard| {
            shard.send_past_bound(CloseApp {
                client: client.clone(),
                goodbye: Goodbye::Incomplete,
            })
        });
        join_all(closed).await;
    }

    /// A shard takes an empty batch when it is done with the ones before.
    async fn wait_for_joining(&mut self) {
        let shards = self.joining.take();
        let shards = shards
            .into_iter()
            .filter_map(|id| self.shared.shards.get(id));
        let done = shards.map(|shard| async move {
            // A shard that is gone has no listeners.
            drop(shard.send_past_bound(FanOutBatch(Vec::new())).await);
        });
        join_all(done).await;
    }

    async fn deliver_part(&mut self, events: &[Arc<Event>]) {
        self.shared
            .metrics
            .add(Counter::EventsDelivered, events.len() as u64);
        let mut open: HashSet<ClientId> = self.shared.app_permits.keys().into_iter().collect();
        let ((answers, is_whole, told), acted) = join(
            self.consult_owners(events, &open),
            self.read_samples(events, &open),
        )
        .await;
        if !is_whole {
            for client in std::mem::take(&mut open) {
                self.close_app(&client).await;
            }
        }
        self.load_apps(&open).await;
        let mut mails: Vec<(ShardId, Vec<Arc<Delivery>>)> = Vec::new();
        let rendered = self.rendered(events);
        for (event, answer) in rendered.iter().zip(answers) {
            let payload = &event.event.payload;
            let apps = self.app_index.apps_for(payload, &answer.subscribers);
            self.apply(payload);
            apps.iter().for_each(|app| app.numbers.handled(1));
            let shards = self.shards_for(payload, &apps);
            if shards.is_empty() {
                continue;
            }
            let Some(delivery) = self
                .delivery(
                    event,
                    &answer.subscribers,
                    answer.numbers,
                    apps,
                    shards.len(),
                    &acted,
                )
                .await
            else {
                self.is_over = true;
                break;
            };
            let delivery = Arc::new(delivery);
            for shard in shards {
                match mails.iter_mut().find(|(known, _)| *known == shard) {
                    Some((_, mail)) => mail.push(delivery.clone()),
                    None => mails.push((shard, vec![delivery.clone()])),
                }
            }
        }
        Fault::Routed.delays().await;
        // Before they go to a shard: a stream that catches up there reads in the ring what it is not sent.
        self.shared.log.ring().push(rendered);
        if seeded(Seeded::SeamTwice) {
            tokio::time::sleep(PAUSE / 50).await;
        }
        let sent = mails.into_iter().filter_map(|(shard, mail)| {
            let shard = self.shared.shards.get(shard)?;
            // A shard that still fans out delays all others here, without queueing in memory: the log keeps the rest.
            Some(async move { drop(shard.send_past_bound(FanOutBatch(mail)).await) })
        });
        join(OptionFuture::from(told), join_all(sent)).await;
    }

    fn rendered(&self, events: &[Arc<Event>]) -> Vec<Arc<RenderedEvent>> {
        let place = Place {
            epoch: Arc::clone(self.shared.log.ring().epoch()),
            fanned_out: self.shared.store.now(),
        };
        let events = events.iter().map(Arc::clone);
        let rendered = events.map(|event| RenderedEvent::new(event, place.clone()));
        rendered.map(Arc::new).collect()
    }

    /// What an event changes in the memory of this process, beside actors and shards.
    fn apply(&mut self, payload: &Payload) {
        let is_revoked = matches!(payload, Payload::TokenRevoked { .. });
        let is_granted = matches!(payload, Payload::TokenGranted { .. });
        if !(is_revoked && seeded(Seeded::AppKeepsRevoked)
            || is_granted && seeded(Seeded::AppGrantUnheard))
        {
            self.app_index.apply(payload);
        }
        let is_undone = matches!(payload, Payload::Related { undone: true, .. });
        if !(is_undone && seeded(Seeded::UnhiddenUnheard)) {
            self.block_index.apply(payload);
        }
        // Behind the channel's actor, which sets none for them any more.
        if let Payload::ChannelChanged { news } = payload {
            self.shared.presence.keep_readers(&news.channel);
        }
        if let Payload::UserDisabled {
            user,
            undone: false,
        } = payload
        {
            self.shared.presence.take_offline(*user);
        }
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
        if seeded(Seeded::ShardForgotten) {
            shards.truncate(1);
        }
        shards
    }

    /// The users from whom a user is hidden. `None` while the process stops.
    pub(super) async fn hidden_from(
        &mut self,
        user: Option<UserId>,
        event: &Event,
    ) -> Option<Arc<HiddenFrom>> {
        if seeded(Seeded::LiveIgnoresHidden) {
            return Some(Arc::default());
        }
        let (mut tries, at) = (0, event.pos);
        loop {
            let store = &self.shared.store;
            match self.block_index.hidden_from(user, at, store).await {
                Ok(hidden) => return Some(hidden),
                // Without an answer the event must not be delivered to all.
                Err(Failure::Stopping) => return None,
                // Delivering to a user from whom it is hidden would be worse than being late.
                Err(_) => wait_for_database(&self.shared.metrics, &mut tries, PAUSE).await,
            }
        }
    }

    /// `None` while the process stops.
    async fn delivery(
        &mut self,
        rendered: &Arc<RenderedEvent>,
        subscribers: &Subscribers,
        channel_numbers: Option<Arc<ActorNumbers>>,
        apps: Apps,
        shards: usize,
        acted: &ActedOn,
    ) -> Option<Delivery> {
        let event = &*rendered.event;
        let payload = &event.payload;
        let hidden = self.hidden_from(payload.facts().actor, event).await?;
        let mut withheld = Withheld::new();
        for (part, person) in payload.embedded() {
            let hidden = self.hidden_from(Some(person), event).await?;
            if !hidden.is_empty() {
                withheld.push((part, hidden));
            }
        }
        let targets = if apps.is_empty() {
            NotificationTargets::default()
        } else {
            targets(payload, subscribers, &hidden)
        };
        let (hidden, earlier) = self.around_repost(event, hidden).await?;
        let samples = self.samples(event, acted).await?;
        Some(Delivery::new(NewDelivery {
            rendered: Arc::clone(rendered),
            hidden,
            earlier,
            withheld,
            samples,
            apps,
            targets,
            channel_numbers,
            shards,
        }))
    }
}

impl Dispatcher {
    /// Who must not hear of a post: of a repost neither those from whom its original is hidden. And by whom the original
    /// was on the streams of this process before. `None` while the process stops.
    async fn around_repost(
        &mut self,
        event: &Event,
        hidden: Arc<HiddenFrom>,
    ) -> Option<(Arc<HiddenFrom>, Earlier)> {
        let mut earlier = Earlier::new();
        let repost = event.payload.posted().and_then(|posted| {
            let original = posted.original.as_ref()?;
            Some((original.author.id, &posted.heard_from))
        });
        let Some((original, heard_from)) = repost else {
            return Some((hidden, earlier));
        };
        for user in heard_from {
            // On no stream here was anything by the others.
            let mut shards = SmallVec::new();
            for key in [RoutingKey::PostsBy(*user), RoutingKey::User(*user)] {
                self.shared.registry.collect(&key, &mut shards);
            }
            if !shards.is_empty() {
                earlier.push((*user, self.hidden_from(Some(*user), event).await?));
            }
        }
        let of_original = self.hidden_from(Some(original), event).await?;
        let hidden = match of_original.is_empty() {
            true => hidden,
            false => Arc::new(hidden.and(&of_original)),
        };
        Some((hidden, earlier))
    }
}
