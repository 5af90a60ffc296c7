//! Presence in one channel. It needs access to the channel, not the scope `presence`.

use actix_web::web::{Data, Path};

use super::messages::demand;
use crate::http::extract::{Body, Live, Params, UserCaller, path};
use crate::http::presence::page;
use crate::http::principal::principal_of;
use crate::http::{ApiResult, App, show};
use crate::model::{ChannelId, Refusal};
use crate::protocol::topic::Topic;

/// `GET /channels/{channel_id}/presence`: users present in the channel.
pub(in crate::http) async fn list(
    app: Data<App>,
    caller: UserCaller,
    params: Params,
    live: Live,
    channel: Path<String>,
) -> ApiResult {
    let id = path::id::<ChannelId>(&channel)?;
    let list = async {
        let reader = principal_of(&app, Some(caller.caller())).await?;
        let channel = demand(&app, &reader, id).await?;
        let present = app.engine.presence().in_channel(&channel, &page(&params));
        show::page(&app, Some(&caller), &params, &present).await
    };
    live.around(&app, &caller, Topic::ChannelPresence(id), list)
        .await
}

/// `GET /users/{user_id}/presence/channels/{channel_id}`
pub(in crate::http) async fn show(
    app: Data<App>,
    caller: UserCaller,
    params: Params,
    ids: Path<(String, String)>,
) -> ApiResult {
    let user = path::user(&app, Some(&caller), &ids.0).await?;
    let channel = path::id::<ChannelId>(&ids.1)?;
    let reader = principal_of(&app, Some(caller.caller())).await?;
    let channel = demand(&app, &reader, channel).await?;
    let presence = app.engine.presence().of_in(user, &channel);
    show::one(&app, Some(&caller), &params, &presence).await
}

/// `PUT /users/me/presence/channels/{channel_id}`; one's own id is as good as `me`.
pub(in crate::http) async fn edit(
    app: Data<App>,
    caller: UserCaller,
    params: Params,
    ids: Path<(String, String)>,
    body: Body,
) -> ApiResult {
    let user = path::user(&app, Some(&caller), &ids.0).await?;
    if user != caller.id() {
        return Err(Refusal::NoAccess.into());
    }
    let channel = path::id::<ChannelId>(&ids.1)?;
    let set = crate::http::presence::read(&app, &params, &body)?;
    let presence = app
        .engine
        .set_channel_presence(caller.principal(), channel, set)
        .await?;
    show::one(&app, Some(&caller), &params, &presence).await
}
