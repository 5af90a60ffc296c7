//! What an event looks like on a socket (reference 04 §5).
//!
//! User streams and app streams share the vocabulary and differ in the envelope: the former name the
//! subscriptions that match, the latter the users to notify. Nothing here is personal to a receiver.

use serde::Serialize;

use super::frame::{AppFrame, Frame, text_frame};
use super::json::{json, object_to_continue};
use super::object::{
    ChannelObject, FileObject, FileRights, MarkerObject, MessageObject, PollObject, PostObject,
    PostPeople, PresenceObject, TokenObject, UserObject,
};
use super::pair::pair;
use super::query::Query;
use super::render_class::RenderClass;
use super::render_options::RenderOptions;
use super::site::Site;
use super::timing::Timing;
use crate::event::{ChannelNews, Event, Filed, Part, Payload, Polled, Posted, Written};
use crate::model::{
    AppStream, ChannelId, ObjectType, Relation, Stamp, Subscribers, Token, User, UserId,
};

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
    fn render(&self, timing: Option<Timing>, out: &mut Vec<u8>) -> Option<usize> {
        out.extend_from_slice(&object_to_continue(self));
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

/// What is shown beside the event itself.
#[derive(Clone, Debug, Default)]
pub struct Beside<'a> {
    /// The token of a receiver: a changed profile is rendered as it.
    pub own_token: Option<&'a Token>,
    /// Users that acted on a post, as the receivers see them.
    pub people: PostPeople<'a>,
}

/// Renders for user streams. `fanned_out` is rendered for classes with [`RenderClass::TIMING`].
pub fn user_frame(
    event: &Event,
    class: RenderClass,
    site: &Site,
    beside: &Beside<'_>,
    fanned_out: Stamp,
) -> Frame {
    let mut meta = Meta::of(event, None);
    if matches!(event.payload, Payload::UserChanged { .. }) {
        meta.object_type = Some(ObjectType::Token.name());
    }
    let mut head = b"{\"meta\":".to_vec();
    let moment = meta.render(timing(event, class, fanned_out), &mut head);
    head.extend_from_slice(b",\"subscription_ids\":[");
    let mut tail = b"]},\"data\":".to_vec();
    tail.extend_from_slice(&data(event, class, site, View::User(beside)));
    tail.push(b'}');
    Frame {
        head: head.into(),
        tail: tail.into(),
        moment,
    }
}

fn timing(event: &Event, class: RenderClass, fanned_out: Stamp) -> Option<Timing> {
    class
        .has(RenderClass::TIMING)
        .then(|| Timing::new(event, fanned_out))
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
    fanned_out: Stamp,
) -> AppFrame {
    let mut text = b"{\"meta\":".to_vec();
    let timing = timing(event, class, fanned_out);
    let moment = Meta::of(event, Some(targets)).render(timing, &mut text);
    text.extend_from_slice(b"},\"data\":");
    text.extend_from_slice(&data(event, class, site, View::App(people)));
    text.push(b'}');
    AppFrame::new(&text, moment)
}

/// The first frame of a user stream.
pub fn user_hello(connection_id: &str, site: &Site) -> bytes::Bytes {
    let endpoint = format!("{}/user", site.stream_url);
    text_frame(&json(&serde_json::json!({
        "meta": {"stream": {"endpoint": endpoint}, "connection_id": connection_id}
    })))
}

/// The first frame of an app stream.
pub fn app_hello(connection_id: &str, stream: &AppStream, site: &Site) -> bytes::Bytes {
    let endpoint = format!("{}/app", site.stream_url);
    let types: Vec<&str> = stream.object_types.iter().map(|kind| kind.name()).collect();
    text_frame(&json(&serde_json::json!({
        "meta": {
            "stream": {"key": stream.key, "endpoint": endpoint, "object_types": types},
            "connection_id": connection_id,
        }
    })))
}

#[derive(Clone, Copy)]
enum View<'a> {
    User(&'a Beside<'a>),
    App(&'a PostPeople<'a>),
}

impl<'a> View<'a> {
    fn own_token(self) -> Option<&'a Token> {
        match self {
            Self::User(beside) => beside.own_token,
            Self::App(_) => None,
        }
    }

    fn people(self) -> &'a PostPeople<'a> {
        match self {
            Self::User(beside) => &beside.people,
            Self::App(people) => people,
        }
    }
}

