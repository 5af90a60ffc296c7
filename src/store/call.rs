//! The call that writes are made for: its token is live when they are carried out, and its key makes it safe to repeat.
//!
//! Both concern every write and no rule, so handlers, the engine and actors would only pass them on. The pipeline of HTTP
//! sets the call around a handler, a mail takes it along to its actor (`actors/on_behalf.rs`), a task that outlives its
//! caller takes it along itself ([`Call::along`]), and the store finds it where a write is handed over.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

use crate::model::{Token, TokenId};

tokio::task_local! {
    static CURRENT: Arc<Call>;
}

/// A call that writes.
#[derive(Debug)]
pub struct Call {
    /// `None`: it has none, such as one that asks for a token.
    token: Option<TokenId>,
    key: Option<CallKey>,
    /// Writes so far that are carried out once.
    steps: AtomicI64,
    was_repeated: AtomicBool,
    /// A write of it is committed.
    has_written: AtomicBool,
}

/// The key of a call. Only calls of one user with one app can have one key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallKey {
    holder: String,
    key: String,
    sum: String,
    most: i64,
}

/// One write of a call with a key.
#[derive(Clone, Debug)]
pub(super) struct Step {
    pub(super) of: CallKey,
    pub(super) number: i64,
    pub(super) call: Arc<Call>,
}

impl CallKey {
    /// `key`: as the client chose it; `sum`: of all that makes two calls the same; `most`: how many writes of its user and
    /// app may be known by keys.
    pub fn new(token: &Token, key: String, sum: String, most: i64) -> Self {
        let user = token.user.map_or(0, |user| user.0);
        Self {
            holder: format!("{user} {}", token.client.id),
            key,
            sum,
            most,
        }
    }

    pub(super) fn holder(&self) -> &str {
        &self.holder
    }

    pub(super) fn key(&self) -> &str {
        &self.key
    }

    pub(super) fn sum(&self) -> &str {
        &self.sum
    }

    pub(super) fn most(&self) -> i64 {
        self.most
    }
}

impl Call {
    /// A call with this token, if it has one.
    pub fn new(token: Option<TokenId>, key: Option<CallKey>) -> Arc<Self> {
        Arc::new(Self {
            token,
            key,
            steps: AtomicI64::new(0),
            was_repeated: AtomicBool::new(false),
            has_written: AtomicBool::new(false),
        })
    }

    /// Writes of this work are made for this call.
    pub async fn around<F: Future>(self: Arc<Self>, work: F) -> F::Output {
        CURRENT.scope(self, work).await
    }

    /// The same for work that does not wait; without a call it is the server's own.
    pub fn within<T>(call: Option<Arc<Self>>, work: impl FnOnce() -> T) -> T {
        match call {
            Some(call) => CURRENT.sync_scope(call, work),
            None => work(),
        }
    }

    /// For a task of its own: its writes are made for the call that begins it.
    pub fn along<F: Future>(work: F) -> impl Future<Output = F::Output> {
        let call = Self::current();
        async move {
            match call {
                Some(call) => call.around(work).await,
                None => work.await,
            }
        }
    }

    /// The call that is being answered.
    pub fn current() -> Option<Arc<Self>> {
        CURRENT.try_with(Arc::clone).ok()
    }

    /// Whether the call that is being answered has a key. What it did before may have changed what is known of its object,
    /// so nothing but its write may refuse it.
    pub fn has_key() -> bool {
        CURRENT
            .try_with(|call| call.key.is_some())
            .unwrap_or_default()
    }

    /// Whether a write was found done, and was not done again.
    pub fn was_repeated(&self) -> bool {
        self.was_repeated.load(Ordering::Relaxed)
    }

    /// Whether a write of it was committed: what fails behind that does not undo it.
    pub fn has_written(&self) -> bool {
        self.has_written.load(Ordering::Relaxed)
    }

    pub(super) fn note_written(&self) {
        self.has_written.store(true, Ordering::Relaxed);
    }

    pub(super) fn note_repetition(&self) {
        self.was_repeated.store(true, Ordering::Relaxed);
    }

    /// The token of the call that is being answered.
    pub(super) fn token() -> Option<TokenId> {
        CURRENT.try_with(|call| call.token).ok().flatten()
    }

    /// The next write of the call that is being answered, if it has a key.
    pub(super) fn next_step() -> Option<Step> {
        let call = Self::current()?;
        Some(Step {
            of: call.key.clone()?,
            number: call.steps.fetch_add(1, Ordering::Relaxed),
            call,
        })
    }
}
