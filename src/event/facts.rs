//! Simple properties of each event: one row per variant of [`Payload`].

use super::{Filed, Moved, Owner, Payload, Polled, Posted, Written};
use crate::model::{Channel, ChannelBrief, ChannelId, ObjectType, Relation, Token, User, UserId};

/// A row of the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts<'e> {
    /// The name in the log. It never changes its meaning.
    pub kind: &'static str,
    /// `meta.type`, and the object type by which app streams select the event. `None`: no stream shows it.
    pub object_type: Option<ObjectType>,
    /// The owning actor.
    pub owner: Owner,
    /// The acting user, whose mutes and blocks hide the event from others. `None` for events of a channel,
    /// a profile or a token, which are not hidden.
    pub actor: Option<UserId>,
    /// `meta.is_deleted`
    pub is_deletion: bool,
    /// The channel, if the event is about one.
    pub channel: Option<EventChannel<'e>>,
}

/// The properties of an event's channel that filters and scopes need.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventChannel<'e> {
    /// Its id.
    pub id: ChannelId,
    /// Its type.
    pub kind: &'e str,
    /// Public for the purpose of scopes.
    pub is_public: bool,
}

macro_rules! facts {
    ($($event:ident $fields:tt $kind:literal $($rights:ident)?, $object:expr, $owner:expr, $actor:expr, $deletion:expr, $channel:expr;)*) => {
        impl Payload {
            /// The names in the log.
            pub const KINDS: &'static [&'static str] = &[$($kind,)*];

            /// Those after which a stream may hear less, or other things, than before. Such an event keeps its name and
            /// its form for one release, so that the program before it can still read it.
            pub const RIGHTS: &'static [&'static str] = &[$($(marked($kind, stringify!($rights)),)?)*];

            /// The row of this event.
            pub fn facts(&self) -> Facts<'_> {
                match self {
                    $(Self::$event $fields => Facts {
                        kind: $kind,
                        object_type: $object,
                        owner: $owner,
                        actor: $actor,
                        is_deletion: $deletion,
                        channel: $channel,
                    },)*
                }
            }
        }
    };
}

facts! {
    // event and what its row needs              name in the log        object type                    owner                 actor           deletion   channel
    MessageCreated { written, .. }               "message_created",     Some(ObjectType::Message),     in_room(written),     author(written), false,    Some(brief(&written.channel));
    MessageDeleted { written }                   "message_deleted",     Some(ObjectType::Message),     in_room(written),     author(written), true,     Some(brief(&written.channel));
    ChannelCreated { news }                      "channel_created",     Some(ObjectType::Channel),     of(&news.channel),    None,            false,    Some(whole(&news.channel));
    ChannelChanged { news }                      "channel_changed" rights, Some(ObjectType::Channel),     of(&news.channel),    None,            false,    Some(whole(&news.channel));
    Subscribed { news, user }                    "subscribed" rights,   SUBSCRIPTION,                  of(&news.channel),    Some(user.id),   false,    Some(whole(&news.channel));
    Unsubscribed { news, user }                  "unsubscribed" rights, SUBSCRIPTION,                  of(&news.channel),    Some(user.id),   true,     Some(whole(&news.channel));
    Related { relation, user, undone, .. }       "related" rights,      Some(of_relation(*relation)),  Owner::User(user.id), Some(user.id),   *undone,  None;
    UserChanged { user }                         "user_changed",        Some(ObjectType::User),        Owner::User(user.id), None,            false,    None;
    TokenGranted { token, user }                 "token_granted",       Some(ObjectType::Token),       holder(token, user),  None,            false,    None;
    // For apps the event is about the authorization, which ends with the last token.
    TokenRevoked { token, user, was_last }       "token_revoked" rights, Some(ObjectType::Token),       holder(token, user),  None,            *was_last, None;
    UserPresence { user, .. }                    "user_presence",       Some(ObjectType::UserPresence), Owner::User(user.id), Some(user.id),  false,    None;
    ChannelPresence { user, channel, .. }        "channel_presence",    IN_CHANNEL,                    Owner::Channel(channel.id), Some(user.id), false, Some(brief(channel));
    AppStreamDeleted { client, .. }              "app_stream_deleted" rights, None,                          Owner::App(client.clone()), None,      true,     None;
    ClientChanged { client, .. }                 "client_changed",      None,                          Owner::App(client.id.clone()), None,   false,    None;
    MarkerMoved { user, moved, .. }              "marker_moved",        marker(moved.as_deref()),      Owner::User(*user),   Some(*user),     false,    beside(moved.as_deref());
    PasswordChanged { user }                     "password_changed",    None,                          Owner::User(*user),   Some(*user),     false,    None;
    UserDisabled { user, undone }                "user_disabled" rights, None,                          Owner::User(*user),   None,            *undone,  None;
    PostCreated { posted }                       "post_created",        Some(ObjectType::Post),        poster(posted),       Some(posted.author.id), false, None;
    PostRevised { posted }                       "post_revised",        Some(ObjectType::Post),        poster(posted),       Some(posted.author.id), false, None;
    PostDeleted { posted }                       "post_deleted",        Some(ObjectType::Post),        poster(posted),       Some(posted.author.id), true,  None;
    Bookmarked { user, undone, .. }              "bookmarked",          Some(ObjectType::Bookmark),    Owner::User(user.id), Some(user.id),   *undone,  None;
    PollCreated { polled }                       "poll_created",        Some(ObjectType::Poll),        asker(polled),        Some(polled.creator.id), false, None;
    // Of an anonymous poll the event has no acting user.
    PollAnswered { polled, user }                "poll_answered",       Some(ObjectType::Poll),        asker(polled),        user.as_ref().map(|user| user.id), false, None;
    PollClosed { polled, .. }                    "poll_closed",         Some(ObjectType::Poll),        asker(polled),        Some(polled.creator.id), false, None;
    PollDeleted { polled, .. }                   "poll_deleted",        Some(ObjectType::Poll),        asker(polled),        Some(polled.creator.id), true,  None;
    FileCreated { filed }                        "file_created",        Some(ObjectType::File),        Owner::User(filed.owner.id), Some(filed.owner.id), false, None;
    FileChanged { filed }                        "file_changed",        Some(ObjectType::File),        Owner::User(filed.owner.id), Some(filed.owner.id), false, None;
    FileDeleted { filed }                        "file_deleted",        Some(ObjectType::File),        Owner::User(filed.owner.id), Some(filed.owner.id), true,  None;
}

