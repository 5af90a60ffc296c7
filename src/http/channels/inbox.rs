//! The inbox, and how much of it is unread.

use std::collections::BTreeMap;

use actix_web::web::Data;

use super::filters;
use crate::http::extract::{Caller, Live, Params, UserCaller};
use crate::http::{ApiResult, App, Reply, show};
use crate::model::channel::{CHAT, PM};
use crate::model::{Refusal, UserPrincipal};
use crate::protocol::topic::Topic;

/// Most channel types of one count. The documents say four; an older version said ten.
const MOST_KINDS: usize = 10;

/// `GET /users/me/channels/subscribed`
pub(in crate::http) async fn list(
    app: Data<App>,
    caller: UserCaller,
    params: Params,
    live: Live,
) -> ApiResult {
    serve(&app, &caller, &params, live).await
}

/// The channels that the caller subscribes to, newest activity first.
pub(super) async fn serve(app: &App, caller: &Caller, params: &Params, live: Live) -> ApiResult {
    let principal = caller.principal()?;
    let user = principal.user;
    live.around(
        app,
        caller,
        Topic::Inbox(user),
        page(app, caller, &principal, params),
    )
    .await
}

async fn page(app: &App, caller: &Caller, principal: &UserPrincipal, params: &Params) -> ApiResult {
    let (user, filter, request) = (
        principal.user,
        filters::channels(principal, params),
        params.page(),
    );
    let (reader, always) = (principal.clone(), [CHAT, PM].map(String::from));
    let seen = params.seen();
    let read = app.engine.store().read(move |db| {
        seen.note(db)?;
        let page = db.inbox_page(user, &filter, &request)?;
        let counts = db.unread_counts(&reader, &always)?;
        Ok((page, counts))
    });
    let (page, counts) = read.await?;
    let mut reply = show::page(app, Some(caller), params, &page).await?;
    let both = [CHAT, PM].map(|kind| (kind.to_owned(), counts.get(kind).copied().unwrap_or(0)));
    reply.meta.unread_counts = Some(both.into());
    Ok(reply)
}

/// `GET /users/me/channels/num_unread`: unread channels, not messages.
pub(in crate::http) async fn count(
    app: Data<App>,
    caller: UserCaller,
    params: Params,
) -> ApiResult {
    let kinds = kinds(&caller, &params)?;
    Reply::one(&counts(&app, caller.principal(), kinds).await?)
}

/// `DELETE /users/me/channels/num_unread`: everything is read.
pub(in crate::http) async fn mark_read(
    app: Data<App>,
    caller: UserCaller,
    params: Params,
) -> ApiResult {
    let kinds = kinds(&caller, &params)?;
    app.engine
        .mark_all_read(caller.principal(), kinds.clone())
        .await?;
    Reply::one(&counts(&app, caller.principal(), kinds).await?)
}

/// `GET /users/me/channels/num_unread/pm`: the old form, a bare number.
pub(in crate::http) async fn count_private(app: Data<App>, caller: UserCaller) -> ApiResult {
    filters::demand_private(&caller)?;
    let counts = counts(&app, caller.principal(), vec![PM.to_owned()]).await?;
    Reply::one(&counts.get(PM).copied().unwrap_or(0))
}

/// `DELETE /users/me/channels/num_unread/pm`
pub(in crate::http) async fn mark_private_read(app: Data<App>, caller: UserCaller) -> ApiResult {
    filters::demand_private(&caller)?;
    app.engine
        .mark_all_read(caller.principal(), vec![PM.to_owned()])
        .await?;
    let counts = counts(&app, caller.principal(), vec![PM.to_owned()]).await?;
    Reply::one(&counts.get(PM).copied().unwrap_or(0))
}

/// The types that are asked for, private messages if none is, as far as the token opens them: of the others it learns
/// nothing.
fn kinds(caller: &Caller, params: &Params) -> ApiResult<Vec<String>> {
    let mut kinds = params.channel_kinds("channel_types");
    if kinds.is_empty() {
        kinds.push(PM.to_owned());
    }
    if kinds.len() > MOST_KINDS {
        return Err(Refusal::TooLong.at("channel_types").into());
    }
    kinds.retain(|kind| caller.token.scopes.open_channel(kind, true));
    if kinds.is_empty() {
        return Err(Refusal::ScopeMissing.at("messages").into());
    }
    Ok(kinds)
}

async fn counts(
    app: &App,
    principal: &UserPrincipal,
    kinds: Vec<String>,
) -> ApiResult<BTreeMap<String, i64>> {
    let store = app.engine.store();
    let (reader, asked) = (principal.clone(), kinds.clone());
    let read = store.read(move |db| db.unread_counts(&reader, &asked));
    let found = read.await?;
    let with_zero = |kind: String| {
        let count = found.get(&kind).copied().unwrap_or(0);
        (kind, count)
    };
    Ok(kinds.into_iter().map(with_zero).collect())
}
