//! Asks the owning actors for the subscribed users: concurrently, the answers in the order of the events. Tells them what
//! needs no answer. And asks the database for the authorizations of apps that open their first stream.

use std::collections::{HashMap, HashSet};
use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::future::join_all;

use super::PAUSE;
use super::dispatch::Dispatcher;
use crate::actors::channel::mail::EventsArrived;
use crate::event::{Event, Owner, Payload};
use crate::model::{ChannelId, ClientId, Failure, Subscribers};
use crate::store::Purpose;
use crate::telemetry::{ActorNumbers, Counter};

/// Tries before an actor that cannot load is passed over: 5 seconds with [`PAUSE`] between them.
const TRIES: u32 = 25;

/// How long the authorizations of an app may take to load.
const LONGEST_LOAD: Duration = Duration::from_secs(5);

/// What the owner of an event said to it.
#[derive(Clone, Default)]
pub(super) struct OwnerAnswer {
    /// The users subscribed at that position of the log.
    pub(super) subscribers: Subscribers,
    /// The owner's numbers, if it is awake.
    pub(super) numbers: Option<Arc<ActorNumbers>>,
}

/// Whether shards may send these before their owners have taken them: messages, while no app stream is open.
fn needs_no_answer(events: &[Arc<Event>], open: &HashSet<ClientId>) -> bool {
    let is_message = |event: &Arc<Event>| matches!(event.payload, Payload::MessageCreated { .. });
    open.is_empty() && events.iter().all(is_message)
}

/// Where the events of each channel are.
fn by_channel(events: &[Arc<Event>]) -> HashMap<ChannelId, Vec<usize>> {
    let mut of_channel: HashMap<ChannelId, Vec<usize>> = HashMap::new();
    for (at, event) in events.iter().enumerate() {
        if let Owner::Channel(channel) = event.payload.facts().owner {
            of_channel.entry(channel).or_default().push(at);
        }
    }
    of_channel
}

fn at_places(events: &[Arc<Event>], places: &[usize]) -> Vec<Arc<Event>> {
    let places = places.iter();
    places.filter_map(|at| events.get(*at).cloned()).collect()
}

impl Dispatcher {
    /// Brings the channels concerned up to date, and gets the users subscribed at each event. A passivated channel
    /// has no state to update; it is started only if an app stream may need its subscribers. The flag: all
    /// that were asked have answered.
    async fn ask_owners(&self, events: &[Arc<Event>], apps: bool) -> (Vec<OwnerAnswer>, bool) {
        let mut all = vec![OwnerAnswer::default(); events.len()];
        let asked = by_channel(events).into_iter().map(|(channel, places)| {
            let own = at_places(events, &places);
            async move { (places, self.ask_channel(channel, own, apps).await) }
        });
        let mut is_whole = true;
        for (places, answers) in join_all(asked).await {
            is_whole &= answers.is_some();
            for (at, answer) in places.into_iter().zip(answers.unwrap_or_default()) {
                if let Some(place) = all.get_mut(at) {
                    *place = answer;
                }
            }
        }
        (all, is_whole)
    }

    /// Asks the owners, or tells them where nothing depends on the answer: then what is left to wait for comes with it.
    pub(super) async fn consult_owners(
        &self,
        events: &[Arc<Event>],
        open: &HashSet<ClientId>,
    ) -> (
        Vec<OwnerAnswer>,
        bool,
        Option<impl Future<Output = ()> + use<>>,
    ) {
        if needs_no_answer(events, open) {
            let (answers, told) = self.tell_owners(events);
            return (answers, true, Some(told));
        }
        let (answers, is_whole) = self.ask_owners(events, !open.is_empty()).await;
        (answers, is_whole, None)
    }

    /// The same where [`needs_no_answer`] says so: the mail is on its way once the future was polled, in front of what clients
    /// ask behind the event, and done when all have taken it.
    fn tell_owners(
        &self,
        events: &[Arc<Event>],
    ) -> (Vec<OwnerAnswer>, impl Future<Output = ()> + use<>) {
        let mut all = vec![OwnerAnswer::default(); events.len()];
        let mut told = Vec::new();
        for (channel, places) in by_channel(events) {
            let Some(owner) = self.shared.directory.running_channel(channel) else {
                continue;
            };
            owner.numbers().handled(places.len() as u64);
            for at in &places {
                if let Some(place) = all.get_mut(*at) {
                    place.numbers = Some(owner.numbers().clone());
                }
            }
            let own = at_places(events, &places);
            told.push(async move {
                // One that was passivated meanwhile loads what the log has.
                drop(owner.send_past_bound(EventsArrived(own)).await);
            });
        }
        (all, async { drop(join_all(told).await) })
    }

    /// `None`: apps wait for the answer, and there is none.
    async fn ask_channel(
        &self,
        channel: ChannelId,
        events: Vec<Arc<Event>>,
        apps: bool,
    ) -> Option<Vec<OwnerAnswer>> {
        for _ in 0..TRIES {
            let directory = &self.shared.directory;
            let owner = match apps {
                true => Some(directory.channel(channel, &self.shared)),
                false => directory.running_channel(channel),
            };
            let Some(owner) = owner else {
                return Some(Vec::new());
            };
            match owner.send_past_bound(EventsArrived(events.clone())).await {
                Ok(subscribers) => {
                    owner.numbers().handled(events.len() as u64);
                    let answers = subscribers.into_iter().map(|subscribers| OwnerAnswer {
                        subscribers,
                        numbers: Some(owner.numbers().clone()),
                    });
                    return Some(answers.collect());
                }
                // It was passivated meanwhile, or could not load: what an app may see is worth the wait.
                Err(_) if apps => self.pause().await,
                Err(_) => return Some(Vec::new()),
            }
        }
        tracing::error!(%channel, events = events.len(), "a channel does not load: app streams are closed");
        let unanswered = events.len() as u64;
        self.shared.metrics.add(Counter::LogUnanswered, unanswered);
        None
    }

    async fn pause(&self) {
        self.shared.metrics.add(Counter::LogRetries, 1);
        tokio::time::sleep(PAUSE).await;
    }

    /// Brings the index up to the apps that have a stream now.
    pub(super) async fn load_apps(&mut self, open: &HashSet<ClientId>) {
        let idle = self.shared.idle;
        for client in self.app_index.note_open(open, Instant::now(), idle) {
            // Nothing else is delivered meanwhile, so a read that hangs has an end too.
            let loaded = tokio::time::timeout(LONGEST_LOAD, self.load_app(&client)).await;
            if loaded.is_err() {
                tracing::error!(%client, "the authorizations of an app do not load: its streams are closed");
                self.shared.metrics.add(Counter::LogUnanswered, 1);
                self.close_app(&client).await;
            }
        }
    }

    async fn load_app(&mut self, client: &ClientId) {
        while self.shared.app_permits.taken_by(client) > 0 {
            let id = client.clone();
            let store = &self.shared.store;
            let read = store.read_for(Purpose::Delivery, move |db| {
                let tokens = db.all_user_tokens_of_client(&id)?;
                Ok((tokens, db.disabled_users_of_client(&id)?))
            });
            match read.await {
                Ok((tokens, disabled)) => {
                    let firehose = self.shared.directory.firehose(client, &self.shared);
                    let numbers = firehose.numbers().clone();
                    self.app_index
                        .load(client.clone(), numbers, &tokens, disabled);
                    return;
                }
                Err(Failure::Stopping) => return,
                // Its streams are late rather than incomplete.
                Err(_) => self.pause().await,
            }
        }
    }
}
