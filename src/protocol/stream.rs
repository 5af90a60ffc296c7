//! What an event looks like on a socket (reference 04 §5).
//!
//! User streams and app streams share the vocabulary and differ in the envelope: the former name the
//! subscriptions that match, the latter the users to notify. Nothing here is personal to a receiver.

use std::sync::Arc;

use serde::Serialize;

use super::compression::Coding;
use super::cursor::Cursor;
pub use super::event_data::Beside;
use super::event_data::{View, data};
use super::frame::{AppFrame, Frame};
use super::json::object_to_continue;
use super::object::PostPeople;
use super::query::Query;
use super::render_class::RenderClass;
use super::site::Site;
use super::timing::Timing;
use crate::event::{Event, Payload};
use crate::model::{ChannelId, ObjectType, Stamp, Subscribers, UserId};

/// The users that an event concerns; on app streams only.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NotificationTargets {
    /// All users subscribed to the channel, the author included; those that are told that a poll ended.
    pub subscribed_user_ids: Option<Subscribers>,
    /// Of these, and of mentioned users, those that muted the author, or block or are blocked by the author.
    pub suppress_notifications: Option<Vec<UserId>>,
}

/// `meta` of an event; fields that do not apply are omitted.
#[derive(Serialize)]
struct Meta<'a> {
    timestamp: i64,
    id: String,
    #[serde(rename = "type")]
    object_type: Option<&'static str>,
    #[serde(skip_serializing_if = "is_false")]
    is_deleted: bool,
    #[serde(skip_serializing_if = "is_false")]
    is_closed: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    revision: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    channel_type: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    channel_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    channel_id: Option<ChannelId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_id: Option<UserId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    subscribed_user_ids: Option<&'a Subscribers>,
    #[serde(skip_serializing_if = "Option::is_none")]
    suppress_notifications: Option<&'a [UserId]>,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands over a reference"
)]
fn is_false(flag: &bool) -> bool {
    !flag
}

impl<'a> Meta<'a> {
    fn of(event: &'a Event, targets: Option<&'a NotificationTargets>) -> Self {
        let facts = event.payload.facts();
        let mut meta = Self {
            timestamp: event.at.seconds(),
            id: id_of(&event.payload),
            object_type: facts.object_type.map(ObjectType::name),
            is_deleted: facts.is_deletion,
            is_closed: matches!(event.payload, Payload::PollClosed { .. }),
            revision: None,
            channel_type: None,
            channel_name: None,
            channel_id: None,
            user_id: None,
            subscribed_user_ids: None,
            suppress_notifications: None,
        };
        if let Payload::PostRevised { posted } = &event.payload {
            meta.revision = Some(posted.post.revision);
        }
        if let Some(written) = event.payload.message() {
            meta.channel_type = Some(&written.channel.kind);
            meta.channel_name = written.channel.name.as_deref();
        }
        if let Payload::MarkerMoved { user, moved, .. } = &event.payload {
            let channel = moved.as_ref().and_then(|moved| moved.channel.as_ref());
            meta.user_id = Some(*user);
            meta.channel_id = channel.map(|channel| channel.id);
            meta.channel_type = channel.map(|channel| &*channel.kind);
        }
        if let Payload::ChannelPresence { user, channel, .. } = &event.payload {
            meta.channel_id = Some(channel.id);
            meta.user_id = Some(user.id);
        }
        if let Some(targets) = targets {
            meta.subscribed_user_ids = targets.subscribed_user_ids.as_ref();
            meta.suppress_notifications = targets.suppress_notifications.as_deref();
        }
        meta
    }

    /// Appends it as an object that is left open, for members that follow. Returns where the timestamp of the
    /// write is filled in, if it has one.
    fn render(
        &self,
        timing: Option<Timing>,
        cursor: Option<Cursor>,
        out: &mut Vec<u8>,
    ) -> Option<usize> {
        out.extend_from_slice(&object_to_continue(self));
        if let Some(cursor) = cursor {
            out.extend_from_slice(format!(",\"cursor\":\"{cursor}\"").as_bytes());
        }
        let timing = timing?;
        out.extend_from_slice(b",\"timing\":");
        Some(timing.render(out))
    }
}

