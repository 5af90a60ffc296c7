//! The addresses of the streams as OpenAPI writes them: asked for without an upgrade, they are answers like others. What is
//! sent on a websocket is in the AsyncAPI document.

use std::collections::BTreeMap;

use utoipa::openapi::path::{HttpMethod, OperationBuilder, PathItem};
use utoipa::openapi::response::{Response, ResponseBuilder, Responses, ResponsesBuilder};
use utoipa::openapi::security::SecurityRequirement;
use utoipa::openapi::{Content, Object, Ref, Type};

use super::params::{Kind, Param, Set};
use super::shapes::anything;
use super::stream_params::{APP_STREAM, DISPLAY, USER_STREAM};
use super::{queries, replies, security};
use crate::model::Refusal;

/// Which group they belong to.
pub(super) const TAG: &str = "Streams of events";

/// Of an app stream that is asked for without an upgrade.
const WAIT: Set = &[Param {
    name: "wait",
    kind: Kind::Number,
    text: "A long poll: waits so many seconds, 0 to 60, for the next events. Refused (400) if it is none of these.",
    is_required: false,
}];

/// What both refuse.
const REFUSED: &[Refusal] = &[
    Refusal::NulCharacter,
    Refusal::CursorMalformed,
    Refusal::CursorForeign,
    Refusal::CursorAhead,
    Refusal::Invalid,
    Refusal::CompressionUnknown,
    Refusal::CompressionElsewhere,
    Refusal::TokenInvalid,
    Refusal::TicketInvalid,
    Refusal::WrongTokenKind,
    Refusal::UpgradeRequired,
    Refusal::RateLimited,
    Refusal::TooManyConnections,
];

/// What an app stream refuses besides.
const REFUSED_OF_APP: &[Refusal] = &[
    Refusal::Missing,
    Refusal::WrongType,
    Refusal::TooLong,
    Refusal::PartitionInvalid,
    Refusal::TokenRequired,
    Refusal::StreamNotFound,
    Refusal::FilterNotFound,
    Refusal::PartitionsDiffer,
    Refusal::StreamsInUse,
];

/// In place of a token.
const TICKET: Set = &[Param {
    name: "ticket",
    kind: Kind::Text,
    text: "What `POST /token/ticket` gives, in place of a token.",
    is_required: false,
}];

/// An address where a stream begins.
pub(super) struct Address {
    /// Below `/v1`.
    pub(super) path: &'static str,
    /// What a document calls it.
    pub(super) name: &'static str,
    pub(super) summary: &'static str,
    pub(super) text: &'static str,
    /// The token that it wants, in words.
    pub(super) token: &'static str,
    scheme: &'static str,
    /// It may be opened without one.
    is_open: bool,
    /// What its query may have, without what shows objects in another way.
    pub(super) query: &'static [Set],
    refuses: &'static [&'static [Refusal]],
}

/// Both of them.
pub(super) const ADDRESSES: [Address; 2] = [
    Address {
        path: "/user",
        name: "get-user",
        summary: "Open a user stream",
        text: "A websocket; or, by `Accept`, server-sent events or lines of JSON. Without a token the first call that subscribes it claims it.",
        token: "of a user; without one, that of the first call that subscribes it",
        scheme: security::USER,
        is_open: true,
        query: &[USER_STREAM, TICKET],
        refuses: &[REFUSED],
    },
    Address {
        path: "/app",
        name: "get-app",
        summary: "Open an app stream, or wait for its next events",
        text: "A websocket; with `wait` a long poll; else, by `Accept`, server-sent events or lines of JSON.",
        token: "of an app",
        scheme: security::APP,
        is_open: false,
        query: &[APP_STREAM, WAIT, TICKET],
        refuses: &[REFUSED, REFUSED_OF_APP],
    },
];

impl Address {
    /// What it refuses.
    pub(super) fn refuses(&self) -> impl Iterator<Item = Refusal> {
        self.refuses.iter().copied().flatten().copied()
    }

    fn item(&self) -> PathItem {
        let params = self.query.iter().copied().chain([DISPLAY]).flatten();
        let params: Vec<_> = params.map(queries::query_parameter).collect();
        let operation = OperationBuilder::new()
            .operation_id(Some(self.name))
            .summary(Some(self.summary))
            .description(Some(self.text))
            .securities(Some(requirements(self.scheme, self.is_open)))
            .responses(responses(self.refuses()))
            .tag(TAG)
            .parameters(Some(params));
        PathItem::new(HttpMethod::Get, operation)
    }
}

/// Both addresses, as the document has them.
pub(super) fn paths() -> [(&'static str, PathItem); 2] {
    ADDRESSES.map(|address| (address.path, address.item()))
}

fn requirements(kind: &str, without: bool) -> Vec<SecurityRequirement> {
    let none = without.then(SecurityRequirement::default);
    let ways = [kind, security::BEARER, security::IN_QUERY];
    let ways = ways.map(|way| SecurityRequirement::new(way, [""; 0]));
    none.into_iter().chain(ways).collect()
}

fn responses(refused: impl Iterator<Item = Refusal>) -> Responses {
    let mut by_code: BTreeMap<u16, Vec<Refusal>> = BTreeMap::new();
    for refusal in refused {
        by_code.entry(refusal.code()).or_default().push(refusal);
    }
    let mut all = ResponsesBuilder::new()
        .response(
            "101",
            ResponseBuilder::new().description("A websocket.").build(),
        )
        .response("200", stream());
    for (code, refused) in by_code {
        all = all.response(code.to_string(), replies::refused_response(code, &refused));
    }
    for (code, name, _) in replies::TROUBLE {
        all = all.response(code.to_string(), Ref::from_response_name(*name));
    }
    all.build()
}

/// The answer that is a stream, or that of a long poll.
fn stream() -> Response {
    let text = Object::with_type(Type::String);
    let envelope = Object::builder()
        .property("meta", anything())
        .property("data", anything())
        .property("control", anything())
        .required("meta")
        .build();
    replies::with_headers(ResponseBuilder::new())
        .description(
            "The stream: one event, or one object in each line, for each frame of the websocket. Of a long poll: an envelope with \
             `meta.cursor`, and the frames in `data`.",
        )
        .content("text/event-stream", Content::new(Some(text)))
        .content("application/json", Content::new(Some(envelope)))
        .build()
}
