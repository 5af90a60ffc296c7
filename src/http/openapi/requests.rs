//! Bodies as OpenAPI writes them.

use utoipa::openapi::request_body::{RequestBody, RequestBodyBuilder};
use utoipa::openapi::schema::{
    AdditionalProperties, AnyOf, AnyOfBuilder, KnownFormat, SchemaFormat, SchemaType,
};
use utoipa::openapi::{Array, Content, Object, ObjectBuilder, RefOr, Required, Schema, Type};

use super::bodies::{BodyForm, Field, Kind, Written};

const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";
const PARTS: &str = "multipart/form-data";
const BYTES: &str = "application/octet-stream";

/// The body of a route.
pub(super) fn request_body(body: &BodyForm) -> RequestBody {
    let is_required = body.fields.iter().any(|field| field.is_required);
    let required = if is_required {
        Required::True
    } else {
        Required::False
    };
    let request = RequestBodyBuilder::new()
        .description(Some(body.text))
        .required(Some(required));
    let json = || Content::new(Some(whole(body)));
    let parts = || Content::new(Some(fields(body, true)));
    let request = match body.written {
        Written::AnyWay => request
            .content(JSON, json())
            .content(FORM, parts())
            .content(PARTS, parts()),
        Written::JsonOnly => request.content(JSON, json()),
        Written::Parts => request.content(PARTS, parts()),
        Written::PartsOrJson => request.content(PARTS, parts()).content(JSON, json()),
        Written::PartsOrBytes => {
            let bytes = Object::with_type(SchemaType::AnyValue);
            let bytes = Content::new(Some(Schema::from(bytes)));
            request.content(PARTS, parts()).content(BYTES, bytes)
        }
    };
    request.build()
}

/// A JSON body, which may be something else than one object.
fn whole(body: &BodyForm) -> RefOr<Schema> {
    let object = fields(body, false);
    if body.may_be_list {
        let list = Array::builder().items(object.clone()).max_items(Some(10));
        return any_of([object, list.into()]);
    }
    if body.may_be_anything {
        let list = Array::builder().items(Object::with_type(SchemaType::AnyValue));
        let list = list.max_items(Some(10)).into();
        let plain = |kind: Type| RefOr::from(Object::with_type(kind));
        let (number, truth) = (plain(Type::Number), plain(Type::Boolean));
        return any_of([object, text().into(), number, truth, list]);
    }
    object
}

/// The fields. A form holds texts, and what lies deeper under dotted names or as JSON.
fn fields(body: &BodyForm, in_form: bool) -> RefOr<Schema> {
    let shown = |field: &&Field| in_form || !matches!(field.kind, Kind::Bytes);
    let mut object = Object::builder().schema_type(Type::Object);
    for field in body.fields.iter().filter(shown) {
        object = object.property(field.name, described(schema(field.kind), field.text));
        if field.is_required {
            object = object.required(field.name);
        }
    }
    object.into()
}

fn described(mut schema: Schema, about: &str) -> Schema {
    let about = Some(about.to_owned());
    match &mut schema {
        Schema::Object(object) => object.description = about,
        Schema::Array(array) => array.description = about,
        Schema::AnyOf(any) => any.description = about,
        // No field is of another shape.
        Schema::OneOf(_) | Schema::AllOf(_) | _ => {}
    }
    schema
}

fn text() -> ObjectBuilder {
    Object::builder().schema_type(Type::String)
}

fn number() -> ObjectBuilder {
    Object::builder().schema_type(Type::Integer)
}

fn flag() -> ObjectBuilder {
    Object::builder().schema_type(Type::Boolean)
}

fn object() -> ObjectBuilder {
    Object::builder().schema_type(Type::Object)
}

fn any_of(shapes: impl IntoIterator<Item = RefOr<Schema>>) -> RefOr<Schema> {
    let any = shapes
        .into_iter()
        .fold(AnyOf::builder(), AnyOfBuilder::item);
    RefOr::T(any.build().into())
}

fn of_any(shapes: impl IntoIterator<Item = ObjectBuilder>) -> Schema {
    let any = shapes
        .into_iter()
        .fold(AnyOf::builder(), AnyOfBuilder::item);
    any.build().into()
}

