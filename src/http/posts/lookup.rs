//! Posts by their ids, and their earlier versions.

use actix_web::web::{Data, Path};

use super::filters::PostsWanted;
use crate::http::extract::{AnyCaller, Caller, Params, path};
use crate::http::show::Version;
use crate::http::{ApiResult, App, show};
use crate::model::{Failure, Post, PostId, Refusal};
use crate::store::Db;

/// `GET /posts/{post_id}`
pub(in crate::http) async fn show(
    app: Data<App>,
    caller: AnyCaller,
    params: Params,
    id: Path<String>,
) -> ApiResult {
    let id = path::id::<PostId>(&id)?;
    let read = app.engine.store().read(move |db| there(db, id));
    let post = read.await?;
    show::one(&app, caller.0.as_ref(), &params, &post).await
}

/// `GET /posts?ids=`: the existing posts that the filters keep, in the order of the request.
pub(in crate::http) async fn by_ids(
    app: Data<App>,
    caller: AnyCaller,
    params: Params,
) -> ApiResult {
    if !params.has("ids") {
        return Err(Refusal::Missing.at("ids").into());
    }
    let (ids, caller) = (params.ids::<PostId>("ids"), caller.0.as_ref());
    let filter = PostsWanted::from_params(&params).of_named(caller.and_then(Caller::user));
    let read = app
        .engine
        .store()
        .read(move |db| db.kept_posts(&filter, &ids));
    let posts = read.await?;
    show::all(&app, caller, &params, &posts).await
}

/// `GET /posts/{post_id}/revisions`
pub(in crate::http) async fn revisions(
    app: Data<App>,
    caller: AnyCaller,
    params: Params,
    id: Path<String>,
) -> ApiResult {
    let id = path::id::<PostId>(&id)?;
    let read = app.engine.store().read(move |db| {
        let post = there(db, id)?;
        db.post_revisions(&post)
    });
    let versions: Vec<Version> = read.await?.into_iter().map(Version).collect();
    show::all(&app, caller.0.as_ref(), &params, &versions).await
}

/// A deleted post is shown without its words, a deleted repost not at all.
pub(in crate::http) fn there(db: &mut Db<'_>, id: PostId) -> Result<Post, Failure> {
    let post = db.post(id)?.filter(|post| !is_gone(post));
    post.ok_or_else(|| Refusal::PostNotFound.into())
}

fn is_gone(post: &Post) -> bool {
    post.repost_of.is_some() && post.is_deleted()
}
