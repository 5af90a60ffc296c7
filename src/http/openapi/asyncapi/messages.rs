//! One message for each object type of events.

use serde_json::{Value, json};
use utoipa::ToSchema;

use super::frames::frames;
use super::parts::{Field, Message, Service, field, object};
use crate::http::openapi::answers::{Schemas, shape};
use crate::http::openapi::shapes::{
    Channel, File, Marker, Message as MessageShape, Poll, Post, Presence, Token, User,
};
use crate::model::ObjectType;

/// All messages that a service sends, by name.
pub(super) fn messages(service: Service, schemas: &mut Schemas) -> Vec<(String, Value)> {
    let others = frames(service).into_iter();
    let events = ObjectType::ALL.iter().filter_map(|kind| {
        let (title, text) = words(*kind);
        let payload = object(
            [
                ("meta", meta(*kind, service)),
                ("data", data(*kind, service, schemas)?),
            ],
            [],
        );
        let message = Message {
            title,
            text,
            payload,
        };
        Some((kind.name(), message))
    });
    let events: Vec<_> = events.collect();
    let written = |(name, message): (&str, Message)| {
        let Message {
            title,
            text,
            payload,
        } = message;
        let message = json!({"name": name, "title": title, "summary": text, "payload": payload});
        (name.to_owned(), message)
    };
    others.chain(events).map(written).collect()
}

/// What it is, and when it comes.
fn words(kind: ObjectType) -> (&'static str, &'static str) {
    match kind {
        ObjectType::Post => ("A post", "Written, reposted, revised, deleted."),
        ObjectType::Bookmark => ("A bookmark", "Made, removed."),
        ObjectType::Follow => ("A follow", "Made, undone."),
        ObjectType::Mute => ("A mute", "Made, undone."),
        ObjectType::Block => ("A block", "Made, undone."),
        ObjectType::Message => ("A message", "Written, deleted."),
        ObjectType::Channel => (
            "A channel",
            "Created; its ACL, raw or owner changed; deactivated.",
        ),
        ObjectType::ChannelSubscription => ("A channel subscription", "Made, ended."),
        ObjectType::Token => (
            "A token",
            "Granted, revoked. User streams: the profile of its user changed, too.",
        ),
        ObjectType::File => ("A file", "Made, filled, changed, deleted."),
        ObjectType::Poll => ("A poll", "Made, answered, closed, deleted."),
        ObjectType::User => ("A user", "The profile changed."),
        ObjectType::UserPresence => ("A presence", "Set to something other than offline."),
        ObjectType::UserChannelPresence => (
            "A presence in a channel",
            "Set to something other than offline.",
        ),
        ObjectType::StreamMarker => ("A marker", "Moved, by whatever call."),
    }
}

fn of<T: ToSchema>(schemas: &mut Schemas) -> Value {
    shape::<T>(schemas);
    json!({"$ref": format!("#/components/schemas/{}", T::name())})
}

fn one_of<T: ToSchema>(schemas: &mut Schemas) -> Value {
    json!({"type": "array", "minItems": 1, "maxItems": 1, "items": of::<T>(schemas)})
}

/// The acting user, and what the act is about.
fn pair<T: ToSchema>(name: &str, schemas: &mut Schemas) -> Value {
    object(
        [("user", of::<User>(schemas)), (name, of::<T>(schemas))],
        [],
    )
}

/// `data` of the events of a type. `None`: the service does not send them.
fn data(kind: ObjectType, service: Service, schemas: &mut Schemas) -> Option<Value> {
    let is_app = service == Service::App;
    let data = match kind {
        ObjectType::Post => one_of::<Post>(schemas),
        ObjectType::Message => one_of::<MessageShape>(schemas),
        ObjectType::Channel => of::<Channel>(schemas),
        ObjectType::ChannelSubscription => match service {
            Service::User => of::<Channel>(schemas),
            Service::App => pair::<Channel>("channel", schemas),
        },
        ObjectType::Token => of::<Token>(schemas),
        ObjectType::File => of::<File>(schemas),
        ObjectType::UserPresence | ObjectType::UserChannelPresence => one_of::<Presence>(schemas),
        ObjectType::StreamMarker => pair::<Marker>("marker", schemas),
        ObjectType::Follow => pair::<User>("followed_user", schemas),
        ObjectType::Mute if is_app => pair::<User>("muted_user", schemas),
        ObjectType::Block if is_app => pair::<User>("blocked_user", schemas),
        ObjectType::Bookmark if is_app => pair::<Post>("post", schemas),
        ObjectType::User if is_app => of::<User>(schemas),
        // Who answered an anonymous poll is not said.
        ObjectType::Poll if is_app => object(
            [("poll", of::<Poll>(schemas))],
            [("user", of::<User>(schemas))],
        ),
        #[rustfmt::skip]
        ObjectType::Mute | ObjectType::Block | ObjectType::Bookmark | ObjectType::User | ObjectType::Poll => return None,
    };
    Some(data)
}

