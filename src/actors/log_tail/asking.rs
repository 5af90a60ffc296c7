//! Asks the owning actors for the subscribed users: concurrently, the answers in the order of the events. And the
//! database for the authorizations of apps that open their first stream.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::future::join_all;

use super::PAUSE;
use super::dispatch::Dispatcher;
use crate::actors::channel::mail::EventsArrived;
use crate::event::{Event, Owner};
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

impl Dispatcher {
    /// Brings the channels concerned up to date, and gets the users subscribed at each event. A passivated channel
    /// has no state to update; it is started only if an app stream may need its subscribers. The flag: all
    /// that were asked have answered.
    pub(super) async fn ask_owners(
        &self,
        events: &[Arc<Event>],
        apps: bool,
    ) -> (Vec<OwnerAnswer>, bool) {
        let mut of_channel: HashMap<ChannelId, Vec<usize>> = HashMap::new();
        for (at, event) in events.iter().enumerate() {
            if let Owner::Channel(channel) = event.payload.facts().owner {
                of_channel.entry(channel).or_default().push(at);
            }
        }
        let mut all = vec![OwnerAnswer::default(); events.len()];
        let asked = of_channel.into_iter().map(|(channel, places)| {
            let own: Vec<Arc<Event>> = places
                .iter()
                .filter_map(|at| events.get(*at).cloned())
                .collect();
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
