//! Posts are written, revised and deleted.

use actix_web::web::{Data, Path};

use crate::actors::PostAct;
use crate::http::channels::names::mentioned;
use crate::http::extract::{Body, Params, UserCaller, path};
use crate::http::files::attach::attach;
use crate::http::{ApiResult, App, show};
use crate::model::{Post, PostId};
use crate::protocol::draft::PostDraft;

/// `POST /posts`
pub(in crate::http) async fn create(
    app: Data<App>,
    caller: UserCaller,
    params: Params,
    mut body: Body,
) -> ApiResult {
    attach(&app, &caller, &mut body.value).await?;
    let limits = app.engine.limits();
    let mut draft = PostDraft::read(&body.value, limits.raw_bytes)?;
    let people = mentioned(
        &app.engine,
        caller.principal(),
        draft.names(),
        draft.raw_mut(),
    )
    .await?;
    // PnutKit sends the switch in the body.
    let update_marker = params.flag("update_marker", draft.update_marker);
    let author = (caller.id(), caller.token.client.clone());
    let new = draft.finish(&people, limits.post_length, author, update_marker)?;
    let post = app.engine.create_post(caller.principal(), new).await?;
    show::created(show::one(&app, Some(&caller), &params, &post).await)
}

/// `PUT /posts/{post_id}`
pub(in crate::http) async fn revise(
    app: Data<App>,
    caller: UserCaller,
    params: Params,
    id: Path<String>,
    body: Body,
) -> ApiResult {
    let id = path::id::<PostId>(&id)?;
    let limits = app.engine.limits();
    let mut draft = PostDraft::read(&body.value, limits.raw_bytes)?;
    let people = mentioned(
        &app.engine,
        caller.principal(),
        draft.names(),
        draft.raw_mut(),
    )
    .await?;
    let revision = draft.revision(&people, limits.post_length)?;
    let post = app
        .engine
        .revise_post(caller.principal(), id, revision)
        .await?;
    show::created(show::one(&app, Some(&caller), &params, &post).await)
}

/// `DELETE /posts/{post_id}`: a post of one's own, or a repost.
pub(in crate::http) async fn delete(
    app: Data<App>,
    caller: UserCaller,
    params: Params,
    id: Path<String>,
) -> ApiResult {
    let id = path::id::<PostId>(&id)?;
    let post: Post = app
        .engine
        .act_on_post(caller.principal(), id, PostAct::Delete)
        .await?;
    show::one(&app, Some(&caller), &params, &post).await
}
