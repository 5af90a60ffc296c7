//! Channels and their messages.
//!
//! Reads ask the store, once per answer where that is possible; `model::access` says who may read what. Writes go
//! through the engine, which knows the rules of each channel. `http/show` shows the result.

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
pub(super) mod search;
pub(super) mod subscription;
