//! One's own profile.

use actix_web::web::{Data, Path};

use super::lookup::show_user;
use crate::http::attachments::attach_sent;
use crate::http::composing::profile_change;
use crate::http::extract::{Body, Params, UserCaller, path};
use crate::http::files::attach::attach;
use crate::http::{ApiResult, App};
use crate::model::Refusal;
use crate::protocol::draft::ProfileDraft;

/// `PUT /users/me`: what is not given is cleared; language and time zone must be given.
pub async fn replace(
    caller: UserCaller,
    user: Path<String>,
    params: Params,
    mut body: Body,
    app: Data<App>,
) -> ApiResult {
    save(&app, &caller, &user, &params, &mut body, true).await
}

/// `PATCH /users/me`: what is not given stays.
pub async fn change(
    caller: UserCaller,
    user: Path<String>,
    params: Params,
    mut body: Body,
    app: Data<App>,
) -> ApiResult {
    save(&app, &caller, &user, &params, &mut body, false).await
}

async fn save(
    app: &App,
    caller: &UserCaller,
    user: &str,
    params: &Params,
    body: &mut Body,
    replaces: bool,
) -> ApiResult {
    if path::user(app, Some(caller), user).await? != caller.id() {
        return Err(Refusal::NoAccess.into());
    }
    attach(app, caller, &mut body.value).await?;
    attach_sent(&app.engine, caller.principal(), &mut body.value).await?;
    let draft = ProfileDraft::read(&body.value, replaces, app.engine.limits().name_length)?;
    let change = profile_change(app, draft).await?;
    app.engine
        .change_profile(caller.principal(), change)
        .await?;
    show_user(app, Some(caller), params, caller.id()).await
}
