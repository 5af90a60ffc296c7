//! What is measured. Labels come from closed sets only: never an id, never a text of a client.

mod actor;
mod counters;
mod histogram;
mod spans;

pub use actor::ActorNumbers;
pub use counters::{Counter, Metrics};
pub use histogram::{Histogram, Percentiles};
pub use spans::{Span, Spans};
