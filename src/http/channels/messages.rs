//! Messages are written, deleted and reported.
//!
//! To write a plain text is the hot path: the handler itself asks the database nothing.

use std::time::Instant;

use actix_web::web::{Data, Path};

use super::names;
use crate::http::extract::{Body, Params, UserCaller, path};
use crate::http::files::attach::attach;
use crate::http::principal::readable;
use crate::http::{ApiResult, App, report, show};
use crate::model::channel::{PM as PM_TYPE, kind_named};
use crate::model::message::NewMessage;
use crate::model::{
    Access, Channel, ChannelId, MessageId, NewReport, Principal, Refusal, Reported,
};
use crate::protocol::draft::MessageDraft;
use crate::telemetry::Span;

/// The word in a path for "the private channel of these users".
const PM: &str = "pm";

/// `POST /channels/{channel_id}/messages`, and `/channels/pm/messages`.
pub(in crate::http) async fn create(
    app: Data<App>,
    caller: UserCaller,
    params: Params,
    channel: Path<String>,
    mut body: Body,
) -> ApiResult {
    let began = Instant::now();
    attach(&app, &caller, &mut body.value).await?;
    let draft = MessageDraft::read(&body.value, app.engine.limits().raw_bytes)?;
    let (channel, new) = if *channel == PM || kind_named(&channel) == PM_TYPE {
        private(&app, &caller, &params, draft).await?
    } else {
        let id = path::id::<ChannelId>(&channel)?;
        (id, compose(&app, &caller, &params, draft).await?)
    };
    app.engine.metrics().spans().since(Span::Parse, began);
    let message = app
        .engine
        .post_message(caller.principal(), channel, new)
        .await?;
    show::created(show::one(&app, Some(&caller), &params, &message).await)
}

async fn compose(
    app: &App,
    caller: &UserCaller,
    params: &Params,
    mut draft: MessageDraft,
) -> ApiResult<NewMessage> {
    let people = names::mentioned(
        &app.engine,
        caller.principal(),
        draft.names(),
        draft.raw_mut(),
    )
    .await?;
    let new = draft.finish(
        &people,
        app.engine.limits().message_length,
        caller.id(),
        caller.token.client.clone(),
        params.flag("update_marker", false),
    )?;
    Ok(new)
}

/// Finds or makes the private channel. The text is checked before, so that a refused message leaves no
/// empty channel behind.
async fn private(
    app: &App,
    caller: &UserCaller,
    params: &Params,
    mut draft: MessageDraft,
) -> ApiResult<(ChannelId, NewMessage)> {
    let people = draft
        .destinations
        .take()
        .filter(|people| !people.is_empty())
        .ok_or_else(|| Refusal::Missing.at("destinations"))?;
    let others = names::others(app, caller, &people, "destinations").await?;
    let new = compose(app, caller, params, draft).await?;
    let (channel, is_new) = app.engine.open_pm(caller.principal(), others).await?;
    if is_new {
        names::charge(app, caller, &people);
    }
    Ok((channel, new))
}

/// `DELETE /channels/{channel_id}/messages/{message_id}`
pub(in crate::http) async fn delete(
    app: Data<App>,
    caller: UserCaller,
    params: Params,
    ids: Path<(String, String)>,
) -> ApiResult {
    let (channel, id) = message_path(&ids)?;
    let deleted = app
        .engine
        .delete_message(caller.principal(), channel, id)
        .await?;
    show::one(&app, Some(&caller), &params, &deleted).await
}

/// `PUT …/messages/{message_id}/sticky`
pub(in crate::http) async fn stick(
    app: Data<App>,
    caller: UserCaller,
    params: Params,
    ids: Path<(String, String)>,
) -> ApiResult {
    set_sticky(&app, &caller, &params, &ids, true).await
}

/// `DELETE …/messages/{message_id}/sticky`
pub(in crate::http) async fn unstick(
    app: Data<App>,
    caller: UserCaller,
    params: Params,
    ids: Path<(String, String)>,
) -> ApiResult {
    set_sticky(&app, &caller, &params, &ids, false).await
}

async fn set_sticky(
    app: &App,
    caller: &UserCaller,
    params: &Params,
    ids: &(String, String),
    sticky: bool,
) -> ApiResult {
    let (channel, id) = message_path(ids)?;
    let engine = &app.engine;
    let message = engine
        .set_sticky(caller.principal(), channel, id, sticky)
        .await?;
    show::one(app, Some(caller), params, &message).await
}

/// `POST …/messages/{message_id}/report`
pub(in crate::http) async fn report(
    app: Data<App>,
    caller: UserCaller,
    params: Params,
    ids: Path<(String, String)>,
    body: Body,
) -> ApiResult {
    let (channel, id) = message_path(&ids)?;
    let reason = report::reason(&body, &params)?;
    let principal = caller.principal().clone();
    let read = app.engine.store().read(move |db| {
        let room = db.channel(channel)?.ok_or(Refusal::ChannelNotFound)?;
        // Any scope will do; only the right to read counts.
        principal.holds(&room, Access::Read).demand()?;
        let found = db.message(id)?.filter(|m| m.channel_id == channel);
        found.ok_or_else(|| Refusal::MessageNotFound.into())
    });
    let message = read.await?;
    let new = NewReport {
        about: Reported::Message(message.id),
        author: message.user_id,
        reporter: caller.id(),
        reason,
    };
    report::keep(&app, new).await
}

/// Channel and message of a path.
pub(super) fn message_path(ids: &(String, String)) -> ApiResult<(ChannelId, MessageId)> {
    Ok((path::id(&ids.0)?, path::id(&ids.1)?))
}

/// Refuses callers that may not read the channel.
pub(super) async fn demand(
    app: &App,
    reader: &Principal,
    channel: ChannelId,
) -> ApiResult<Channel> {
    let reader = reader.clone();
    let read = app
        .engine
        .store()
        .read(move |db| readable(db, &reader, channel));
    Ok(read.await?)
}
