//! What clients see: wire out is an object, wire in is a draft. No rows, no actors.

pub mod app_filter;
pub mod attachment;
pub mod compression;
pub mod control;
pub mod cursor;
pub mod draft;
pub mod envelope;
mod event_data;
pub mod event_filter;
pub mod file_links;
pub mod filter;
pub mod frame;
pub mod framing;
pub mod gap;
pub mod goodbye;
pub mod hello;
mod json;
pub mod object;
mod pair;
pub mod query;
pub mod render_class;
pub mod render_options;
pub mod site;
pub mod stream;
pub mod timing;
pub mod topic;
