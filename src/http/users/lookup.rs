//! One user, or some.

use actix_web::web::{Data, Path};

use crate::http::extract::{AnyViewer, Params, Viewer, path};
use crate::http::show::Person;
use crate::http::{ApiResult, App, show};
use crate::model::{Refusal, UserId};

/// `GET /users/{user_id}`
pub async fn show(
    viewer: AnyViewer,
    user: Path<String>,
    params: Params,
    app: Data<App>,
) -> ApiResult {
    let viewer = viewer.0.as_ref();
    let id = path::user(&app, viewer, &user).await?;
    show_user(&app, viewer, &params, id).await
}

/// The user as the viewer sees them; what a write answers with, too.
pub async fn show_user(
    app: &App,
    viewer: Option<&Viewer>,
    params: &Params,
    id: UserId,
) -> ApiResult {
    show::one(app, viewer, params, &Person::named(id)).await
}

/// `GET /users?ids=`: those who are found, in the order asked for.
pub async fn list(viewer: AnyViewer, params: Params, app: Data<App>) -> ApiResult {
    let viewer = viewer.0.as_ref();
    if !params.has("ids") {
        return Err(Refusal::Missing.at("ids").into());
    }
    let ids = path::users(&app, viewer, &params.list("ids")).await?;
    let people: Vec<Person> = ids.into_iter().map(Person::named).collect();
    show::all(&app, viewer, &params, &people).await
}
