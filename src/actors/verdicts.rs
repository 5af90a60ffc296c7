//! What stored filters say to an event: each of them once, whatever connections use it.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use actix_rt::task::spawn_blocking;
use serde_json::Value;
use smallvec::SmallVec;

use super::authorized_users::AuthorizedUsers;
use crate::event::Event;
use crate::model::{EventFilter, Failure};
use crate::protocol::event_filter::{CompiledFilter, FilterKey, SeenEvent};
use crate::protocol::site::Site;

/// On a thread that may take its time: others would wait some milliseconds for an expression.
///
/// # Errors
/// It is not one that may be stored today; the process stops.
pub async fn compiled(stored: EventFilter) -> Result<Arc<CompiledFilter>, Failure> {
    let compiled = spawn_blocking(move || CompiledFilter::new(&stored)).await;
    let compiled = compiled.map_err(|_cancelled| Failure::Stopping)??;
    Ok(Arc::new(compiled))
}

/// There once the filter was asked.
type Verdict = Arc<OnceLock<bool>>;

/// What filters said to one event so far.
#[derive(Debug, Default)]
pub struct Verdicts {
    known: Mutex<SmallVec<[(FilterKey, Verdict); 1]>>,
    /// The event as filters see it, rendered when the first of them asks for it.
    whole: OnceLock<Value>,
}

impl Verdicts {
    /// Whether the event passes a filter of an app with these users. A second connection with the same filter waits for the first.
    pub fn lets_pass(
        &self,
        filter: &CompiledFilter,
        event: &Event,
        users: &AuthorizedUsers,
        site: &Site,
    ) -> bool {
        *self.verdict(filter.key()).get_or_init(|| {
            filter.lets_pass(&SeenEvent {
                event,
                site,
                whole: &self.whole,
                is_authorized: &|user| users.contains(user),
            })
        })
    }

    /// The list is not held while a filter is asked: other filters do not wait for it.
    fn verdict(&self, filter: FilterKey) -> Verdict {
        // A poisoned lock only means that another shard died while it looked: the list itself is whole.
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let mut verdicts = known.iter();
        if let Some((_, verdict)) = verdicts.find(|(key, _)| *key == filter) {
            return verdict.clone();
        }
        let verdict = Arc::default();
        known.push((filter, Arc::clone(&verdict)));
        verdict
    }
}
