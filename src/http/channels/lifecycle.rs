//! Channels come, change, change hands and go.

use std::sync::Arc;

use actix_web::web::{Data, Path};

use super::names;
use crate::actors::ChannelChange;
use crate::http::extract::{Body, Params, UserViewer, path};
use crate::http::{ApiResult, App, show};
use crate::model::{Channel, ChannelId, Refusal};
use crate::protocol::draft::{ChannelChangeDraft, ChannelDraft, owner_id};

/// `POST /channels`
pub(in crate::http) async fn create(
    app: Data<App>,
    viewer: UserViewer,
    params: Params,
    body: Body,
) -> ApiResult {
    let engine = &app.engine;
    let limits = engine.limits();
    let draft = ChannelDraft::read(&body.value, limits.raw_bytes)?;
    let auto_subscribe = draft.auto_subscribe;
    let directory = names::directory(engine, draft.people()).await?;
    let new = draft.finish(&directory, viewer.id(), limits.channel_members)?;
    let channel = engine
        .create_channel(viewer.by(), new, auto_subscribe)
        .await?;
    show::created(show(&app, &viewer, &params, channel).await)
}

/// `PUT` and `PATCH /channels/{channel_id}`
pub(in crate::http) async fn edit(
    app: Data<App>,
    viewer: UserViewer,
    params: Params,
    channel: Path<String>,
    body: Body,
) -> ApiResult {
    let id = path::id::<ChannelId>(&channel)?;
    let draft = ChannelChangeDraft::read(&body.value)?;
    let directory = names::directory(&app.engine, draft.people()).await?;
    let change = ChannelChange {
        acl: draft.acl(&directory)?,
        auto_subscribe: draft.auto_subscribe,
        raw: draft.raw,
    };
    let changed = app.engine.change_channel(viewer.by(), id, change).await?;
    show(&app, &viewer, &params, changed).await
}

/// `PUT /channels/{channel_id}/owner`
pub(in crate::http) async fn hand_over(
    app: Data<App>,
    viewer: UserViewer,
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
    let changed = app.engine.change_owner(viewer.by(), id, owner).await?;
    show(&app, &viewer, &params, changed).await
}

/// `DELETE /channels/{channel_id}`: irreversible, but its contents stay.
pub(in crate::http) async fn deactivate(
    app: Data<App>,
    viewer: UserViewer,
    params: Params,
    channel: Path<String>,
) -> ApiResult {
    let id = path::id::<ChannelId>(&channel)?;
    let changed = app.engine.deactivate(viewer.by(), id).await?;
    show(&app, &viewer, &params, changed).await
}

async fn show(app: &App, viewer: &UserViewer, params: &Params, channel: Arc<Channel>) -> ApiResult {
    show::one(app, Some(viewer), params, &channel).await
}
