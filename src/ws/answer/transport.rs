//! How a request asks for its stream.

use actix_web::HttpRequest;
use actix_web::http::Uri;
use actix_web::http::header::{Accept, Header as _, HeaderName};

use crate::actors::shard::state::Identity;
use crate::model::ConnectionId;
use crate::protocol::framing::Framing;
use crate::protocol::query::Query;
use crate::protocol::render_class::RenderClass;
use crate::telemetry::Counter;

const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// A way for a stream to leave as an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Transport {
    /// Server-sent events.
    EventStream,
    /// JSON objects, each on a line.
    JsonStream,
}

impl Transport {
    /// What the request accepts best. A range such as `*/*` names none: a stream that was not asked for by name would keep
    /// a client waiting for its end.
    pub(super) fn asked_by(request: &HttpRequest) -> Option<Self> {
        let accept = Accept::parse(request).ok()?;
        let ranked = accept.ranked();
        ranked.iter().find_map(|kind| match kind.essence_str() {
            "text/event-stream" => Some(Self::EventStream),
            "application/json" => Some(Self::JsonStream),
            _ => None,
        })
    }

    /// `Content-Type` of the answer.
    pub(super) fn content_type(self) -> &'static str {
        match self {
            Self::EventStream => "text/event-stream",
            Self::JsonStream => "application/json",
        }
    }

    /// How frames are written to a connection.
    pub(super) fn framing(self, id: &ConnectionId, identity: &Identity) -> Framing {
        match self {
            Self::EventStream => Framing::EventStream {
                connection: match identity {
                    Identity::App(..) => None,
                    Identity::User(..) | Identity::Unclaimed(_) => Some(id.clone()),
                },
            },
            Self::JsonStream => Framing::Lines,
        }
    }

    /// The address of the stream. A browser comes back to the same address, and says what it received last beside it: that is
    /// the cursor of an app stream; of a user stream, its id and the cursor.
    pub(super) fn address(self, request: &HttpRequest) -> Uri {
        let uri = request.uri().clone();
        let Some(last) = self.last_event(request) else {
            return uri;
        };
        let mut added = form_urlencoded::Serializer::new(String::new());
        let cursor = match last.split_once(':') {
            Some((connection, cursor)) => {
                added.append_pair("connection_id", connection);
                cursor
            }
            None => last,
        };
        let added = added.append_pair("cursor", cursor).finish();
        let known = uri.query().unwrap_or_default();
        let address = format!("{}?{known}&{added}", uri.path());
        address.parse().unwrap_or(uri)
    }

    fn last_event(self, request: &HttpRequest) -> Option<&str> {
        match self {
            Self::EventStream => {
                let header = request.headers().get(LAST_EVENT_ID)?;
                header.to_str().ok().filter(|last| !last.is_empty())
            }
            Self::JsonStream => None,
        }
    }

    /// How events are shown: the ids of server-sent events are cursors.
    pub(super) fn display(self, query: &Query) -> RenderClass {
        let asked = RenderClass::from_query(query);
        match self {
            Self::EventStream => asked.with(RenderClass::CURSOR),
            Self::JsonStream => asked,
        }
    }

    /// What counts its openings.
    pub(super) fn counter(self) -> Counter {
        match self {
            Self::EventStream => Counter::EventStreamsOpened,
            Self::JsonStream => Counter::JsonStreamsOpened,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::http::header::ACCEPT;
    use actix_web::test::TestRequest;

    #[test]
    fn a_stream_is_asked_for_by_name_and_the_one_that_is_liked_best_is_taken() {
        let asked = |accept: &str| {
            let request = TestRequest::default().insert_header((ACCEPT, accept));
            Transport::asked_by(&request.to_http_request())
        };
        assert_eq!(asked("text/event-stream"), Some(Transport::EventStream));
        assert_eq!(
            asked("Application/JSON; charset=utf-8"),
            Some(Transport::JsonStream)
        );
        assert_eq!(
            asked("application/json;q=0.5, text/event-stream"),
            Some(Transport::EventStream)
        );
        assert_eq!(
            asked("text/event-stream;q=0.5, application/json, */*;q=0.1"),
            Some(Transport::JsonStream)
        );
        for none in [
            "*/*",
            "text/html",
            "text/*",
            "",
            "application/*",
            "nonsense",
        ] {
            assert_eq!(asked(none), None, "{none}");
        }
        let request = TestRequest::default().to_http_request();
        assert_eq!(Transport::asked_by(&request), None);
    }
}
