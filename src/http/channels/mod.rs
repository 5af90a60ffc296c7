//! Channels and their messages.
//!
//! Reads ask the store, once per response where possible; `model::access` decides about access. Writes go
//! through the engine, which knows the rules of each channel. `http/show` shows the result.

pub(super) mod explore;
mod filters;
pub(super) mod inbox;
pub(super) mod lifecycle;
pub(super) mod lookup;
pub(super) mod message_lookup;
pub(super) mod messages;
pub(super) mod names;
pub(super) mod presence;
pub(super) mod reading;
pub(in crate::http) mod search;
pub(super) mod subscription;
