//! One user, or some.

use actix_web::web::{Data, Path};

use crate::http::extract::{AnyViewer, Params, Viewer, path};
use crate::http::people::people;
use crate::http::{ApiResult, App, Reply};
use crate::model::{Refusal, UserId};
use crate::protocol::render_options::RenderOptions;

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
    let options = RenderOptions::from_query(params);
    let people = people(app, viewer, options, vec![id]).await?;
    let object = people
        .object_unless_blocking(id)
        .ok_or(Refusal::UserNotFound)?;
    if !options.user {
        return Reply::one(&id);
    }
    if viewer.and_then(Viewer::user) == Some(id) {
        return Reply::one(&object.with_markdown());
    }
    Reply::one(&object)
}

/// `GET /users?ids=`: those who are found, in the order asked for.
pub async fn list(viewer: AnyViewer, params: Params, app: Data<App>) -> ApiResult {
    let viewer = viewer.0.as_ref();
    if !params.has("ids") {
        return Err(Refusal::Missing.at("ids").into());
    }
    let ids = path::users(&app, viewer, &params.list("ids")).await?;
    let options = RenderOptions::from_query(&params);
    let people = people(&app, viewer, options, ids.clone()).await?;
    if !options.user {
        let found: Vec<UserId> = ids
            .into_iter()
            .filter(|id| people.object_unless_blocking(*id).is_some())
            .collect();
        return Reply::one(&found);
    }
    let found: Vec<_> = ids
        .into_iter()
        .filter_map(|id| people.object_unless_blocking(id))
        .collect();
    Reply::one(&found)
}
