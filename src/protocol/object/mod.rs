//! How each thing is shown: one type per wire object, borrowing from the model.
//!
//! A field that does not apply is left out, never `null`: typed clients break on nulls. `seen_by` adds
//! the viewer's fields, so that an object without them can be shared.

mod acl;
mod annotations;
mod app_stream;
mod badge;
mod channel;
mod client;
mod closed_stream;
mod dead_letter;
mod event_filter;
mod file;
mod interaction;
mod limited_user;
mod marker;
mod message;
mod open_stream;
mod poll;
mod post;
mod presence;
mod replaced;
#[cfg(test)]
pub(in crate::protocol) mod sample;
mod token;
mod user;

pub use acl::AclObject;
pub use app_stream::AppStreamObject;
pub use badge::BadgeObject;
pub use channel::{ChannelObject, ChannelViewer};
pub use client::{ClientDetail, ClientObject, SourceObject};
pub use closed_stream::{ClosedStream, ClosedStreamObject};
pub use dead_letter::DeadLetterObject;
pub use event_filter::EventFilterObject;
pub use file::{FileObject, FileRights};
pub use interaction::{InteractionObject, SubjectObject};
pub use limited_user::LimitedUser;
pub use marker::MarkerObject;
pub use message::MessageObject;
pub use open_stream::{OpenStreamObject, OpenSubscription, Parameters, endpoint};
pub use poll::{BriefPoll, PollObject};
pub use post::{PostObject, PostPeople};
pub use presence::PresenceObject;
pub use token::{Storage, TokenObject};
pub use user::UserObject;

use serde::Serializer;

use crate::model::Stamp;

/// `YYYY-MM-DDTHH:MM:SSZ`, the only form of a date on the wire.
fn iso<S: Serializer>(stamp: &Stamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&stamp.iso())
}

/// As [`iso`], for a field that may be left out.
fn iso_if_any<S: Serializer>(stamp: &Option<Stamp>, serializer: S) -> Result<S::Ok, S::Error> {
    match stamp {
        Some(stamp) => iso(stamp, serializer),
        None => serializer.serialize_none(),
    }
}

/// Numbers that name things are strings on the wire.
fn text<S: Serializer>(number: &i64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(number)
}

/// As [`text`], for a field that may be left out.
fn text_if_any<S: Serializer>(number: &Option<i64>, serializer: S) -> Result<S::Ok, S::Error> {
    match number {
        Some(number) => serializer.collect_str(number),
        None => serializer.serialize_none(),
    }
}

/// Flags that are shown only when true.
fn is_false(flag: &bool) -> bool {
    !flag
}

/// Flags that are shown only when false.
fn is_true(flag: &bool) -> bool {
    *flag
}
