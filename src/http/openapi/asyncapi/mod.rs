//! The AsyncAPI document: the two websockets, their parameters, and every frame that passes on them.
//!
//! The messages are made out of the object types of events, with the schemas of the OpenAPI document: an object looks on a
//! stream as it does in an answer, without what is personal.

mod channels;
mod document;
mod frames;
mod messages;
mod parts;

pub use document::document;
