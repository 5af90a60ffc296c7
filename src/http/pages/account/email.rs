//! `/account/email`: a second name to sign in with, and what apps with the scope `email` are shown.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::Data;
use askama::Template;

use super::{Notice, Problems, Shell, Tab};
use crate::http::App;
use crate::http::extract::Params;
use crate::http::pages::{Frame, Page, PageError, PageResult};
use crate::http::session::{Form, SignedIn};
use crate::model::Refusal;
use crate::protocol::draft::email;

#[derive(Template)]
#[template(path = "account/email.html")]
struct EmailPage {
    frame: Frame,
    shell: Shell,
    form_token: String,
    problems: Problems,
    email: String,
}

/// `GET /account/email`
pub(super) async fn show(signed: SignedIn, params: Params, app: Data<App>) -> PageResult {
    let (user, store) = (signed.user, app.engine.store());
    let email = store.read(move |db| Ok(db.emails(&[user])?.remove(&user)));
    let email = email.await?.unwrap_or_default();
    let shell = Shell::new(Tab::Email, &signed, &params);
    page(&signed, &app, shell, email, Problems::default())
}

fn page(
    signed: &SignedIn,
    app: &Data<App>,
    shell: Shell,
    email: String,
    problems: Problems,
) -> PageResult {
    Page::of(&EmailPage {
        frame: Frame::new("Your e-mail address", signed.visitor(), app),
        shell,
        form_token: signed.visitor().form_token("/account/email"),
        problems,
        email,
    })
}

/// `POST /account/email`
pub(super) async fn submit(
    signed: SignedIn,
    form: Form,
    app: Data<App>,
) -> PageResult<HttpResponse> {
    let sent = form.word("email");
    let problem = match email(&sent) {
        Ok(email) => {
            let notice = match email {
                Some(_) => Notice::EmailSaved,
                None => Notice::EmailRemoved,
            };
            match app.engine.set_email(signed.user, email).await {
                Ok(()) => return Ok(notice.at("/account/email", &signed)),
                Err(failure) if failure.refusal() == Some(Refusal::Invalid) => {
                    "Another account has this address."
                }
                Err(failure) => return Err(PageError::from(failure)),
            }
        }
        Err(refused) if refused.refusal == Refusal::TooLong => "An address is not that long.",
        Err(_refused) => "This is not an e-mail address. One looks like ada@example.org.",
    };
    let problems = Problems::one("email", problem);
    let page = page(&signed, &app, Shell::bare(Tab::Email), sent, problems)?;
    Ok(page.status(StatusCode::BAD_REQUEST).into_response())
}
