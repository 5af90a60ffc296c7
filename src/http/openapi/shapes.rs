//! Shapes of answers that are not objects of their own, and the objects by short names.

use std::borrow::Cow;

use utoipa::openapi::schema::{AdditionalProperties, AnyOf, AnyOfBuilder, SchemaType};
use utoipa::openapi::{Array, Object, Ref, RefOr, Schema, ToArray as _, Type};
use utoipa::{PartialSchema, ToSchema};

use super::answers::{Schemas, shape};
use crate::model::{Entities, UserId};
use crate::protocol::object::{
    AppStreamObject, BadgeObject, BriefPoll, ChannelObject, ClientDetail, FileObject,
    InteractionObject, MarkerObject, MessageObject, PollObject, PostObject, PresenceObject,
    TokenObject, UserObject,
};

/// A channel.
pub(super) type Channel = ChannelObject<'static>;
/// A message.
pub(super) type Message = MessageObject<'static>;
/// A post.
pub(super) type Post = PostObject<'static>;
/// A user.
pub(super) type User = UserObject<'static>;
/// A file.
pub(super) type File = FileObject<'static>;
/// A poll.
pub(super) type Poll = PollObject<'static>;
/// A poll in short.
pub(super) type PollInShort = BriefPoll<'static>;
/// A token.
pub(super) type Token = TokenObject<'static>;
/// An app.
pub(super) type Client = ClientDetail<'static>;
/// An app stream.
pub(super) type AppStream = AppStreamObject<'static>;
/// A badge.
pub(super) type Badge = BadgeObject<'static>;
/// A presence.
pub(super) type Presence = PresenceObject<'static>;
/// An interaction.
pub(super) type Interaction = InteractionObject<'static>;
/// A marker.
pub(super) type Marker = MarkerObject;

fn named(
    name: &'static str,
    schemas: &mut Schemas,
    make: impl FnOnce(&mut Schemas) -> RefOr<Schema>,
) -> RefOr<Schema> {
    if !schemas.iter().any(|(known, _)| known == name) {
        let made = make(schemas);
        schemas.push((name.to_owned(), made));
    }
    RefOr::Ref(Ref::from_schema_name(name))
}

/// An object whose fields are all there.
fn object<const N: usize>(fields: [(&str, RefOr<Schema>); N]) -> RefOr<Schema> {
    let object = fields
        .into_iter()
        .fold(Object::builder(), |object, (name, schema)| {
            object.property(name, schema).required(name)
        });
    object.into()
}

/// Numbers by their names.
fn numbers<const N: usize>(names: [&str; N]) -> RefOr<Schema> {
    object(names.map(|name| (name, i64::schema())))
}

fn map_of(value: impl Into<RefOr<Schema>>) -> RefOr<Schema> {
    let object = Object::builder().schema_type(Type::Object);
    let value = AdditionalProperties::RefOr(value.into());
    object.additional_properties(Some(value)).into()
}

fn anything() -> RefOr<Schema> {
    Object::with_type(SchemaType::AnyValue).into()
}

fn words<const N: usize>(words: [&str; N]) -> RefOr<Schema> {
    Object::builder()
        .schema_type(Type::String)
        .enum_values(Some(words))
        .into()
}

fn any_of(shapes: impl IntoIterator<Item = RefOr<Schema>>) -> RefOr<Schema> {
    let any = shapes
        .into_iter()
        .fold(AnyOf::builder(), AnyOfBuilder::item);
    RefOr::T(any.build().into())
}

/// A number of something.
pub(super) fn number(_: &mut Schemas) -> RefOr<Schema> {
    i64::schema()
}

/// Ids of users.
pub(super) fn ids(schemas: &mut Schemas) -> RefOr<Schema> {
    Array::new(shape::<UserId>(schemas)).into()
}

/// Ids of users, by channel.
pub(super) fn ids_by_channel(schemas: &mut Schemas) -> RefOr<Schema> {
    map_of(ids(schemas))
}

/// Numbers, by type.
pub(super) fn counts(_: &mut Schemas) -> RefOr<Schema> {
    map_of(i64::schema())
}

/// A user, or only the id: with `include_user=0`.
pub(super) struct Person;

impl PartialSchema for Person {
    fn schema() -> RefOr<Schema> {
        let whole = RefOr::Ref(Ref::from_schema_name(User::name()));
        any_of([whole, RefOr::Ref(Ref::from_schema_name(UserId::name()))])
    }
}

impl ToSchema for Person {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("UserOrId")
    }

    fn schemas(schemas: &mut Schemas) {
        shape::<User>(schemas);
        shape::<UserId>(schemas);
    }
}

/// A user, the id with `include_user=0`, or an object with the id alone if the user may not be shown.
pub(super) fn related(schemas: &mut Schemas) -> RefOr<Schema> {
    let hidden = object([("id", shape::<UserId>(schemas))]);
    any_of([shape::<Person>(schemas), hidden])
}

