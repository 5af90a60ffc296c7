//! What `LogTail` reads when it was not handed an event: the table, and the end of the log.

use std::future::Future;

use crate::event::{Event, Logged, Payload, Pos};
use crate::fault::{Seeded, seeded};
use crate::model::Failure;
use crate::store::{LogEnd, LogMark, Purpose, Store};

/// Rows fetched in one go, and their bytes.
const PAGE: (usize, usize) = (1024, 8 * 1024 * 1024);

/// The log as it is kept.
pub trait LogSource: Send + Sync {
    /// Its end, and whether it has what was delivered.
    fn end(&self, marks: Vec<LogMark>) -> impl Future<Output = Result<LogEnd, Failure>> + Send;

    /// What is kept behind `after`, up to `until`, without leaving a position out; at least one entry unless `until`
    /// is reached.
    fn between(
        &self,
        after: Pos,
        until: Pos,
    ) -> impl Future<Output = Result<Vec<Logged>, Failure>> + Send;

    /// Another process wrote this event: the caches drop what it makes stale.
    fn invalidate(&self, event: &Event);

    /// Events were missed: the caches drop everything.
    fn invalidate_all(&self);

    /// Whether other servers may write to it.
    fn is_shared(&self) -> bool;
}

impl LogSource for Store {
    async fn end(&self, marks: Vec<LogMark>) -> Result<LogEnd, Failure> {
        self.log_end(marks).await
    }

    async fn between(&self, after: Pos, until: Pos) -> Result<Vec<Logged>, Failure> {
        let (count, bytes) = PAGE;
        self.read_for(Purpose::Delivery, move |db| {
            db.log_between(after, until, count, bytes)
        })
        .await
    }

    fn invalidate(&self, event: &Event) {
        let is_token = matches!(event.payload, Payload::TokenRevoked { .. });
        let is_user = matches!(event.payload, Payload::UserChanged { .. });
        if is_token && seeded(Seeded::TokensStay) || is_user && seeded(Seeded::UsersStay) {
            return;
        }
        Self::invalidate(self, event);
    }

    fn invalidate_all(&self) {
        Self::invalidate_all(self);
    }

    fn is_shared(&self) -> bool {
        Self::is_shared(self)
    }
}
