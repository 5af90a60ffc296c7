//! A request becomes a connection that receives events, as an upgrade does.

use std::convert::Infallible;
use std::rc::Rc;

use actix_web::HttpRequest;
use actix_web::http::Uri;
use bytes::BytesMut;
use tokio::sync::{Notify, oneshot};

use crate::actors::shard::control::Control;
use crate::actors::shard::socket::Socket;
use crate::actors::shard::state::{ConnectionHandle, ConnectionRef, Identity};
use crate::http::pipeline::client_address::client_address;
use crate::http::socket::{Carried, Carrying, Place};
use crate::model::{ConnectionId, Failure, Refusal};
use crate::protocol::framing::Framing;
use crate::protocol::render_class::RenderClass;
use crate::ws::admission::{Admitted, admit};
use crate::ws::connection::{ConnectionActor, Launch};
use crate::ws::credentials::{Credentials, Proof};
use crate::ws::gate::Gate;
use crate::ws::opened::Opened;

/// What the connection is sent.
pub(super) struct Shape {
    /// How frames are written to it.
    pub framing: Framing,
    /// How objects are shown.
    pub display: RenderClass,
    /// Whether it is told about itself.
    pub control: Control,
    /// Told when the connection is gone, and its place with it.
    pub gone: Option<oneshot::Sender<Infallible>>,
}

/// A connection that was admitted and is in its shard.
pub(super) struct Begun {
    /// Its end is the end of the connection.
    pub carried: Carried,
    /// Where the shard has it.
    pub connection: ConnectionRef,
    /// Its id.
    pub id: ConnectionId,
    /// What it is authenticated as.
    pub identity: Identity,
    /// Where it begins.
    pub opened: Opened,
    /// What it was opened with.
    pub proof: Option<Proof>,
}

/// A place among the connections of the client's address, where its proxy does not count: that carries many.
fn place(gate: &Gate, request: &HttpRequest) -> Result<Option<Place>, Refusal> {
    let peer = request.peer_addr().map(|peer| peer.ip());
    if peer.is_none_or(|peer| gate.app.bounds.counted(peer).is_some()) {
        return Ok(None);
    }
    let address = client_address(request.headers(), peer, gate.app.bounds.trusted());
    let place = gate.app.bounds.place(address);
    place.map(Some).ok_or(Refusal::TooManyConnections)
}

/// Admits a request for the stream at this address, and starts its connection.
///
/// # Errors
/// It is refused, or the database is in trouble.
pub(super) async fn begin(
    gate: &Gate,
    request: &HttpRequest,
    uri: &Uri,
    shape: impl FnOnce(&ConnectionId, &Identity) -> Shape,
) -> Result<Begun, Failure> {
    let peer = request.peer_addr().map(|peer| peer.ip());
    let address = client_address(request.headers(), peer, gate.app.bounds.trusted());
    let place = place(gate, request)?;
    let text = uri.query().unwrap_or_default();
    let credentials = Credentials::find(request.headers(), text, &gate.shared).await?;
    let Admitted {
        identity,
        permit,
        proof,
        session,
        start,
    } = admit(uri, credentials, address, &gate.shared).await?;
    let id = session.id.clone();
    let shape = shape(&id, &identity);
    let preface = shape.framing.preface(gate.shard.limits.retry_ms);
    let socket = Rc::new(Socket::of_answer(shape.framing, preface));
    let Some(carried) = Carrying::begin(request, socket.clone()) else {
        return Err(Failure::trouble("the connection cannot carry a stream"));
    };
    // From here on the end of the request is the end of the connection.
    let catching_up = start.is_behind().then(Rc::<Notify>::default);
    if let Some(progress) = &catching_up {
        socket.tell_drained(progress.clone());
    }
    let launch = Launch {
        shared: gate.shared.clone(),
        shard: gate.shard.clone(),
        permit,
        place,
        read_ahead: BytesMut::new(),
        gone: shape.gone,
    };
    let (now, connected_at) = (gate.shard.now(), gate.shard.clock.now());
    let (known, shown) = (id.clone(), identity.clone());
    let connection = ConnectionActor::launch(launch, |serial| ConnectionHandle {
        control: shape.control,
        connected_at,
        is_session: session.is_kept,
        catching_up,
        ..ConnectionHandle::new(serial, known, socket, identity, shape.display, now)
    });
    let opened = start.register(&gate.shared, &gate.shard, connection);
    Ok(Begun {
        carried,
        connection,
        id,
        identity: shown,
        opened,
        proof,
    })
}
