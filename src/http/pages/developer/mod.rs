//! The pages of an owner of apps: what an app is called, its secret, its tokens, its streams. An app of another owner is
//! not found. Secrets and tokens are shown once, on the answer to the form that made them.

mod delete;
mod describe;
mod list;
mod new_stream;
mod secret;
mod streams;
mod tokens;

use actix_web::web::{self, Data, ServiceConfig};

use super::{PageError, PageResult, with_form, without_form};
use crate::actors::developer;
use crate::http::App;
use crate::http::session::SignedIn;
use crate::model::{Client, ClientId, Failure, Refusal};

/// The pages; the one word before the ids.
pub(super) fn configure(cfg: &mut ServiceConfig) {
    cfg.service(without_form("/account/developer", web::to(list::show)))
        .service(with_form(
            "/account/developer/new",
            web::to(describe::show_new),
            web::to(describe::create),
        ))
        .service(with_form(
            "/account/developer/{client_id}",
            web::to(describe::show),
            web::to(describe::edit),
        ))
        .service(with_form(
            "/account/developer/{client_id}/secret",
            web::to(secret::show),
            web::to(secret::submit),
        ))
        .service(with_form(
            "/account/developer/{client_id}/tokens",
            web::to(tokens::show),
            web::to(tokens::create),
        ))
        .service(with_form(
            "/account/developer/{client_id}/tokens/revoke",
            web::to(tokens::ask),
            web::to(tokens::revoke),
        ))
        .service(with_form(
            "/account/developer/{client_id}/streams",
            web::to(streams::show),
            web::to(new_stream::create),
        ))
        .service(with_form(
            "/account/developer/{client_id}/streams/delete",
            web::to(streams::ask),
            web::to(streams::delete),
        ))
        .service(with_form(
            "/account/developer/{client_id}/delete",
            web::to(delete::show),
            web::to(delete::submit),
        ));
}

/// The pages of one app, for the list at their head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Description,
    Secret,
    Tokens,
    Streams,
}

/// An app, as the head of its pages shows it.
#[derive(Clone, Debug)]
struct Head {
    id: ClientId,
    name: String,
    here: Part,
}

impl Head {
    fn new(client: &Client, here: Part) -> Self {
        Self {
            id: client.brief.id.clone(),
            name: client.brief.name.clone(),
            here,
        }
    }

    /// Words and addresses of the pages, and whether it is this one.
    fn parts(&self) -> [(&'static str, String, bool); 4] {
        let part = |name, part, path: &str| (name, self.path(path), part == self.here);
        [
            part("Description", Part::Description, ""),
            part("Secret", Part::Secret, "/secret"),
            part("Tokens", Part::Tokens, "/tokens"),
            part("Streams", Part::Streams, "/streams"),
        ]
    }

    fn path(&self, page: &str) -> String {
        format!("/account/developer/{}{page}", self.id)
    }
}

/// The app of the address, if the user owns it.
async fn own(app: &Data<App>, signed: &SignedIn, id: &str) -> PageResult<Client> {
    let (owner, id) = (signed.user, ClientId::from(id));
    let read = app
        .engine
        .store()
        .read(move |db| developer::own(db, owner, &id));
    read.await.map_err(not_found)
}

/// What is no app of the user, or nothing of an app.
fn not_found(failure: Failure) -> PageError {
    match failure.refusal() {
        Some(Refusal::NotFound | Refusal::StreamNotFound) => PageError::Refused {
            status: actix_web::http::StatusCode::NOT_FOUND,
            title: "This is not there",
            text: String::from("It may have been deleted, or it belongs to another account."),
        },
        Some(_) | None => failure.into(),
    }
}
