//! Following, muting, blocking, and taking it back. The body is never looked at: clients send all sorts.

use actix_web::web::{Data, Path};
use serde_json::json;

use super::lookup::show_user;
use crate::http::extract::{Params, UserCaller, path};
use crate::http::show::Includes;
use crate::http::{ApiResult, App, Reply};
use crate::model::visibility::Occasion;
use crate::model::{Refusal, Relation};
use crate::protocol::render_options::RenderOptions;

/// `PUT /users/{user_id}/follow`
pub async fn follow(v: UserCaller, user: Path<String>, p: Params, app: Data<App>) -> ApiResult {
    relate(&v, &user, &p, &app, Relation::Follow, true).await
}

/// `DELETE /users/{user_id}/follow`
pub async fn unfollow(v: UserCaller, user: Path<String>, p: Params, app: Data<App>) -> ApiResult {
    relate(&v, &user, &p, &app, Relation::Follow, false).await
}

/// `PUT /users/{user_id}/mute`
pub async fn mute(v: UserCaller, user: Path<String>, p: Params, app: Data<App>) -> ApiResult {
    relate(&v, &user, &p, &app, Relation::Mute, true).await
}

/// `DELETE /users/{user_id}/mute`
pub async fn unmute(v: UserCaller, user: Path<String>, p: Params, app: Data<App>) -> ApiResult {
    relate(&v, &user, &p, &app, Relation::Mute, false).await
}

/// `PUT /users/{user_id}/block`
pub async fn block(v: UserCaller, user: Path<String>, p: Params, app: Data<App>) -> ApiResult {
    relate(&v, &user, &p, &app, Relation::Block, true).await
}

/// `DELETE /users/{user_id}/block`
pub async fn unblock(v: UserCaller, user: Path<String>, p: Params, app: Data<App>) -> ApiResult {
    relate(&v, &user, &p, &app, Relation::Block, false).await
}

async fn relate(
    caller: &UserCaller,
    user: &str,
    params: &Params,
    app: &App,
    relation: Relation,
    on: bool,
) -> ApiResult {
    let other = path::user(app, Some(caller), user).await?;
    if other == caller.id() {
        return Err(Refusal::NoAccess.into());
    }
    app.engine
        .relate(caller.principal(), other, relation, on)
        .await?;
    let named = vec![other];
    let includes = Includes::of_users(app, Some(caller), RenderOptions::default(), named).await?;
    if includes.user(other, Occasion::Named).is_none() {
        // Users who block the caller can be blocked, unblocked and let go of; nothing else is told of them.
        return Reply::one(&json!({ "id": other }));
    }
    show_user(app, Some(caller), params, other).await
}
