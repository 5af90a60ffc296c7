//! Reports statements that take long: their text, never the values.

use std::time::{Duration, Instant};

use diesel::connection::{Instrumentation, InstrumentationEvent};

/// Statements that take longer are reported.
const SLOW: Duration = Duration::from_millis(250);

/// Looks on, on one connection.
#[derive(Default)]
pub(super) struct SlowStatements {
    since: Option<Instant>,
}

impl Instrumentation for SlowStatements {
    fn on_connection_event(&mut self, event: InstrumentationEvent<'_>) {
        // Diesel's enum may grow; what is not a statement is of no interest here.
        if let InstrumentationEvent::StartQuery { .. } = event {
            self.since = Some(Instant::now());
        } else if let InstrumentationEvent::FinishQuery { query, .. } = event {
            let took = self.since.take().map_or(Duration::ZERO, |at| at.elapsed());
            if took >= SLOW {
                let text = query.to_string();
                let statement = text.split(" -- binds:").next().unwrap_or_default();
                let millis = took.as_millis();
                tracing::warn!(statement, %millis, "slow statement");
            }
        }
    }
}
