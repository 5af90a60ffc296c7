//! Polls by their ids.

use actix_web::web::{Data, Path};

use crate::http::extract::{Params, TokenCaller, UserCaller, path};
use crate::http::show::OpenedPoll;
use crate::http::{ApiResult, App, show};
use crate::model::{PollId, Refusal};

/// Most ids of one call; the rest is ignored.
const MOST: usize = 100;

/// The token of a poll in the query.
pub(super) fn sent_token(params: &Params) -> Option<String> {
    params.get("poll_token").map(str::to_owned)
}

/// `GET /polls/{poll_id}`
pub(in crate::http) async fn show(
    app: Data<App>,
    caller: TokenCaller,
    params: Params,
    id: Path<String>,
) -> ApiResult {
    let id = path::id::<PollId>(&id)?;
    let read = app.engine.store().read(move |db| db.poll(id));
    let poll = read.await?.ok_or(Refusal::PollNotFound)?;
    let door = poll.door(Some(&caller.token), sent_token(&params).as_deref());
    let door = door.ok_or(Refusal::NoAccess)?;
    show::one(&app, Some(&caller), &params, &OpenedPoll { poll, door }).await
}

/// `GET /polls?ids=`: those that the caller may read, in the order of the request. The token of a poll is
/// `poll_token_{id}`.
pub(in crate::http) async fn by_ids(
    app: Data<App>,
    caller: UserCaller,
    params: Params,
) -> ApiResult {
    if !params.has("ids") {
        return Err(Refusal::Missing.at("ids").into());
    }
    let mut ids: Vec<PollId> = params.ids("ids");
    ids.truncate(MOST);
    let wanted = ids.clone();
    let read = app.engine.store().read(move |db| db.polls(&wanted));
    let mut found = read.await?;
    let polls = ids.iter().filter_map(|id| found.remove(id));
    let opened = polls.filter_map(|poll| {
        let sent = params.get(&format!("poll_token_{}", poll.id));
        let door = poll.door(Some(&caller.token), sent)?;
        Some(OpenedPoll { poll, door })
    });
    let opened: Vec<OpenedPoll> = opened.collect();
    show::all(&app, Some(&caller), &params, &opened).await
}
