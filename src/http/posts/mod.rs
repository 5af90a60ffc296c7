//! Posts: written, read, acted on.

pub(super) mod act;
pub(super) mod explore;
mod filters;
pub(super) mod lookup;
pub(super) mod search;
pub(super) mod streams;
pub(super) mod write;
