//! Following, muting, blocking, and taking it back. The body is never looked at: clients send all sorts.

use actix_web::web::{Data, Path};
use serde_json::json;

use crate::http::extract::{Params, UserCaller, path};
use crate::http::show::{Includes, Person, Shown as _};
use crate::http::{ApiResult, App, Reply};
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
    let person = Person::named(other);
    let options = RenderOptions::from_query(params);
    let includes = Includes::around(app, Some(caller), options, [&person]).await?;
    match person.object(&includes, None) {
        Some(object) => Reply::one(&object),
        // Users that block the caller can be blocked, unblocked, unfollowed and unmuted; nothing else of them is shown.
        None => Reply::one(&json!({ "id": other })),
    }
}
