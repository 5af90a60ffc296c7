//! Which tokens open a route, in the words of OpenAPI.

use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, AuthorizationCode, ClientCredentials, Flow, HttpAuthScheme, HttpBuilder,
    Implicit, OAuth2, Password, Scopes, SecurityRequirement, SecurityScheme,
};

use crate::http::oauth;
use crate::http::routes::row::{Route, ScopeNeed, TokenKind};
use crate::model::Scope;

/// The name of the scheme for tokens of users.
pub(super) const USER: &str = "user";
/// The name of the scheme for tokens of apps.
pub(super) const APP: &str = "app";
/// A token in the header, whichever.
pub(super) const BEARER: &str = "bearer";
/// A token in the address.
pub(super) const IN_QUERY: &str = "access_token";

/// All schemes, with the addresses of this server.
pub(super) fn schemes(base: &str) -> Vec<(&'static str, SecurityScheme)> {
    let token = format!("{base}/v1/oauth/access_token");
    let authorize = format!("{base}/oauth/authenticate");
    let user = OAuth2::with_description(
        [
            Flow::AuthorizationCode(AuthorizationCode::new(&authorize, &token, scopes())),
            Flow::Implicit(Implicit::new(&authorize, scopes())),
            Flow::Password(Password::new(&token, scopes())),
        ],
        "Acts for a user, within its scopes.",
    );
    let app = OAuth2::with_description(
        [Flow::ClientCredentials(ClientCredentials::new(
            &token,
            Scopes::new(),
        ))],
        "Acts for the app itself.",
    );
    let bearer = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .description(Some("A token of either kind, in the header."))
        .build();
    let query = ApiKeyValue::with_description(
        IN_QUERY,
        "The same in the query; a form may hold it as a field, too.",
    );
    vec![
        (USER, SecurityScheme::OAuth2(user)),
        (APP, SecurityScheme::OAuth2(app)),
        (BEARER, SecurityScheme::Http(bearer)),
        (IN_QUERY, SecurityScheme::ApiKey(ApiKey::Query(query))),
    ]
}

fn scopes() -> Scopes {
    let all = Scope::ALL.iter().map(|scope| {
        let name = scope.name();
        (name.to_owned(), oauth::scope_in_words(name))
    });
    all.collect()
}

/// Scopes of which one is needed; none: any token will do.
pub(super) fn needed(row: &Route) -> Vec<Scope> {
    match row.scope {
        ScopeNeed::None => Vec::new(),
        ScopeNeed::Scope(scope) => vec![scope],
        ScopeNeed::AnyOf(scopes) => scopes.to_vec(),
        ScopeNeed::Channel => vec![Scope::Messages, Scope::PublicMessages],
        ScopeNeed::Files => vec![Scope::Files],
        ScopeNeed::Upload => vec![
            Scope::Files,
            Scope::WritePost,
            Scope::Messages,
            Scope::PublicMessages,
        ],
    }
}

/// The tokens of which one opens the route.
pub(super) fn requirements(row: &Route) -> Vec<SecurityRequirement> {
    let (none, user, app) = match row.token {
        TokenKind::Ignored | TokenKind::Local => return Vec::new(),
        TokenKind::Optional => (true, true, true),
        TokenKind::Any => (false, true, true),
        TokenKind::User | TokenKind::Uploader => (false, true, false),
        TokenKind::App => (false, false, true),
    };
    let mut all = Vec::new();
    if none {
        all.push(SecurityRequirement::default());
    }
    let scopes = needed(row);
    if user {
        let names = scopes.iter().map(|scope| vec![scope.name()]);
        let one_of = if scopes.is_empty() {
            vec![Vec::new()]
        } else {
            names.collect()
        };
        all.extend(
            one_of
                .into_iter()
                .map(|names| SecurityRequirement::new(USER, names)),
        );
    }
    if app {
        all.push(SecurityRequirement::new(APP, [""; 0]));
    }
    all.push(SecurityRequirement::new(BEARER, [""; 0]));
    all.push(SecurityRequirement::new(IN_QUERY, [""; 0]));
    all
}
