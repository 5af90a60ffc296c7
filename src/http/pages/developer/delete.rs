//! `/account/developer/{client_id}/delete`: deletes an app. Asks first.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};

use super::{Head, Part, not_found, own};
use crate::http::App;
use crate::http::pages::PageResult;
use crate::http::pages::account::{Confirm, ConfirmPage, Notice, Tab};
use crate::http::session::{Form, SignedIn};

/// `GET /account/developer/{client_id}/delete`
pub(super) async fn show(signed: SignedIn, client: Path<String>, app: Data<App>) -> PageResult {
    let head = Head::new(&own(&app, &signed, &client).await?, Part::Description);
    let ask = Confirm {
        title: "Delete this app?",
        text: format!(
            "{} loses its secret, its streams and all its tokens at once: no user can use it any more. What was written with it stays. This cannot be taken back.",
            head.name
        ),
        action: head.path("/delete"),
        fields: Vec::new(),
        button: "Delete the app",
        back: head.path(""),
    };
    ConfirmPage::of(ask, Tab::Developer, &signed, &app)
}

/// `POST /account/developer/{client_id}/delete`
pub(super) async fn submit(
    signed: SignedIn,
    client: Path<String>,
    _form: Form,
    app: Data<App>,
) -> PageResult<HttpResponse> {
    let head = Head::new(&own(&app, &signed, &client).await?, Part::Description);
    let deleted = app.engine.delete_client(signed.user, head.id.clone());
    deleted.await.map_err(not_found)?;
    Ok(Notice::ClientDeleted.at("/account/developer", &signed))
}
