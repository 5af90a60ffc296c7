//! App streams as a resource, and ending user streams. Their sockets are in [`crate::ws`].

pub mod app_streams;
pub mod filters;
pub mod user_streams;
