//! One row of the table of routes, and the callers that it admits.

use crate::event::TopicKind;
use crate::model::{Refusal, Refused, Scope, Token};

/// A method of HTTP that the API uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    /// Reads; `HEAD` is served by the same row.
    Get,
    /// Creates.
    Post,
    /// Replaces, or switches on.
    Put,
    /// Changes a part.
    Patch,
    /// Removes, or switches off.
    Delete,
}

impl Verb {
    /// The name on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }
}

/// Which tokens a route takes. A token that is sent must be valid in any case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenKind {
    /// A token is not even looked at: the endpoint that makes tokens may be called with a stale one.
    Ignored,
    /// None needed; one that is sent is used.
    Optional,
    /// Of a user or of an app.
    Any,
    /// Of a user.
    User,
    /// Of a user. The body is read as it arrives, so no token is looked for in it.
    Uploader,
    /// Of an app.
    App,
    /// A token is not even looked at: the route is there for callers on this machine only, and no page of another
    /// origin may read its answer.
    Local,
}

/// What a *user* token needs. App tokens have no scopes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScopeNeed {
    /// Any token will do.
    None,
    /// This scope.
    Scope(Scope),
    /// One of these, whole or narrowed to a type; whether the type fits is seen when the object is known.
    AnyOf(&'static [Scope]),
    /// A scope that opens the channel in question ([`crate::model::access`]); where a token is required, one that
    /// opens some channel at least is asked for before the handler runs.
    Channel,
    /// A scope that opens files of some type.
    Files,
    /// A scope that lets files be uploaded: by themselves, for a post, for a message.
    Upload,
}

/// The bucket of the rate limiter that a call counts in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RateClass {
    /// Reading.
    Read,
    /// Writing.
    Write,
    /// What a client sends while its user only reads: markers, presence, the end of a subscription. Reading must not use
    /// up writing.
    Marker,
    /// Attempts to sign in.
    SignIn,
    /// Giving a token back: never refused. Counted as a write without a valid token.
    GiveBack,
    /// Reading about the server itself: not counted for callers on this machine, which may ask every second.
    System,
}

/// A row: everything about a route that is not its handler's business.
pub struct Route {
    /// The method.
    pub verb: Verb,
    /// The path, with `{names}`.
    pub path: &'static str,
    /// Which tokens it takes.
    pub token: TokenKind,
    /// What a user token needs.
    pub scope: ScopeNeed,
    /// Which rate limit it counts against.
    pub rate: RateClass,
    /// What a call with `connection_id` subscribes to.
    pub topic: Option<TopicKind>,
    /// The handler, as actix registers it.
    pub(super) handler: fn() -> actix_web::Route,
}

impl std::fmt::Debug for Route {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.verb.name(), self.path)
    }
}

impl Route {
    /// Refuses a call by the kind of its token and by its scopes. What depends on the object that is asked for is
    /// decided when that object is known.
    ///
    /// # Errors
    /// No token, one of the wrong kind, or one without the scope.
    pub fn admit(&self, token: Option<&Token>) -> Result<(), Refused> {
        let Some(token) = token else {
            return match self.token {
                TokenKind::Ignored | TokenKind::Optional | TokenKind::Local => Ok(()),
                TokenKind::Any | TokenKind::User | TokenKind::Uploader | TokenKind::App => {
                    Err(Refusal::TokenRequired.into())
                }
            };
        };
        match (self.token, token.user) {
            (TokenKind::User | TokenKind::Uploader, None) | (TokenKind::App, Some(_)) => {
                Err(Refusal::WrongTokenKind.into())
            }
            (TokenKind::Ignored | TokenKind::Local, _) => Ok(()),
            (TokenKind::Optional | TokenKind::Any | TokenKind::App, None) => Ok(()),
            // A token that is not required is asked all the same: it says who reads, and what they were given.
            (
                TokenKind::Optional | TokenKind::Any | TokenKind::User | TokenKind::Uploader,
                Some(_),
            ) => self.demand_scope(token),
        }
    }

    /// Whether a call may have an `Idempotency-Key`: it writes for the holder of a token.
    pub fn takes_key(&self) -> bool {
        let has_token = !matches!(self.token, TokenKind::Ignored | TokenKind::Local);
        has_token && self.verb != Verb::Get
    }

    fn demand_scope(&self, token: &Token) -> Result<(), Refused> {
        let (granted, wanted) = match self.scope {
            ScopeNeed::None => return Ok(()),
            ScopeNeed::Scope(scope) => (token.scopes.has(scope), scope),
            ScopeNeed::AnyOf(scopes) => {
                let has = |scope: &Scope| token.scopes.has_any(*scope);
                let first = scopes.first().copied().unwrap_or(Scope::Basic);
                (scopes.iter().any(has), first)
            }
            ScopeNeed::Channel => (token.scopes.open_some_channel(), Scope::Messages),
            ScopeNeed::Files => (token.scopes.has_any(Scope::Files), Scope::Files),
            ScopeNeed::Upload => (token.scopes.open_upload(), Scope::Files),
        };
        if granted {
            return Ok(());
        }
        Err(Refusal::ScopeMissing.at(wanted.name()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{ClientBrief, Scopes, TokenId, UserId};

    fn token(user: bool, scopes: &str) -> Token {
        Token {
            id: TokenId(1),
            client: ClientBrief {
                id: "cl1".into(),
                name: String::from("Web"),
                url: String::from("https://x.example"),
            },
            user: user.then_some(UserId(1)),
            scopes: Scopes::parse(scopes).unwrap(),
        }
    }

    /// What each kind of route says to: no token, an app's, a user's with nothing, a user's with everything.
    #[test]
    fn a_route_takes_the_kinds_of_tokens_that_its_row_names() {
        use ScopeNeed::{Channel, Scope as Needs};
        use TokenKind::{Any, App, Ignored, Optional, User};
        let follow = Needs(Scope::Follow);
        let rows = [
            (Ignored, ScopeNeed::None, [0, 0, 0, 0]),
            (Optional, ScopeNeed::None, [0, 0, 0, 0]),
            // Whether the scope opens this channel is seen when the channel is known.
            (Optional, Channel, [0, 0, 403, 0]),
            (Any, ScopeNeed::None, [401, 0, 0, 0]),
            (Any, Channel, [401, 0, 403, 0]),
            (User, ScopeNeed::None, [401, 403, 0, 0]),
            (User, follow, [401, 403, 403, 0]),
            (User, Channel, [401, 403, 403, 0]),
            (App, ScopeNeed::None, [401, 0, 403, 403]),
        ];
        let all = token(true, "follow,public_messages:org.example.x");
        for (kind, scope, expected) in rows {
            let route = Route {
                verb: Verb::Get,
                path: "/x",
                token: kind,
                scope,
                rate: RateClass::Read,
                topic: None,
                handler: actix_web::Route::new,
            };
            let answers = [
                None,
                Some(token(false, "")),
                Some(token(true, "basic")),
                Some(all.clone()),
            ]
            .map(|token| match route.admit(token.as_ref()) {
                Ok(()) => 0,
                Err(refused) => refused.refusal.code(),
            });
            assert_eq!(answers, expected, "{kind:?} {scope:?}");
        }
    }
}
