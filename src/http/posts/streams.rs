//! Pages of posts: of everybody, of an author, a thread, a tag, of those that a user follows; mentions; bookmarks.

use actix_web::web::{Data, Path};

use super::filters::PostsWanted;
use super::lookup::there;
use crate::http::extract::{AnyCaller, Caller, Live, Params, UserCaller, path};
use crate::http::show::{Bookmarked, demand_person};
use crate::http::{ApiResult, App, show};
use crate::model::marker::MarkerName;
use crate::model::visibility::Occasion;
use crate::model::{Marker, Page, Post, PostId, UserId};
use crate::protocol::object::MarkerObject;
use crate::protocol::topic::Topic;
use crate::store::{PostHints, PostList};
use crate::text::words::fold_tag;

/// `GET /posts/streams/global`
pub(in crate::http) async fn global(
    app: Data<App>,
    caller: AnyCaller,
    params: Params,
) -> ApiResult {
    let marker = Some(MarkerName::Global);
    answer(&app, caller.0.as_ref(), &params, PostList::Global, marker).await
}

/// `GET /posts/streams/me`
pub(in crate::http) async fn home(
    app: Data<App>,
    caller: UserCaller,
    params: Params,
    live: Live,
) -> ApiResult {
    let page = own(&app, &caller, &params, false);
    live.around(&app, &caller, Topic::Home(caller.id()), page)
        .await
}

/// `GET /posts/streams/unified`
pub(in crate::http) async fn unified(
    app: Data<App>,
    caller: UserCaller,
    params: Params,
    live: Live,
) -> ApiResult {
    let page = own(&app, &caller, &params, true);
    live.around(&app, &caller, Topic::Unified(caller.id()), page)
        .await
}

/// Both have one marker.
async fn own(app: &App, caller: &UserCaller, params: &Params, mentions: bool) -> ApiResult {
    let list = PostList::Home(caller.id(), mentions);
    let marker = Some(MarkerName::Personal);
    answer(app, Some(caller), params, list, marker).await
}

/// `GET /posts/tags/{tag}`, and `/posts/tag/{tag}`
pub(in crate::http) async fn tagged(
    app: Data<App>,
    caller: AnyCaller,
    params: Params,
    tag: Path<String>,
) -> ApiResult {
    let list = PostList::Tagged(fold_tag(tag.trim_start_matches('#')));
    answer(&app, caller.0.as_ref(), &params, list, None).await
}

/// `GET /users/{user_id}/posts`
pub(in crate::http) async fn of_user(
    app: Data<App>,
    caller: AnyCaller,
    params: Params,
    live: Live,
    user: Path<String>,
) -> ApiResult {
    let caller = caller.0.as_ref();
    let user = path::user(&app, caller, &user).await?;
    demand_person(&app, caller, user, Occasion::Named).await?;
    let page = answer(&app, caller, &params, PostList::By(user), None);
    // Streams show the user's own.
    match caller.filter(|caller| caller.user() == Some(user)) {
        Some(caller) => live.around(&app, caller, Topic::OwnPosts(user), page).await,
        None => page.await,
    }
}

/// `GET /users/{user_id}/mentions`
pub(in crate::http) async fn mentions(
    app: Data<App>,
    caller: AnyCaller,
    params: Params,
    live: Live,
    user: Path<String>,
) -> ApiResult {
    let caller = caller.0.as_ref();
    let user = path::user(&app, caller, &user).await?;
    demand_person(&app, caller, user, Occasion::Named).await?;
    let own = caller.filter(|caller| caller.user() == Some(user));
    let list = PostList::Mentioning(user, params.flag("include_copy_mentions", true));
    let marker = own.map(|_| MarkerName::Mentions);
    let page = answer(&app, caller, &params, list, marker);
    match own {
        Some(caller) => live.around(&app, caller, Topic::Mentions(user), page).await,
        None => page.await,
    }
}

