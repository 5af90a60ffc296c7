//! `/account/developer`: the apps of the user.

use actix_web::web::Data;
use askama::Template;

use crate::actors::developer::CLIENTS_PER_OWNER;
use crate::http::App;
use crate::http::extract::Params;
use crate::http::pages::account::{Shell, Tab};
use crate::http::pages::{Frame, Page, PageResult};
use crate::http::session::SignedIn;
use crate::model::Client;

#[derive(Template)]
#[template(path = "developer/list.html")]
struct ListPage {
    frame: Frame,
    shell: Shell,
    clients: Vec<Client>,
    most: usize,
}

/// `GET /account/developer`
pub(super) async fn show(signed: SignedIn, params: Params, app: Data<App>) -> PageResult {
    let (owner, store) = (signed.user, app.engine.store());
    let clients = store.read(move |db| db.clients_owned_by(owner)).await?;
    Page::of(&ListPage {
        frame: Frame::new("Your apps", signed.visitor(), &app),
        shell: Shell::new(Tab::Developer, &signed, &params),
        clients,
        most: CLIENTS_PER_OWNER,
    })
}
