//! A story per endpoint.

mod accounts;
mod app_streams;
mod channels;
mod envelope;
mod markers;
mod messages;
mod pagination;
mod presence;
mod rate_limits;
mod relations;
mod token_endpoint;
mod user_streams;
