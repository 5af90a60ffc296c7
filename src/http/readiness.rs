//! Whether the server takes new work, and if not, why: what `/readyz` answers.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{PoisonError, RwLock};

use strum::{EnumMessage, IntoStaticStr, VariantArray};

/// A reason not to send new work here: its name on the wire, and its meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumMessage, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "kebab-case")]
pub enum Unready {
    /// The server has not finished its start.
    Starting,
    /// The server stops.
    Stopping,
    /// The write lane does not take jobs: too many wait, or one takes too long.
    WritesWait,
    /// The last commit failed.
    CommitsFail,
    /// The database does not answer reads.
    ReadsFail,
    /// Events that were committed are not delivered yet after 5 seconds.
    DeliveryLate,
    /// The disk of the database, or that of files, has less room than `store.min_free_megabytes`, or does not answer.
    DiskFull,
    /// The path of the database leads to another file, or to none.
    DatabaseMoved,
    /// The clock of the machine is more than a day behind the last write, or more than five minutes from that of the database.
    ClockWrong,
    /// The lease of this node could not be renewed for a third of its time.
    LeaseLate,
}

impl Unready {
    /// Its name on the wire.
    pub fn slug(self) -> &'static str {
        self.into()
    }

    /// Its meaning.
    pub fn text(self) -> &'static str {
        self.get_documentation().unwrap_or_default()
    }
}

/// Set by the start, the stop, and the watch in between.
#[derive(Debug, Default)]
pub struct Readiness {
    serves: AtomicBool,
    stops: AtomicBool,
    found: RwLock<Vec<Unready>>,
}

impl Readiness {
    /// The start is over.
    pub fn begin_serving(&self) {
        self.serves.store(true, Ordering::Release);
    }

    /// A stop has begun: no new work.
    pub fn begin_stop(&self) {
        self.stops.store(true, Ordering::Release);
    }

    /// Whether a stop has begun.
    pub fn is_stopping(&self) -> bool {
        self.stops.load(Ordering::Acquire)
    }

    /// What the watch found last.
    pub fn set_found(&self, found: Vec<Unready>) {
        *self.found.write().unwrap_or_else(PoisonError::into_inner) = found;
    }

    /// Why the server is not ready; none if it is.
    pub fn reasons(&self) -> Vec<Unready> {
        let found = self.found.read().unwrap_or_else(PoisonError::into_inner);
        let starts = (!self.serves.load(Ordering::Acquire)).then_some(Unready::Starting);
        let stops = self.is_stopping().then_some(Unready::Stopping);
        let own = [starts, stops].into_iter().flatten();
        own.chain(found.iter().copied()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_operators_page_names_every_reason() {
        let document = include_str!("../../docs/operations.md");
        for reason in Unready::VARIANTS {
            let row = format!("| `{}` | {} |", reason.slug(), reason.text());
            assert!(document.contains(&row), "docs/operations.md lacks: {row}");
        }
    }

    #[test]
    fn a_stop_ends_readiness_for_good() {
        let readiness = Readiness::default();
        assert_eq!(readiness.reasons(), [Unready::Starting]);
        readiness.begin_serving();
        assert_eq!(readiness.reasons(), []);
        readiness.set_found(vec![Unready::DiskFull]);
        readiness.begin_stop();
        assert_eq!(readiness.reasons(), [Unready::Stopping, Unready::DiskFull]);
        readiness.set_found(Vec::new());
        assert_eq!(readiness.reasons(), [Unready::Stopping]);
    }
}