/// A name that the table marks.
const fn marked(kind: &'static str, _mark: &'static str) -> &'static str {
    kind
}

const SUBSCRIPTION: Option<ObjectType> = Some(ObjectType::ChannelSubscription);
const IN_CHANNEL: Option<ObjectType> = Some(ObjectType::UserChannelPresence);

/// Of an event that an older program logged no stream shows anything.
fn marker(moved: Option<&Moved>) -> Option<ObjectType> {
    moved.map(|_| ObjectType::StreamMarker)
}

fn beside(moved: Option<&Moved>) -> Option<EventChannel<'_>> {
    moved?.channel.as_ref().map(brief)
}

fn in_room(written: &Written) -> Owner {
    Owner::Channel(written.message.channel_id)
}

fn poster(posted: &Posted) -> Owner {
    Owner::User(posted.author.id)
}

fn asker(polled: &Polled) -> Owner {
    Owner::User(polled.creator.id)
}

fn author(written: &Written) -> Option<UserId> {
    Some(written.message.user_id)
}

fn of(channel: &Channel) -> Owner {
    Owner::Channel(channel.id)
}

fn of_relation(relation: Relation) -> ObjectType {
    match relation {
        Relation::Follow => ObjectType::Follow,
        Relation::Mute => ObjectType::Mute,
        Relation::Block => ObjectType::Block,
    }
}

fn holder(token: &Token, user: &Option<std::sync::Arc<User>>) -> Owner {
    match user {
        Some(user) => Owner::User(user.id),
        None => Owner::App(token.client.id.clone()),
    }
}

fn brief(channel: &ChannelBrief) -> EventChannel<'_> {
    EventChannel {
        id: channel.id,
        kind: &channel.kind,
        is_public: channel.is_public,
    }
}

fn whole(channel: &Channel) -> EventChannel<'_> {
    EventChannel {
        id: channel.id,
        kind: &channel.kind,
        is_public: channel.acl.is_public(),
    }
}

impl Payload {
    /// The message, if the event is about one.
    pub fn message(&self) -> Option<&Written> {
        if let Self::MessageCreated { written, .. } | Self::MessageDeleted { written } = self {
            Some(written)
        } else {
            None
        }
    }

    /// The post, if the event is about one.
    pub fn posted(&self) -> Option<&Posted> {
        if let Self::PostCreated { posted }
        | Self::PostRevised { posted }
        | Self::PostDeleted { posted } = self
        {
            Some(posted)
        } else {
            None
        }
    }

    /// The user that acts, or whose profile or token it is. `None`: a channel alone, an app, or a user that is not named.
    pub fn about(&self) -> Option<UserId> {
        if let Self::UserChanged { user } = self {
            return Some(user.id);
        }
        match self.token() {
            Some(token) => token.user,
            None => self.facts().actor,
        }
    }

    /// The post that was bookmarked, if the event is about that.
    pub fn bookmarked(&self) -> Option<&Posted> {
        if let Self::Bookmarked { posted, .. } = self {
            Some(posted)
        } else {
            None
        }
    }

    /// Whether a stream receives it because its user follows the acting one.
    pub fn is_for_followers(&self) -> bool {
        let is_presence = matches!(
            self,
            Self::UserPresence { .. } | Self::ChannelPresence { .. }
        );
        is_presence || self.posted().is_some()
    }

    /// The users that are told that a poll ended, if the event is about that.
    pub fn concerned(&self) -> Option<&[UserId]> {
        if let Self::PollClosed { concerned, .. } | Self::PollDeleted { concerned, .. } = self {
            Some(concerned)
        } else {
            None
        }
    }

    /// The file, if the event is about one.
    pub fn filed(&self) -> Option<&Filed> {
        if let Self::FileCreated { filed }
        | Self::FileChanged { filed }
        | Self::FileDeleted { filed } = self
        {
            Some(filed)
        } else {
            None
        }
    }

    /// The acting and the other user, if the event is about a relation.
    pub fn related(&self) -> Option<(UserId, UserId)> {
        if let Self::Related { user, other, .. } = self {
            Some((user.id, other.id))
        } else {
            None
        }
    }

    /// The token, if the event is about one.
    pub fn token(&self) -> Option<&Token> {
        if let Self::TokenGranted { token, .. } | Self::TokenRevoked { token, .. } = self {
            Some(token)
        } else {
            None
        }
    }
}
