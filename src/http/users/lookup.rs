//! One user, or some.

use actix_web::web::{Data, Path};

use crate::http::extract::{AnyCaller, Caller, Params, path};
use crate::http::user_includes::user_includes;
use crate::http::{ApiResult, App, Reply};
use crate::model::{Refusal, UserId};
use crate::protocol::render_options::RenderOptions;

/// `GET /users/{user_id}`
pub async fn show(
    caller: AnyCaller,
    user: Path<String>,
    params: Params,
    app: Data<App>,
) -> ApiResult {
    let caller = caller.0.as_ref();
    let id = path::user(&app, caller, &user).await?;
    show_user(&app, caller, &params, id).await
}

/// The user as the caller sees them; what a write answers with, too.
pub async fn show_user(
    app: &App,
    caller: Option<&Caller>,
    params: &Params,
    id: UserId,
) -> ApiResult {
    let options = RenderOptions::from_query(params);
    let user_includes = user_includes(app, caller, options, vec![id]).await?;
    let object = user_includes
        .object_unless_blocking(id)
        .ok_or(Refusal::UserNotFound)?;
    if !options.user {
        return Reply::one(&id);
    }
    if caller.and_then(Caller::user) == Some(id) {
        return Reply::one(&object.with_markdown());
    }
    Reply::one(&object)
}

/// `GET /users?ids=`: those who are found, in the order asked for.
pub async fn list(caller: AnyCaller, params: Params, app: Data<App>) -> ApiResult {
    let caller = caller.0.as_ref();
    if !params.has("ids") {
        return Err(Refusal::Missing.at("ids").into());
    }
    let ids = path::users(&app, caller, &params.list("ids")).await?;
    let options = RenderOptions::from_query(&params);
    let user_includes = user_includes(&app, caller, options, ids.clone()).await?;
    if !options.user {
        let found: Vec<UserId> = ids
            .into_iter()
            .filter(|id| user_includes.object_unless_blocking(*id).is_some())
            .collect();
        return Reply::one(&found);
    }
    let found: Vec<_> = ids
        .into_iter()
        .filter_map(|id| user_includes.object_unless_blocking(id))
        .collect();
    Reply::one(&found)
}