/// `meta.id` (reference 04 §5.2).
fn id_of(payload: &Payload) -> String {
    match payload {
        Payload::MessageCreated { written, .. } | Payload::MessageDeleted { written } => {
            written.message.id.to_string()
        }
        Payload::ChannelCreated { news } | Payload::ChannelChanged { news } => {
            news.channel.id.to_string()
        }
        Payload::Subscribed { news, .. } | Payload::Unsubscribed { news, .. } => {
            news.channel.id.to_string()
        }
        Payload::PostCreated { posted }
        | Payload::PostRevised { posted }
        | Payload::PostDeleted { posted }
        | Payload::Bookmarked { posted, .. } => posted.post.id.to_string(),
        Payload::PollCreated { polled }
        | Payload::PollAnswered { polled, .. }
        | Payload::PollClosed { polled, .. }
        | Payload::PollDeleted { polled, .. } => polled.poll.id.to_string(),
        Payload::FileCreated { filed }
        | Payload::FileChanged { filed }
        | Payload::FileDeleted { filed } => filed.file.id.to_string(),
        Payload::Related { other, .. } => other.id.to_string(),
        Payload::UserChanged { user } | Payload::UserPresence { user, .. } => user.id.to_string(),
        Payload::TokenGranted { token, .. } | Payload::TokenRevoked { token, .. } => token
            .user
            .map_or_else(|| token.client.id.to_string(), |user| user.to_string()),
        Payload::ChannelPresence { channel, .. } => channel.id.to_string(),
        Payload::MarkerMoved { user, name, .. } => format!("{user}:{name}"),
        // Without an object type: no stream shows them.
        Payload::AppStreamDeleted { key, .. } => key.to_string(),
        Payload::ClientChanged { client, .. } => client.id.to_string(),
        Payload::PasswordChanged { user } | Payload::UserDisabled { user, .. } => user.to_string(),
    }
}

/// Renders for user streams.
pub fn user_frame(
    event: &Event,
    class: RenderClass,
    site: &Site,
    beside: &Beside<'_>,
    place: &Place,
) -> Frame {
    let mut meta = Meta::of(event, None);
    if matches!(event.payload, Payload::UserChanged { .. }) {
        meta.object_type = Some(ObjectType::Token.name());
    }
    let mut head = b"{\"meta\":".to_vec();
    let moment = meta.render(
        place.timing(event, class),
        place.cursor(event, class),
        &mut head,
    );
    head.extend_from_slice(b",\"subscription_ids\":[");
    let data = data(event, class, site, View::User(beside));
    match class.coding() {
        Coding::Text => {
            let tail = [b"]},\"data\":", &data[..], b"}"].concat();
            Frame::text(head, tail, moment)
        }
        Coding::Zstd => Frame::compressed(&head, &data, b"]}}", moment),
    }
}

/// Where and when an event passed, for the classes that show it.
#[derive(Clone, Debug)]
pub struct Place {
    /// The log that its position belongs to.
    pub epoch: Arc<str>,
    /// When it went to the shards; rendered for classes with [`RenderClass::TIMING`].
    pub fanned_out: Stamp,
}

impl Place {
    fn timing(&self, event: &Event, class: RenderClass) -> Option<Timing> {
        class
            .has(RenderClass::TIMING)
            .then(|| Timing::new(event, self.fanned_out))
    }

    /// Of logged events alone.
    fn cursor(&self, event: &Event, class: RenderClass) -> Option<Cursor> {
        let pos = event.pos.filter(|_| class.has(RenderClass::CURSOR));
        pos.map(|pos| Cursor::at(&self.epoch, pos))
    }
}

/// An event as filters see it: as app streams show it with `include_raw=1`, without the lists of users to notify, and with
/// the bare object where `data` is a list of one.
pub(super) fn whole_event(event: &Event, site: &Site) -> serde_json::Value {
    let class = RenderClass::from_query(&Query::parse("include_raw=1"));
    let people = PostPeople::default();
    let shown = data(event, class, site, View::App(&people));
    let mut data = serde_json::from_slice(&shown).unwrap_or_default();
    if let serde_json::Value::Array(list) = &mut data {
        data = list.pop().unwrap_or_default();
    }
    serde_json::json!({"meta": Meta::of(event, None), "data": data})
}

/// Renders for app streams: a whole frame, the same for every receiver of this render class.
pub fn app_frame(
    event: &Event,
    class: RenderClass,
    site: &Site,
    (targets, people): (&NotificationTargets, &PostPeople<'_>),
    place: &Place,
) -> AppFrame {
    let mut text = b"{\"meta\":".to_vec();
    let (timing, cursor) = (place.timing(event, class), place.cursor(event, class));
    let moment = Meta::of(event, Some(targets)).render(timing, cursor, &mut text);
    let data = data(event, class, site, View::App(people));
    match class.coding() {
        Coding::Text => {
            text.extend_from_slice(b"},\"data\":");
            text.extend_from_slice(&data);
            text.push(b'}');
            AppFrame::new(&text, moment)
        }
        Coding::Zstd => AppFrame::compressed(&text, &data, moment),
    }
}
