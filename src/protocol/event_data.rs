//! `data` of a frame: what an event is about, as its receivers see it.

use std::sync::Arc;

use super::json::json;
use super::object::{
    ChannelObject, FileObject, FileRights, MarkerObject, MessageObject, PollObject, PostObject,
    PostPeople, PresenceObject, TokenObject, UserObject,
};
use super::pair::pair;
use super::render_class::RenderClass;
use super::render_options::RenderOptions;
use super::site::Site;
use crate::event::{ChannelNews, Event, Filed, Part, Payload, Polled, Posted, Written};
use crate::model::{Relation, Token, User};

/// What is shown beside the event itself.
#[derive(Clone, Debug, Default)]
pub struct Beside<'a> {
    /// The token of a receiver: a changed profile is rendered as it.
    pub own_token: Option<&'a Token>,
    /// Users that acted on a post, as the receivers see them.
    pub people: PostPeople<'a>,
}

/// For whom it is shown.
#[derive(Clone, Copy)]
pub(super) enum View<'a> {
    /// The receiver of a user stream.
    User(&'a Beside<'a>),
    /// Any receiver of an app stream.
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

/// A list of one, an object or a composite, by type (reference 04 §5.3).
pub(super) fn data(event: &Event, class: RenderClass, site: &Site, view: View<'_>) -> Vec<u8> {
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
    let message = |pair: &'a (crate::model::Message, Arc<User>)| {
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
