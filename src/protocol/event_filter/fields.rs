//! Fields of messages and posts that filters name most, read from the event itself: an event that only such filters look
//! at is not rendered for them.

use super::condition::Scalar;
use crate::event::{Event, Payload, Posted, Written};
use crate::model::{ClientBrief, Content, User};

/// A field that is read from the event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field {
    ChannelType,
    ChannelName,
    Id,
    ChannelId,
    ThreadId,
    ReplyTo,
    UserId,
    Username,
    SourceId,
    Text,
    Mentions,
    Tags,
    Links,
}

/// The pointers of these fields.
const POINTERS: [(&str, Field); 13] = [
    ("/meta/channel_type", Field::ChannelType),
    ("/meta/channel_name", Field::ChannelName),
    ("/data/id", Field::Id),
    ("/data/channel_id", Field::ChannelId),
    ("/data/thread_id", Field::ThreadId),
    ("/data/reply_to", Field::ReplyTo),
    ("/data/user/id", Field::UserId),
    ("/data/user/username", Field::Username),
    ("/data/source/id", Field::SourceId),
    ("/data/content/text", Field::Text),
    ("/data/content/entities/mentions/*/id", Field::Mentions),
    ("/data/content/entities/tags/*/text", Field::Tags),
    ("/data/content/entities/links/*/url", Field::Links),
];

/// What messages and posts have in common.
struct Item<'e> {
    id: i64,
    thread: i64,
    reply_to: Option<i64>,
    author: &'e User,
    client: &'e ClientBrief,
    /// As it is shown: a deleted item has none, a repost that of its original.
    content: Option<&'e Content>,
    message: Option<&'e Written>,
}

impl<'e> Item<'e> {
    fn of(event: &'e Event) -> Option<Self> {
        let payload: &Payload = &event.payload;
        match (payload.message(), payload.posted()) {
            (Some(written), _) => Some(Self::message(written)),
            // Not the object of a bookmark, which is a post beside its user.
            (None, Some(posted)) => Some(Self::post(posted)),
            (None, None) => None,
        }
    }

    fn message(written: &'e Written) -> Self {
        let message = &written.message;
        Self {
            id: message.id.0,
            thread: message.thread_id.0,
            reply_to: message.reply_to.map(|id| id.0),
            author: &written.author,
            client: &message.client,
            content: message.deletion.is_none().then_some(&message.content),
            message: Some(written),
        }
    }

    fn post(posted: &'e Posted) -> Self {
        let post = &posted.post;
        Self {
            id: post.id.0,
            thread: post.thread_id.0,
            reply_to: post.reply_to.map(|id| id.0),
            author: &posted.author,
            client: &post.client,
            content: words(posted),
            message: None,
        }
    }
}

fn words(posted: &Posted) -> Option<&Content> {
    if posted.post.is_deleted() {
        return None;
    }
    match &posted.original {
        Some(original) => words(original),
        None if posted.post.repost_of.is_some() => None,
        None => Some(&posted.post.content),
    }
}

impl Field {
    /// The field at this place, if it is one of these.
    pub(super) fn at(pointer: &str) -> Option<Self> {
        let mut known = POINTERS.iter();
        known
            .find(|(text, _)| *text == pointer)
            .map(|(_, field)| *field)
    }

    /// Whether a value of the field is what is looked for. `None`: in such an event it has to be looked for in what is
    /// rendered.
    pub(super) fn finds(self, event: &Event, holds: impl Fn(Scalar<'_>) -> bool) -> Option<bool> {
        let item = Item::of(event)?;
        let id = |id: i64| holds(Scalar::Integer(id));
        let text = |text: &str| holds(Scalar::Text(text));
        let channel = item.message.map(|written| &written.channel);
        let entities = item.content.map(|content| &content.entities);
        Some(match self {
            Self::ChannelType => channel.is_some_and(|channel| text(&channel.kind)),
            Self::ChannelName => {
                channel.is_some_and(|channel| channel.name.as_deref().is_some_and(text))
            }
            Self::Id => id(item.id),
            Self::ChannelId => item.message.is_some_and(|of| id(of.message.channel_id.0)),
            Self::ThreadId => id(item.thread),
            Self::ReplyTo => item.reply_to.is_some_and(id),
            Self::UserId => id(item.author.id.0),
            Self::Username => text(&item.author.username),
            Self::SourceId => holds(Scalar::Text(item.client.id.as_str())),
            Self::Text => item.content.is_some_and(|content| text(&content.text)),
            Self::Mentions => {
                entities.is_some_and(|all| all.mentions.iter().any(|one| id(one.id.0)))
            }
            Self::Tags => entities.is_some_and(|all| all.tags.iter().any(|one| text(&one.text))),
            Self::Links => entities.is_some_and(|all| all.links.iter().any(|one| text(&one.url))),
        })
    }

    /// All of them with their pointers, for the test that compares them with what is rendered.
    #[cfg(test)]
    pub(super) fn all() -> impl Iterator<Item = (&'static str, Self)> {
        POINTERS.into_iter()
    }
}