/// `meta` of the events of a type.
fn meta(kind: ObjectType, service: Service) -> Value {
    let mut always = vec![
        ("timestamp", field("integer", "Seconds since 1970.")),
        ("id", field("string", about_id(kind))),
        ("type", json!({"const": kind.name()})),
    ];
    let mut sometimes = vec![
        (
            "cursor",
            field(
                "string",
                "With `include_cursor=1`, of what is in the log: where it is.",
            ),
        ),
        ("timing", timing()),
    ];
    sometimes.extend(own_fields(kind));
    match service {
        Service::User => always.push((
            "subscription_ids",
            ids("All subscriptions of the stream that match, the newest first."),
        )),
        Service::App => sometimes.extend(users(kind)),
    }
    object(always, sometimes)
}

fn ids(text: &str) -> Value {
    json!({"type": "array", "items": {"type": "string"}, "description": text})
}

/// What `meta` says of an event of this type besides.
fn own_fields(kind: ObjectType) -> Vec<Field<'static>> {
    let text = |text: &str| field("string", text);
    let is = |text: &str| json!({"const": true, "description": text});
    let mut fields = match kind {
        ObjectType::Message => vec![
            ("channel_type", text("The type of the channel.")),
            ("channel_name", text("The name of a chat room.")),
        ],
        ObjectType::Post => vec![(
            "revision",
            field("integer", "Of a revised post: which revision it is."),
        )],
        ObjectType::Poll => vec![("is_closed", is("The poll is closed by this."))],
        ObjectType::UserChannelPresence => vec![
            ("channel_id", text("The channel.")),
            ("user_id", text("The user.")),
        ],
        ObjectType::StreamMarker => vec![
            ("channel_id", text("Of the marker of a channel.")),
            ("channel_type", text("The type of that channel.")),
            ("user_id", text("Whose marker it is.")),
        ],
        #[rustfmt::skip]
        ObjectType::Bookmark | ObjectType::Follow | ObjectType::Mute | ObjectType::Block | ObjectType::Channel
        | ObjectType::ChannelSubscription | ObjectType::Token | ObjectType::File | ObjectType::User
        | ObjectType::UserPresence => Vec::new(),
    };
    if can_be_undone(kind) {
        fields.push(("is_deleted", is("It was deleted, undone or ended.")));
    }
    fields
}

/// The users that an event of this type names for apps.
fn users(kind: ObjectType) -> Vec<Field<'static>> {
    let concerned = ("subscribed_user_ids", ids("Users that it concerns."));
    let suppressed = (
        "suppress_notifications",
        ids("Of the users concerned, those that must not be notified."),
    );
    match kind {
        ObjectType::Message | ObjectType::Poll => vec![concerned, suppressed],
        ObjectType::Post => vec![suppressed],
        #[rustfmt::skip]
        ObjectType::Bookmark | ObjectType::Follow | ObjectType::Mute | ObjectType::Block | ObjectType::Channel
        | ObjectType::ChannelSubscription | ObjectType::Token | ObjectType::File | ObjectType::User
        | ObjectType::UserPresence | ObjectType::UserChannelPresence | ObjectType::StreamMarker => Vec::new(),
    }
}

/// What `meta.id` names.
fn about_id(kind: ObjectType) -> &'static str {
    match kind {
        ObjectType::Post => "The post, or the repost.",
        ObjectType::Bookmark => "The post.",
        ObjectType::Follow | ObjectType::Mute | ObjectType::Block => "The other user.",
        ObjectType::Message => "The message.",
        ObjectType::Channel | ObjectType::ChannelSubscription | ObjectType::UserChannelPresence => {
            "The channel."
        }
        ObjectType::Token => "The user, or the app of an app's token.",
        ObjectType::File => "The file.",
        ObjectType::Poll => "The poll.",
        ObjectType::User | ObjectType::UserPresence => "The user.",
        ObjectType::StreamMarker => "`{user}:{name}` of the marker.",
    }
}

fn can_be_undone(kind: ObjectType) -> bool {
    match kind {
        ObjectType::Post
        | ObjectType::Bookmark
        | ObjectType::Follow
        | ObjectType::Mute
        | ObjectType::Block
        | ObjectType::Message
        | ObjectType::ChannelSubscription
        | ObjectType::Token
        | ObjectType::File
        | ObjectType::Poll => true,
        ObjectType::Channel
        | ObjectType::User
        | ObjectType::UserPresence
        | ObjectType::UserChannelPresence
        | ObjectType::StreamMarker => false,
    }
}

fn timing() -> Value {
    let moment = |text: &str| field("integer", text);
    object(
        [
            (
                "fanned_out",
                moment("It went to the threads of its listeners, in microseconds since 1970."),
            ),
            (
                "written",
                moment("Its bytes were written to the socket, or queued."),
            ),
        ],
        [
            ("accepted", moment("The write was queued.")),
            ("committed", moment("Its transaction was on disk.")),
        ],
    )
}
