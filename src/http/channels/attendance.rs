//! Who has a channel in the inbox, and who does not want it there.

use std::collections::HashMap;

use actix_web::web::{Data, Path};

use super::backdrop::Backdrop;
use super::filters;
use super::reply;
use crate::actors::Attend;
use crate::http::extract::{AnyViewer, Live, Params, UserViewer, Viewer, path};
use crate::http::principal::{principal, readable};
use crate::http::{ApiResult, App, Reply};
use crate::model::{Access, Acl, Channel, ChannelId, Page, Raw, Refusal, UserId};
use crate::protocol::look::Look;
use crate::protocol::object::UserObject;
use crate::protocol::topic::Topic;

/// `PUT` (or `POST`) `/channels/{channel_id}/subscribe`
pub(in crate::http) async fn subscribe(
    app: Data<App>,
    viewer: UserViewer,
    params: Params,
    channel: Path<String>,
) -> ApiResult {
    attend(&app, &viewer, &params, &channel, Attend::Subscribe).await
}

/// `DELETE /channels/{channel_id}/subscribe`
pub(in crate::http) async fn unsubscribe(
    app: Data<App>,
    viewer: UserViewer,
    params: Params,
    channel: Path<String>,
) -> ApiResult {
    attend(&app, &viewer, &params, &channel, Attend::Unsubscribe).await
}

/// `PUT` (or `POST`) `/channels/{channel_id}/mute`
pub(in crate::http) async fn mute(
    app: Data<App>,
    viewer: UserViewer,
    params: Params,
    channel: Path<String>,
) -> ApiResult {
    attend(&app, &viewer, &params, &channel, Attend::Mute).await
}

/// `DELETE /channels/{channel_id}/mute`
pub(in crate::http) async fn unmute(
    app: Data<App>,
    viewer: UserViewer,
    params: Params,
    channel: Path<String>,
) -> ApiResult {
    attend(&app, &viewer, &params, &channel, Attend::Unmute).await
}

async fn attend(
    app: &App,
    viewer: &UserViewer,
    params: &Params,
    channel: &str,
    how: Attend,
) -> ApiResult {
    let id = path::id::<ChannelId>(channel)?;
    let channel = app.engine.attend(viewer.by(), id, how).await?;
    if viewer.by().holds(&channel, Access::Read).is_granted() {
        return reply::channel(app, Some(viewer), params, &channel).await;
    }
    // Who left a channel that they may no longer read learns that they left, and nothing else of it.
    let left = Channel {
        acl: Acl::default(),
        raw: Raw::default(),
        recent_message_id: None,
        recent_deleted_message_id: None,
        messages: 0,
        sticky_messages: 0,
        ..Channel::clone(&channel)
    };
    reply::channel(app, Some(viewer), params, &left).await
}

/// `GET /users/me/channels/muted`
pub(in crate::http) async fn muted(
    app: Data<App>,
    viewer: UserViewer,
    params: Params,
) -> ApiResult {
    let user = viewer.id();
    let (filter, request) = (filters::channels(viewer.by(), &params), params.page());
    let read = app
        .engine
        .store()
        .read(move |db| db.muted_page(user, &filter, &request));
    let page = read.await?;
    reply::channels(&app, Some(&viewer), &params, &page).await
}

/// `GET /channels/{channel_id}/subscribers`
pub(in crate::http) async fn subscribers(
    app: Data<App>,
    viewer: AnyViewer,
    params: Params,
    live: Live,
    channel: Path<String>,
) -> ApiResult {
    let id = path::id::<ChannelId>(&channel)?;
    let viewer = viewer.0;
    let page = subscriber_page(&app, viewer.as_ref(), &params, id);
    match &viewer {
        Some(viewer) => {
            let topic = Topic::ChannelSubscribers(id);
            live.around(&app, viewer, topic, page).await
        }
        None => page.await,
    }
}

async fn subscriber_page(
    app: &App,
    viewer: Option<&Viewer>,
    params: &Params,
    channel: ChannelId,
) -> ApiResult {
    let mut look = Look::from_query(params);
    let page = read_page(app, viewer, params, channel).await?;
    if !look.user {
        return Reply::listing(&page, &ids(&page));
    }
    // In a channel it is the presence there that counts.
    let wants_presence = std::mem::take(&mut look.presence);
    let engine = &app.engine;
    let people = page.items.iter().map(|(_, id)| *id);
    let behind = Backdrop::of_users(app, viewer, look, people).await?;
    let present: HashMap<UserId, String> = if wants_presence {
        let present = engine.presence().in_channel(channel);
        present
            .into_iter()
            .filter_map(|presence| Some((presence.user_id, presence.text?)))
            .collect()
    } else {
        HashMap::new()
    };
    let show = |(key, id): &(i64, UserId)| -> Option<UserObject<'_>> {
        let object = behind.user(*id)?.paginated(*key);
        Some(if wants_presence {
            object.with_presence(present.get(id).map(String::as_str))
        } else {
            object
        })
    };
    let items: Vec<_> = page.items.iter().filter_map(show).collect();
    Reply::listing(&page, &items)
}

/// `GET /channels/{channel_id}/subscribers/ids`
pub(in crate::http) async fn subscriber_ids(
    app: Data<App>,
    viewer: AnyViewer,
    channel: Path<String>,
) -> ApiResult {
    let id = path::id::<ChannelId>(&channel)?;
    let reader = principal(&app, viewer.0.as_ref()).await?;
    let read = app.engine.store().read(move |db| {
        readable(db, &reader, id)?;
        db.subscribers(id)
    });
    Reply::one(&read.await?)
}

/// `GET /channels/subscribers/ids?ids=`: the subscribers of several channels.
pub(in crate::http) async fn subscriber_ids_of(
    app: Data<App>,
    viewer: AnyViewer,
    params: Params,
) -> ApiResult {
    let ids: Vec<ChannelId> = params
        .list("ids")
        .iter()
        .filter_map(|id| id.parse().ok())
        .collect();
    if ids.is_empty() {
        return Err(Refusal::Missing.at("ids").into());
    }
    let reader = principal(&app, viewer.0.as_ref()).await?;
    let read = app.engine.store().read(move |db| {
        let mut lists = std::collections::BTreeMap::new();
        for (id, channel) in db.channels(&ids)? {
            if reader.reads(&channel).is_granted() {
                lists.insert(id.to_string(), db.subscribers(id)?);
            }
        }
        Ok(lists)
    });
    Reply::one(&read.await?)
}

async fn read_page(
    app: &App,
    viewer: Option<&Viewer>,
    params: &Params,
    channel: ChannelId,
) -> ApiResult<Page<UserId>> {
    let reader = principal(app, viewer).await?;
    let request = params.page();
    let read = app.engine.store().read(move |db| {
        readable(db, &reader, channel)?;
        db.subscriber_page(channel, &request)
    });
    Ok(read.await?)
}

fn ids(page: &Page<UserId>) -> Vec<UserId> {
    page.items.iter().map(|(_, id)| *id).collect()
}
