//! Posts by words and by everything else that a search can ask for.

use actix_web::web::Data;

use super::filters::PostsWanted;
use crate::http::channels::names;
use crate::http::channels::search::{NOBODY, bare, moment, number, person, question, user_kinds};
use crate::http::extract::{AnyCaller, Caller, Params, path};
use crate::http::{ApiResult, App, show};
use crate::model::{Page, Post, PostId, UserId};
use crate::store::PostSearch;

/// `GET /posts/search`
pub(in crate::http) async fn search(
    app: Data<App>,
    caller: AnyCaller,
    params: Params,
) -> ApiResult {
    let caller = caller.0.as_ref();
    let wanted = wanted(&app, caller, &params).await?;
    let viewer = caller.and_then(Caller::user);
    let page = read(&app, viewer, &params, wanted).await?;
    show::page(&app, caller, &params, &page).await
}

/// A page of what is found, for a viewer.
pub(in crate::http) async fn read(
    app: &App,
    viewer: Option<UserId>,
    params: &Params,
    wanted: PostSearch,
) -> ApiResult<Page<Post>> {
    let filter = PostsWanted::from_params(params).filter(viewer, None);
    let request = params.page();
    let read = app.engine.store().search_posts(wanted, move |db, search| {
        db.search_posts(&search, &filter, &request)
    });
    Ok(read.await?)
}

/// All parameters of the search.
pub(in crate::http) async fn wanted(
    app: &App,
    caller: Option<&Caller>,
    params: &Params,
) -> ApiResult<PostSearch> {
    let excluded = path::users(app, caller, &params.list("exclude_user_ids")).await?;
    Ok(PostSearch {
        q: question(params)?,
        by_relevance: params.get("order").is_none_or(|order| order == "relevance"),
        client: params.get("client_id").map(Into::into),
        creator: person(app, caller, params, "creator_id").await?,
        exclude: excluded.into_iter().collect(),
        user_kinds: user_kinds(params)?,
        created_after: moment(params, "created_after")?,
        created_before: moment(params, "created_before")?,
        reply_to: number(params, "reply_to")?.map(PostId),
        thread: number(params, "thread_id")?.map(PostId),
        is_reply: params.tristate("is_reply"),
        has_mentions: params.tristate("has_mentions"),
        is_directed: params.tristate("is_directed"),
        is_revised: params.tristate("is_revised"),
        is_nsfw: params.tristate("is_nsfw"),
        tags: bare(params, "tags", '#'),
        mentions: people(app, params, "mentions").await?,
        leading_mentions: people(app, params, "leading_mentions").await?,
        urls: urls(params),
        // The second names are those of older clients.
        url_domains: [params.list("url_domains"), params.list("link_domains")].concat(),
        raw_types: params.list("raw_types"),
        file_id: params.get("file_id").map(str::to_owned),
        file_kinds: params.list("file_kinds"),
        poll_id: params.get("poll_id").map(str::to_owned),
        is_newcomer: false,
        is_long: false,
    })
}

/// Links are stored with a scheme; one that is asked for without is looked for with each of the usual ones.
fn urls(params: &Params) -> Vec<String> {
    let sent = [params.list("urls"), params.list("links")].concat();
    let full = sent.into_iter().flat_map(|url| match url.contains("://") {
        true => vec![url],
        false => vec![format!("http://{url}"), format!("https://{url}")],
    });
    full.collect()
}

/// Users, by ids or names. An unknown one is mentioned nowhere.
async fn people(app: &App, params: &Params, name: &str) -> ApiResult<Vec<UserId>> {
    let sent = bare(params, name, '@');
    let names = sent.iter().map(|one| one.to_lowercase()).collect();
    let named = names::ids_by_name(&app.engine, names).await?;
    let ids = sent.iter().filter_map(|one| one.parse().ok());
    let mut found: Vec<UserId> = ids.chain(named.into_values()).collect();
    if found.is_empty() && !sent.is_empty() {
        found.push(NOBODY);
    }
    Ok(found)
}
