//! Webhooks: their tasks begin and end as their rows say, and what can be asked of their dead letters.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};

use super::Engine;
use crate::actors::hooks::addresses::demand_public;
use crate::actors::hooks::addresses::read_url;
use crate::actors::hooks::changes::Changes;
use crate::actors::hooks::keeping::begin_at;
use crate::actors::hooks::reading::Reader;
use crate::actors::hooks::registry::{HookKey, HookPermit, Known};
use crate::actors::hooks::run::HookRun;
use crate::actors::verdicts::compiled;
use crate::event::Pos;
use crate::model::{
    AppStream, ClientId, ConnectionId, DeadLetter, EventFilter, Failure, Hook, HookOff, Refusal,
    Refused, StreamKey,
};
use crate::protocol::app_filter::AppFilter;
use crate::protocol::object::OpenStreamObject;
use crate::protocol::query::Query;
use crate::protocol::render_class::RenderClass;
use crate::store::HookPlace;
use crate::store::secret::random_id;

/// Dead letters in one answer.
const LISTED: i64 = 200;

/// What a task is made of, as one read of the database has it.
struct Stored {
    stream: AppStream,
    hook: Hook,
    place: HookPlace,
    is_token_live: bool,
    filter: Option<EventFilter>,
    head: Pos,
}

impl Engine {
    /// Reads the address of a receiver.
    ///
    /// # Errors
    /// It may not be posted to.
    pub async fn demand_receiver(&self, url: &str) -> Result<String, Refused> {
        let allow_private = self.shared.hooks.settings().allow_private;
        let url = read_url(url, allow_private)?;
        demand_public(&url, allow_private).await?;
        Ok(url.into())
    }

    /// A place among the streams in use for a hook that is to be on and does not run yet, on whatever node.
    pub(super) async fn hook_permit(
        &self,
        key: Option<&HookKey>,
        client: &ClientId,
    ) -> Result<Option<HookPermit>, Failure> {
        if let Some(key) = key
            && (self.shared.hooks.runs(key) || self.is_held_elsewhere(key).await?)
        {
            return Ok(None);
        }
        self.take_hook_permit(client).await.map(Some)
    }

    async fn take_hook_permit(&self, client: &ClientId) -> Result<HookPermit, Failure> {
        let permit = self.shared.app_permits.take(client.clone());
        let permit = permit.ok_or(Refusal::StreamsInUse)?;
        let place = self.shared.place(client.clone(), None).await?;
        Ok(HookPermit(permit, place))
    }

    /// Whether another node has the task of a hook.
    async fn is_held_elsewhere(&self, (client, key): &HookKey) -> Result<bool, Failure> {
        let Some(own) = self.shared.node() else {
            return Ok(false);
        };
        let (client, key) = (client.clone(), key.clone());
        let read = self.store().read(move |db| db.hook_holder(&client, &key));
        Ok(read.await?.is_some_and(|holder| holder != own))
    }

