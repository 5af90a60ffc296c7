//! Channels by id, by owner, by participants.

use actix_web::web::{Data, Path};

use super::filters;
use super::inbox;
use super::names;
use crate::http::extract::{AnyCaller, Live, Params, UserCaller, path};
use crate::http::principal::{principal_of, readable};
use crate::http::{ApiResult, App, show};
use crate::model::marker::MarkerName;
use crate::model::{ChannelId, Refusal, UserId};
use crate::protocol::draft::PersonRef;
use crate::protocol::object::MarkerObject;
use crate::store::InboxFilter;

/// `GET /channels?ids=`; without `ids` it is the inbox, as it was on App.net.
pub(in crate::http) async fn list(
    app: Data<App>,
    caller: AnyCaller,
    params: Params,
    live: Live,
) -> ApiResult {
    let caller = caller.0;
    if !params.has("ids") {
        let caller = caller.ok_or(Refusal::TokenRequired)?;
        return inbox::serve(&app, &caller, &params, live).await;
    }
    let reader = principal_of(&app, caller.as_ref()).await?;
    let (ids, user) = (params.ids::<ChannelId>("ids"), reader.user());
    let filter = InboxFilter {
        // They are named.
        include_inactive: true,
        ..filters::channels_for(reader, &params)
    };
    let read = app
        .engine
        .store()
        .read(move |db| db.listed_channels(user, &filter, &ids));
    let channels = read.await?;
    show::all(&app, caller.as_ref(), &params, &channels).await
}

/// `GET /channels/{channel_id}`
pub(in crate::http) async fn show(
    app: Data<App>,
    caller: AnyCaller,
    params: Params,
    channel: Path<String>,
) -> ApiResult {
    let id = path::id::<ChannelId>(&channel)?;
    let reader = principal_of(&app, caller.0.as_ref()).await?;
    let user = reader.user();
    let wants_marker = params.flag("include_marker", false);
    let read = app.engine.store().read(move |db| {
        let channel = readable(db, &reader, id)?;
        let marker = match user.filter(|_| wants_marker) {
            Some(user) => Some(db.marker(user, MarkerName::Channel(id))?),
            None => None,
        };
        Ok((channel, marker))
    });
    let (channel, marker) = read.await?;
    let mut reply = show::one(&app, caller.0.as_ref(), &params, &channel).await?;
    if let Some(marker) = marker {
        let object = MarkerObject::new(&MarkerName::Channel(id), marker.as_ref());
        reply.meta.marker = serde_json::to_value(object).ok();
    }
    Ok(reply)
}

/// `GET /users/me/channels`: what the caller owns.
pub(in crate::http) async fn owned(
    app: Data<App>,
    caller: UserCaller,
    params: Params,
) -> ApiResult {
    let (user, filter, page) = (
        caller.id(),
        filters::channels(caller.principal(), &params),
        params.page(),
    );
    let read = app
        .engine
        .store()
        .read(move |db| db.owned_page(user, &filter, &page));
    let page = read.await?;
    show::page(&app, Some(&caller), &params, &page).await
}

/// `GET /users/me/channels/existing_pm?ids=`
pub(in crate::http) async fn existing_pm(
    app: Data<App>,
    caller: UserCaller,
    params: Params,
) -> ApiResult {
    filters::demand_private(&caller)?;
    let user = caller.id();
    let sent = params.list("ids");
    if sent.is_empty() {
        return Err(Refusal::Missing.at("ids").into());
    }
    let people: Option<Vec<PersonRef>> = sent.iter().map(|text| PersonRef::parse(text)).collect();
    let people = people.ok_or_else(|| Refusal::WrongType.at("ids"))?;
    let directory = names::directory(&app.engine, people.clone()).await?;
    // An unknown user has no private channel, so the response is the same.
    let found: Option<Vec<UserId>> = people.iter().map(|who| directory.find(who)).collect();
    let mut all = found.ok_or(Refusal::NoSuchPrivateChannel)?;
    all.push(user);
    all.sort_unstable();
    all.dedup();
    let read = app.engine.store().read(move |db| {
        let id = db.existing_pm(&all)?.ok_or(Refusal::NoSuchPrivateChannel)?;
        db.channel(id)?
            .ok_or_else(|| Refusal::NoSuchPrivateChannel.into())
    });
    let channel = read.await?;
    show::one(&app, Some(&caller), &params, &channel).await
}
