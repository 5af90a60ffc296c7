//! What is measured. Labels come from closed sets only: never an id, never a text of a client.

mod counters;

pub use counters::{Counter, Metrics};
