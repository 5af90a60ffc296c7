//! App streams as a resource, open and closed streams, and ending user streams. Their sockets are in [`crate::ws`].

pub mod app_streams;
pub mod filters;
pub mod own_streams;
pub mod user_streams;
pub mod webhooks;
