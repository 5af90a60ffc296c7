//! The way out of the HTTP dispatcher: authenticate, count, `101` and hello, start the actor.
//!
//! actix hands an upgrade request over together with its socket; the dispatcher's buffers are freed, so that
//! an idle stream costs a socket, an actor and a handle in the shard.

use std::convert::Infallible;
use std::net::IpAddr;
use std::os::fd::AsRawFd as _;
use std::rc::Rc;

use actix_codec::Framed;
use actix_http::{HttpMessage, Request, h1};
use actix_rt::net::TcpStream;
use bytes::BytesMut;
use tokio::io::AsyncWriteExt;

use super::admission::{Admitted, accept_key, admit};
use super::connection::{ConnectionActor, Launch};
use super::credentials::{Credentials, PROTOCOL, offers_protocol};
use super::gate::{Gate, RETRY};
use crate::actors::shard::control::Control;
use crate::actors::shard::socket::{Sent, Socket, send_now};
use crate::actors::shard::state::ConnectionHandle;
use crate::http::pipeline::client_address::client_address;
use crate::http::pipeline::rate_limit::bucket::{Class, of_address, of_token};
use crate::http::socket::{HttpSocket, Place, linger};
use crate::http::{ApiError, CasedStream};
use crate::model::{Failure, Refusal};
use crate::protocol::compression::Coding;
use crate::protocol::query::Query;
use crate::protocol::render_class::RenderClass;
use crate::telemetry::Counter;

/// Serves one upgrade request. Never fails: a refusal is an answer.
///
/// # Errors
/// None.
pub async fn upgrade(
    gate: Gate,
    request: Request,
    framed: Framed<CasedStream<HttpSocket>, h1::Codec>,
) -> Result<(), Infallible> {
    let mut parts = framed.into_parts();
    // Answers to earlier requests of the connection leave before its protocol changes. They pass the layers of HTTP, which
    // spell their header names and bound how long the peer may take nothing.
    if parts.io.write_all(&parts.write_buf).await.is_err() {
        return Ok(());
    }
    // Held until the shard knows the connection, which a stop waits for then.
    let Some((io, place, _open)) = parts.io.into_inner().into_parts() else {
        return Ok(());
    };
    // Of what was read ahead only real bytes are kept, not the dispatcher's buffer.
    let read_ahead = if parts.read_buf.is_empty() {
        BytesMut::new()
    } else {
        parts.read_buf
    };
    let peer = io.peer_addr().ok().map(|peer| peer.ip());
    let address = client_address(request.headers(), peer, gate.app.bounds.trusted());
    // A connection of a proxy counts for its client from here on.
    let place = place.or_else(|| gate.app.bounds.place(address));
    let query = Query::parse(request.uri().query().unwrap_or_default());
    let admitted = async {
        if place.is_none() {
            return Err(Refusal::TooManyConnections.into());
        }
        let (uri, headers) = (request.uri(), request.headers());
        let key = accept_key(headers, &request)?;
        Coding::from_query(&query)?;
        let text = uri.query().unwrap_or_default();
        let found = Credentials::find(headers, text, &gate.shared).await;
        count(&gate, &found, address).await?;
        let admitted = admit(uri, found?, address, &gate.shared).await?;
        Ok::<_, ApiError>((key, admitted))
    };
    match admitted.await {
        Ok((accept_key, admitted)) => {
            let opening = Opening {
                accept_key,
                names_protocol: offers_protocol(request.headers()),
                query,
                io,
                place,
                read_ahead,
                admitted,
            };
            opening.open(&gate).await;
        }
        Err(error) => {
            gate.shared.metrics.add(Counter::UpgradesRefused, 1);
            refuse(io, place, error);
        }
    }
    Ok(())
}

