//! The API in words: one description for each row of the table of routes ([`routes`]), and out of both the OpenAPI
//! document and the page `/docs`.
//!
//! A description says what its row does not: what the route does, which sets of parameters its handler reads, its body, its
//! answers, and refusals of its own. What follows from the row is not repeated: tokens and scopes, and the refusals that
//! go with them, with the path and with the body ([`refusals`]). In debug builds, requests are watched for what no
//! description says ([`watch`]).

pub mod answers;
pub mod asyncapi;
pub mod bodies;
pub mod described;
pub mod document;
mod page;
pub mod params;
mod queries;
pub mod refusals;
mod replies;
mod requests;
pub mod routes;
mod security;
pub mod served;
mod server_shapes;
mod shapes;
mod sharing;
pub mod stream_params;
mod stream_paths;
mod views;
pub mod watch;

pub use served::Docs;
