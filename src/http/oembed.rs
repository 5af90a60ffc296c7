//! oEmbed: what another site shows of an address of this one (<https://oembed.com>).

use actix_web::HttpResponse;
use actix_web::web::Data;
use serde::Serialize;

use super::extract::Params;
use super::posts::lookup::there;
use super::{ApiResult, App};
use crate::model::{PostId, Refusal, User};

/// The answer about a post: a link with the words.
#[derive(Serialize)]
struct Embedded<'a> {
    r#type: &'static str,
    version: &'static str,
    title: &'a str,
    url: String,
    html: &'a str,
    author_name: &'a str,
    author_url: String,
    provider_name: &'a str,
    provider_url: &'a str,
}

/// `GET /oembed?url=`: without the envelope, as a stranger sees it. Only JSON.
pub(super) async fn show(app: Data<App>, params: Params) -> ApiResult<HttpResponse> {
    let url = params
        .get("url")
        .ok_or_else(|| Refusal::Missing.at("url"))?;
    if params.get("format").is_some_and(|format| format != "json") {
        return Err(Refusal::Invalid.at("format").into());
    }
    let base = app.engine.site().public_url.as_str();
    let id = post_at(base, url).ok_or(Refusal::NotFound)?;
    let read = app.engine.store().read(move |db| {
        let post = there(db, id)?;
        let post = match post.repost_of {
            Some(original) => there(db, original)?,
            None => post,
        };
        if post.is_deleted() {
            return Err(Refusal::PostNotFound.into());
        }
        Ok(post)
    });
    let post = read.await?;
    let author = app.engine.store().user(post.user_id).await?;
    let author = author.ok_or(Refusal::PostNotFound)?;
    let host = base.split_once("://").map_or(base, |(_, host)| host);
    Ok(HttpResponse::Ok().json(Embedded {
        r#type: "link",
        version: "1.0",
        title: &post.content.text,
        url: format!("{base}/p/{}", post.id),
        html: &post.content.html,
        author_name: shown_name(&author),
        author_url: format!("{base}/@{}", author.username),
        provider_name: host,
        provider_url: base,
    }))
}

fn shown_name(author: &User) -> &str {
    author.name.as_deref().unwrap_or(&author.username)
}

/// The post that an address of this server names: the short one, or one of the API.
fn post_at(base: &str, url: &str) -> Option<PostId> {
    let path = url.strip_prefix(base)?;
    let path = path.split(['?', '#']).next()?;
    let path = path.strip_prefix("/v1").unwrap_or(path);
    let id = path
        .strip_prefix("/p/")
        .or_else(|| path.strip_prefix("/posts/"))?;
    id.trim_end_matches('/').parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_of_posts_on_this_server_are_known() {
        let base = "https://x.example";
        for known in ["/p/12", "/posts/12/", "/v1/posts/12?a=b#c", "/v1/p/12"] {
            assert_eq!(post_at(base, &format!("{base}{known}")), Some(PostId(12)));
        }
        for other in [
            "/p/",
            "/p/x",
            "/users/12",
            "/p/1/2",
            ".evil.example/p/12",
            "",
            "@y/p/12",
        ] {
            assert_eq!(post_at(base, &format!("{base}{other}")), None, "{other}");
        }
        assert_eq!(post_at(base, "https://y.example/p/12"), None);
    }
}
