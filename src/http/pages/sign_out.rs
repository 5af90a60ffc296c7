//! `/sign-out`: ends the session of this browser.

use actix_web::HttpResponse;
use actix_web::http::header::SET_COOKIE;
use actix_web::web::Data;
use askama::Template;

use super::{Frame, Page, PageResult, see_other};
use crate::http::App;
use crate::http::session::{Form, Visitor};

#[derive(Template)]
#[template(path = "sign_out.html")]
struct SignOutPage {
    frame: Frame,
}

/// `GET /sign-out`: asks. A link that signs out by itself could be put into any page.
pub async fn show(visitor: Visitor, app: Data<App>) -> PageResult {
    Page::of(&SignOutPage {
        frame: Frame::new("Sign out", &visitor, &app),
    })
}

/// `POST /sign-out`
pub async fn submit(visitor: Visitor, _form: Form, app: Data<App>) -> PageResult<HttpResponse> {
    if let Some(session) = visitor.session() {
        app.engine.end_session(session.id).await?;
    }
    let mut response = see_other("/sign-in");
    let gone = actix_web::http::header::HeaderValue::try_from(app.cookies.signs_out());
    if let Ok(gone) = gone {
        response.headers_mut().insert(SET_COOKIE, gone);
    }
    Ok(response)
}