/// `data`: a list of one, an object or a composite, by type (reference 04 §5.3).
fn data(event: &Event, class: RenderClass, site: &Site, view: View<'_>) -> Vec<u8> {
    let options = class.options();
    let user = |user| UserObject::new(user, options, site);
    let channel = |news| channel_object(news, class, site);
    let poll = |polled| poll_object(polled, options, site);
    let post = |posted| post_object(posted, options, site, view.people());
    match &event.payload {
        Payload::MessageCreated { written, .. } | Payload::MessageDeleted { written } => {
            json(&[message_object(written, class, site)])
        }
        Payload::PostCreated { posted }
        | Payload::PostRevised { posted }
        | Payload::PostDeleted { posted } => json(&[post(posted)]),
        Payload::Bookmarked {
            user: who, posted, ..
        } => pair(user(who), "post", post(posted)),
        Payload::PollCreated { polled }
        | Payload::PollClosed { polled, .. }
        | Payload::PollDeleted { polled, .. } => pair(user(&polled.creator), "poll", poll(polled)),
        Payload::PollAnswered { polled, user: who } => match who {
            Some(who) => pair(user(who), "poll", poll(polled)),
            None => json(&serde_json::json!({ "poll": poll(polled) })),
        },
        Payload::FileCreated { filed }
        | Payload::FileChanged { filed }
        | Payload::FileDeleted { filed } => json(&file_object(filed, options, site)),
        Payload::ChannelCreated { news } | Payload::ChannelChanged { news } => json(&channel(news)),
        Payload::Subscribed { news, user: who } | Payload::Unsubscribed { news, user: who } => {
            subscription(channel(news), user(who), view)
        }
        Payload::Related {
            relation,
            user: who,
            other,
            ..
        } => pair(user(who), other_user(*relation), user(other)),
        Payload::UserChanged { user: who } => match view.own_token() {
            Some(token) => json(&TokenObject::new(token, Some(user(who)), None)),
            None => json(&user(who)),
        },
        Payload::TokenGranted { token, user: who }
        | Payload::TokenRevoked {
            token, user: who, ..
        } => json(&TokenObject::new(token, who.as_deref().map(user), None)),
        Payload::UserPresence {
            user: who,
            presence,
        }
        | Payload::ChannelPresence {
            user: who,
            presence,
            ..
        } => json(&[PresenceObject::new(who, presence, site)]),
        #[rustfmt::skip]
        Payload::MarkerMoved { name, marker, moved: Some(moved), .. } => {
            pair(user(&moved.reader), "marker", MarkerObject::new(name, Some(marker)))
        },
        // Without an object type: no stream shows them.
        #[rustfmt::skip]
        Payload::AppStreamDeleted { .. } | Payload::ClientChanged { .. } | Payload::MarkerMoved { moved: None, .. }
        | Payload::PasswordChanged { .. } | Payload::UserDisabled { .. } => json(&()),
    }
}

/// Users hear of their own and those of a channel, whose people they know from it.
fn subscription(channel: ChannelObject<'_>, user: UserObject<'_>, view: View<'_>) -> Vec<u8> {
    match view {
        View::User(_) => json(&channel),
        View::App(_) => pair(user, "channel", channel),
    }
}

/// The name of the other user beside the acting one.
fn other_user(relation: Relation) -> &'static str {
    match relation {
        Relation::Follow => "followed_user",
        Relation::Mute => "muted_user",
        Relation::Block => "blocked_user",
    }
}

fn post_object<'a>(
    posted: &'a Posted,
    options: RenderOptions,
    site: &Site,
    people: &PostPeople<'a>,
) -> PostObject<'a> {
    let author = UserObject::new(&posted.author, options, site);
    let object = PostObject::new(&posted.post, Some(author), options, site);
    match &posted.original {
        Some(original) => object.reposting(post_object(original, options, site, people)),
        None => object.among(people, options, site),
    }
}

fn poll_object<'a>(polled: &'a Polled, options: RenderOptions, site: &Site) -> PollObject<'a> {
    let creator = UserObject::new(&polled.creator, options, site);
    PollObject::new(&polled.poll, Some(creator), options, site, |_| true)
}

/// Its listeners are the owner and apps that the owner gave the right to change it.
fn file_object<'a>(filed: &'a Filed, options: RenderOptions, site: &Site) -> FileObject<'a> {
    let owner = UserObject::new(&filed.owner, options, site);
    FileObject::new(&filed.file, Some(owner), FileRights::Change, options, site)
}

fn message_object<'a>(
    written: &'a Written,
    class: RenderClass,
    site: &'a Site,
) -> MessageObject<'a> {
    MessageObject::new(
        &written.message,
        Some(&written.author),
        class.options(),
        site,
    )
}

fn channel_object<'a>(
    news: &'a ChannelNews,
    class: RenderClass,
    site: &'a Site,
) -> ChannelObject<'a> {
    let options = class.options();
    let message = |pair: &'a (crate::model::Message, std::sync::Arc<User>)| {
        MessageObject::new(&pair.0, Some(&pair.1), options, site)
    };
    let owner = news.owner.as_deref();
    let owner = owner.filter(|_| class.shows(Part::Owner));
    let mut object = ChannelObject::new(&news.channel, owner, options, site);
    let newest = class.has(RenderClass::RECENT_MESSAGE);
    let shows = |part| newest && class.shows(part);
    if let Some(recent) = news.recent.as_ref().filter(|_| shows(Part::Recent)) {
        object = object.recent(message(recent));
    }
    let deleted = news.recent_deleted.as_ref();
    if let Some(deleted) = deleted.filter(|_| shows(Part::RecentDeleted)) {
        object = object.recent_deleted(message(deleted));
    }
    object
}
