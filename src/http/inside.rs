//! The internal listener: what other nodes ask, each request with the secret that nodes share. Nothing else is answered.

use actix_web::body::BoxBody;
use actix_web::dev::{HttpServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use actix_web::web::{self, Data, Path};
use actix_web::{Error, HttpMessage, HttpResponse};

use super::App;
use super::pipeline::forward::SentOn;
use crate::actors::nodes::SECRET;
use crate::fault::{Seeded, seeded};
use crate::model::ConnectionId;

/// Lets requests of other nodes in.
///
/// # Errors
/// Those of the handlers.
pub async fn admit(
    request: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let is_of_node = {
        let app = request.app_data::<Data<App>>();
        let cluster = app.and_then(|app| app.engine.shared().cluster.as_ref());
        let mut sent = request.headers().get_all(SECRET);
        match (cluster, sent.next(), sent.next()) {
            (Some(cluster), Some(secret), None) => cluster.calls().is_secret(secret.as_bytes()),
            (None, _, _) | (_, None, _) | (_, _, Some(_)) => false,
        }
    };
    if !is_of_node && !seeded(Seeded::SecretNotAsked) {
        return Ok(request.into_response(HttpResponse::NotFound().finish()));
    }
    request.extensions_mut().insert(SentOn);
    next.call(request).await
}

/// `DELETE /node/sessions/{id}`: another node continues a session.
pub(super) fn sessions() -> impl HttpServiceFactory {
    web::resource("/node/sessions/{id}").route(web::delete().to(let_go))
}

async fn let_go(session: Path<String>, app: Data<App>) -> HttpResponse {
    app.engine
        .let_go_if_moved(&ConnectionId::from(session.as_str()))
        .await;
    HttpResponse::NoContent().finish()
}

/// `PUT /node/hooks/{client_id}/{key}`: the row of a webhook was changed.
pub(super) fn hooks() -> impl HttpServiceFactory {
    web::resource("/node/hooks/{client_id}/{key}").route(web::put().to(settle_hook))
}

async fn settle_hook(hook: Path<(String, String)>, app: Data<App>) -> HttpResponse {
    let (client, key) = hook.into_inner();
    app.engine.hook_changed((client.into(), key.into())).await;
    HttpResponse::NoContent().finish()
}

/// `POST /node/tickets/{ticket}`: a ticket of this node is used at another one; the number of its token.
pub(super) fn tickets() -> impl HttpServiceFactory {
    web::resource("/node/tickets/{ticket}").route(web::post().to(redeem))
}

async fn redeem(ticket: Path<String>, app: Data<App>) -> HttpResponse {
    match app.engine.redeem_own_ticket(&ticket) {
        Some(token) => HttpResponse::Ok().body(token.id.to_string()),
        None => HttpResponse::NotFound().finish(),
    }
}
