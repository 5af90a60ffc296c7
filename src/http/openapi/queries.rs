//! Parameters of addresses as OpenAPI writes them.

use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn, ParameterStyle};
use utoipa::openapi::schema::{KnownFormat, SchemaFormat};
use utoipa::openapi::{Array, Object, RefOr, Required, Schema, Type};

use super::described::Described;
use super::params::{EVERYWHERE, Kind, Param, SUBSCRIBES, Set};
use super::refusals::names_in;
use crate::http::routes::row::{Route, TokenKind, Verb};

const FLAGS: [&str; 4] = ["0", "1", "false", "true"];
const IDS: &str = "^[0-9]+$";
const USERS: &str = "^(me|@.+|[0-9]+)$";

/// The parameters of a route's query, each once: its own first.
pub(super) fn of(row: &Route, described: &Described) -> Vec<&'static Param> {
    let subscribes: &[Set] = if row.topic.is_some() {
        &[SUBSCRIBES]
    } else {
        &[]
    };
    let everywhere: &[Set] = match row.token {
        TokenKind::Ignored | TokenKind::Local | TokenKind::App => &[],
        TokenKind::Optional | TokenKind::Any | TokenKind::User | TokenKind::Uploader => {
            &[EVERYWHERE]
        }
    };
    let sets = [described.takes, subscribes, described.shows, everywhere];
    let mut all: Vec<&'static Param> = Vec::new();
    for param in sets.into_iter().flatten().copied().flatten() {
        if !all.iter().any(|known| known.name == param.name) {
            all.push(param);
        }
    }
    all
}

/// All parameters of a route.
pub(super) fn parameters(row: &Route, described: &Described) -> Vec<Parameter> {
    let in_path = names_in(row.path).map(|name| path_parameter(row, name));
    let query = of(row, described).into_iter().map(query_parameter);
    let key = row.takes_key().then(key_parameter);
    in_path.chain(query).chain(key).collect()
}

/// Of a call that writes.
fn key_parameter() -> Parameter {
    let value = text().min_length(Some(1)).max_length(Some(255));
    ParameterBuilder::new()
        .name("Idempotency-Key")
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some(
            "Visible ASCII characters, new for each call: the call may be repeated with it for 24 hours, and is carried out once.",
        ))
        .schema(Some(value.pattern(Some("^[!-~]+$"))))
        .build()
}

/// A parameter of the query.
pub(super) fn query_parameter(param: &Param) -> Parameter {
    let is_list = matches!(
        param.kind,
        Kind::Texts | Kind::Ids | Kind::Users | Kind::SomeOf(_)
    );
    let required = if param.is_required {
        Required::True
    } else {
        Required::False
    };
    ParameterBuilder::new()
        .name(param.name)
        .parameter_in(ParameterIn::Query)
        .required(required)
        .description(Some(param.text))
        .style(is_list.then_some(ParameterStyle::Form))
        .explode(is_list.then_some(false))
        .schema(Some(schema(param.kind)))
        .build()
}

fn text() -> utoipa::openapi::ObjectBuilder {
    Object::builder().schema_type(Type::String)
}

fn number() -> utoipa::openapi::ObjectBuilder {
    let int64 = SchemaFormat::KnownFormat(KnownFormat::Int64);
    Object::builder()
        .schema_type(Type::Integer)
        .format(Some(int64))
}

fn list(items: utoipa::openapi::ObjectBuilder) -> RefOr<Schema> {
    Array::new(items).into()
}

/// What a parameter looks like.
pub(super) fn schema(kind: Kind) -> RefOr<Schema> {
    match kind {
        Kind::Flag(default) => {
            let default = if default { "1" } else { "0" };
            text()
                .enum_values(Some(FLAGS))
                .default(Some(default.into()))
                .into()
        }
        Kind::Choice => text().enum_values(Some(FLAGS)).into(),
        Kind::Text | Kind::Moment => text().into(),
        Kind::Number => number().into(),
        Kind::Count => number()
            .minimum(Some(-200))
            .maximum(Some(200))
            .default(Some(20.into()))
            .into(),
        Kind::Id => text().pattern(Some(IDS)).into(),
        Kind::Position => text()
            .pattern(Some("^([0-9]+|(last_read|marker)(_inclusive)?)$"))
            .into(),
        Kind::User => text().pattern(Some(USERS)).into(),
        Kind::Texts => list(text()),
        Kind::Ids => list(text().pattern(Some(IDS))),
        Kind::Users => list(text().pattern(Some(USERS))),
        Kind::OneOf(words) => text().enum_values(Some(words.iter().copied())).into(),
        Kind::SomeOf(words) => list(text().enum_values(Some(words.iter().copied()))),
    }
}

/// What a name in a path stands for, and what it looks like.
pub(super) fn in_path(row: &Route, name: &str) -> (&'static str, Option<&'static str>) {
    match name {
        "user_id" => ("A user: an id, `@name` or `me`.", Some(USERS)),
        "channel_id" if row.verb == Verb::Post && row.path.ends_with("/messages") => {
            ("A channel, or `pm`.", Some("^([0-9]+|pm)$"))
        }
        "channel_id" => ("A channel.", Some(IDS)),
        "message_id" => ("A message of the channel.", Some(IDS)),
        "post_id" => ("A post.", Some(IDS)),
        "poll_id" => ("A poll.", Some(IDS)),
        "file_id" => ("A file.", Some(IDS)),
        "filter_id" => ("A filter.", Some(IDS)),
        "badge_id" => ("A badge.", Some(IDS)),
        "position" => ("The position of an option.", Some(IDS)),
        "key" => ("`core_image_200s` or `core_image_960r`.", None),
        "slug" => ("The `slug` of a predefined stream.", None),
        "tag" => ("A tag, without the mark.", None),
        "username" => ("A name.", None),
        "client_id" => ("An app.", None),
        "stream_key" => ("The key of an app stream.", None),
        "dead_letter_id" => ("A dead letter of it.", Some(IDS)),
        "connection_id" => ("A user stream of the caller.", None),
        "subscription_id" => ("A subscription of that stream.", None),
        "operation_id" => ("Work behind an answer.", None),
        _ => ("", None),
    }
}

fn path_parameter(row: &Route, name: &str) -> Parameter {
    let (about, pattern) = in_path(row, name);
    let value = match pattern {
        Some(pattern) => text().pattern(Some(pattern)),
        None => text().min_length(Some(1)),
    };
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Path)
        .required(Required::True)
        .description(Some(about))
        .schema(Some(value))
        .build()
}
