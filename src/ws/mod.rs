//! Streams: websockets, and those that leave as the answer to a request ([`answer`]).
//!
//! Each websocket is taken out of the HTTP dispatcher and gets its actor. Inside the dispatcher an actor is not polled
//! while its peer reads nothing, so no deadline could be kept; here it owns its socket (`docs/decisions/0002`). The shard
//! decides what a connection receives ([`crate::actors::shard`]); this layer decodes client frames and closes connections.

mod admission;
pub mod answer;
mod connection;
mod credentials;
mod gate;
mod opened;
mod reader;
mod sessions;
mod upgrade;

pub use gate::Gate;
pub use upgrade::upgrade;
