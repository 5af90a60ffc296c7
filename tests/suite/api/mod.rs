//! A story per endpoint.

mod accounts;
mod actors;
mod app_streams;
mod around;
mod channels;
mod characters;
mod envelope;
mod feeds;
mod http_rules;
mod markers;
mod messages;
mod pagination;
mod people;
mod posts;
mod presence;
mod profile;
mod rate_limits;
mod relation_lists;
mod relations;
mod reports;
mod routes;
mod shapes;
mod system;
mod token_endpoint;
mod user_streams;
mod visibility;
