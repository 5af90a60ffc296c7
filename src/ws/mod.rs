//! The socket face: takes websockets out of the HTTP dispatcher and gives each an actor.
//!
//! Inside the dispatcher an actor is not polled while its peer reads nothing, so no deadline could be kept;
//! here it owns its socket (`docs/decisions/0002`). What a socket hears is decided by its shard
//! ([`crate::actors::shard`]); this layer turns frames into calls and goodbyes.

mod admission;
mod connection;
mod reader;
mod upgrade;

pub use upgrade::{Gate, upgrade};
