//! A request for a stream, without an upgrade: admitted as an upgrade is, and answered with the stream.

use actix_http::ConnectionType;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName};
use actix_web::http::{Method, Version};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder, body, web};

use super::begin::{Begun, Shape, begin};
use super::body::StreamBody;
use super::poll;
use super::transport::Transport;
use crate::actors::shard::control::Control;
use crate::http::ApiError;
use crate::model::{ConnectionId, Failure, Refusal};
use crate::protocol::query::Query;
use crate::telemetry::Counter;
use crate::ws::gate::{Gate, RETRY};

const CONNECTION_ID: HeaderName = HeaderName::from_static("connection-id");
/// A proxy of this name keeps answers until they are large enough for it.
const X_ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

/// The route of both addresses, for reads.
pub fn route() -> actix_web::Route {
    web::to(serve)
}

async fn serve(request: HttpRequest) -> Result<HttpResponse, ApiError> {
    let Some(gate) = request.app_data::<Gate>() else {
        return Err(ApiError::trouble(&"no gate"));
    };
    if Query::parse(request.query_string()).has("compress") {
        return Err(Refusal::CompressionElsewhere.into());
    }
    // It opens nothing and uses no ticket up, so no right is asked for.
    let is_head = request.method() == Method::HEAD;
    let answered = match poll::asked_by(&request) {
        Some(_) if is_head => return Ok(poll::head().body(body::None::new())),
        Some(wait) => poll::answer(gate, &request, &wait).await,
        None => {
            let transport = Transport::asked_by(&request).ok_or(Refusal::UpgradeRequired)?;
            if is_head {
                return Ok(head(transport).body(body::None::new()));
            }
            open(gate, &request, transport).await
        }
    };
    answered.map_err(|failure| {
        gate.shared.metrics.add(Counter::UpgradesRefused, 1);
        let error = ApiError::from(failure);
        match error.code() {
            429 => error.retry_after(RETRY),
            _ => error,
        }
    })
}

fn head(transport: Transport) -> HttpResponseBuilder {
    let mut answer = HttpResponse::Ok();
    answer
        .insert_header((CONTENT_TYPE, transport.content_type()))
        // Neither kept nor compressed on the way: both would hold events back.
        .insert_header((CACHE_CONTROL, "no-store, no-transform"))
        .insert_header((X_ACCEL_BUFFERING, "no"));
    answer
}

async fn open(
    gate: &Gate,
    request: &HttpRequest,
    transport: Transport,
) -> Result<HttpResponse, Failure> {
    let uri = transport.address(request);
    let query = Query::parse(uri.query().unwrap_or_default());
    let display = transport.display(&query);
    let begun = begin(gate, request, &uri, |id, identity| Shape {
        framing: transport.framing(id, identity),
        display,
        control: Control::from_query(&query),
        gone: None,
    });
    let Begun {
        carried,
        connection,
        id,
        identity,
        opened,
        proof,
    } = begun.await?;
    let stream = StreamBody(carried);
    let hello = gate.hello(&id, &identity, &opened, display);
    gate.shared.metrics.add(transport.counter(), 1);
    gate.shard.write(connection.index, &hello);
    opened.catch_up(
        gate.shared.clone(),
        gate.shard.clone(),
        connection,
        id.clone(),
    );
    gate.check_again(proof.as_ref(), connection).await;
    Ok(answer(transport, &id, request.version(), stream))
}

fn answer(
    transport: Transport,
    id: &ConnectionId,
    version: Version,
    stream: StreamBody,
) -> HttpResponse {
    let mut answer = head(transport)
        .insert_header((CONNECTION_ID, id.as_str()))
        .body(stream);
    let response = answer.head_mut();
    // Whatever ends the stream, its end is the end of the connection: some clients wait for nothing else.
    response.set_connection_type(ConnectionType::Close);
    response.no_chunking(version < Version::HTTP_11);
    answer
}
