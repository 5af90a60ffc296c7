//! Bodies that clients send, checked into model values.
//!
//! Clients differ: numbers come as strings, booleans as `1`, people as ids or as `@name`. All of that ends
//! here. What is read-only or unknown is skipped, since clients send back what they were given.

pub mod acl;
pub mod channel;
pub mod marker;
pub mod message;
pub mod person;
mod value;

pub use acl::AclDraft;
pub use channel::{ChannelChangeDraft, ChannelDraft, check_kind, owner_id};
pub use marker::{MarkerDraft, MarkerDrafts};
pub use message::MessageDraft;
pub use person::{Directory, PersonRef};
