//! oEmbed: what another site shows of an address of this one (<https://oembed.com>).

use actix_web::HttpResponse;
use actix_web::web::Data;
use serde::Serialize;

use super::extract::Params;
use super::posts::lookup::there;
use super::{ApiResult, App};
use crate::model::{FileId, FileKind, MediaInfo, PostId, Refusal, User};

/// The answer: of a post a link with the words, of a file a photo, a sound or a film.
#[derive(Serialize)]
struct Embedded<'a> {
    r#type: &'static str,
    version: &'static str,
    title: &'a str,
    url: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    html: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    width: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    height: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    duration: Option<u64>,
    /// Seconds for which the address is valid.
    #[serde(skip_serializing_if = "Option::is_none")]
    cache_age: Option<i64>,
    author_name: &'a str,
    author_url: String,
    provider_name: &'a str,
    provider_url: &'a str,
}

impl<'a> Embedded<'a> {
    fn new(
        kind: &'static str,
        title: &'a str,
        url: String,
        author: &'a User,
        base: &'a str,
    ) -> Self {
        Self {
            r#type: kind,
            version: "1.0",
            title,
            url,
            html: None,
            width: None,
            height: None,
            duration: None,
            cache_age: None,
            author_name: author.name.as_deref().unwrap_or(&author.username),
            author_url: format!("{base}/@{}", author.username),
            provider_name: base.split_once("://").map_or(base, |(_, host)| host),
            provider_url: base,
        }
    }
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
    if let Some(id) = file_at(base, url) {
        return file(&app, base, id).await;
    }
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
    let url = format!("{base}/p/{}", post.id);
    Ok(HttpResponse::Ok().json(Embedded {
        html: Some(&post.content.html),
        ..Embedded::new("link", &post.content.text, url, &author, base)
    }))
}

/// A public picture, sound or film.
async fn file(app: &App, base: &str, id: FileId) -> ApiResult<HttpResponse> {
    let read = app.engine.store().read(move |db| db.file(id));
    let file = read.await?.filter(|file| file.is_public);
    let file = file.ok_or(Refusal::FileNotFound)?;
    let contents = file.contents.as_ref().ok_or(Refusal::FileNotFound)?;
    let kind = match file.kind {
        FileKind::Image => "photo",
        FileKind::Audio => "audio",
        FileKind::Video => "video",
        FileKind::Other => return Err(Refusal::FileNotFound.into()),
    };
    let author = app.engine.store().user(file.user_id).await?;
    let author = author.ok_or(Refusal::FileNotFound)?;
    let (url, until) = app.engine.site().contents_url(file.id, None, &file.name);
    let image = contents.image.map(|image| (image.width, image.height));
    let size = image.or_else(|| contents.media.and_then(|media| media.size));
    // A film has to come with what plays it.
    let player = size.filter(|_| file.kind == FileKind::Video);
    let player = player.map(|(width, height)| {
        let source = url.replace('&', "&amp;");
        format!(r#"<video controls width="{width}" height="{height}" src="{source}"></video>"#)
    });
    Ok(HttpResponse::Ok().json(Embedded {
        html: player.as_deref(),
        width: size.map(|size| size.0),
        height: size.map(|size| size.1),
        duration: contents.media.map(MediaInfo::seconds),
        cache_age: Some(until.seconds() - app.engine.store().now().seconds()),
        ..Embedded::new(kind, &file.name, url, &author, base)
    }))
}

/// The file that a short address of this server names.
fn file_at(base: &str, url: &str) -> Option<FileId> {
    let path = url.strip_prefix(base)?;
    let path = path.split(['?', '#']).next()?;
    let id = path.strip_prefix("/f/")?;
    id.trim_end_matches('/').parse().ok()
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
        assert_eq!(file_at(base, "https://x.example/f/12/"), Some(FileId(12)));
        for other in ["/f/", "/p/12", ".evil.example/f/12", "/f/1/2"] {
            assert_eq!(file_at(base, &format!("{base}{other}")), None, "{other}");
        }
    }
}
