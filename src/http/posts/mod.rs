//! Posts: written, read, acted on.

pub(super) mod act;
mod filters;
pub(super) mod lookup;
pub(super) mod streams;
pub(super) mod write;
