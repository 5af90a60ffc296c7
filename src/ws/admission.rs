//! Which requests may open a stream. Every refusal is an HTTP error with the usual envelope, before the upgrade.

use std::net::IpAddr;
use std::sync::Arc;

use actix_http::header::HeaderMap;
use actix_http::ws::HandshakeError;
use actix_http::{Request, Uri};

use super::credentials::{Credentials, Proof};
use super::sessions::{Session, Start, asked_for, begin, begin_app, sent_cursor, take_permit};
use crate::actors::Shared;
use crate::actors::connection::ConnectionPermit;
use crate::actors::shard::state::Identity;
use crate::actors::verdicts::compiled;
use crate::fault::Fault;
use crate::model::Failure;
use crate::model::{ClientId, Refusal, StreamKey};
use crate::protocol::app_filter::{AppFilter, Partition};
use crate::protocol::query::Query;

/// A stream that may be opened.
#[derive(Debug)]
pub(super) struct Admitted {
    /// What it is authenticated as.
    pub identity: Identity,
    /// Held as long as the connection lives.
    pub permit: ConnectionPermit,
    /// What it was opened with, to ask again whether the token is still valid.
    pub proof: Option<Proof>,
    /// Its id, and whether it outlives the connection.
    pub session: Session,
    /// Where it goes on.
    pub start: Start,
}

/// Decides about `/v1/user` and `/v1/app`.
///
/// # Errors
/// Address, token, key, limits.
pub(super) async fn admit(
    uri: &Uri,
    credentials: Option<Credentials>,
    address: IpAddr,
    shared: &Arc<Shared>,
) -> Result<Admitted, Failure> {
    let is_user = match uri.path().trim_end_matches('/') {
        "/v1/user" | "/user" => true,
        "/v1/app" | "/app" => false,
        _ => return Err(Refusal::NotFound.into()),
    };
    let query = Query::parse(uri.query().unwrap_or_default());
    match is_user {
        true => admit_user(credentials, &query, address, shared).await,
        false => admit_app(credentials, &query, shared).await,
    }
}

/// Whether the request asks for a websocket as RFC 6455 wants it; gives the accept key.
///
/// # Errors
/// What is missing.
pub(super) fn accept_key(headers: &HeaderMap, request: &Request) -> Result<[u8; 28], Failure> {
    use actix_http::header::SEC_WEBSOCKET_KEY;
    actix_http::ws::verify_handshake(request.head()).map_err(|wrong| match wrong {
        HandshakeError::GetMethodRequired => Refusal::MethodNotAllowed.into(),
        HandshakeError::NoWebsocketUpgrade
        | HandshakeError::NoConnectionUpgrade
        | HandshakeError::NoVersionHeader
        | HandshakeError::UnsupportedVersion => Refusal::UpgradeRequired.into(),
        HandshakeError::BadWebsocketKey => Refusal::Invalid.at("Sec-WebSocket-Key"),
    })?;
    let key = headers
        .get(SEC_WEBSOCKET_KEY)
        .map(|key| actix_http::ws::hash_key(key.as_bytes()));
    key.ok_or_else(|| Refusal::Missing.at("Sec-WebSocket-Key").into())
}

async fn admit_user(
    credentials: Option<Credentials>,
    query: &Query,
    address: IpAddr,
    shared: &Arc<Shared>,
) -> Result<Admitted, Failure> {
    let cursor = sent_cursor(query, shared).await?;
    let Some(Credentials { token, proof }) = credentials else {
        let permit = shared
            .unclaimed_permits
            .take_of_all(address)
            .await
            .ok_or(Refusal::TooManyConnections)?;
        return Ok(Admitted {
            identity: Identity::Unclaimed(address),
            permit: ConnectionPermit::Unclaimed(permit),
            proof: None,
            session: Session::new(shared),
            start: Start::Now(asked_for(query)),
        });
    };
    let user = token.user.ok_or(Refusal::WrongTokenKind)?;
    // What a session missed is looked for before its connection counts: bounded for those that ask again and again.
    let _turn = match query.get("connection_id") {
        Some(_) => {
            let turn = shared.resuming.take(user);
            Some(turn.ok_or(Refusal::TooManyConnections)?)
        }
        None => None,
    };
    let (session, start) = begin(query, user, cursor, shared).await?;
    let permit = take_permit(user, (&session, &start), shared).await?;
    session.settle(&start, user, shared).await?;
    Ok(Admitted {
        identity: Identity::User(user, token),
        permit: ConnectionPermit::User(permit),
        proof: Some(proof),
        session,
        start,
    })
}

async fn admit_app(
    credentials: Option<Credentials>,
    query: &Query,
    shared: &Arc<Shared>,
) -> Result<Admitted, Failure> {
    let Credentials { token, proof } = credentials.ok_or(Refusal::TokenRequired)?;
    if token.user.is_some() {
        return Err(Refusal::WrongTokenKind.into());
    }
    let key = query
        .sent("key")
        .ok_or_else(|| Refusal::Missing.at("key"))?;
    let (client, key) = (token.client.id.clone(), StreamKey::from(key));
    let mut filter = AppFilter::from_query(query)?;
    let (owner, named) = (client.clone(), filter.named);
    let read = shared.store.read(move |db| {
        let Some(mut stream) = db.app_stream(&owner, &key)? else {
            return Ok(None);
        };
        stream.filter = named.or(stream.filter);
        let stored = match stream.filter {
            Some(id) => {
                let stored = db.filter_of_app(&owner, id)?;
                Some(stored.ok_or(Refusal::FilterNotFound)?)
            }
            None => None,
        };
        Ok(Some((stream, stored)))
    });
    let (stream, stored) = read.await?.ok_or(Refusal::StreamNotFound)?;
    let start = begin_app(query, &client, shared).await?;
    // From now on `LogTail` keeps the app's authorizations, so that the stream misses no event.
    let permit = take_app_permit(client, &stream.key, filter.partition, shared).await?;
    // Behind the limits: a stream that is refused costs no compiling.
    if let Some(stored) = stored {
        filter.stored = Some(compiled(stored).await?);
    }
    Fault::Admission.delays().await;
    Ok(Admitted {
        identity: Identity::App(Arc::new(stream), token, Arc::new(filter)),
        permit,
        proof: Some(proof),
        session: Session::new(shared),
        start,
    })
}

/// A place among the streams of the app that are in use: of this process first, which costs nothing, then of all nodes.
async fn take_app_permit(
    client: ClientId,
    key: &StreamKey,
    partition: Option<Partition>,
    shared: &Arc<Shared>,
) -> Result<ConnectionPermit, Failure> {
    let part = partition.map(|part| (key.clone(), part));
    match part.clone() {
        None => {
            let permit = shared.app_permits.take(client.clone());
            let permit = permit.ok_or(Refusal::StreamsInUse)?;
            let place = shared.place(client, None).await?;
            Ok(ConnectionPermit::App(permit, place))
        }
        Some((key, partition)) => {
            let permit = shared.partitions.open(client.clone(), key, partition)?;
            let place = shared.place(client, part).await?;
            Ok(ConnectionPermit::Partition(permit, place))
        }
    }
}
