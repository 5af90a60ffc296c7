//! Answers and refusals as OpenAPI writes them.

use std::collections::BTreeMap;

use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::response::{Response, ResponseBuilder, Responses, ResponsesBuilder};
use utoipa::openapi::schema::AllOf;
use utoipa::openapi::{Array, Content, Header, Object, Ref, RefOr, Schema, Type};
use utoipa::{PartialSchema as _, ToSchema as _};

use super::answers::{Answer, Gives, Schemas};
use super::described::Described;
use super::refusals;
use crate::http::routes::row::{Route, TokenKind};
use crate::model::Refusal;
use crate::protocol::envelope::Meta;

const JSON: &str = "application/json";

/// Headers of every answer, with what they say.
const HEADERS: &[(&str, Type, &str)] = &[
    ("X-API-Version", Type::String, "The version of the API."),
    (
        "X-Request-Id",
        Type::String,
        "The name of the request in the server's log.",
    ),
    (
        "X-RateLimit-Limit",
        Type::Integer,
        "Calls of this kind that the caller has in a window.",
    ),
    (
        "X-RateLimit-Remaining",
        Type::Integer,
        "How many of them are left.",
    ),
    (
        "X-RateLimit-Reset",
        Type::Integer,
        "Seconds until the window ends.",
    ),
];

/// Answers that any route may give, by the server's own state.
pub(super) const TROUBLE: &[(u16, &str, &str)] = &[
    (
        500,
        "Trouble",
        "`internal-error`: something is broken here; the server's log has the cause under `meta.error_id`.",
    ),
    (
        503,
        "Later",
        "`busy`, `restarting`, `database-away`: nothing was changed; try again after `Retry-After` seconds. \
         `outcome-unknown`: it may have been carried out.",
    ),
];

/// The headers that answers refer to.
pub(super) fn headers() -> impl Iterator<Item = (&'static str, Header)> {
    HEADERS.iter().map(|(name, kind, about)| {
        let header = HeaderBuilder::new().schema(Some(Object::with_type(kind.clone())));
        (*name, header.description(Some(*about)).build())
    })
}

/// The responses that all routes refer to.
pub(super) fn shared() -> impl Iterator<Item = (&'static str, Response)> {
    TROUBLE.iter().map(|(_, name, about)| {
        let response = with_headers(ResponseBuilder::new().description(*about));
        (
            *name,
            response
                .content(JSON, Content::new(Some(refusal())))
                .build(),
        )
    })
}

/// The schemas that all answers refer to.
pub(super) fn schemas() -> Vec<(String, RefOr<Schema>)> {
    let mut all = vec![(Meta::name().into_owned(), Meta::schema())];
    Meta::schemas(&mut all);
    let refused = Object::builder()
        .property("meta", reference("Meta"))
        .required("meta");
    all.push((String::from("Refusal"), refused.into()));
    all
}

fn reference(name: &str) -> RefOr<Schema> {
    RefOr::Ref(Ref::from_schema_name(name))
}

fn refusal() -> RefOr<Schema> {
    reference("Refusal")
}

/// With the headers of every answer.
pub(super) fn with_headers(response: ResponseBuilder) -> ResponseBuilder {
    HEADERS.iter().fold(response, |response, (name, _, _)| {
        response.header_ref(*name, Ref::new(format!("#/components/headers/{name}")))
    })
}

/// All responses of a route.
pub(super) fn responses(row: &Route, described: &Described, schemas: &mut Schemas) -> Responses {
    let mut all = ResponsesBuilder::new();
    for answer in described.gives {
        all = all.response(answer.code.to_string(), response(answer, schemas));
    }
    let mut by_code: BTreeMap<u16, Vec<Refusal>> = BTreeMap::new();
    for refusal in refusals::of(row, described) {
        by_code.entry(refusal.code()).or_default().push(refusal);
    }
    let oauth = row.token == TokenKind::Ignored;
    if oauth {
        by_code.entry(400).or_default();
        by_code.entry(401).or_default();
    }
    for (code, refused) in by_code {
        let response = if oauth && matches!(code, 400 | 401) {
            oauth_refusal(code, &refused)
        } else {
            refused_response(code, &refused)
        };
        all = all.response(code.to_string(), response);
    }
    for (code, name, _) in TROUBLE {
        all = all.response(code.to_string(), Ref::from_response_name(*name));
    }
    all.build()
}