/// `GET /posts/{post_id}/thread`: any post of the thread may be named.
pub(in crate::http) async fn thread(
    app: Data<App>,
    caller: AnyCaller,
    params: Params,
    live: Live,
    id: Path<String>,
) -> ApiResult {
    let id = path::id::<PostId>(&id)?;
    let read = app.engine.store().read(move |db| there(db, id));
    let (root, caller) = (read.await?.thread_id, caller.0.as_ref());
    let page = answer(&app, caller, &params, PostList::Thread(root), None);
    match caller {
        Some(caller) => live.around(&app, caller, Topic::Thread(root), page).await,
        None => page.await,
    }
}

/// `GET /users/{user_id}/bookmarks`: notes are shown to their owner.
pub(in crate::http) async fn bookmarks(
    app: Data<App>,
    caller: UserCaller,
    params: Params,
    user: Path<String>,
) -> ApiResult {
    let user = path::user(&app, Some(&caller), &user).await?;
    demand_person(&app, Some(&caller), user, Occasion::Named).await?;
    let (request, wanted) = (params.page(), PostsWanted::from_params(&params));
    let viewer = Some(caller.id());
    let read = app.engine.store().read(move |db| {
        let filter = wanted.filter(viewer, None);
        db.bookmark_page(user, &filter, &request)
    });
    let page = read.await?.map(|(post, note)| Bookmarked {
        post,
        note: note.filter(|_| viewer == Some(user)),
    });
    show::page(&app, Some(&caller), &params, &page).await
}

/// A page of posts, with what is said about it in `meta`.
struct PostPage {
    page: Page<Post>,
    /// `Some(None)`: the caller has not set one.
    marker: Option<Option<Marker>>,
    hints: PostHints,
}

async fn answer(
    app: &App,
    caller: Option<&Caller>,
    params: &Params,
    list: PostList,
    marker: Option<MarkerName>,
) -> ApiResult {
    let read = read_page(app, caller, params, list, marker).await?;
    let mut reply = show::page(app, caller, params, &read.page).await?;
    if let (Some(name), Some(marker)) = (marker, read.marker)
        && params.flag("include_marker", false)
    {
        let object = MarkerObject::new(&name, marker.as_ref());
        reply.meta.marker = serde_json::to_value(object).ok();
    }
    reply.meta.deleted_ids = texts(&read.hints.deleted);
    reply.meta.revised_ids = texts(&read.hints.revised);
    Ok(reply)
}

/// A page of a list as a stranger sees it.
pub(in crate::http) async fn public_page(
    app: &App,
    params: &Params,
    list: PostList,
) -> ApiResult<Page<Post>> {
    Ok(read_page(app, None, params, list, None).await?.page)
}

async fn read_page(
    app: &App,
    caller: Option<&Caller>,
    params: &Params,
    list: PostList,
    marker: Option<MarkerName>,
) -> ApiResult<PostPage> {
    let (mut request, marks) = (params.page(), params.marks());
    let wanted = PostsWanted::from_params(params);
    let (viewer, seen) = (caller.and_then(Caller::user), params.seen());
    let read = app.engine.store().read(move |db| {
        seen.note(db)?;
        let marker = match (viewer, marker) {
            (Some(user), Some(name)) => Some(db.marker(user, name)?),
            (None, _) | (_, None) => None,
        };
        marks.resolve(marker.iter().flatten().next(), &mut request);
        let filter = wanted.filter(viewer, named_author(&list));
        let page = db.post_page(&list, &filter, &request)?;
        let hints = match request.since {
            Some(since) => db.post_hints(&list, &filter, PostId(since.id))?,
            None => PostHints::default(),
        };
        Ok(PostPage {
            page,
            marker,
            hints,
        })
    });
    Ok(read.await?)
}

fn texts(ids: &[PostId]) -> Vec<String> {
    ids.iter().map(ToString::to_string).collect()
}

/// The author whom the call names: muted or blocked by the caller, the posts are shown all the same.
fn named_author(list: &PostList) -> Option<UserId> {
    match list {
        PostList::By(user) => Some(*user),
        PostList::Global
        | PostList::Thread(_)
        | PostList::Tagged(_)
        | PostList::Mentioning(..)
        | PostList::Home(..) => None,
    }
}
