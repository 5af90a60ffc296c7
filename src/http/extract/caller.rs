//! The caller of a request: a token, and what it may do.

use std::future::{Ready, ready};
use std::ops::Deref;
use std::sync::Arc;
use std::time::Instant;

use actix_web::dev::Payload;
use actix_web::http::header::{AUTHORIZATION, HeaderMap};
use actix_web::{FromRequest, HttpMessage, HttpRequest};

use crate::http::{ApiError, ApiResult, App};
use crate::model::{Refusal, Scope, Token, UserId, UserPrincipal};
use crate::protocol::query::Query;
use crate::telemetry::Span;

/// A caller with a valid token.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The token.
    pub token: Arc<Token>,
}

impl Caller {
    /// The user of the token; `None` on an app token.
    pub fn user(&self) -> Option<UserId> {
        self.token.user
    }

    /// The principal for writes. App tokens have no user, so they cannot write.
    pub fn principal(&self) -> ApiResult<UserPrincipal> {
        let user = self.user().ok_or(Refusal::WrongTokenKind)?;
        Ok(UserPrincipal {
            user,
            token: Arc::clone(&self.token),
        })
    }

    /// Refuses unless the scope was granted to a user token. App tokens have no scopes; whether an endpoint
    /// accepts them follows from the caller type of its handler.
    pub fn demand(&self, scope: Scope) -> ApiResult<()> {
        if self.user().is_none() || self.token.scopes.has(scope) {
            return Ok(());
        }
        Err(Refusal::ScopeMissing.at(scope.name()).into())
    }
}

/// The secret that a request carries in its header or query string.
pub fn token_in(headers: &HeaderMap, query: &str) -> Option<String> {
    // A proxy may have a line of its own, for itself.
    let bearer = headers
        .get_all(AUTHORIZATION)
        .filter_map(|value| value.to_str().ok()?.split_once(' '))
        .find(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, secret)| secret.trim().to_owned())
        .filter(|secret| !secret.is_empty());
    if bearer.is_some() {
        return bearer;
    }
    // Most requests have no token there, so the query is not parsed for it.
    if !query.contains("access_token") {
        return None;
    }
    Query::parse(query)
        .get("access_token")
        .map(ToOwned::to_owned)
}

/// The caller with this secret. An unknown secret is refused, even where no token is required.
pub async fn caller_of(app: &App, secret: &str) -> ApiResult<Caller> {
    let began = Instant::now();
    let token = app.engine.store().token(secret).await?;
    let spans = app.engine.metrics().spans();
    spans.since(Span::Authenticate, began);
    let token = token.ok_or(Refusal::TokenInvalid)?;
    Ok(Caller { token })
}

/// The caller that the admission found before any handler ran.
fn admitted(request: &HttpRequest) -> Option<Caller> {
    request.extensions().get::<Caller>().cloned()
}

/// For handlers without a required token; an invalid token was refused before.
#[derive(Clone, Debug)]
pub struct AnyCaller(pub Option<Caller>);

/// For handlers that take user tokens and app tokens.
#[derive(Clone, Debug)]
pub struct TokenCaller(pub Caller);

/// For handlers that take user tokens only.
#[derive(Clone, Debug)]
pub struct UserCaller {
    principal: UserPrincipal,
    caller: Caller,
}

/// For handlers that take app tokens only.
#[derive(Clone, Debug)]
pub struct AppCaller(pub Caller);

impl UserCaller {
    /// The user's id.
    pub fn id(&self) -> UserId {
        self.principal.user
    }

    /// The principal for writes.
    pub fn principal(&self) -> &UserPrincipal {
        &self.principal
    }

    /// The caller as a value without a kind.
    pub fn caller(&self) -> &Caller {
        &self.caller
    }
}

impl Deref for UserCaller {
    type Target = Caller;

    fn deref(&self) -> &Caller {
        &self.caller
    }
}

impl Deref for TokenCaller {
    type Target = Caller;

    fn deref(&self) -> &Caller {
        &self.0
    }
}

impl Deref for AppCaller {
    type Target = Caller;

    fn deref(&self) -> &Caller {
        &self.0
    }
}

/// The admission has found the caller already, so extraction never waits and never reads a body.
macro_rules! from_admission {
    ($($name:ident => $make:expr;)*) => {$(
        impl FromRequest for $name {
            type Error = ApiError;
            type Future = Ready<ApiResult<Self>>;

            fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
                let make: fn(Option<Caller>) -> ApiResult<Self> = $make;
                ready(make(admitted(request)))
            }
        }
    )*};
}

from_admission! {
    AnyCaller => |caller| Ok(Self(caller));
    TokenCaller => |caller| Ok(Self(caller.ok_or(Refusal::TokenRequired)?));
    UserCaller => |caller| {
        let caller = caller.ok_or(Refusal::TokenRequired)?;
        Ok(Self { principal: caller.principal()?, caller })
    };
    AppCaller => |caller| {
        let caller = caller.ok_or(Refusal::TokenRequired)?;
        if caller.user().is_some() {
            return Err(Refusal::WrongTokenKind.into());
        }
        Ok(Self(caller))
    };
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::http::header::HeaderValue;

    fn headers(value: &'static str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, HeaderValue::from_static(value));
        headers
    }

    #[test]
    fn a_token_comes_in_the_header_or_the_query() {
        let none = HeaderMap::new();
        assert_eq!(token_in(&headers("Bearer abc"), "").as_deref(), Some("abc"));
        assert_eq!(token_in(&headers("bearer abc"), "").as_deref(), Some("abc"));
        assert_eq!(token_in(&headers("Basic abc"), ""), None);
        let mut two = headers("Basic of-a-proxy");
        two.append(AUTHORIZATION, HeaderValue::from_static("Bearer abc"));
        assert_eq!(token_in(&two, "").as_deref(), Some("abc"));
        assert_eq!(
            token_in(&none, "a=1&access_token=x_y").as_deref(),
            Some("x_y")
        );
        assert_eq!(token_in(&none, "access_token="), None);
        // The header wins.
        assert_eq!(
            token_in(&headers("Bearer abc"), "access_token=x").as_deref(),
            Some("abc")
        );
    }
}
