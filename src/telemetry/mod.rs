//! Metrics and the log. Values of labels are from closed sets only: never an id, never a client's text.

mod actor;
mod counters;
mod exposition;
mod histogram;
mod log_lines;
mod logging;
mod spans;

pub use actor::ActorNumbers;
pub use counters::{Counter, Metrics};
pub use exposition::{CONTENT_TYPE, Sample, SampleValue, page};
pub use histogram::{Histogram, Percentiles};
pub use logging::Log;
pub use spans::{Span, Spans};
