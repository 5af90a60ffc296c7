//! RSS of posts. A feed is public: it shows what a stranger sees, whoever asks.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};

use super::document::{self, Feed, Item, query_of};
use super::{media, template};
use crate::http::extract::{Params, path};
use crate::http::posts::{explore, search, streams};
use crate::http::show::{Includes, demand_person, shown_post};
use crate::http::{ApiResult, App};
use crate::model::visibility::Occasion;
use crate::model::{Page, Post, Refusal, User};
use crate::protocol::render_options::RenderOptions;
use crate::store::PostList;
use crate::text::words::fold_tag;

/// `GET /feed/rss/posts/tags/{tag}`
pub(in crate::http) async fn tagged(
    params: Params,
    tag: Path<String>,
    app: Data<App>,
) -> ApiResult<HttpResponse> {
    let tag = tag.trim_start_matches('#');
    let list = PostList::Tagged(fold_tag(tag));
    let page = streams::public_page(&app, &params, list).await?;
    let title = format!("#{tag}");
    let about = About {
        description: format!("Posts with {title}"),
        title,
        // Whatever it is, it is a part of a path.
        path: format!("posts/tags/{}", escaped(tag)),
    };
    answer(&app, &params, about, &page).await
}

/// `GET /feed/rss/users/{user_id}/posts`
pub(in crate::http) async fn of_user(
    params: Params,
    user: Path<String>,
    app: Data<App>,
) -> ApiResult<HttpResponse> {
    let user = path::user(&app, None, &user).await?;
    demand_person(&app, None, user, Occasion::Named).await?;
    let page = streams::public_page(&app, &params, PostList::By(user)).await?;
    let people = app.engine.store().users(vec![user]).await?;
    let person = people.get(&user).ok_or(Refusal::UserNotFound)?;
    let about = About {
        title: format!("@{}", person.username),
        description: profile(person),
        path: format!("users/{user}/posts"),
    };
    answer(&app, &params, about, &page).await
}

/// `GET /feed/rss/posts/search`
pub(in crate::http) async fn found(params: Params, app: Data<App>) -> ApiResult<HttpResponse> {
    let mut wanted = search::wanted(&app, None, &params).await?;
    // A feed is newest first: the newest hits, whichever order is asked for.
    wanted.by_relevance = false;
    let page = search::read(&app, None, &params, wanted).await?;
    let about = About {
        title: match params.get("q") {
            Some(q) => format!("Posts: {q}"),
            None => String::from("Posts"),
        },
        description: String::from("Posts found"),
        path: String::from("posts/search"),
    };
    answer(&app, &params, about, &page).await
}

/// `GET /feed/rss/posts/streams/explore/{slug}`
pub(in crate::http) async fn explored(
    params: Params,
    slug: Path<String>,
    app: Data<App>,
) -> ApiResult<HttpResponse> {
    let stream = explore::named(&slug)?;
    let page = explore::read(&app, None, &params, stream).await?;
    let about = About {
        title: stream.title.to_owned(),
        description: stream.description.to_owned(),
        path: format!("posts/streams/explore/{slug}"),
    };
    answer(&app, &params, about, &page).await
}

/// What a feed says of itself.
struct About {
    title: String,
    description: String,
    /// Of the same list in the API.
    path: String,
}

async fn answer(
    app: &App,
    params: &Params,
    about: About,
    page: &Page<Post>,
) -> ApiResult<HttpResponse> {
    let base = &app.engine.site().public_url;
    let template = template(params)?.unwrap_or_else(|| format!("{base}/p/{{post_id}}"));
    let posts = || page.items.iter().map(|(_, post)| post);
    let includes = Includes::around(app, None, RenderOptions::default(), posts()).await?;
    let shown: Vec<(&Post, &Post)> = posts()
        .filter_map(|post| Some((post, shown_post(&includes, post)?)))
        .collect();
    let authors = shown.iter().map(|(_, shown)| shown.user_id).collect();
    let authors = app.engine.store().users(authors).await?;
    let items = shown.iter().map(|(post, shown)| {
        let author = authors.get(&shown.user_id).map(AsRef::as_ref);
        item(post, shown, author, &template, base)
    });
    document::answer(&Feed {
        title: about.title,
        description: about.description,
        link: format!("{base}/v1/{}", about.path),
        own: format!("{base}/v1/feed/rss/{}{}", about.path, query_of(params)),
        items: items.collect(),
    })
}

/// A repost is an entry of its own time that shows the other post.
fn item(post: &Post, shown: &Post, author: Option<&User>, template: &str, base: &str) -> Item {
    let username = author.map_or("", |author| author.username.as_str());
    let tags = &shown.content.entities.tags;
    Item {
        guid: format!("{base}/p/{}", post.id),
        title: format!("{username}: {}", shown.content.text),
        link: template
            .replace("{post_id}", &shown.id.to_string())
            .replace("{user_id}", &shown.user_id.to_string())
            .replace("{username}", username),
        description: format!("{}{}", shown.content.html, media(&shown.raw)),
        at: post.created_at,
        categories: tags.iter().map(|tag| tag.text.clone()).collect(),
    }
}

fn profile(person: &User) -> String {
    let text = person.content.as_ref().map(|content| &content.text);
    text.cloned().unwrap_or_default()
}

fn escaped(part: &str) -> String {
    use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
    utf8_percent_encode(part, NON_ALPHANUMERIC).to_string()
}
