//! Before a handler runs: finds the caller and counts the request.

use actix_web::body::BoxBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::{CONTENT_LENGTH, HeaderValue, TRANSFER_ENCODING};
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{Error, HttpMessage, HttpRequest};

use super::OfOperator;
use super::call::{REPLAYED, call_of};
use super::client_address::{client_address, is_local};
use super::errors::own_error;
use super::forward::{SentOn, to_its_node};
use super::own_name;
use super::rate_limit::bucket::{Buckets, Class, of_address, of_token};
use crate::config::Networks;
use crate::fault::{Seeded, seeded};
use crate::http::extract::body::{self, Kind, ReadAhead};
use crate::http::extract::caller::{caller_of, token_in};
use crate::http::extract::{Caller, Params};
use crate::http::openapi::watch::Matched;
use crate::http::request::UpdatedPresence;
use crate::http::routes::row::{RateClass, Route, ScopeNeed, TokenKind, Verb};
use crate::http::{ApiError, ApiResult, App, presence};
use crate::model::{Refusal, Scope};
use crate::protocol::query::Query;
use crate::telemetry::Counter;
use crate::text::controls;

/// The call was counted for its address before its body was read.
struct CountedAhead;

/// Admits a call to its route, or answers in its place. `route`: `None` for a path or method that has none.
pub async fn admit(
    route: Option<&'static Route>,
    mut request: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse, Error> {
    take_in_body(&request).await;
    let sent_on = match (check(route, &mut request).await, route) {
        (Ok(()), Some(route)) => to_its_node(route, &mut request).await,
        (Ok(()), None) => Ok(None),
        (Err(error), _) => Err(error),
    };
    // A call that is sent on sets it where it is answered.
    if !matches!(sent_on, Ok(Some(_))) {
        update_presence(route, &request).await;
    }
    match sent_on {
        Ok(None) => answer(route, request, next).await,
        Ok(Some(answer)) => Ok(request.into_response(answer)),
        Err(error) => Ok(request.error_response(error)),
    }
}

/// Has the handler answer, which writes for this call.
async fn answer(
    route: Option<&'static Route>,
    mut request: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse, Error> {
    let call = match route {
        Some(route) => call_of(route, &mut request).await,
        None => Ok(None),
    };
    let call = match call {
        Ok(Some(call)) => call,
        Ok(None) => return next.call(request).await,
        Err(error) => return Ok(request.error_response(error)),
    };
    let mut response = call.clone().around(next.call(request)).await?;
    if call.has_written() && !seeded(Seeded::WrittenSaidUndone) {
        response = in_doubt(response);
    }
    if call.was_repeated() {
        let headers = response.headers_mut();
        headers.insert(REPLAYED, HeaderValue::from_static("true"));
    }
    Ok(response)
}

/// A failure of an answer whose write is committed says so: what comes with an answer is read behind the write, and a client
/// that is told that nothing was changed would write again.
fn in_doubt(response: ServiceResponse) -> ServiceResponse {
    let own = response.response().error().and_then(own_error);
    match own.and_then(ApiError::after_write) {
        Some(error) => ServiceResponse::from_err(error, response.into_parts().0),
        None => response,
    }
}

/// actix decodes a body when a handler waits for the first time. One that answers without waiting would end its
/// connection for a body that has arrived and is not asked for: many clients send `{}` with every call.
async fn take_in_body(request: &ServiceRequest) {
    let headers = request.headers();
    let length = headers.get(CONTENT_LENGTH);
    let is_chunked = headers.contains_key(TRANSFER_ENCODING);
    if is_chunked || length.is_some_and(|length| length != "0") {
        tokio::task::yield_now().await;
    }
}

/// Counts the call, finds the caller, and asks the route.
async fn check(route: Option<&'static Route>, request: &mut ServiceRequest) -> ApiResult<()> {
    let Some(app) = request.app_data::<Data<App>>().cloned() else {
        return Err(ApiError::trouble(&"no app data"));
    };
    if let Some(route) = route.filter(|_| cfg!(debug_assertions)) {
        request.extensions_mut().insert(Matched(route));
    }
    let class = route.map_or_else(|| class_of(request.method()), |route| route.rate);
    let is_monitor = class == RateClass::System && is_local(request.request());
    let for_operator = route.is_some_and(|route| route.token == TokenKind::Local);
    if for_operator {
        request.extensions_mut().insert(OfOperator);
    }
    let found = find_caller(route, class, request, &app).await;
    let caller = found.as_ref().ok().and_then(Option::as_ref);
    let is_counted = {
        let known = request.extensions();
        known.contains::<CountedAhead>() || known.contains::<SentOn>()
    };
    if !is_monitor && !is_counted {
        count(request, caller, class, &app).await?;
    }
    if for_operator && !is_monitor {
        return Err(Refusal::NotFound.into());
    }
    controls::check_address(request.path(), request.query_string())?;
    // Only now: guessing tokens costs the guesser its calls.
    let caller = found?;
    if let Some(caller) = &caller {
        request.extensions_mut().insert(caller.clone());
    }
    own_name::demand(&app, caller.as_ref(), request).await?;
    match route {
        Some(route) => Ok(route.admit(caller.as_ref().map(|caller| &*caller.token))?),
        None => Ok(()),
    }
}

/// Refuses a call whose buckets have no room.
async fn count(
    request: &ServiceRequest,
    caller: Option<&Caller>,
    class: RateClass,
    app: &App,
) -> ApiResult<()> {
    let trusted = app.bounds.trusted();
    let buckets = buckets(request.request(), caller, class, trusted);
    if class == RateClass::GiveBack && caller.is_some() {
        let status = app.rate.peek(&buckets);
        request.extensions_mut().insert(status);
        return Ok(());
    }
    let counted = app.rate.count(&buckets).await;
    request.extensions_mut().insert(counted.rate_status());
    counted.allowed().map_err(|retry_in| {
        app.engine.metrics().add(Counter::RateLimited, 1);
        ApiError::limited(retry_in)
    })
}

async fn find_caller(
    route: Option<&Route>,
    class: RateClass,
    request: &mut ServiceRequest,
    app: &App,
) -> ApiResult<Option<Caller>> {
    let ignores = |route: &Route| matches!(route.token, TokenKind::Ignored | TokenKind::Local);
    let streams = route.is_some_and(|route| route.token == TokenKind::Uploader);
    if route.is_some_and(ignores) {
        return Ok(None);
    }
    let secret = token_in(request.headers(), request.query_string());
    if let Some(secret) = secret {
        return caller_of(app, &secret).await.map(Some);
    }
    let has_body = [Method::POST, Method::PUT, Method::PATCH].contains(request.method());
    let kind = Kind::of(request.request());
    if streams || !has_body || !matches!(kind, Kind::Form | Kind::Multipart) {
        return Ok(None);
    }
    // A form may hold the token. That is the one body which is read before its sender is known, so it counts for its
    // address before it is read: forms that never end are not free.
    request.extensions_mut().insert(CountedAhead);
    count(request, None, class, app).await?;
    let mut payload = request.take_payload();
    let bytes = body::read(request.request(), &mut payload, &app.settings).await?;
    let secret = body::token_field(kind, request.request(), &bytes).await?;
    request.extensions_mut().insert(ReadAhead(bytes));
    let Some(secret) = secret else {
        return Ok(None);
    };
    let caller = caller_of(app, &secret).await?;
    // Its sender is known, and is counted instead.
    let trusted = app.bounds.trusted();
    app.rate
        .give_back(&buckets(request.request(), None, class, trusted));
    request.extensions_mut().remove::<CountedAhead>();
    Ok(Some(caller))
}

/// Any call by a user may carry `update_presence`. That it fails does not fail the call. A HEAD changes nothing.
async fn update_presence(route: Option<&Route>, request: &ServiceRequest) {
    if request.method() == Method::HEAD || !request.query_string().contains("update_presence") {
        return;
    }
    let caller = request.extensions().get::<Caller>().cloned();
    let (Some(app), Some(caller)) = (request.app_data::<Data<App>>().cloned(), caller) else {
        return;
    };
    let query = Query::parse(request.query_string());
    // Setting the presence is what this call is for; its handler looks at the parameter itself.
    let same = route.is_some_and(|route| {
        route.verb == Verb::Put && route.scope == ScopeNeed::Scope(Scope::Presence)
    });
    let (Ok(principal), true, false) = (caller.principal(), query.has("update_presence"), same)
    else {
        return;
    };
    let done = if caller.demand(Scope::Presence).is_ok() {
        presence::shortcut(&app, &principal, &Params::of(query))
            .await
            .is_ok()
    } else {
        false
    };
    request.extensions_mut().insert(UpdatedPresence(done));
}

/// What a method counts as where no route says it.
pub fn class_of(method: &Method) -> RateClass {
    if [Method::GET, Method::HEAD, Method::OPTIONS].contains(method) {
        RateClass::Read
    } else {
        RateClass::Write
    }
}

/// The buckets that a call counts in.
pub fn buckets(
    request: &HttpRequest,
    caller: Option<&Caller>,
    class: RateClass,
    trusted: &Networks,
) -> Buckets {
    let class = match class {
        RateClass::Read | RateClass::System => Class::Read,
        RateClass::Write | RateClass::GiveBack => Class::Write,
        RateClass::Marker => Class::Marker,
        RateClass::SignIn => Class::SignIn,
    };
    match caller {
        Some(caller) => of_token(&caller.token, class),
        None => {
            let peer = request.peer_addr().map(|peer| peer.ip());
            of_address(client_address(request.headers(), peer, trusted), class)
        }
    }
}
