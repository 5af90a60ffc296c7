//! Bodies that clients send, checked into model values.
//!
//! Clients differ: they send numbers as strings, booleans as `1`, users as ids or as `@name`. These differences end
//! here. Read-only and unknown fields are ignored, since clients send back objects that they received.

pub mod acl;
pub mod channel;
pub mod client;
pub mod email;
mod entities;
pub mod event_filter;
pub mod file;
pub mod marker;
pub mod message;
pub mod person;
pub mod poll;
pub mod post;
pub mod profile;
mod provision;
mod value;
mod words;

pub use acl::AclDraft;
pub use channel::{ChannelChangeDraft, ChannelDraft, check_kind, owner_id, private_people};
pub use client::{ClientDraft, client_name, demand_uri};
pub use email::email;
pub use event_filter::event_filter;
pub use file::FileDraft;
pub use marker::{MarkerDraft, MarkerDrafts};
pub use message::MessageDraft;
pub use person::{Directory, PersonRef};
pub use poll::PollDraft;
pub use post::PostDraft;
pub use profile::ProfileDraft;
pub use provision::ProvisionDraft;
pub use value::raw_in;
