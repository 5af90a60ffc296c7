//! Channel subscriptions and mutes.

use std::collections::BTreeMap;

use actix_web::web::{Data, Path};

use super::filters;
use crate::actors::SubscriptionChange;
use crate::http::extract::{AnyCaller, Caller, Live, Params, UserCaller, path};
use crate::http::principal::{principal_of, readable};
use crate::http::show::Person;
use crate::http::{ApiResult, App, Reply, show};
use crate::model::visibility::{Occasion, shows_profile};
use crate::model::{Access, Acl, Channel, ChannelId, Failure, Principal, Raw, Refusal, UserId};
use crate::protocol::topic::Topic;
use crate::store::Db;

/// `PUT` (or `POST`) `/channels/{channel_id}/subscribe`
pub(in crate::http) async fn subscribe(
    app: Data<App>,
    caller: UserCaller,
    params: Params,
    channel: Path<String>,
) -> ApiResult {
    change(
        &app,
        &caller,
        &params,
        &channel,
        SubscriptionChange::Subscribe,
    )
    .await
}

/// `DELETE /channels/{channel_id}/subscribe`
pub(in crate::http) async fn unsubscribe(
    app: Data<App>,
    caller: UserCaller,
    params: Params,
    channel: Path<String>,
) -> ApiResult {
    change(
        &app,
        &caller,
        &params,
        &channel,
        SubscriptionChange::Unsubscribe,
    )
    .await
}

/// `PUT` (or `POST`) `/channels/{channel_id}/mute`
pub(in crate::http) async fn mute(
    app: Data<App>,
    caller: UserCaller,
    params: Params,
    channel: Path<String>,
) -> ApiResult {
    change(&app, &caller, &params, &channel, SubscriptionChange::Mute).await
}

/// `DELETE /channels/{channel_id}/mute`
pub(in crate::http) async fn unmute(
    app: Data<App>,
    caller: UserCaller,
    params: Params,
    channel: Path<String>,
) -> ApiResult {
    change(&app, &caller, &params, &channel, SubscriptionChange::Unmute).await
}

async fn change(
    app: &App,
    caller: &UserCaller,
    params: &Params,
    channel: &str,
    how: SubscriptionChange,
) -> ApiResult {
    let id = path::id::<ChannelId>(channel)?;
    let channel = app
        .engine
        .change_channel_subscription(caller.principal(), id, how)
        .await?;
    if caller
        .principal()
        .holds(&channel, Access::Read)
        .is_granted()
    {
        return show::one(app, Some(caller), params, &*channel).await;
    }
    // Callers that unsubscribed from a channel they can no longer read learn nothing else about it.
    let left = Channel {
        acl: Acl::default(),
        raw: Raw::default(),
        recent_message_id: None,
        recent_deleted_message_id: None,
        messages: 0,
        sticky_messages: 0,
        ..Channel::clone(&channel)
    };
    show::one(app, Some(caller), params, &left).await
}

/// `GET /users/me/channels/muted`
pub(in crate::http) async fn muted(
    app: Data<App>,
    caller: UserCaller,
    params: Params,
) -> ApiResult {
    let user = caller.id();
    let (filter, request) = (
        filters::channels(caller.principal(), &params),
        params.page(),
    );
    let read = app
        .engine
        .store()
        .read(move |db| db.muted_page(user, &filter, &request));
    let page = read.await?;
    show::page(&app, Some(&caller), &params, &page).await
}

/// `GET /channels/{channel_id}/subscribers`
pub(in crate::http) async fn subscribers(
    app: Data<App>,
    caller: AnyCaller,
    params: Params,
    live: Live,
    channel: Path<String>,
) -> ApiResult {
    let id = path::id::<ChannelId>(&channel)?;
    let caller = caller.0;
    let page = subscriber_page(&app, caller.as_ref(), &params, id);
    match &caller {
        Some(caller) => {
            let topic = Topic::ChannelSubscribers(id);
            live.around(&app, caller, topic, page).await
        }
        None => page.await,
    }
}

async fn subscriber_page(
    app: &App,
    caller: Option<&Caller>,
    params: &Params,
    channel: ChannelId,
) -> ApiResult {
    let reader = principal_of(app, caller).await?;
    let request = params.page();
    let read = app.engine.store().read(move |db| {
        let readable = readable(db, &reader, channel)?;
        Ok((db.subscriber_page(channel, &request)?, readable))
    });
    let (page, channel) = read.await?;
    // In a channel it is the presence there that counts.
    let board = app.engine.presence();
    let page = page.map(|id| Person::in_channel(id, board.of_in(id, &channel).text));
    show::page(app, caller, params, &page).await
}

/// `GET /channels/{channel_id}/subscribers/ids`
pub(in crate::http) async fn subscriber_ids(
    app: Data<App>,
    caller: AnyCaller,
    channel: Path<String>,
) -> ApiResult {
    let id = path::id::<ChannelId>(&channel)?;
    let reader = principal_of(&app, caller.0.as_ref()).await?;
    let read = app.engine.store().read(move |db| {
        readable(db, &reader, id)?;
        visible_subscribers(db, id, &reader)
    });
    Reply::one(&read.await?)
}

/// `GET /channels/subscribers/ids?ids=`: the subscribers of several channels.
pub(in crate::http) async fn subscriber_ids_of(
    app: Data<App>,
    caller: AnyCaller,
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
    let reader = principal_of(&app, caller.0.as_ref()).await?;
    let read = app.engine.store().read(move |db| {
        let mut lists = BTreeMap::new();
        for (id, channel) in db.channels(&ids)? {
            if reader.reads(&channel).is_granted() {
                lists.insert(id.to_string(), visible_subscribers(db, id, &reader)?);
            }
        }
        Ok(lists)
    });
    Reply::one(&read.await?)
}

/// Users in a block with the reader are left out, as in a list of users.
fn visible_subscribers(
    db: &mut Db<'_>,
    channel: ChannelId,
    reader: &Principal,
) -> Result<Vec<UserId>, Failure> {
    let mut ids = db.subscribers(channel)?;
    if let Some(user) = reader.user() {
        let known = db.relationships(user, &ids)?;
        ids.retain(|id| {
            let relation = known.get(id).copied().unwrap_or_default();
            shows_profile(relation, Occasion::Listed)
        });
    }
    Ok(ids)
}
