//! Why a stream behaves as it does: the open streams of the caller's own app, and the last ones that ended.
//!
//! A user token sees the user streams that its user opened through the same app. Ids of other connections are not shown,
//! because any token of the user could subscribe to them and close them.

use actix_web::web::Data;

use crate::http::extract::{AppCaller, UserCaller};
use crate::http::{ApiResult, App, Reply};
use crate::model::StreamOwner;

/// `GET /users/me/streams`
pub async fn of_user(caller: UserCaller, app: Data<App>) -> ApiResult {
    open(&app, &user_owner(&caller)).await
}

/// `GET /users/me/streams/log`
pub async fn closed_of_user(caller: UserCaller, app: Data<App>) -> ApiResult {
    closed(&app, &user_owner(&caller))
}

/// `GET /apps/me/streams`
pub async fn of_app(caller: AppCaller, app: Data<App>) -> ApiResult {
    open(&app, &app_owner(&caller)).await
}

/// `GET /apps/me/streams/log`
pub async fn closed_of_app(caller: AppCaller, app: Data<App>) -> ApiResult {
    closed(&app, &app_owner(&caller))
}

fn user_owner(caller: &UserCaller) -> StreamOwner {
    StreamOwner::User(caller.id(), caller.token.client.id.clone())
}

fn app_owner(caller: &AppCaller) -> StreamOwner {
    StreamOwner::App(caller.token.client.id.clone())
}

async fn open(app: &App, owner: &StreamOwner) -> ApiResult {
    Reply::one(&app.engine.open_streams(owner).await?)
}

fn closed(app: &App, owner: &StreamOwner) -> ApiResult {
    let known = app.engine.closed_streams(owner);
    let shown: Vec<_> = known.iter().map(|closed| closed.object()).collect();
    Reply::one(&shown)
}
