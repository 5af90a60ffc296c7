//! Predefined streams of posts, for users that look around.

use actix_web::web::{Data, Path};
use serde::Serialize;

use super::filters::PostsWanted;
use super::search;
use crate::http::extract::{AnyCaller, Caller, Params};
use crate::http::{ApiResult, App, Reply, show};
use crate::model::{Page, Post, Refusal, UserId};
use crate::store::{ExploreStream, PostSearch, Purpose, Trending};

/// A post trends for so long: a week.
const TRENDS: std::time::Duration = std::time::Duration::from_secs(7 * 24 * 3600);

/// What a stream shows.
enum Contents {
    Conversations,
    Missed,
    Trending,
    /// What a search finds, newest first.
    Found(fn() -> PostSearch),
}

/// A predefined stream.
pub(in crate::http) struct Stream {
    slug: &'static str,
    pub(in crate::http) title: &'static str,
    pub(in crate::http) description: &'static str,
    contents: Contents,
}

const STREAMS: &[Stream] = &[
    Stream {
        slug: "conversations",
        title: "Conversations",
        description: "Threads that just start to get replies.",
        contents: Contents::Conversations,
    },
    Stream {
        slug: "missed_conversations",
        title: "Missed Conversations",
        description: "Posts that nobody reacted to.",
        contents: Contents::Missed,
    },
    Stream {
        slug: "newcomers",
        title: "Newcomers",
        description: "The first posts of each user.",
        contents: Contents::Found(|| PostSearch {
            is_newcomer: true,
            ..PostSearch::default()
        }),
    },
    Stream {
        slug: "photos",
        title: "Photos",
        description: "Posts with photos.",
        contents: Contents::Found(|| PostSearch {
            file_kinds: vec![String::from("image")],
            ..PostSearch::default()
        }),
    },
    Stream {
        slug: "trending",
        title: "Trending",
        description: "Posts that many people react to now.",
        contents: Contents::Trending,
    },
    Stream {
        slug: "256",
        title: "256",
        description: "Posts that are exactly 256 characters long.",
        contents: Contents::Found(|| PostSearch {
            is_long: true,
            ..PostSearch::default()
        }),
    },
];

#[derive(Serialize)]
struct StreamObject<'a> {
    slug: &'static str,
    title: &'static str,
    description: &'static str,
    url: &'a str,
    /// The same, where older clients expect it.
    link: &'a str,
}

/// `GET /posts/streams/explore`
pub(in crate::http) async fn list(app: Data<App>) -> ApiResult {
    let base = &app.engine.site().public_url;
    let url = |stream: &Stream| format!("{base}/v1/posts/streams/explore/{}", stream.slug);
    let urls: Vec<String> = STREAMS.iter().map(url).collect();
    let streams: Vec<StreamObject<'_>> = STREAMS
        .iter()
        .zip(&urls)
        .map(|(stream, url)| StreamObject {
            slug: stream.slug,
            title: stream.title,
            description: stream.description,
            url,
            link: url,
        })
        .collect();
    Reply::one(&streams)
}

/// `GET /posts/streams/explore/{slug}`
pub(in crate::http) async fn show(
    app: Data<App>,
    caller: AnyCaller,
    params: Params,
    slug: Path<String>,
) -> ApiResult {
    let caller = caller.0.as_ref();
    let viewer = caller.and_then(Caller::user);
    let page = read(&app, viewer, &params, named(&slug)?).await?;
    show::page(&app, caller, &params, &page).await
}

/// The stream with a slug.
pub(in crate::http) fn named(slug: &str) -> ApiResult<&'static Stream> {
    let stream = STREAMS.iter().find(|stream| stream.slug == slug);
    Ok(stream.ok_or(Refusal::NotFound)?)
}

/// A page of a stream, for a viewer.
pub(in crate::http) async fn read(
    app: &App,
    viewer: Option<UserId>,
    params: &Params,
    stream: &Stream,
) -> ApiResult<Page<Post>> {
    let stream = match stream.contents {
        Contents::Conversations => ExploreStream::Conversations,
        Contents::Missed => ExploreStream::missed(),
        Contents::Trending => ExploreStream::Trending(trending(app).await?),
        Contents::Found(wanted) => return search::read(app, viewer, params, wanted()).await,
    };
    let filter = PostsWanted::from_params(params).filter(viewer, None);
    let request = params.page();
    let read = app.engine.store().read_for(Purpose::Search, move |db| {
        db.explore_page(&stream, &filter, &request)
    });
    Ok(read.await?)
}

/// The same list for all viewers, made once a minute.
async fn trending(app: &App) -> ApiResult<Trending> {
    let store = app.engine.store();
    let now = store.now();
    let make = async || {
        let read = store.read_for(Purpose::Search, move |db| db.trending(now.minus(TRENDS)));
        Ok(read.await?)
    };
    app.trending.get(now, make).await
}
