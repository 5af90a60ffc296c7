//! Before a handler runs: may the caller ask at all, and who is it?

use std::net::{IpAddr, Ipv6Addr};

use actix_web::dev::ServiceRequest;
use actix_web::http::Method;
use actix_web::http::header::HeaderMap;
use actix_web::web::Data;
use actix_web::{HttpMessage, HttpRequest};

use super::UpdatedPresence;
use super::rate_limit::{Bucket, RateKey};
use crate::http::extract::body::{self, Kind, ReadAhead};
use crate::http::extract::caller::{caller_of, token_in};
use crate::http::extract::{Caller, Params};
use crate::http::{ApiError, ApiResult, App, presence};
use crate::model::Scope;
use crate::protocol::query::Query;
use crate::text::controls;

/// Counts the call, finds the caller, sets their presence if the call says so.
pub async fn admit(request: &mut ServiceRequest) -> ApiResult<()> {
    let Some(app) = request.app_data::<Data<App>>().cloned() else {
        return Err(ApiError::trouble(&"no app data"));
    };
    let found = find_caller(request, &app).await;
    let caller = found.as_ref().ok().and_then(Option::as_ref);
    let bucket = bucket(request.request(), caller, app.settings.behind_proxy);
    let counted = app.rate.count(bucket);
    request.extensions_mut().insert(counted.rate_status());
    counted.allowed().map_err(ApiError::limited)?;
    controls::check_address(request.path(), request.query_string())?;
    // Only now: guessing tokens costs the guesser its calls.
    if let Some(caller) = found? {
        update_presence(request, &app, &caller).await;
        request.extensions_mut().insert(caller);
    }
    Ok(())
}

async fn find_caller(request: &mut ServiceRequest, app: &App) -> ApiResult<Option<Caller>> {
    // The token endpoint makes tokens. Whoever calls it with a stale one wants a new one.
    if is_token_endpoint(request.request()) {
        return Ok(None);
    }
    let secret = token_in(request.headers(), request.query_string());
    if let Some(secret) = secret {
        return caller_of(app, &secret).await.map(Some);
    }
    let has_body = [Method::POST, Method::PUT, Method::PATCH].contains(request.method());
    let kind = Kind::of(request.request());
    if !has_body || !matches!(kind, Kind::Form | Kind::Multipart) {
        return Ok(None);
    }
    // A form may hold the token. That is the one body which is read before its sender is known; so the
    // address must be in good standing.
    let anonymous = bucket(request.request(), None, app.settings.behind_proxy);
    if app.rate.is_banned(anonymous) {
        return Ok(None);
    }
    let mut payload = request.take_payload();
    let bytes = body::read(request.request(), &mut payload, &app.settings).await?;
    let secret = body::token_field(kind, request.request(), &bytes).await?;
    request.extensions_mut().insert(ReadAhead(bytes));
    match secret {
        Some(secret) => caller_of(app, &secret).await.map(Some),
        None => Ok(None),
    }
}

fn is_token_endpoint(request: &HttpRequest) -> bool {
    request.path().ends_with("/oauth/access_token")
}

/// Any call by a user may carry `update_presence`. That it fails does not fail the call.
async fn update_presence(request: &ServiceRequest, app: &App, caller: &Caller) {
    if !request.query_string().contains("update_presence") {
        return;
    }
    let query = Query::parse(request.query_string());
    // Setting the presence is what this call is for; its handler looks at the parameter itself.
    let same = request.method() == Method::PUT && request.path().ends_with("/presence");
    let (Ok(principal), true, false) = (caller.principal(), query.has("update_presence"), same)
    else {
        return;
    };
    let done = if caller.demand(Scope::Presence).is_ok() {
        presence::shortcut(app, &principal, &Params(query))
            .await
            .is_ok()
    } else {
        false
    };
    request.extensions_mut().insert(UpdatedPresence(done));
}

/// The bucket that a call falls in.
pub fn bucket(request: &HttpRequest, caller: Option<&Caller>, behind_proxy: bool) -> Bucket {
    let reads = [Method::GET, Method::HEAD, Method::OPTIONS].contains(request.method());
    let key = match caller {
        Some(caller) => RateKey::Token(caller.token.id),
        None => RateKey::Address(address(request, behind_proxy)),
    };
    Bucket { key, reads }
}

fn address(request: &HttpRequest, behind_proxy: bool) -> IpAddr {
    let peer = request.peer_addr().map(|peer| peer.ip());
    client_address(request.headers(), peer, behind_proxy)
}

/// Where a request comes from. Of an IPv6 address only the network counts: one household has 2⁶⁴ of them.
pub fn client_address(headers: &HeaderMap, peer: Option<IpAddr>, behind_proxy: bool) -> IpAddr {
    let forwarded = || {
        let value = headers.get("x-forwarded-for")?.to_str().ok()?;
        value.rsplit(',').next()?.trim().parse::<IpAddr>().ok()
    };
    let address = if behind_proxy {
        forwarded().or(peer)
    } else {
        peer
    };
    match address.unwrap_or(IpAddr::V6(Ipv6Addr::UNSPECIFIED)) {
        IpAddr::V4(four) => IpAddr::V4(four),
        IpAddr::V6(six) => match six.to_ipv4_mapped() {
            Some(four) => IpAddr::V4(four),
            None => IpAddr::V6(Ipv6Addr::from_bits(six.to_bits() & !u128::from(u64::MAX))),
        },
    }
}
