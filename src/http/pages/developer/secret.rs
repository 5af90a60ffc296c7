//! `/account/developer/{client_id}/secret`: a new secret, shown once.

use actix_web::web::{Data, Path};
use askama::Template;

use super::{Head, Part, not_found, own};
use crate::http::App;
use crate::http::pages::account::{Shell, Tab};
use crate::http::pages::{Frame, Page, PageResult};
use crate::http::session::{Form, SignedIn};

#[derive(Template)]
#[template(path = "developer/secret.html")]
struct SecretPage {
    frame: Frame,
    shell: Shell,
    head: Head,
    form_token: String,
    secret: Option<String>,
}

/// `GET /account/developer/{client_id}/secret`
pub(super) async fn show(signed: SignedIn, client: Path<String>, app: Data<App>) -> PageResult {
    let client = own(&app, &signed, &client).await?;
    page(&signed, &app, Head::new(&client, Part::Secret), None)
}

/// `POST /account/developer/{client_id}/secret`
pub(super) async fn submit(
    signed: SignedIn,
    client: Path<String>,
    _form: Form,
    app: Data<App>,
) -> PageResult {
    let client = own(&app, &signed, &client).await?;
    let head = Head::new(&client, Part::Secret);
    let rotated = app
        .engine
        .rotate_client_secret(signed.user, head.id.clone());
    let secret = rotated.await.map_err(not_found)?;
    page(&signed, &app, head, Some(secret))
}

fn page(signed: &SignedIn, app: &Data<App>, head: Head, secret: Option<String>) -> PageResult {
    Page::of(&SecretPage {
        frame: Frame::new(&format!("Secret of {}", head.name), signed.visitor(), app),
        shell: Shell::bare(Tab::Developer),
        form_token: signed.visitor().form_token(&head.path("/secret")),
        head,
        secret,
    })
}