fn list(items: impl Into<RefOr<Schema>>) -> Schema {
    Schema::Array(Array::builder().items(items.into()).build())
}

fn id() -> Schema {
    of_any([text().pattern(Some("^[0-9]+$")), number().minimum(Some(0))])
}

fn user() -> Schema {
    of_any([
        text().pattern(Some("^(@.+|[0-9]+)$")),
        number().minimum(Some(1)),
    ])
}

/// Forms can only send texts, and some languages write 0 and 1.
fn loose_flag() -> Schema {
    let words = text().enum_values(Some(["0", "1", "false", "true"]));
    of_any([flag(), number().enum_values(Some([0, 1])), words])
}

fn schema(kind: Kind) -> Schema {
    match kind {
        Kind::Text => text().build().into(),
        Kind::Flag => loose_flag(),
        Kind::Number => of_any([number(), text().pattern(Some("^-?[0-9]+$"))]),
        Kind::Id => id(),
        Kind::User => user(),
        Kind::Users => list(user()),
        Kind::Texts => list(text()),
        Kind::Numbers => list(number().minimum(Some(1))),
        Kind::Raw => of_any([raw_by_type(), raw_list()]),
        Kind::Entities => entities(),
        Kind::Acl => acl(),
        Kind::Content => {
            let content = object().property("text", text());
            content.property("entities", entities()).build().into()
        }
        Kind::Options => {
            let option = object()
                .property("text", text().max_length(Some(64)))
                .property("position", number())
                .required("text");
            let options = Array::builder().items(option);
            Schema::Array(options.min_items(Some(2)).max_items(Some(10)).build())
        }
        Kind::Clauses => clauses(),
        Kind::Announced => announced(),
        Kind::Moment => {
            let format = SchemaFormat::KnownFormat(KnownFormat::DateTime);
            text().format(Some(format)).build().into()
        }
        Kind::OneOf(words) => text()
            .enum_values(Some(words.iter().copied()))
            .build()
            .into(),
        Kind::Bytes => text().build().into(),
    }
}

fn anything() -> Object {
    Object::with_type(SchemaType::AnyValue)
}

fn raw_by_type() -> ObjectBuilder {
    let items = AdditionalProperties::RefOr(Array::new(anything()).into());
    object().additional_properties(Some(items))
}

/// The list is an array, written as an object builder so that both forms are of one type.
fn raw_list() -> ObjectBuilder {
    Object::builder().schema_type(Type::Array)
}

fn entities() -> Schema {
    let link = object()
        .property("pos", number())
        .property("len", number())
        .property("url", text())
        .property("title", text())
        .required("pos")
        .required("len")
        .required("url");
    object()
        .property("links", list(link))
        .property("parse_links", flag())
        .property("parse_markdown_links", flag())
        .build()
        .into()
}

fn clauses() -> Schema {
    let operators = ["equals", "matches", "lt", "le", "gt", "ge", "one_of"];
    let clause = object()
        .property("object_type", text())
        .property("operator", text().enum_values(Some(operators)))
        .property("field", text())
        .property("value", anything())
        .required("object_type")
        .required("operator")
        .required("field")
        .required("value");
    let clauses = Array::builder().items(clause).min_items(Some(1));
    Schema::Array(clauses.max_items(Some(32)).build())
}

fn announced() -> Schema {
    let file = object()
        .property("key", text().pattern(Some("^[A-Za-z0-9_.-]{1,64}$")))
        .property("size", number().minimum(Some(1)))
        .property("name", text())
        .property("is_public", loose_flag())
        .property("raw", of_any([raw_by_type(), raw_list()]))
        .property("annotations", of_any([raw_by_type(), raw_list()]))
        .required("key")
        .required("size");
    let files = Array::builder().items(file).min_items(Some(1));
    Schema::Array(files.max_items(Some(20)).build())
}

fn acl() -> Schema {
    let group = || {
        object()
            .property("user_ids", list(user()))
            .property("immutable", flag())
            .property("any_user", flag())
            .property("public", flag())
    };
    object()
        .property("full", group())
        .property("write", group())
        .property("read", group())
        .build()
        .into()
}
