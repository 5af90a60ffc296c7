//! Places of this node among the app streams in use over all nodes.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::runtime::Handle;

use crate::fault::{Seeded, seeded};
use crate::model::{ClientId, Failure, NodeEpoch, StreamKey};
use crate::protocol::app_filter::Partition;
use crate::store::secret::random_id;
use crate::store::{Store, StreamUse};

/// Takes places, and gives them back.
pub struct Places {
    store: Store,
    node: NodeEpoch,
    /// Of an app, over all nodes.
    per_client: usize,
    /// Places that could not be given back.
    left: Mutex<Vec<String>>,
}

/// One that is taken until this is dropped.
pub struct Place {
    places: Arc<Places>,
    id: String,
    /// There may be a row of it.
    is_written: bool,
}

impl Places {
    /// Of this node.
    pub fn new(store: Store, node: NodeEpoch, per_client: usize) -> Arc<Self> {
        Arc::new(Self {
            store,
            node,
            per_client,
            left: Mutex::default(),
        })
    }

    /// Takes one for a connection.
    ///
    /// # Errors
    /// The app has as many streams in use as it may, or one that is open in another number of partitions; the lease of this
    /// node is over; the database is in trouble, or busy.
    pub async fn take(
        self: &Arc<Self>,
        client: ClientId,
        part: Option<(StreamKey, Partition)>,
    ) -> Result<Place, Failure> {
        // There before the row is: if this future is dropped half way, the row goes behind its commit.
        let mut place = Place {
            places: self.clone(),
            id: random_id(),
            is_written: true,
        };
        let used = StreamUse {
            id: place.id.clone(),
            client,
            node: self.node.clone(),
            part: part
                .filter(|_| !seeded(Seeded::PartitionsCounted))
                .map(|(key, part)| (key, part.index, part.count)),
        };
        let most = self.per_client;
        let written = self.store.write(move |tx| tx.use_stream(&used, most)).await;
        if let Err(Failure::Refused(_) | Failure::Busy) = &written {
            place.is_written = false;
        }
        written.map(|()| place)
    }

    /// Gives back what could not be given back before.
    pub fn give_back_the_rest(self: &Arc<Self>) {
        let left = std::mem::take(&mut *self.lock());
        if !left.is_empty() {
            self.give_back(left);
        }
    }

    /// Waits until all places that were dropped are free.
    ///
    /// # Errors
    /// The database is in trouble, or busy.
    pub async fn are_free(&self) -> Result<(), Failure> {
        // The lane keeps the order of its jobs.
        self.store.write(|_| Ok(())).await
    }

    /// A group of writes may fail after its jobs were let in, so the outcome is waited for.
    fn give_back(self: &Arc<Self>, ids: Vec<String>) {
        let freed = ids.clone();
        let submitted = self.store.submit(move |tx| tx.free_streams(&freed));
        let (Ok(pending), Ok(runtime)) = (submitted, Handle::try_current()) else {
            // Once more does no harm.
            self.lock().extend(ids);
            return;
        };
        let places = Arc::clone(self);
        runtime.spawn(async move {
            if pending.wait().await.is_err() {
                places.lock().extend(ids);
            }
        });
    }

    // No other code runs under the lock.
    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<String>> {
        self.left.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    /// The task of a webhook has it from now on. False: another node has that task.
    ///
    /// # Errors
    /// The database is in trouble, or busy.
    pub async fn for_hook(&self, client: &ClientId, key: &StreamKey) -> Result<bool, Failure> {
        let (id, client, key) = (self.id.clone(), client.clone(), key.clone());
        let written = self
            .places
            .store
            .write(move |tx| tx.use_for_hook(&id, &client, &key));
        written.await
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if self.is_written {
            self.places.give_back(vec![std::mem::take(&mut self.id)]);
        }
    }
}

impl std::fmt::Debug for Places {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Places").field(&self.node).finish()
    }
}

impl std::fmt::Debug for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Place").field(&self.id).finish()
    }
}
