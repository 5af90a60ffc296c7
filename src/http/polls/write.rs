//! Polls are made, answered and deleted.

use actix_web::web::{Data, Path};

use super::lookup::sent_token;
use crate::http::attachments::attach_sent;
use crate::http::extract::{Body, Params, UserCaller, path};
use crate::http::files::attach::attach as attach_files;
use crate::http::show::OpenedPoll;
use crate::http::{ApiResult, App, show};
use crate::model::{PollDoor, PollId, Refusal, Scope};
use crate::protocol::draft::PollDraft;
use crate::protocol::draft::poll::{positions_in, read_positions};

/// `POST /polls`
pub(in crate::http) async fn create(
    app: Data<App>,
    caller: UserCaller,
    params: Params,
    mut body: Body,
) -> ApiResult {
    if !body.is_json {
        return Err(Refusal::NotJson.into());
    }
    attach_files(&app, &caller, &mut body.value).await?;
    attach_sent(&app.engine, caller.principal(), &mut body.value).await?;
    let limits = app.engine.limits();
    let draft = PollDraft::read(&body.value, limits.raw_bytes)?;
    let scopes = &caller.token.scopes;
    if !scopes.has(Scope::WritePost) && !scopes.open_poll(draft.kind()) {
        return Err(Refusal::ScopeMissing.at(Scope::Polls.name()).into());
    }
    let new = draft.finish(caller.id(), caller.token.client.clone());
    let poll = app.engine.create_poll(caller.principal(), new).await?;
    let opened = OpenedPoll {
        poll,
        door: PollDoor::Own,
    };
    show::created(show::one(&app, Some(&caller), &params, &opened).await)
}

/// `PUT /polls/{poll_id}/response`
pub(in crate::http) async fn answer(
    app: Data<App>,
    caller: UserCaller,
    params: Params,
    id: Path<String>,
    body: Body,
) -> ApiResult {
    let id = path::id::<PollId>(&id)?;
    let positions = match read_positions(&body.value)? {
        Some(positions) => positions,
        None if params.has("positions") => positions_in(&params.list("positions").join(","))?,
        None => return Err(Refusal::Missing.at("positions").into()),
    };
    let token = match sent_token(&params) {
        Some(token) => Some(token),
        None => body.text("poll_token")?,
    };
    respond(&app, &caller, &params, id, token, positions).await
}

/// `PUT /polls/{poll_id}/response/{position}`, the older form for one option.
pub(in crate::http) async fn answer_one(
    app: Data<App>,
    caller: UserCaller,
    params: Params,
    path: Path<(String, String)>,
    body: Body,
) -> ApiResult {
    let (id, position) = path.into_inner();
    let (id, position) = (path::id::<PollId>(&id)?, path::id::<i64>(&position)?);
    // Any body is taken, also one that is no object.
    let in_body = body.text("poll_token").ok().flatten();
    let token = sent_token(&params).or(in_body);
    respond(&app, &caller, &params, id, token, vec![position]).await
}

async fn respond(
    app: &App,
    caller: &UserCaller,
    params: &Params,
    id: PollId,
    token: Option<String>,
    positions: Vec<i64>,
) -> ApiResult {
    let sent = token.clone();
    let answered = app
        .engine
        .answer_poll(caller.principal(), id, token, positions);
    let poll = answered.await?;
    let door = poll.door(Some(&caller.token), sent.as_deref());
    let door = door.ok_or(Refusal::NoAccess)?;
    show::one(app, Some(caller), params, &OpenedPoll { poll, door }).await
}

/// `DELETE /polls/{poll_id}`
pub(in crate::http) async fn delete(
    app: Data<App>,
    caller: UserCaller,
    params: Params,
    id: Path<String>,
) -> ApiResult {
    let id = path::id::<PollId>(&id)?;
    let poll = app.engine.delete_poll(caller.principal(), id).await?;
    let opened = OpenedPoll {
        poll,
        door: PollDoor::Own,
    };
    show::one(&app, Some(&caller), &params, &opened).await
}