fn response(answer: &Answer, schemas: &mut Schemas) -> Response {
    let response = with_headers(ResponseBuilder::new().description(answer.text));
    let json = |schema| Content::new(Some::<RefOr<Schema>>(schema));
    match answer.gives {
        Gives::Nothing => response,
        Gives::Meta => response.content(JSON, json(enveloped(None))),
        Gives::One(shape) => response.content(JSON, json(enveloped(Some(shape(schemas))))),
        Gives::List(shape) => {
            let list = Array::new(shape(schemas)).into();
            response.content(JSON, json(enveloped(Some(list))))
        }
        Gives::Page(shape) => {
            let list = Array::new(shape(schemas)).into();
            response.content(JSON, json(paged(list)))
        }
        Gives::Bare(shape) => response.content(JSON, json(shape(schemas))),
        Gives::Rss => {
            let text = Object::with_type(Type::String);
            response.content("application/rss+xml", Content::new(Some(text)))
        }
        Gives::Octets => response.content(
            "application/octet-stream",
            Content::new(None::<RefOr<Schema>>),
        ),
        Gives::Elsewhere => {
            let location = HeaderBuilder::new().schema(Some(Object::with_type(Type::String)));
            response.header(
                "Location",
                location.description(Some("The address.")).build(),
            )
        }
    }
    .build()
}

fn enveloped(data: Option<RefOr<Schema>>) -> RefOr<Schema> {
    let object = Object::builder()
        .property("meta", reference("Meta"))
        .required("meta");
    match data {
        Some(data) => object.property("data", data).required("data").into(),
        None => object.into(),
    }
}

/// A page always says whether there is more.
fn paged(list: RefOr<Schema>) -> RefOr<Schema> {
    let more = Object::builder().schema_type(Type::Object).required("more");
    let meta = AllOf::builder().item(reference("Meta")).item(more).build();
    Object::builder()
        .property("meta", Schema::from(meta))
        .property("data", list)
        .required("meta")
        .required("data")
        .into()
}

fn words_of(refused: &[Refusal]) -> String {
    let lines = refused
        .iter()
        .map(|refusal| format!("* `{}`: {}", refusal.slug(), refusal.text()));
    lines.collect::<Vec<_>>().join("\n")
}

/// The answer with this code, and the slugs that it may have.
pub(super) fn refused_response(code: u16, refused: &[Refusal]) -> Response {
    let slugs = refused.iter().map(|refusal| refusal.slug());
    let slug = Object::builder()
        .schema_type(Type::String)
        .enum_values(Some(slugs));
    let named = Object::builder()
        .property("error_slug", slug)
        .property("error_message", Object::with_type(Type::String))
        .required("error_slug")
        .required("error_message");
    let meta = AllOf::builder().item(reference("Meta")).item(named);
    let schema = Object::builder()
        .property("meta", meta)
        .required("meta")
        .build();
    let response = with_headers(ResponseBuilder::new().description(words_of(refused)));
    let response = match code {
        401 => response.header(
            "WWW-Authenticate",
            text_header("The credentials that are taken."),
        ),
        429 => response.header(
            "Retry-After",
            text_header("Seconds until calls are taken again."),
        ),
        _ => response,
    };
    response
        .content(JSON, Content::new(Some(Schema::from(schema))))
        .build()
}

fn text_header(about: &str) -> Header {
    let header = HeaderBuilder::new().schema(Some(Object::with_type(Type::String)));
    header.description(Some(about)).build()
}

/// Has the fields of RFC 6749 besides, unless the body could not be read.
fn oauth_refusal(code: u16, refused: &[Refusal]) -> Response {
    let mut about = match code {
        401 => String::from("* `invalid_client`: Unknown client or wrong secret."),
        _ => String::from(
            "* `invalid_request`, `invalid_grant`, `unauthorized_client`, `unsupported_grant_type`, `invalid_scope`: as RFC 6749 says.",
        ),
    };
    if !refused.is_empty() {
        about = format!("{about}\n{}", words_of(refused));
    }
    let meta = Object::builder()
        .schema_type(Type::Object)
        .required("code")
        .required("error_slug");
    let text = || Object::with_type(Type::String);
    let schema = Object::builder()
        .property("meta", meta)
        .property("error", text())
        .property("error_description", text())
        .property("error_message", text())
        .required("meta");
    let response = with_headers(ResponseBuilder::new().description(about));
    response
        .content(JSON, Content::new(Some(Schema::from(schema.build()))))
        .build()
}
