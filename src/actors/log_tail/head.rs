//! The question for the end of the log, beside everything else: what comes over the bus does not wait for the database.

use std::future::{Future, pending};
use std::pin::Pin;
use std::time::Duration;

use super::marks::Marks;
use super::source::LogSource;
use crate::event::Pos;
use crate::store::LogEnd;

/// How long one answer is waited for. A connection that hangs is left then, and the next question goes over another one.
const PATIENCE: Duration = Duration::from_secs(2);

/// What the table says of its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::actors) struct Head {
    /// All up to here was delivered when it was asked. More may have been since, so a log that went back is one that ends
    /// before this.
    pub(super) delivered: Pos,
    /// The end, compared with what was delivered by then.
    pub(super) end: LogEnd,
}

/// At most one question at a time.
#[derive(Default)]
pub(super) struct Asked(Option<Pin<Box<dyn Future<Output = Option<Head>> + Send>>>);

impl Asked {
    /// Asks, when all up to here is delivered.
    pub(super) fn ask<S: LogSource + Clone + 'static>(
        &mut self,
        source: &S,
        (delivered, marks): (Pos, &Marks),
    ) {
        let (source, marks) = (source.clone(), marks.all().to_vec());
        self.0 = Some(Box::pin(async move {
            let end = tokio::time::timeout(PATIENCE, source.end(marks));
            let end = end.await.ok()?;
            Some(Head {
                delivered,
                end: end.ok()?,
            })
        }));
    }

    /// Whether an answer is waited for.
    pub(super) fn is_open(&self) -> bool {
        self.0.is_some()
    }

    /// The answer, once; `None`: there was none in time. Not before it was asked.
    pub(super) async fn answer(&mut self) -> Option<Head> {
        let head = match &mut self.0 {
            Some(asked) => asked.await,
            None => pending().await,
        };
        self.0 = None;
        head
    }
}
