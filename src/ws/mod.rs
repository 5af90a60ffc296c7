//! Websockets: takes each socket out of the HTTP dispatcher and starts its actor.
//!
//! Inside the dispatcher an actor is not polled while its peer reads nothing, so no deadline could be kept;
//! here it owns its socket (`docs/decisions/0002`). The shard decides what a socket receives
//! ([`crate::actors::shard`]); this layer decodes client frames and closes connections.

mod admission;
mod connection;
mod credentials;
mod reader;
mod sessions;
mod upgrade;

pub use upgrade::{Gate, upgrade};
