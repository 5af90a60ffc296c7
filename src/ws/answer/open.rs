//! A request for a stream, without an upgrade: admitted as an upgrade is, and answered with the stream.

use std::rc::Rc;

use actix_http::ConnectionType;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName};
use actix_web::http::{Method, Version};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder, body, web};
use bytes::BytesMut;
use tokio::sync::Notify;

use super::body::StreamBody;
use super::transport::Transport;
use crate::actors::shard::control::Control;
use crate::actors::shard::socket::Socket;
use crate::actors::shard::state::ConnectionHandle;
use crate::http::ApiError;
use crate::http::pipeline::client_address::client_address;
use crate::http::socket::{Carrying, Place};
use crate::model::{ConnectionId, Failure, Refusal};
use crate::protocol::query::Query;
use crate::telemetry::Counter;
use crate::ws::admission::{Admitted, admit};
use crate::ws::connection::{ConnectionActor, Launch};
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
    let transport = Transport::asked_by(&request).ok_or(Refusal::UpgradeRequired)?;
    if request.method() == Method::HEAD {
        // It opens nothing and uses no ticket up, so no right is asked for.
        return Ok(head(transport).body(body::None::new()));
    }
    open(gate, &request, transport).await.map_err(|failure| {
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

/// A place among the connections of the client's address, where its proxy does not count: that carries many.
fn place(gate: &Gate, request: &HttpRequest) -> Result<Option<Place>, Refusal> {
    let peer = request.peer_addr().map(|peer| peer.ip());
    if peer.is_none_or(|peer| gate.bounds.counted(peer).is_some()) {
        return Ok(None);
    }
    let address = client_address(request.headers(), peer, gate.bounds.trusted());
    let place = gate.bounds.place(address);
    place.map(Some).ok_or(Refusal::TooManyConnections)
}

async fn open(
    gate: &Gate,
    request: &HttpRequest,
    transport: Transport,
) -> Result<HttpResponse, Failure> {
    let peer = request.peer_addr().map(|peer| peer.ip());
    let address = client_address(request.headers(), peer, gate.bounds.trusted());
    let place = place(gate, request)?;
    let uri = transport.address(request);
    let admitted = admit(&uri, request.headers(), address, &gate.shared).await?;
    let Admitted {
        identity,
        permit,
        proof,
        session,
        start,
    } = admitted;
    let id = session.id.clone();
    let framing = transport.framing(&id, &identity);
    let preface = framing.preface(gate.shard.limits.retry_ms);
    let socket = Rc::new(Socket::of_answer(framing, preface));
    let Some(carried) = Carrying::begin(request, socket.clone()) else {
        return Err(Failure::trouble("the connection cannot carry a stream"));
    };
    // From here on the end of the request is the end of the stream.
    let stream = StreamBody(carried);
    let query = Query::parse(uri.query().unwrap_or_default());
    let display = transport.display(&query);
    let control = Control::from_query(&query);
    let connected_at = gate.shard.clock.now();
    let (now, known, shown) = (gate.shard.now(), id.clone(), identity.clone());
    let launch = Launch {
        shared: gate.shared.clone(),
        shard: gate.shard.clone(),
        permit,
        place,
        read_ahead: BytesMut::new(),
    };
    let catching_up = start.is_behind().then(Rc::<Notify>::default);
    if let Some(progress) = &catching_up {
        socket.tell_drained(progress.clone());
    }
    let connection = ConnectionActor::launch(launch, |serial| {
        let handle = ConnectionHandle::new(serial, known, socket, identity, display, now);
        ConnectionHandle {
            control,
            connected_at,
            is_session: session.is_kept,
            catching_up,
            ..handle
        }
    });
    let opened = start.register(&gate.shared, &gate.shard, connection);
    let hello = gate.hello(&id, &shown, &opened, display);
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
