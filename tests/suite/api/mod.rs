//! A story per endpoint.

mod accounts;
mod actors;
mod app_streams;
mod channels;
mod characters;
mod envelope;
mod feeds;
mod http_rules;
mod markers;
mod messages;
mod older_names;
mod pagination;
mod people;
mod polls;
mod posts;
mod presence;
mod profile;
mod rate_limits;
mod relation_lists;
mod relations;
mod routes;
mod shapes;
mod system;
mod token_endpoint;
mod user_streams;
mod visibility;
