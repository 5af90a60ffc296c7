//! `/account/password`: a new password, for who knows the old one.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::Data;
use askama::Template;

use super::{Notice, Problems, Shell, Tab};
use crate::http::extract::Params;
use crate::http::pages::{Frame, Page, PageResult};
use crate::http::session::{Form, Lasting, SignedIn};
use crate::http::{App, oauth, pages};
use crate::store::TokenFilter;

#[derive(Template)]
#[template(path = "account/password.html")]
struct PasswordPage {
    frame: Frame,
    shell: Shell,
    form_token: String,
    problems: Problems,
    least: usize,
}

/// `GET /account/password`
pub(super) async fn show(signed: SignedIn, params: Params, app: Data<App>) -> PageResult {
    let shell = Shell::new(Tab::Password, &signed, &params);
    page(&signed, &app, shell, Problems::default())
}

fn page(signed: &SignedIn, app: &Data<App>, shell: Shell, problems: Problems) -> PageResult {
    Page::of(&PasswordPage {
        frame: Frame::new("Your password", signed.visitor(), app),
        shell,
        form_token: signed.visitor().form_token("/account/password"),
        problems,
        least: app.engine.limits().password_length,
    })
}

/// `POST /account/password`: ends all sessions of the account and begins a new one in this browser.
pub(super) async fn submit(
    signed: SignedIn,
    form: Form,
    app: Data<App>,
) -> PageResult<HttpResponse> {
    let (old, new) = (form.text("old"), form.text("new"));
    let mut problems = Problems::default();
    let device = signed.visitor().device();
    if let Some(problem) = pages::password_problem(&app, &new) {
        problems.add("new", problem);
    } else if oauth::sign_in(&app, signed.username.clone(), old, device).await? != Some(signed.user)
    {
        problems.add("old", "This is not your present password.");
    }
    if problems.any() {
        let page = page(&signed, &app, Shell::bare(Tab::Password), problems)?;
        return Ok(page.status(StatusCode::BAD_REQUEST).into_response());
    }
    let hash = app.passwords.hash(new).await?;
    app.engine.set_password(signed.user, hash).await?;
    let mut notice = Notice::PasswordChanged;
    if form.has("revoke") {
        let of_user = TokenFilter {
            user: Some(signed.user),
            ..TokenFilter::default()
        };
        app.engine.revoke_tokens(of_user).await?;
        notice = Notice::PasswordAlone;
    }
    let lasting = match form.has("stay") {
        true => Lasting::Long,
        false => Lasting::Shortly,
    };
    let mut response = notice.at("/account/password", &signed);
    pages::sign_in::renew(&app, &signed, lasting, &mut response).await?;
    Ok(response)
}
