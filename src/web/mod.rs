//! The room page: embedded files, served with etags and a strict content policy. The page uses only the
//! public API.

mod images;

use std::sync::LazyLock;

use actix_web::http::header::{
    ALLOW, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, EntityTag, IF_NONE_MATCH,
    REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use actix_web::web::{self, Bytes, Data, Path, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse, Resource, Route, guard};
use serde::Serialize;

/// One file of the page.
struct Asset {
    name: &'static str,
    kind: &'static str,
    text: &'static str,
}

const HTML: &str = "text/html; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const STYLE: &str = "text/css; charset=utf-8";
const PICTURE: &str = "image/svg+xml";

/// File names carry no version, so browsers revalidate each time and mostly get 304.
const REVALIDATED: &str = "no-cache";
/// A picture is drawn from its URL alone. A day, so that a new drawing does not have to wait longer.
const LASTING: &str = "public, max-age=86400";

/// No foreign and no inline resources. `'self'` covers the sockets of this origin (CSP level 3, which all browsers have
/// had since 2022).
const POLICY: &str = "default-src 'self'; connect-src 'self'; img-src 'self' data:; \
                      base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

macro_rules! assets {
    ($($kind:ident: $($name:literal)*;)*) => {
        const ASSETS: &[Asset] = &[$($(Asset {
            name: $name,
            kind: $kind,
            text: include_str!(concat!("assets/", $name)),
        },)*)*];
    };
}

assets! {
    HTML: "index.html";
    STYLE: "style.css" "controls.css" "layout.css" "log.css" "pages.css" "docs.css";
    PICTURE: "mark.svg";
    SCRIPT: "room.js" "allowance.js" "announcer.js" "api.js" "authorize.js" "composer.js" "dialogs.js" "docs.js" "dom.js" "door.js" "events.js" "find.js"
            "fold.js" "format.js" "kept.js" "keys.js" "log.js" "marker.js" "membership.js" "message.js"
            "metronome.js" "navigation.js" "notices.js" "open-room.js" "outbox.js" "people.js" "presence.js"
            "quotes.js" "richtext.js" "room-head.js" "room-pages.js" "room-people.js" "rooms-view.js" "rooms.js"
            "sentences.js" "session.js" "sign-out.js" "stream.js" "subscriptions.js" "voice.js" "windows.js";
}

/// The tags of the files, in the order of the list. The files never change, so each is hashed once.
static TAGS: LazyLock<Vec<EntityTag>> = LazyLock::new(|| {
    let texts = ASSETS.iter().map(|asset| asset.text.as_bytes());
    texts.map(tag_of).collect()
});

/// The accounts of a demo; empty without one.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Demo {
    /// Accounts with their passwords, shown on the page.
    pub people: Vec<DemoPerson>,
}

/// An account of a demo.
#[derive(Clone, Debug, Serialize)]
pub struct DemoPerson {
    /// Name.
    pub username: String,
    /// Password, on purpose.
    pub password: String,
}

/// Adds the page's routes; the API's are added after them.
pub fn configure(cfg: &mut ServiceConfig, demo: Data<Demo>) {
    cfg.app_data(demo)
        .service(reads("/", web::to(page)))
        .service(reads("/assets/{name}", web::to(asset)))
        .service(reads("/demo.json", web::to(demo_people)))
        .service(reads("/images/avatar/{id}", web::to(images::avatar)))
        .service(reads("/images/cover", web::to(images::cover)));
}

/// A page for `GET` and `HEAD`, and 405 for all else.
fn reads(path: &str, route: Route) -> Resource {
    let not_allowed = async || {
        let mut response = HttpResponse::MethodNotAllowed();
        response.insert_header((ALLOW, "GET, HEAD")).finish()
    };
    let route = route.guard(guard::Any(guard::Get()).or(guard::Head()));
    web::resource(path)
        .route(route)
        .default_service(web::to(not_allowed))
}

async fn page(request: HttpRequest) -> HttpResponse {
    serve(&request, "index.html")
}

async fn asset(request: HttpRequest, name: Path<String>) -> HttpResponse {
    serve(&request, &name)
}

fn serve(request: &HttpRequest, name: &str) -> HttpResponse {
    let mut tagged = ASSETS.iter().zip(TAGS.iter());
    let Some((asset, tag)) = tagged.find(|(asset, _)| asset.name == name) else {
        return HttpResponse::NotFound().body("no such file");
    };
    let text = Bytes::from_static(asset.text.as_bytes());
    let body = (!is_known(request, tag)).then_some(text);
    reply(asset.kind, REVALIDATED, tag, body)
}

/// Whether the client has what this tag names.
fn is_known(request: &HttpRequest, tag: &EntityTag) -> bool {
    let mut known = request.headers().get_all(IF_NONE_MATCH);
    // A proxy that compresses makes the tag a weak one; the text in it stays.
    known.any(|line| {
        let line = line.to_str().unwrap_or_default();
        line.trim() == "*" || line.contains(tag.tag())
    })
}

/// `body`: `None` if the client has it.
fn reply(
    kind: &'static str,
    kept: &'static str,
    tag: &EntityTag,
    body: Option<Bytes>,
) -> HttpResponse {
    let mut response = match body {
        Some(_) => HttpResponse::Ok(),
        None => HttpResponse::NotModified(),
    };
    response
        .insert_header((ETAG, tag.to_string()))
        .insert_header((CACHE_CONTROL, kept))
        .insert_header((CONTENT_SECURITY_POLICY, POLICY))
        .insert_header((X_CONTENT_TYPE_OPTIONS, "nosniff"))
        // An address that an app leads back to holds a code until the page has read it.
        .insert_header((REFERRER_POLICY, "no-referrer"))
        .insert_header((CONTENT_TYPE, kind));
    match body {
        Some(body) => response.body(body),
        None => response.finish(),
    }
}

/// Equal bytes have equal tags. The length is the same for all, so that no tag is a part of another one.
fn tag_of(bytes: &[u8]) -> EntityTag {
    use sha2::{Digest, Sha256};
    let digest = Sha256::digest(bytes);
    let digits = digest.iter().take(12).map(|byte| format!("{byte:02x}"));
    EntityTag::new_strong(digits.collect())
}

async fn demo_people(demo: Data<Demo>) -> HttpResponse {
    if demo.people.is_empty() {
        return HttpResponse::NotFound().finish();
    }
    HttpResponse::Ok()
        .insert_header((CACHE_CONTROL, "no-store"))
        .insert_header((X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .json(demo.get_ref())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_of_the_page_is_served() -> std::io::Result<()> {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/web/assets");
        for file in std::fs::read_dir(folder)? {
            let name = file?.file_name();
            assert!(
                ASSETS.iter().any(|asset| name == asset.name),
                "{} is not in the list of assets",
                name.to_string_lossy()
            );
        }
        Ok(())
    }
}
