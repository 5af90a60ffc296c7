//! Channels and their messages.
//!
//! Reads ask the store, once per answer where that is possible; `model::access` says who may read what. Writes go
//! through the engine, which knows the rules of each channel. `backdrop` and `reply` show the result.

pub(super) mod attendance;
mod backdrop;
pub(super) mod explore;
mod filters;
pub(super) mod inbox;
pub(super) mod lifecycle;
pub(super) mod lookup;
pub(super) mod message_lookup;
pub(super) mod messages;
mod names;
pub(super) mod presence;
pub(super) mod reading;
mod reply;
pub(super) mod search;
