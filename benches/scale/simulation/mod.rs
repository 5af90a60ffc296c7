//! A discrete-event simulation of the path of a message over many nodes, in whole nanoseconds.
//!
//! * `measured` what one machine takes, with sources · `load` what users do · `design` how the parts are put together
//! * `heads` writes wait for the row of a log's head · `bus` copies a commit · `node` takes it · `delivery` both
//! * `cluster` one design under one load · `growing` designs with what they need
//! * `order` the price of one order over logs · `cursor` the length of a cursor · `tables` all of it as text
//! * `random`, `quantile` numbers
//!
//! Not simulated: reads, presence, app streams, failures. Nodes, databases and buses have machines of their own.

mod bus;
mod cluster;
mod cursor;
mod delivery;
mod design;
mod growing;
mod heads;
mod load;
mod measured;
mod node;
mod order;
mod quantile;
mod random;
mod tables;

#[cfg(test)]
mod tests;

pub(crate) use tables::report;

/// Of the tables in `docs/scale.md`.
pub(crate) const SEED: u64 = 11;

/// A moment or a time.
type Nanos = u64;
