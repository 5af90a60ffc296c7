//! What clients see: wire out is an object, wire in is a draft. No rows, no actors.

pub mod draft;
pub mod object;