    /// Begins the tasks of all hooks that are on, and ends those of hooks that are not. One that finds no free place among
    /// the streams in use, or cannot be begun, waits for the next call and holds up no other.
    ///
    /// # Errors
    /// The database is in trouble, or busy.
    #[expect(
        clippy::redundant_closure_for_method_calls,
        reason = "the method alone is not general enough in its lifetime"
    )]
    pub async fn begin_hooks(&self) -> Result<(), Failure> {
        let hooks = &self.shared.hooks;
        // Before the rows: one that begins meanwhile is not taken for one that is off.
        let mut ended = hooks.keys();
        let mut begun = self.store().read(|db| db.hooks_on()).await?;
        ended.retain(|key| !begun.contains(key));
        begun.retain(|key| !hooks.runs(key));
        if self.shared.cluster.is_some() {
            let held = self.store().read(|db| db.hooks_held()).await?;
            begun.retain(|key| !held.contains(key));
        }
        for key in hooks.keys() {
            if self.was_changed(&key).await? {
                begun.push(key);
            }
        }
        for key in begun.into_iter().chain(ended) {
            match self.settle_hook(key.clone(), None).await {
                Err(Failure::Stopping) => return Err(Failure::Stopping),
                Err(failure) => {
                    let (client, key) = key;
                    tracing::warn!(%failure, %client, %key, "a webhook was not begun; it is in a minute");
                }
                Ok(()) => {}
            }
        }
        Ok(())
    }

    /// The log went back: all tasks begin again, each where the database has it, no farther than the log. What they hold of
    /// events that are not in it is posted no more.
    pub async fn begin_hooks_again(&self) {
        self.shared.hooks.leave_all().await;
        let freed = match &self.shared.cluster {
            Some(cluster) => cluster.places().are_free().await,
            None => Ok(()),
        };
        let begun = match freed {
            Ok(()) => self.begin_hooks().await,
            Err(failure) => Err(failure),
        };
        if let Err(failure) = begun {
            tracing::warn!(%failure, "webhooks were not begun again; they are in a minute");
        }
    }

    /// Whether the rows of a hook that runs are not what its task was begun with: another node changed them and could not
    /// tell, or a database in trouble kept the task from being begun again.
    async fn was_changed(&self, key: &HookKey) -> Result<bool, Failure> {
        let Some(known) = self.shared.hooks.known(key) else {
            return Ok(false);
        };
        let stored = self.stored_hook(key).await?;
        Ok(stored.is_some_and(|stored| !known.is_of(&stored.stream, &stored.hook)))
    }

    /// The same as [`Self::settle_hook`], behind a change that is stored already: trouble is for the sweep.
    pub(super) async fn have_hook_settled(&self, key: HookKey, permit: Option<HookPermit>) {
        // The node that has its task does it.
        if self.is_held_elsewhere(&key).await.unwrap_or(false) {
            return self.tell_hook_changed(&key).await;
        }
        if let Err(failure) = self.settle_hook(key, permit).await {
            tracing::warn!(%failure, "a webhook was not begun; it is in a minute");
        }
    }

    /// Makes the task of a stream what its row says: a task that runs ends, and one begins if the hook is on.
    ///
    /// # Errors
    /// The database is in trouble, or busy.
    pub(super) async fn settle_hook(
        &self,
        key: HookKey,
        permit: Option<HookPermit>,
    ) -> Result<(), Failure> {
        let hooks = &self.shared.hooks;
        let _one_at_a_time = hooks.changing.lock().await;
        hooks.stop(&key).await;
        if self.shared.stopping.load(Ordering::Acquire) {
            return Ok(());
        }
        let Some(stored) = self.stored_hook(&key).await? else {
            return Ok(());
        };
        if !stored.is_token_live {
            let ((client, key), token) = (key, stored.hook.token);
            let job = move |tx: &mut crate::store::Tx<'_>| {
                tx.switch_hook_off((&client, &key), token, HookOff::TokenRevoked)
            };
            return self.store().write(job).await.map(drop);
        }
        let Some(permit) = self.settled_permit(&key, permit).await? else {
            return Ok(());
        };
        // Now that no other node has the task: how far it is.
        let stored = match permit.1 {
            Some(_) => self.stored_hook(&key).await?,
            None => Some(stored),
        };
        match stored {
            Some(stored) => self.begin_hook(key, stored, permit).await,
            None => Ok(()),
        }
    }

    /// `None`: there is no free place, or another node has the task.
    async fn settled_permit(
        &self,
        (client, key): &HookKey,
        permit: Option<HookPermit>,
    ) -> Result<Option<HookPermit>, Failure> {
        let permit = match permit {
            Some(permit) => permit,
            None => match self.take_hook_permit(client).await {
                Ok(permit) => permit,
                Err(Failure::Refused(_) | Failure::Busy) => return Ok(None),
                Err(failure) => return Err(failure),
            },
        };
        match &permit.1 {
            Some(place) if !place.for_hook(client, key).await? => Ok(None),
            Some(_) | None => Ok(Some(permit)),
        }
    }

    async fn begin_hook(
        &self,
        key: HookKey,
        stored: Stored,
        permit: HookPermit,
    ) -> Result<(), Failure> {
        let hooks = &self.shared.hooks;
        let query = Query::parse(&stored.hook.parameters);
        let mut filter = AppFilter::from_query(&query)?;
        if let Some(stored) = stored.filter {
            filter.stored = Some(compiled(stored).await?);
        }
        // Rows may have been written before `compress` was refused.
        let class = RenderClass::from_query(&query).as_text();
        let stream = Arc::new(stored.stream);
        let shared = &self.shared;
        let hook = Arc::new(stored.hook);
        let known = Known {
            connection_id: ConnectionId::from(random_id()),
            since: self.store().now(),
            parameters: parameters(class, &filter),
            stream: Arc::clone(&stream),
            hook: Arc::clone(&hook),
            waiting: AtomicUsize::new(0),
            reached: AtomicI64::new(0),
        };
        let reading = (
            shared.log.clone(),
            Arc::clone(&shared.site),
            shared.store.clock().clone(),
        );
        let reader = Reader::new(reading, stream, filter, class);
        let (place, head) = (stored.place, stored.head);
        let begin = begin_at(&place, shared.log.ring().epoch(), head);
        let mut lanes = begin.lanes;
        let reached = begin.taken_back.max(hooks.left_at(&key));
        if let Some(reached) = reached.filter(|reached| *reached > head) {
            lanes.tell(reader.taken_back(head, reached));
        }
        let run = HookRun {
            shared: Arc::clone(shared),
            registration: hooks.register(key.clone(), known, permit),
            reader,
            lanes,
            changes: Changes::new(key.clone(), hook.token, head),
            saved: place.positions,
            hook,
            key,
        };
        // The lease may have run out since the task took its place: those that run then were ended already.
        let cluster = shared.cluster.as_ref();
        if cluster.is_some_and(|cluster| cluster.is_fenced()) {
            return Ok(());
        }
        // A thread that is gone ends the server (`server/parts.rs`).
        hooks
            .thread()
            .spawn_fn(move || drop(actix_rt::spawn(run.run())));
        Ok(())
    }

    /// `None`: there is no such hook, or it is off.
    async fn stored_hook(&self, (client, key): &HookKey) -> Result<Option<Stored>, Failure> {
        let (client, key) = (client.clone(), key.clone());
        let read = self.store().read(move |db| {
            let Some(mut stream) = db.app_stream(&client, &key)? else {
                return Ok(None);
            };
            let Some(hook) = stream.hook.take().filter(|hook| hook.off.is_none()) else {
                return Ok(None);
            };
            let Some(place) = db.hook_place(&client, &key)? else {
                return Ok(None);
            };
            let filter = match stream.filter {
                Some(id) => db.filter_of_app(&client, id)?,
                None => None,
            };
            Ok(Some(Stored {
                is_token_live: db.is_live(hook.token)?,
                head: Pos(db.log_position()?),
                stream,
                hook,
                place,
                filter,
            }))
        });
        read.await
    }

    /// The hooks of an app that run, as open streams.
    pub(super) fn open_hooks(&self, client: &ClientId) -> Vec<OpenStreamObject> {
        let running = self.shared.hooks.of(client).into_iter();
        let described = running.map(|known| OpenStreamObject {
            connection_id: known.connection_id.clone(),
            client_id: known.stream.client.clone(),
            connected_at: known.since,
            key: Some(known.stream.key.clone()),
            object_types: Some(
                known
                    .stream
                    .object_types
                    .iter()
                    .map(|kind| kind.name())
                    .collect(),
            ),
            parameters: known.parameters.clone(),
            bytes_waiting: known.waiting.load(Ordering::Relaxed),
            lag_ms: 0,
            subscriptions: None,
        });
        described.collect()
    }

    /// The dead letters of a hook, the oldest first.
    ///
    /// # Errors
    /// No such hook.
    pub async fn dead_letters(
        &self,
        client: ClientId,
        key: StreamKey,
    ) -> Result<Vec<DeadLetter>, Failure> {
        self.store()
            .read(move |db| db.dead_letters(&client, &key, LISTED))
            .await
    }

    /// Has one delivered again, or all; gives them back.
    ///
    /// # Errors
    /// No such hook, or no such dead letter.
    pub async fn replay_dead_letters(
        &self,
        (client, key): HookKey,
        id: Option<i64>,
    ) -> Result<Vec<DeadLetter>, Failure> {
        let named = (client.clone(), key.clone());
        let job = move |tx: &mut crate::store::Tx<'_>| tx.replay_dead_letters(&client, &key, id);
        let replayed = self.store().carry_out(job).await?;
        self.shared.hooks.nudge(&named);
        Ok(replayed)
    }

    /// Deletes one, or all; gives them back.
    ///
    /// # Errors
    /// No such hook, or no such dead letter.
    pub async fn delete_dead_letters(
        &self,
        (client, key): HookKey,
        id: Option<i64>,
    ) -> Result<Vec<DeadLetter>, Failure> {
        self.store()
            .begin_repeatable(move |tx| tx.delete_dead_letters(&client, &key, id))?
            .wait()
            .await
    }
}

/// As an open stream shows them.
fn parameters(class: RenderClass, filter: &AppFilter) -> crate::protocol::object::Parameters {
    let mut parameters = class.parameters();
    parameters.extend(filter.parameters());
    parameters
}
