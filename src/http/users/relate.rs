//! Following, muting, blocking, and taking it back. The body is never looked at: clients send all sorts.

use actix_web::web::{Data, Path};
use serde_json::json;

use super::lookup::show_user;
use crate::http::extract::{Params, UserCaller, path};
use crate::http::user_includes::user_includes;
use crate::http::{ApiResult, App, Reply};
use crate::model::{Refusal, Relation, Scope};
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
    caller.demand(Scope::Follow)?;
    let other = path::user(app, Some(caller), user).await?;
    if other == caller.id() {
        return Err(Refusal::NoAccess.into());
    }
    let before = user_includes(app, Some(caller), RenderOptions::default(), vec![other]).await?;
    if before.user(other).is_none() {
        return Err(Refusal::UserNotFound.into());
    }
    let relationship = before.relationship(other);
    match relation {
        // Who is hidden can still be blocked and unblocked, and let go of.
        Relation::Block => {}
        Relation::Follow if on && (relationship.blocks_you || relationship.you_blocked) => {
            return Err(Refusal::Blocked.into());
        }
        Relation::Follow | Relation::Mute => {
            if relationship.blocks_you && on {
                return Err(Refusal::UserNotFound.into());
            }
        }
    }
    app.engine
        .relate(caller.principal(), other, relation, on)
        .await?;
    if relationship.blocks_you {
        return Reply::one(&json!({ "id": other }));
    }
    show_user(app, Some(caller), params, other).await
}
