//! Polls: made, answered, read, found.

pub(super) mod lists;
pub(super) mod lookup;
pub(super) mod search;
pub(super) mod write;
