//! Reposts, bookmarks, reports.

use actix_web::web::{Data, Path};

use serde_json::json;

use super::lookup::there;
use crate::actors::PostAct;
use crate::http::extract::{ActionBody, Body, Params, UserCaller, path};
use crate::http::show::Includes;
use crate::http::{ApiResult, App, Reply, report, show};
use crate::model::visibility::Occasion;
use crate::model::{NewReport, PostId, Refusal, Reported};
use crate::protocol::query::boolean;
use crate::protocol::render_options::RenderOptions;

/// Most characters of a note.
const NOTE: usize = 128;

/// `PUT /posts/{post_id}/repost`: the answer is the post that was reposted.
pub(in crate::http) async fn repost(
    app: Data<App>,
    caller: UserCaller,
    params: Params,
    id: Path<String>,
    body: ActionBody,
) -> ApiResult {
    let sent = body.fields.text("is_nsfw")?;
    let act = PostAct::Repost {
        client: caller.token.client.clone(),
        is_nsfw: sent.as_deref().and_then(boolean).unwrap_or(false)
            || params.flag("is_nsfw", false),
    };
    show::created(act_on(&app, &caller, &params, &id, act).await)
}

/// `DELETE /posts/{post_id}/repost`
pub(in crate::http) async fn remove_repost(
    app: Data<App>,
    caller: UserCaller,
    params: Params,
    id: Path<String>,
) -> ApiResult {
    let id = path::id::<PostId>(&id)?;
    let post = app
        .engine
        .act_on_post(caller.principal(), id, PostAct::RemoveRepost)
        .await?;
    let author = vec![post.user_id];
    let includes =
        Includes::of_users(&app, Some(&caller), RenderOptions::default(), author).await?;
    if post.is_deleted() || includes.user(post.user_id, Occasion::Embedded).is_none() {
        // It can be taken back whatever became of the post, which is not shown then.
        return Reply::one(&json!({"id": post.id, "you_reposted": false}));
    }
    show::one(&app, Some(&caller), &params, &post).await
}

/// `PUT /posts/{post_id}/bookmark`. The body is the note: an object with `note`, or only a JSON string. An empty string
/// says nothing, so that it takes no note away; an empty `note` does.
pub(in crate::http) async fn bookmark(
    app: Data<App>,
    caller: UserCaller,
    params: Params,
    id: Path<String>,
    body: ActionBody,
) -> ApiResult {
    let sent = match body.words.filter(|words| !words.is_empty()) {
        Some(note) => Some(note),
        None => body.fields.text("note")?,
    };
    let note = sent.or_else(|| params.get("note").map(str::to_owned));
    if note
        .as_ref()
        .is_some_and(|note| note.chars().count() > NOTE)
    {
        return Err(Refusal::TooLong.at("note").into());
    }
    act_on(&app, &caller, &params, &id, PostAct::Bookmark(note)).await
}

/// `DELETE /posts/{post_id}/bookmark`
pub(in crate::http) async fn remove_bookmark(
    app: Data<App>,
    caller: UserCaller,
    params: Params,
    id: Path<String>,
) -> ApiResult {
    act_on(&app, &caller, &params, &id, PostAct::RemoveBookmark).await
}

async fn act_on(
    app: &App,
    caller: &UserCaller,
    params: &Params,
    id: &str,
    act: PostAct,
) -> ApiResult {
    let id = path::id::<PostId>(id)?;
    let post = app.engine.act_on_post(caller.principal(), id, act).await?;
    show::one(app, Some(caller), params, &post).await
}

/// `POST /posts/{post_id}/report`: of a repost, the post that it shows.
pub(in crate::http) async fn report(
    app: Data<App>,
    caller: UserCaller,
    params: Params,
    id: Path<String>,
    body: Body,
) -> ApiResult {
    let id = path::id::<PostId>(&id)?;
    let reason = report::reason(&body, &params)?;
    let read = app.engine.store().read(move |db| {
        let post = there(db, id)?;
        match post.repost_of {
            Some(original) => there(db, original),
            None => Ok(post),
        }
    });
    let post = read.await?;
    let new = NewReport {
        about: Reported::Post(post.id),
        author: post.user_id,
        reporter: caller.id(),
        reason,
    };
    report::keep(&app, new).await
}
