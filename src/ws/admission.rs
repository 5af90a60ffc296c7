//! Which requests may open a stream. Every refusal is an HTTP error with the usual envelope, before the upgrade.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use actix_http::header::HeaderMap;
use actix_http::ws::HandshakeError;
use actix_http::{Request, Uri};

use crate::actors::Shared;
use crate::actors::connection::ConnectionPermit;
use crate::actors::shard::state::Identity;
use crate::http::extract::caller::token_in;
use crate::model::Failure;
use crate::model::{Refusal, StreamKey, Token};
use crate::protocol::filter::Filter;
use crate::protocol::query::Query;

/// A stream that may be opened.
#[derive(Debug)]
pub(super) struct Admitted {
    /// What it is authenticated as.
    pub identity: Identity,
    /// Held as long as the connection lives.
    pub permit: ConnectionPermit,
    /// What it was opened with, to ask again whether the token is still valid.
    pub secret: Option<String>,
}

/// Decides about `/v1/user` and `/v1/app`.
///
/// # Errors
/// Address, token, key, limits.
pub(super) async fn admit(
    uri: &Uri,
    headers: &HeaderMap,
    address: IpAddr,
    shared: &Arc<Shared>,
) -> Result<Admitted, Failure> {
    if shared.stopping.load(Ordering::Acquire) {
        return Err(Failure::Stopping);
    }
    let query = Query::parse(uri.query().unwrap_or_default());
    let secret = token_in(headers, uri.query().unwrap_or_default());
    match uri.path().trim_end_matches('/') {
        "/v1/user" | "/user" => admit_user(secret, address, shared).await,
        "/v1/app" | "/app" => admit_app(secret, &query, shared).await,
        _ => Err(Refusal::NotFound.into()),
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

async fn token_of(secret: &str, shared: &Shared) -> Result<Arc<Token>, Failure> {
    Ok(shared
        .store
        .token(secret)
        .await?
        .ok_or(Refusal::TokenInvalid)?)
}

async fn admit_user(
    secret: Option<String>,
    address: IpAddr,
    shared: &Arc<Shared>,
) -> Result<Admitted, Failure> {
    let Some(secret) = secret else {
        let permit = shared
            .unclaimed_permits
            .take(address)
            .ok_or(Refusal::TooManyConnections)?;
        return Ok(Admitted {
            identity: Identity::Unclaimed(address),
            permit: ConnectionPermit::Unclaimed(permit),
            secret: None,
        });
    };
    let token = token_of(&secret, shared).await?;
    let user = token.user.ok_or(Refusal::WrongTokenKind)?;
    let permit = shared
        .user_permits
        .take(user)
        .ok_or(Refusal::TooManyConnections)?;
    Ok(Admitted {
        identity: Identity::User(user, token),
        permit: ConnectionPermit::User(permit),
        secret: Some(secret),
    })
}

async fn admit_app(
    secret: Option<String>,
    query: &Query,
    shared: &Arc<Shared>,
) -> Result<Admitted, Failure> {
    let secret = secret.ok_or(Refusal::TokenRequired)?;
    let token = token_of(&secret, shared).await?;
    if token.user.is_some() {
        return Err(Refusal::WrongTokenKind.into());
    }
    let key = query
        .sent("key")
        .ok_or_else(|| Refusal::Missing.at("key"))?;
    let (client, key) = (token.client.id.clone(), StreamKey::from(key));
    let owner = client.clone();
    let stream = shared
        .store
        .read(move |db| db.app_stream(&owner, &key))
        .await?;
    let stream = stream.ok_or(Refusal::StreamNotFound)?;
    // From now on `LogTail` keeps the app's authorizations, so that the stream misses no event.
    let permit = shared
        .app_permits
        .take(client)
        .ok_or(Refusal::StreamsInUse)?;
    let filter = Arc::new(Filter::from_query(query));
    Ok(Admitted {
        identity: Identity::App(Arc::new(stream), token, filter),
        permit: ConnectionPermit::App(permit),
        secret: Some(secret),
    })
}
