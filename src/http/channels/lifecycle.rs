//! Channels come, change, change hands and go.

use std::sync::Arc;

use actix_web::web::{Data, Path};

use super::names;
use crate::actors::ChannelChange;
use crate::http::extract::{Body, Params, UserCaller, path};
use crate::http::files::attach::attach;
use crate::http::{ApiResult, App, show};
use crate::model::{Channel, ChannelId, Refusal};
use crate::protocol::draft::{ChannelChangeDraft, ChannelDraft, owner_id};

/// `POST /channels`
pub(in crate::http) async fn create(
    app: Data<App>,
    caller: UserCaller,
    params: Params,
    mut body: Body,
) -> ApiResult {
    attach(&app, &caller, &mut body.value).await?;
    let engine = &app.engine;
    let limits = engine.limits();
    let draft = ChannelDraft::read(&body.value, limits.raw_bytes)?;
    let auto_subscribe = draft.auto_subscribe;
    let people = draft.people();
    names::charge(&app, &caller, &people);
    let directory = names::directory(engine, people).await?;
    let new = draft.finish(&directory, caller.id(), limits.channel_members)?;
    let channel = engine
        .create_channel(caller.principal(), new, auto_subscribe)
        .await?;
    show::created(show(&app, &caller, &params, channel).await)
}

/// `PUT` and `PATCH /channels/{channel_id}`
pub(in crate::http) async fn edit(
    app: Data<App>,
    caller: UserCaller,
    params: Params,
    channel: Path<String>,
    mut body: Body,
) -> ApiResult {
    let id = path::id::<ChannelId>(&channel)?;
    attach(&app, &caller, &mut body.value).await?;
    let draft = ChannelChangeDraft::read(&body.value)?;
    let people = draft.people();
    names::charge(&app, &caller, &people);
    let directory = names::directory(&app.engine, people).await?;
    let change = ChannelChange {
        acl: draft.acl(&directory)?,
        auto_subscribe: draft.auto_subscribe,
        raw: draft.raw,
    };
    let changed = app
        .engine
        .change_channel(caller.principal(), id, change)
        .await?;
    show(&app, &caller, &params, changed).await
}

/// `PUT /channels/{channel_id}/owner`
pub(in crate::http) async fn hand_over(
    app: Data<App>,
    caller: UserCaller,
    params: Params,
    channel: Path<String>,
    body: Body,
) -> ApiResult {
    let id = path::id::<ChannelId>(&channel)?;
    let person = owner_id(&body.value)?;
    let directory = names::directory(&app.engine, vec![person.clone()]).await?;
    let owner = directory
        .find(&person)
        .ok_or_else(|| Refusal::UnknownUser.at("owner_id"))?;
    let changed = app
        .engine
        .change_owner(caller.principal(), id, owner)
        .await?;
    show(&app, &caller, &params, changed).await
}

/// `DELETE /channels/{channel_id}`: irreversible, but its contents stay.
pub(in crate::http) async fn deactivate(
    app: Data<App>,
    caller: UserCaller,
    params: Params,
    channel: Path<String>,
) -> ApiResult {
    let id = path::id::<ChannelId>(&channel)?;
    let changed = app.engine.deactivate(caller.principal(), id).await?;
    show(&app, &caller, &params, changed).await
}

async fn show(app: &App, caller: &UserCaller, params: &Params, channel: Arc<Channel>) -> ApiResult {
    show::one(app, Some(caller), params, &*channel).await
}