/// A post, or what is left of it if it may not be shown.
pub(super) fn unreposted(schemas: &mut Schemas) -> RefOr<Schema> {
    let hidden = object([
        ("id", shape::<UserId>(schemas)),
        ("you_reposted", bool::schema()),
    ]);
    any_of([shape::<Post>(schemas), hidden])
}

/// One marker, or several.
pub(super) fn markers(schemas: &mut Schemas) -> RefOr<Schema> {
    let one = shape::<Marker>(schemas);
    any_of([one.clone(), one.to_array().into()])
}

/// A predefined stream.
pub(super) struct ExploreStream;

impl PartialSchema for ExploreStream {
    fn schema() -> RefOr<Schema> {
        let text = String::schema;
        Object::builder()
            .property("slug", text())
            .property("title", text())
            .property("description", text())
            .property("url", text())
            .property("link", text())
            .required("slug")
            .required("title")
            .required("description")
            .required("url")
            .into()
    }
}

impl ToSchema for ExploreStream {}

/// A text that was processed.
pub(super) fn processed(schemas: &mut Schemas) -> RefOr<Schema> {
    let entities = shape::<Entities>(schemas);
    named("ProcessedText", schemas, |_| {
        let list = || Array::new(anything()).into();
        object([
            ("text", String::schema()),
            ("html", String::schema()),
            ("entities", entities),
            ("links", list()),
            ("mentions", list()),
            ("tags", list()),
        ])
    })
}

/// What became of work behind an answer.
pub(super) fn operation(schemas: &mut Schemas) -> RefOr<Schema> {
    let date = shape::<crate::model::Stamp>(schemas);
    named("Operation", schemas, |_| {
        Object::builder()
            .property("id", String::schema())
            .property("type", String::schema())
            .property("status", words(["running", "completed"]))
            .property("created_at", date.clone())
            .property("ended_at", date)
            .required("id")
            .required("type")
            .required("status")
            .required("created_at")
            .into()
    })
}

/// Limits.
pub(super) fn config(schemas: &mut Schemas) -> RefOr<Schema> {
    named("Configuration", schemas, |_| {
        let rate_limit = object([
            ("enabled", bool::schema()),
            ("anonymous", numbers(["reads", "read_reset_seconds"])),
            (
                "authorized",
                numbers([
                    "reads",
                    "read_reset_seconds",
                    "writes",
                    "write_reset_seconds",
                    "markers",
                    "marker_reset_seconds",
                ]),
            ),
            ("user", numbers(["reads", "writes", "markers"])),
            (
                "sign_in",
                numbers(["per_address", "per_account", "reset_seconds"]),
            ),
            ("seconds_banned", i64::schema()),
        ]);
        object([
            (
                "file",
                numbers(["audio_max_size_bytes", "max_size_bytes", "quota_bytes"]),
            ),
            (
                "post",
                numbers([
                    "max_length",
                    "seconds_between_duplicates",
                    "seconds_for_revision",
                ]),
            ),
            ("message", numbers(["max_length"])),
            ("rate_limit", rate_limit),
            ("raw", numbers(["max_length"])),
            (
                "stream",
                numbers([
                    "subscriptions",
                    "user_connections",
                    "app_connections",
                    "connections_per_address",
                ]),
            ),
            (
                "user",
                numbers([
                    "description_max_length",
                    "name_max_length",
                    "presence_max_length",
                    "username_max_length",
                ]),
            ),
        ])
    })
}

/// Numbers of the server.
pub(super) fn stats(schemas: &mut Schemas) -> RefOr<Schema> {
    named("Statistics", schemas, |_| {
        let created = || numbers(["created"]);
        let users = object([
            ("active", map_of(i64::schema())),
            ("created", i64::schema()),
            ("disabled", i64::schema()),
            ("present", i64::schema()),
        ]);
        object([
            ("clients", numbers(["created", "public"])),
            ("days", i64::schema()),
            ("files", created()),
            ("polls", created()),
            ("messages", created()),
            ("posts", created()),
            ("users", users),
        ])
    })
}

/// Numbers of actors.
pub(super) fn actors(_: &mut Schemas) -> RefOr<Schema> {
    anything()
}

/// An embedded post.
pub(super) fn embedded(schemas: &mut Schemas) -> RefOr<Schema> {
    named("OEmbed", schemas, |_| {
        let text = String::schema;
        object([
            ("type", words(["link"])),
            ("version", text()),
            ("title", text()),
            ("url", text()),
            ("html", text()),
            ("author_name", text()),
            ("author_url", text()),
            ("provider_name", text()),
            ("provider_url", text()),
        ])
    })
}

/// A token that was granted.
pub(super) fn granted(schemas: &mut Schemas) -> RefOr<Schema> {
    let (token, id) = (shape::<Token>(schemas), shape::<UserId>(schemas));
    named("GrantedToken", schemas, |_| {
        Object::builder()
            .property("access_token", String::schema())
            .property("user_id", id)
            .property("username", String::schema())
            .property("token", token)
            .property("storage", numbers(["available", "total"]))
            .required("access_token")
            .required("token")
            .into()
    })
}

/// This document.
pub(super) fn document(_: &mut Schemas) -> RefOr<Schema> {
    map_of(anything())
}
