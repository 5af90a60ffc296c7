//! What may be sent to a firehose.

use std::sync::Arc;

use crate::event::Event;
use crate::model::Failure;
use crate::model::Subscribers;

/// Asks to be answered once the index is loaded, before a stream says hello.
#[derive(actix::Message, Debug)]
#[rtype(result = "Result<(), Failure>")]
pub struct Admit;

/// An event, with the users subscribed to its channel at its position in the log.
#[derive(Clone, Debug)]
pub struct EventWithSubscribers {
    /// What happened.
    pub event: Arc<Event>,
    /// Empty if it is not about a channel.
    pub subscribers: Subscribers,
}

/// Asks for each event whether the app may see it, and keeps the index.
#[derive(actix::Message, Debug)]
#[rtype(result = "Vec<bool>")]
pub struct JudgeEvents(pub Arc<[EventWithSubscribers]>);