/// Counts an opening as a marker is counted: a session that goes on is a write. One without a token has limits of its own,
/// and one with a wrong token counts for its address. (The streams that are answers were counted as calls.)
///
/// # Errors
/// There were too many.
async fn count(
    gate: &Gate,
    found: &Result<Option<Credentials>, Failure>,
    address: IpAddr,
) -> Result<(), ApiError> {
    let buckets = match found {
        Ok(Some(known)) => of_token(&known.token, Class::Marker),
        Err(Failure::Refused(_)) => of_address(address, Class::Marker),
        Ok(None) | Err(_) => return Ok(()),
    };
    let counted = gate.app.rate.count(&buckets).await;
    counted.allowed().map_err(|retry_in| {
        gate.shared.metrics.add(Counter::RateLimited, 1);
        ApiError::limited(retry_in)
    })
}

/// A stream that was admitted and is not open yet.
struct Opening {
    accept_key: [u8; 28],
    /// The client offers our subprotocol.
    names_protocol: bool,
    query: Query,
    io: TcpStream,
    /// Its place among the connections of its address.
    place: Option<Place>,
    /// Bytes that came along with the request.
    read_ahead: BytesMut,
    admitted: Admitted,
}

impl Opening {
    async fn open(self, gate: &Gate) {
        let Admitted {
            identity,
            permit,
            proof,
            session,
            start,
        } = self.admitted;
        let id = session.id.clone();
        let fd = self.io.as_raw_fd();
        let socket = Rc::new(Socket::new(self.io));
        let (now, known) = (gate.shard.now(), socket.clone());
        let display = RenderClass::from_query(&self.query);
        let control = Control::from_query(&self.query);
        let connected_at = gate.shard.clock.now();
        let launch = Launch {
            shared: gate.shared.clone(),
            shard: gate.shard.clone(),
            permit,
            place: self.place,
            read_ahead: self.read_ahead,
            gone: None,
        };
        let (named, shown) = (id.clone(), identity.clone());
        let connection = ConnectionActor::launch(launch, |serial| ConnectionHandle {
            control,
            connected_at,
            is_session: session.is_kept,
            catching_up: start.is_behind().then(Rc::default),
            ..ConnectionHandle::new(serial, id, known, identity, display, now)
        });
        let opened = start.register(&gate.shared, &gate.shard, connection);
        let hello = gate.hello(&named, &shown, &opened, display);
        let first = first_bytes(&self.accept_key, self.names_protocol, &hello);
        // The connection is known before its client can know of it, so a client that subscribes at once finds
        // it. Nothing else runs on this thread in between, so the hello is the first frame all the same. A fresh
        // socket takes these few hundred bytes at once; one that does not is broken.
        if send_now(fd, &first) != Sent::All {
            socket.end();
            return;
        }
        opened.catch_up(gate.shared.clone(), gate.shard.clone(), connection, named);
        gate.check_again(proof.as_ref(), connection).await;
    }
}

/// The answer to the upgrade and the hello behind it, for one write.
fn first_bytes(key: &[u8], names_protocol: bool, hello: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(160 + hello.len());
    bytes.extend_from_slice(
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
          Sec-WebSocket-Accept: ",
    );
    bytes.extend_from_slice(key);
    if names_protocol {
        bytes.extend_from_slice(b"\r\nSec-WebSocket-Protocol: ");
        bytes.extend_from_slice(PROTOCOL.as_bytes());
    }
    bytes.extend_from_slice(b"\r\n\r\n");
    bytes.extend_from_slice(hello);
    bytes
}

/// Answers in HTTP and closes. The answer fits into the buffer of the kernel, which is empty unless the peer reads
/// nothing; then the connection is dropped at once, so that the peer cannot hold it.
fn refuse(io: TcpStream, place: Option<Place>, mut error: ApiError) {
    if error.code() == 429 {
        error = error.or_retry_after(RETRY);
    }
    if send_now(io.as_raw_fd(), &error.whole_answer()) == Sent::All {
        // Bytes that the client sent behind the request may still arrive.
        linger(io, place);
    }
}
