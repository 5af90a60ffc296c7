//! Streams that leave as the answer to a request: for clients and proxies that do not speak websocket.
//!
//! Same addresses, actors, limits and frames. What differs is the end of the way: the shard's bytes wait in the queue of
//! the connection, and the body of an ordinary answer takes them from there, framed as the client asked
//! ([`crate::protocol::framing`]). There are no client frames; the server sends signs of life in place of those. A long
//! poll is such a connection too, until it has something to answer (`poll.rs`).

mod begin;
mod body;
mod gathered;
mod open;
mod poll;
mod transport;

pub use open::route;
