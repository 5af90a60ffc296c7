//! Calls that name a connection of another node are answered by that node: the page of a subscribing call and its stream
//! must meet there. The call is counted and its token is asked for here; its handler runs there.

use actix_web::body::SizedStream;
use actix_web::dev::ServiceRequest;
use actix_web::http::header::{
    CONNECTION, CONTENT_LENGTH, EXPECT, HeaderName, HeaderValue, TE, TRAILER, TRANSFER_ENCODING,
    UPGRADE,
};
use actix_web::http::{Method, StatusCode};
use actix_web::web::Data;
use actix_web::{HttpMessage, HttpResponse};
use bytes::Bytes;
use futures_util::StreamExt as _;
use futures_util::stream::{once, unfold};

use super::whole_body::whole_body;
use crate::actors::nodes::{Begun, Calls, SECRET, Unanswered};
use crate::fault::{Seeded, seeded};
use crate::http::routes::row::{Route, Verb};
use crate::http::{ApiResult, App};
use crate::model::{ConnectionId, Failure};
use crate::protocol::query::Query;
use crate::store::Node;
use crate::telemetry::Counter;

/// Set on a request that another node sent on: it is not counted again, and goes no further.
pub(in crate::http) struct SentOn;

/// Bytes of an answer that are taken from the other node as fast as it sends them, however slowly the caller reads: a page.
/// They count among the unread bytes of the caller then, as those of any answer, and not among those of this node there.
const TAKEN: usize = 8 * 1024 * 1024;

/// Headers that concern one connection, not the request.
const OF_CONNECTION: [HeaderName; 6] =
    [CONNECTION, EXPECT, TE, TRAILER, TRANSFER_ENCODING, UPGRADE];

/// The answer of the node that has the connection which a call names. `None`: the call is answered here.
///
/// # Errors
/// That node does not answer, or the body is refused.
pub(super) async fn to_its_node(
    route: &Route,
    request: &mut ServiceRequest,
) -> ApiResult<Option<HttpResponse>> {
    let Some(app) = request.app_data::<Data<App>>().cloned() else {
        return Ok(None);
    };
    let shared = app.engine.shared();
    let Some(cluster) = &shared.cluster else {
        return Ok(None);
    };
    let Some(id) = named_by(route, request) else {
        return Ok(None);
    };
    let is_here = shared.directory.connection(&id).is_some() && !cluster.is_leaving(&id);
    let is_served = is_here || seeded(Seeded::CallServedHere);
    if is_served || request.extensions().contains::<SentOn>() {
        return Ok(None);
    }
    let Some(node) = app.engine.node_of(cluster, &id).await? else {
        return Ok(None);
    };
    // Of the request it is the body that may be refused; nothing was asked yet.
    let bytes = whole_body(request, &app).await?;
    match send_on(cluster.calls(), &node, request, bytes).await {
        Ok(answer) => {
            shared.metrics.add(Counter::RequestsSentOn, 1);
            Ok(Some(answer))
        }
        // As any connection that is gone.
        Err(Unanswered::Gone) => Ok(None),
        Err(Unanswered::Unasked) => Err(Failure::Busy.into()),
        Err(Unanswered::Late) => Err(match route.verb {
            Verb::Get => Failure::Busy.into(),
            // It may have done it.
            Verb::Post | Verb::Put | Verb::Patch | Verb::Delete => Failure::Unsure.into(),
        }),
    }
}

/// The connection that a call is about, or that it subscribes.
fn named_by(route: &Route, request: &ServiceRequest) -> Option<ConnectionId> {
    if let Some(id) = request.match_info().get("connection_id") {
        return Some(id.into());
    }
    // A HEAD changes nothing.
    if route.topic.is_none() || request.method() == Method::HEAD {
        return None;
    }
    let text = request.query_string();
    if !text.contains("connection_id") {
        return None;
    }
    let query = Query::parse(text);
    query.get("connection_id").map(ConnectionId::from)
}

async fn send_on(
    calls: &Calls,
    node: &Node,
    request: &ServiceRequest,
    bytes: Bytes,
) -> Result<HttpResponse, Unanswered> {
    let method = reqwest::Method::from_bytes(request.method().as_str().as_bytes());
    let method = method.map_err(|_unknown| Unanswered::Unasked)?;
    let uri = request.uri();
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    let answer = calls.ask(node, (method, path), |mut sent| {
        for (name, value) in request.headers() {
            let is_own = *name == CONTENT_LENGTH || name.as_str() == SECRET;
            if !is_own && !OF_CONNECTION.contains(name) {
                sent = sent.header(name.as_str(), value.as_bytes());
            }
        }
        sent.body(bytes)
    });
    let begun = answer.await?.begin(TAKEN).await;
    // The node went away, or stands still, in the middle of it.
    begun.map(sent_back).map_err(|_lost| Unanswered::Late)
}

fn sent_back(begun: Begun) -> HttpResponse {
    let Begun {
        response,
        first,
        is_whole,
    } = begun;
    let status = StatusCode::from_u16(response.status().as_u16());
    let mut back = HttpResponse::build(status.unwrap_or(StatusCode::BAD_GATEWAY));
    for (name, value) in response.headers() {
        let name = HeaderName::from_bytes(name.as_str().as_bytes());
        let value = HeaderValue::from_bytes(value.as_bytes());
        if let (Ok(name), Ok(value)) = (name, value)
            && name != CONTENT_LENGTH
            && !OF_CONNECTION.contains(&name)
        {
            back.append_header((name, value));
        }
    }
    if is_whole {
        return back.body(first);
    }
    // Of all of it, whatever was read already.
    let length = response.headers().get(reqwest::header::CONTENT_LENGTH);
    let length = length.and_then(|length| length.to_str().ok()?.parse().ok());
    let rest = unfold(response, |mut response| async move {
        let piece = response.chunk().await.transpose()?;
        Some((piece, response))
    });
    let pieces = once(async { Ok(first) }).chain(rest);
    match length {
        Some(length) => back.body(SizedStream::new(length, pieces)),
        None => back.streaming(pieces),
    }
}
