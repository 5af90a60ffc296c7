//! The page for a request that an app made wrongly. Such a link can be made on purpose, to lead a browser through this
//! server to an address of the maker (RFC 9700 §4.11.2), so the browser goes on only if the person presses the link.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::Data;
use askama::Template;

use super::asked::{TITLE, Wrong, demand_open, is_bare};
use crate::http::App;
use crate::http::pages::{Frame, Page, PageResult};
use crate::http::session::Visitor;
use crate::model::redirect::policy_source;
use crate::protocol::query::Query;

#[derive(Template)]
#[template(path = "malformed.html")]
struct MalformedPage {
    frame: Frame,
    /// The name of the app, unless it is private.
    app: Option<String>,
    /// What is wrong with its request.
    text: &'static str,
    /// Where the app is told so, and how a person sees that address.
    back: Option<(String, String)>,
}

/// The page.
pub(super) fn show(
    wrong: Wrong,
    visitor: &Visitor,
    query: &str,
    app: &Data<App>,
) -> PageResult<HttpResponse> {
    let (client, back, sorry) = match wrong {
        Wrong::Here(error) => return Err(error),
        Wrong::There(client, back, sorry) => (client, back, sorry),
    };
    if let Some(session) = visitor.session() {
        demand_open(&client, session.user)?;
    }
    let place = policy_source(&back.uri);
    let page = Page::of(&MalformedPage {
        frame: Frame::new(TITLE, visitor, app).bare(is_bare(&Query::parse(query))),
        app: (!client.is_private).then_some(client.brief.name),
        text: sorry.text(),
        back: place.map(|place| (back.with_error(sorry), place)),
    })?;
    Ok(page.status(StatusCode::BAD_REQUEST).into_response())
}
