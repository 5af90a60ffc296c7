//! How the values of the model look in the OpenAPI document. Objects say it beside their fields; these are written by
//! hand, since their types do not show what is on the wire.

use std::borrow::Cow;

use utoipa::openapi::schema::{KnownFormat, SchemaFormat, SchemaType};
use utoipa::openapi::{Array, Object, RefOr, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

use super::{
    BadgeId, ChannelId, ClientId, ConnectionId, ContentHash, FileId, FilterId, MessageId, PollId,
    PostId, Raw, Stamp, StreamKey, SubscriptionId, TokenId, UserId,
};

macro_rules! schemas {
    ($($name:literal $make:path: $($kind:ident)+;)*) => {$($(
        impl PartialSchema for $kind {
            fn schema() -> RefOr<Schema> {
                $make()
            }
        }

        impl ToSchema for $kind {
            fn name() -> Cow<'static, str> {
                Cow::Borrowed($name)
            }
        }
    )+)*};
}

schemas! {
    "Id" id: UserId ChannelId MessageId PostId PollId FileId FilterId BadgeId TokenId;
    "Name" name: ClientId ConnectionId SubscriptionId StreamKey;
    "Hash" hash: ContentHash;
    "Date" date: Stamp;
    "Raw" raw: Raw;
}

fn text(pattern: Option<&str>, description: &str) -> RefOr<Schema> {
    let text = Object::builder().schema_type(Type::String);
    text.pattern(pattern).description(Some(description)).into()
}

fn id() -> RefOr<Schema> {
    text(Some("^-?[0-9]+$"), "A number, written as a text.")
}

fn name() -> RefOr<Schema> {
    text(None, "Short, chosen by the server or the app.")
}

fn hash() -> RefOr<Schema> {
    text(Some("^[0-9a-f]{64}$"), "SHA-256, in hexadecimal digits.")
}

fn date() -> RefOr<Schema> {
    Object::builder()
        .schema_type(Type::String)
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)))
        .description(Some("UTC, to the second: `2026-11-22T20:30:51Z`."))
        .into()
}

fn raw() -> RefOr<Schema> {
    let items = Array::builder().items(Object::with_type(SchemaType::AnyValue));
    Object::builder()
        .schema_type(Type::Object)
        .additional_properties(Some(items))
        .description(Some("Values of apps, a list for each type."))
        .into()
}
