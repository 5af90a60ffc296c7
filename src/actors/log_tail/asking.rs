//! Asks the owning actors for the subscribed users, and the firehoses for the visibility of their apps: concurrently, the
//! answers in the order of the events.

use std::collections::HashMap;
use std::sync::Arc;

use futures_util::future::join_all;
use smallvec::SmallVec;

use super::PAUSE;
use super::dispatch::Dispatcher;
use crate::actors::channel::mail::EventsArrived;
use crate::actors::delivery::AllowedApp;
use crate::actors::firehose::mail::{EventWithSubscribers, JudgeEvents};
use crate::event::{Event, Owner};
use crate::model::{ChannelId, ClientId, Subscribers};
use crate::telemetry::{ActorNumbers, Counter};

/// Tries before an actor that cannot load is passed over: 5 seconds with [`PAUSE`] between them.
const TRIES: u32 = 25;

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
        let mut told = vec![OwnerAnswer::default(); events.len()];
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
                if let Some(place) = told.get_mut(at) {
                    *place = answer;
                }
            }
        }
        (told, is_whole)
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
                    let told = subscribers.into_iter().map(|subscribers| OwnerAnswer {
                        subscribers,
                        numbers: Some(owner.numbers().clone()),
                    });
                    return Some(told.collect());
                }
                // It was passivated meanwhile, or could not load: what an app may see is worth the wait.
                Err(_) if apps => self.wait_for_actor().await,
                Err(_) => return Some(Vec::new()),
            }
        }
        tracing::error!(%channel, events = events.len(), "a channel does not load: app streams are closed");
        let unanswered = events.len() as u64;
        self.shared.metrics.add(Counter::LogUnanswered, unanswered);
        None
    }

    async fn wait_for_actor(&self) {
        self.shared.metrics.add(Counter::LogRetries, 1);
        tokio::time::sleep(PAUSE).await;
    }

    /// For each event the apps that may see it.
    pub(super) async fn judge(
        &self,
        seen: &Arc<[EventWithSubscribers]>,
        firehoses: Vec<ClientId>,
    ) -> Vec<SmallVec<[AllowedApp; 1]>> {
        let mut apps = vec![SmallVec::new(); seen.len()];
        let asked = firehoses
            .iter()
            .map(|client| self.ask_firehose(client, seen));
        for (app, verdicts) in join_all(asked).await.into_iter().flatten() {
            for (place, sees) in apps.iter_mut().zip(verdicts) {
                if sees {
                    place.push(app.clone());
                }
            }
        }
        apps
    }

    async fn ask_firehose(
        &self,
        client: &ClientId,
        seen: &Arc<[EventWithSubscribers]>,
    ) -> Option<(AllowedApp, Vec<bool>)> {
        for _ in 0..TRIES {
            if self.shared.app_permits.taken_by(client) == 0 {
                return None;
            }
            let firehose = self.shared.directory.firehose(client, &self.shared);
            match firehose.send_past_bound(JudgeEvents(seen.clone())).await {
                Ok(verdicts) => {
                    let numbers = firehose.numbers().clone();
                    numbers.handled(seen.len() as u64);
                    let client = client.clone();
                    return Some((AllowedApp { client, numbers }, verdicts));
                }
                // It could not load: its streams are late rather than incomplete.
                Err(_) => self.wait_for_actor().await,
            }
        }
        tracing::error!(%client, events = seen.len(), "a firehose does not load: its streams are closed");
        let unanswered = seen.len() as u64;
        self.shared.metrics.add(Counter::LogUnanswered, unanswered);
        self.close_app(client).await;
        None
    }
}
