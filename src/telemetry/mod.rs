//! Metrics. Values of labels are from closed sets only: never an id, never a client's text.

mod actor;
mod counters;
mod exposition;
mod histogram;
mod spans;

pub use actor::ActorNumbers;
pub use counters::{Counter, Metrics};
pub use exposition::{CONTENT_TYPE, Sample, SampleValue, page};
pub use histogram::{Histogram, Percentiles};
pub use spans::{Span, Spans};
