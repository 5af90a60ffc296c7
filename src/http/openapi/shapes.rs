//! Shapes of answers that are not objects of their own, and the objects by short names.

use std::borrow::Cow;

use utoipa::openapi::schema::{AdditionalProperties, AnyOf, AnyOfBuilder, SchemaType};
use utoipa::openapi::{Array, Object, Ref, RefOr, Schema, ToArray as _, Type};
use utoipa::{PartialSchema, ToSchema};

use super::answers::{Schemas, shape};
use crate::model::{Entities, FileId, UserId};
use crate::protocol::object::{
    AppStreamObject, BadgeObject, BriefPoll, ChannelObject, ClientDetail, ClosedStreamObject,
    DeadLetterObject, EventFilterObject, FileObject, InteractionObject, MarkerObject,
    MessageObject, OpenStreamObject, PollObject, PostObject, PresenceObject, TokenObject,
    UserObject,
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
/// A delivery of a webhook that was given up.
pub(super) type DeadLetter = DeadLetterObject;
/// A filter of app streams.
pub(super) type EventFilter = EventFilterObject<'static>;
/// A stream that is open.
pub(super) type OpenStream = OpenStreamObject;
/// A stream that ended.
pub(super) type ClosedStream = ClosedStreamObject<'static>;
/// A badge.
pub(super) type Badge = BadgeObject<'static>;
/// A presence.
pub(super) type Presence = PresenceObject<'static>;
/// An interaction.
pub(super) type Interaction = InteractionObject<'static>;
/// A marker.
pub(super) type Marker = MarkerObject;

/// A schema that the document holds under a name.
pub(super) fn named(
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
pub(super) fn object<const N: usize>(fields: [(&str, RefOr<Schema>); N]) -> RefOr<Schema> {
    let object = fields
        .into_iter()
        .fold(Object::builder(), |object, (name, schema)| {
            object.property(name, schema).required(name)
        });
    object.into()
}

/// Numbers by their names.
pub(super) fn numbers<const N: usize>(names: [&str; N]) -> RefOr<Schema> {
    object(names.map(|name| (name, i64::schema())))
}

/// Values by names that are not fixed.
pub(super) fn map_of(value: impl Into<RefOr<Schema>>) -> RefOr<Schema> {
    let object = Object::builder().schema_type(Type::Object);
    let value = AdditionalProperties::RefOr(value.into());
    object.additional_properties(Some(value)).into()
}

/// Any value.
pub(super) fn anything() -> RefOr<Schema> {
    Object::with_type(SchemaType::AnyValue).into()
}

/// One of these words.
pub(super) fn words<const N: usize>(words: [&str; N]) -> RefOr<Schema> {
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
            .property("type", words(["file_delete", "file_create"]))
            .property("status", words(["running", "completed", "dead"]))
            .property("created_at", date.clone())
            .property("ended_at", date)
            .required("id")
            .required("type")
            .required("status")
            .required("created_at")
            .into()
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

/// What opens a stream once.
pub(super) fn ticket(schemas: &mut Schemas) -> RefOr<Schema> {
    named("Ticket", schemas, |_| {
        object([("ticket", String::schema()), ("expires_in", i64::schema())])
    })
}

/// Where announced files are sent to.
pub(super) fn provision(schemas: &mut Schemas) -> RefOr<Schema> {
    let (date, id) = (
        shape::<crate::model::Stamp>(schemas),
        shape::<FileId>(schemas),
    );
    named("Provision", schemas, |_| {
        let file = object([
            ("key", String::schema()),
            ("file_id", id),
            ("file_token", String::schema()),
        ]);
        object([
            ("upload_url", String::schema()),
            ("provisioning_token", String::schema()),
            ("expires_at", date),
            ("files", Array::new(file).into()),
        ])
    })
}
