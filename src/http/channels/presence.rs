//! Who is there in one channel. It needs the channel, not the scope `presence`.

use actix_web::web::{Data, Path};

use super::backdrop::Backdrop;
use super::messages::demand;
use crate::http::extract::{Body, Live, Params, UserViewer, path};
use crate::http::principal::principal;
use crate::http::{ApiResult, App, Reply};
use crate::model::{ChannelId, Refusal};
use crate::protocol::look::Look;
use crate::protocol::object::PresenceObject;
use crate::protocol::topic::Topic;

/// `GET /channels/{channel_id}/presence`: everybody who is not offline there.
pub(in crate::http) async fn list(
    app: Data<App>,
    viewer: UserViewer,
    live: Live,
    channel: Path<String>,
) -> ApiResult {
    let id = path::id::<ChannelId>(&channel)?;
    let page = async {
        let reader = principal(&app, Some(viewer.viewer())).await?;
        demand(&app, &reader, id).await?;
        let mut present = app.engine.presence().in_channel(id);
        present.retain(|presence| presence.text.is_some());
        present.sort_unstable_by_key(|presence| presence.user_id);
        let people = present.iter().map(|presence| presence.user_id);
        let look = Look::default();
        let behind = Backdrop::of_users(&app, Some(&viewer), look, people).await?;
        let items: Vec<_> = present
            .iter()
            .filter_map(|presence| {
                let user = behind.visible_user(presence.user_id)?;
                Some(PresenceObject::new(user, presence, app.engine.site()))
            })
            .collect();
        Reply::one(&items)
    };
    live.around(&app, &viewer, Topic::ChannelPresence(id), page)
        .await
}

/// `GET /users/{user_id}/presence/channels/{channel_id}`
pub(in crate::http) async fn show(
    app: Data<App>,
    viewer: UserViewer,
    ids: Path<(String, String)>,
) -> ApiResult {
    let user = path::user(&app, Some(&viewer), &ids.0).await?;
    let channel = path::id::<ChannelId>(&ids.1)?;
    let reader = principal(&app, Some(viewer.viewer())).await?;
    demand(&app, &reader, channel).await?;
    let look = Look::default();
    let behind = Backdrop::of_users(&app, Some(&viewer), look, [user]).await?;
    let presence = app.engine.presence().of_in(user, channel);
    let shown = behind.visible_user(user).ok_or(Refusal::UserNotFound)?;
    Reply::one(&PresenceObject::new(shown, &presence, app.engine.site()))
}

/// `PUT /users/me/presence/channels/{channel_id}`; one's own id is as good as `me`.
pub(in crate::http) async fn edit(
    app: Data<App>,
    viewer: UserViewer,
    params: Params,
    ids: Path<(String, String)>,
    body: Body,
) -> ApiResult {
    let user = path::user(&app, Some(&viewer), &ids.0).await?;
    if user != viewer.id() {
        return Err(Refusal::NoAccess.into());
    }
    let channel = path::id::<ChannelId>(&ids.1)?;
    let set = crate::http::presence::read(&app, &params, &body)?;
    let presence = app
        .engine
        .set_channel_presence(viewer.by(), channel, set)
        .await?;
    let look = Look::default();
    let behind = Backdrop::of_users(&app, Some(&viewer), look, [user]).await?;
    let shown = behind.visible_user(user).ok_or(Refusal::UserNotFound)?;
    Reply::one(&PresenceObject::new(shown, &presence, app.engine.site()))
}
