//! Who is there in one channel. It needs the channel, not the scope `presence`.

use actix_web::web::{Data, Path};

use super::includes::Includes;
use super::messages::demand;
use crate::http::extract::{Body, Live, Params, UserCaller, path};
use crate::http::principal::principal;
use crate::http::{ApiResult, App, Reply};
use crate::model::{ChannelId, Refusal};
use crate::protocol::object::PresenceObject;
use crate::protocol::render_options::RenderOptions;
use crate::protocol::topic::Topic;

/// `GET /channels/{channel_id}/presence`: everybody who is not offline there.
pub(in crate::http) async fn list(
    app: Data<App>,
    caller: UserCaller,
    live: Live,
    channel: Path<String>,
) -> ApiResult {
    let id = path::id::<ChannelId>(&channel)?;
    let page = async {
        let reader = principal(&app, Some(caller.caller())).await?;
        demand(&app, &reader, id).await?;
        let mut present = app.engine.presence().in_channel(id);
        present.retain(|presence| presence.text.is_some());
        present.sort_unstable_by_key(|presence| presence.user_id);
        let user_includes = present.iter().map(|presence| presence.user_id);
        let options = RenderOptions::default();
        let includes = Includes::of_users(&app, Some(&caller), options, user_includes).await?;
        let items: Vec<_> = present
            .iter()
            .filter_map(|presence| {
                let user = includes.visible_user(presence.user_id)?;
                Some(PresenceObject::new(user, presence, app.engine.site()))
            })
            .collect();
        Reply::one(&items)
    };
    live.around(&app, &caller, Topic::ChannelPresence(id), page)
        .await
}

/// `GET /users/{user_id}/presence/channels/{channel_id}`
pub(in crate::http) async fn show(
    app: Data<App>,
    caller: UserCaller,
    ids: Path<(String, String)>,
) -> ApiResult {
    let user = path::user(&app, Some(&caller), &ids.0).await?;
    let channel = path::id::<ChannelId>(&ids.1)?;
    let reader = principal(&app, Some(caller.caller())).await?;
    demand(&app, &reader, channel).await?;
    let options = RenderOptions::default();
    let includes = Includes::of_users(&app, Some(&caller), options, [user]).await?;
    let presence = app.engine.presence().of_in(user, channel);
    let shown = includes.visible_user(user).ok_or(Refusal::UserNotFound)?;
    Reply::one(&PresenceObject::new(shown, &presence, app.engine.site()))
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
    let options = RenderOptions::default();
    let includes = Includes::of_users(&app, Some(&caller), options, [user]).await?;
    let shown = includes.visible_user(user).ok_or(Refusal::UserNotFound)?;
    Reply::one(&PresenceObject::new(shown, &presence, app.engine.site()))
}
