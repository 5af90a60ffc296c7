//! Reading the log on from a position: the newest events are in memory with their frames, older ones in the table.
//!
//! [`ring`] keeps the newest, bounded in bytes, with an index by routing key: what one stream missed is found without
//! looking at the events of others. [`reader`] continues with the table where the ring does not reach. Delivery
//! ([`crate::actors::log_tail`]) fills the ring before an event goes to any shard.

pub mod reader;
pub mod rendered;
pub mod ring;

pub use reader::{Entry, Interest, LogReader, ReadOn};
pub use rendered::RenderedEvent;
pub use ring::Ring;
