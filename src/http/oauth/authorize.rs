//! `/oauth/authenticate` and `/oauth/authorize`: an app sent a browser here to ask its user.
//!
//! The first skips the question where all was granted before, the second always asks. Both lead to the sign-in page first.
//! Nothing is granted by showing a page to a person that did not press a button, except what that person granted before.

use actix_web::http::Method;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;

use super::asked::{Asked, Wants, demand_open, is_bare};
use super::back::Sorry;
use super::malformed;
use super::words::{ScopeLine, line};
use crate::actors::Allowed;
use crate::http::App;
use crate::http::pages::{Frame, Page, PageError, PageResult, see_other};
use crate::http::session::{Cookies, Form, SignedIn, Visitor};
use crate::model::redirect::{OUT_OF_BAND, OWN_PAGE, policy_source};
use crate::model::{Client, Scopes};
use crate::protocol::query::Query;

#[derive(Template)]
#[template(path = "consent.html")]
struct ConsentPage<'a> {
    frame: Frame,
    form_token: String,
    /// Where the form is sent: here, with the query of the request. A sign-in that is needed first leads back to both.
    action: &'a str,
    app: &'a Client,
    username: &'a str,
    lines: Vec<ScopeLine>,
    /// Where the browser goes on to.
    leads_to: Option<&'a str>,
}

#[derive(Template)]
#[template(path = "out_of_band.html")]
struct OutOfBandPage<'a> {
    frame: Frame,
    app: &'a Client,
    /// What is to be copied; `None`: the user said no.
    secret: Option<&'a str>,
    is_code: bool,
}

/// `GET /oauth/authenticate`
pub async fn authenticate(
    request: HttpRequest,
    visitor: Visitor,
    signed_in: Result<SignedIn, PageError>,
    app: Data<App>,
) -> PageResult<HttpResponse> {
    show(&request, &visitor, signed_in, &app, false).await
}

/// `GET /oauth/authorize`
pub async fn authorize(
    request: HttpRequest,
    visitor: Visitor,
    signed_in: Result<SignedIn, PageError>,
    app: Data<App>,
) -> PageResult<HttpResponse> {
    show(&request, &visitor, signed_in, &app, true).await
}

async fn show(
    request: &HttpRequest,
    visitor: &Visitor,
    signed_in: Result<SignedIn, PageError>,
    app: &Data<App>,
    always_asks: bool,
) -> PageResult<HttpResponse> {
    let query = request.query_string();
    // A request that cannot be answered asks for no password.
    let asked = match Asked::read(query, app).await {
        Ok(asked) => asked,
        Err(wrong) => return malformed::show(wrong, visitor, query, app),
    };
    let is_bare = is_bare(&Query::parse(query));
    let signed_in = signed_in?;
    demand_open(&asked.client, signed_in.user)?;
    // Any program of a device can claim the scheme or the port of another (RFC 8252 §8.6). A code is of use to it too, if
    // the app has no secret: it brings a challenge of its own.
    let uri = asked.back.uri.as_str();
    let takes_secret = matches!(asked.wants, Wants::Code(_)) && !asked.client.is_public;
    let proves_app = uri.starts_with("https://") || uri == OWN_PAGE || takes_secret;
    // A look at the head of a page grants nothing.
    if !always_asks && proves_app && request.method() == Method::GET {
        let (user, client) = (signed_in.user, asked.client.brief.id.clone());
        let granted = app.engine.store().read(move |db| db.granted(user, &client));
        if granted.await?.cover(&asked.scopes) {
            let scopes = asked.scopes.clone();
            return grant(app, &signed_in, &asked, scopes, is_bare).await;
        }
    }
    let leads_to = policy_source(&asked.back.uri);
    let action = format!("{}?{query}", request.path());
    let page = Page::of(&ConsentPage {
        frame: Frame::new("Allow an app", signed_in.visitor(), app).bare(is_bare),
        form_token: signed_in.visitor().form_token(request.path()),
        action: &action,
        app: &asked.client,
        username: &signed_in.username,
        lines: asked.scopes.0.iter().map(|scope| line(scope)).collect(),
        leads_to: leads_to.as_deref(),
    })?;
    Ok(page.leads_to(leads_to).into_response())
}

/// `POST` of both: what the user decided.
pub async fn decide(
    request: HttpRequest,
    signed_in: SignedIn,
    form: Form,
    app: Data<App>,
) -> PageResult<HttpResponse> {
    let query = request.query_string();
    let asked = match Asked::read(query, &app).await {
        Ok(asked) => asked,
        Err(wrong) => return malformed::show(wrong, signed_in.visitor(), query, &app),
    };
    demand_open(&asked.client, signed_in.user)?;
    let is_bare = is_bare(&Query::parse(query));
    if form.text("decision") != "allow" {
        if asked.back.uri == OUT_OF_BAND {
            return shown(&app, &signed_in, &asked, None, is_bare);
        }
        return Ok(see_other(&asked.back.with_error(Sorry::AccessDenied)));
    }
    let ticked = form.list("scopes");
    // Boxes can only be unticked: what was not asked for is not granted.
    let (scopes, unticked): (Vec<String>, Vec<String>) = asked
        .scopes
        .0
        .iter()
        .cloned()
        .partition(|scope| scope == "basic" || ticked.contains(scope));
    if !unticked.is_empty() {
        let client = &asked.client.brief.id;
        let withdrawn = app
            .engine
            .withdraw_scopes(signed_in.user, client, Scopes(unticked));
        withdrawn.await?;
    }
    grant(&app, &signed_in, &asked, Scopes(scopes), is_bare).await
}

async fn grant(
    app: &Data<App>,
    signed_in: &SignedIn,
    asked: &Asked,
    scopes: Scopes,
    is_bare: bool,
) -> PageResult<HttpResponse> {
    let allowed = Allowed {
        client: asked.client.brief.id.clone(),
        user: signed_in.user,
        scopes,
    };
    let (secret, there) = match &asked.wants {
        Wants::Code(challenge) => {
            let (uri, lifetime) = (asked.back.uri.clone(), app.settings.code_lifetime);
            let code = app
                .engine
                .create_code(allowed, uri, challenge.clone(), lifetime);
            let code = code.await?;
            let mut there = asked.back.with_code(&code);
            // The room page keeps its token for as long as the browser keeps its session.
            if asked.back.uri == OWN_PAGE && Cookies::is_long(signed_in.lifetime) {
                there.push_str("&stay=1");
            }
            (code, there)
        }
        Wants::Token => {
            let user = Some(allowed.user);
            let token = app
                .engine
                .grant_token(&allowed.client, user, allowed.scopes);
            let (token, _) = token.await?;
            let there = asked.back.with_token(&token);
            (token, there)
        }
    };
    match asked.back.uri == OUT_OF_BAND {
        true => shown(app, signed_in, asked, Some(&secret), is_bare),
        false => Ok(see_other(&there)),
    }
}

/// The outcome on a page, for an app without an address.
fn shown(
    app: &Data<App>,
    signed_in: &SignedIn,
    asked: &Asked,
    secret: Option<&str>,
    is_bare: bool,
) -> PageResult<HttpResponse> {
    let title = match secret {
        Some(_) => "Allowed",
        None => "Not allowed",
    };
    let page = Page::of(&OutOfBandPage {
        frame: Frame::new(title, signed_in.visitor(), app).bare(is_bare),
        app: &asked.client,
        secret,
        is_code: matches!(asked.wants, Wants::Code(_)),
    })?;
    Ok(page.into_response())
}
