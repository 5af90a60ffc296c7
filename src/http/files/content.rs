//! What files hold, at the addresses that file objects carry: `/content/…`, signed and valid for a time, and `/f/…`, which
//! stays the same and leads to the former.
//!
//! Both are beside the API: pages and players load from them without a token, and they are not counted. What a user
//! uploaded never becomes a page of this origin: its type is one of few or none, and it runs nothing.

use std::io;
use std::ops::Range;

use actix_web::body::SizedStream;
use actix_web::http::header::{
    ACCEPT_RANGES, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_RANGE, CONTENT_SECURITY_POLICY,
    CONTENT_TYPE, Charset, ContentDisposition, DispositionParam, DispositionType, ETAG,
    ExtendedValue, HeaderName, HeaderValue, IF_NONE_MATCH, IF_RANGE, LOCATION, RANGE,
    TryIntoHeaderValue as _,
};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::from_fn;
use actix_web::web::{self, Bytes, Data, Path, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder, guard};
use futures_util::stream::BoxStream;
use futures_util::{StreamExt as _, TryStreamExt as _};

use super::range::{Asked, asked};
use crate::contents::media::served_as;
use crate::http::extract::Params;
use crate::http::pipeline::{around, not_allowed};
use crate::http::{ApiError, ApiResult, App};
use crate::model::{FileContents, FileId, Refusal};

/// Nothing of it may run, load or be framed as a page.
const POLICY: &str = "sandbox; default-src 'none'";
const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

/// The two addresses.
pub fn configure(cfg: &mut ServiceConfig) {
    let reads = || web::route().guard(guard::Any(guard::Get()).or(guard::Head()));
    let otherwise = || web::to(async || not_allowed(&["GET", "HEAD"]));
    let contents = web::resource("/content/{file_id}/{key}/{name}").route(reads().to(serve));
    let leading = web::resource("/f/{file_id}").route(reads().to(lead));
    cfg.service(contents.default_service(otherwise()).wrap(from_fn(around)))
        .service(leading.default_service(otherwise()).wrap(from_fn(around)));
}

/// Contents that an address names.
struct Named {
    contents: FileContents,
    name: String,
    is_public: bool,
    /// Seconds for which the address is still valid.
    left: i64,
}

async fn named(app: &App, id: &str, key: &str, params: &Params) -> ApiResult<Named> {
    let gone = || ApiError::from(Refusal::FileNotFound);
    let id: FileId = id.parse().map_err(|_cause| gone())?;
    let until = params.number("until").ok_or_else(gone)?;
    let sign = params.get("sign").ok_or_else(gone)?;
    let links = &app.engine.site().files;
    let (key, left) = links.open(id, key, until, sign).ok_or_else(gone)?;
    let file = app.engine.store().read(move |db| db.file(id)).await?;
    let file = file.ok_or_else(gone)?;
    let contents = file.contents_at(key).ok_or_else(gone)?.clone();
    Ok(Named {
        contents,
        name: file.name,
        is_public: file.is_public,
        left,
    })
}

async fn serve(
    app: Data<App>,
    request: HttpRequest,
    place: Path<(String, String, String)>,
    params: Params,
) -> ApiResult<HttpResponse> {
    let (id, key, _) = place.into_inner();
    let named = named(&app, &id, &key, &params).await?;
    answer(&app, &request, &named).await
}

async fn answer(app: &App, request: &HttpRequest, named: &Named) -> ApiResult<HttpResponse> {
    let tag = format!("\"{}\"", named.contents.hash);
    let header = |name: &HeaderName| request.headers().get(name)?.to_str().ok();
    let knows = |text: &str| {
        let mut tags = text.split(',').map(str::trim);
        tags.any(|known| known == "*" || known.trim_start_matches("W/") == tag)
    };
    if header(&IF_NONE_MATCH).is_some_and(knows) {
        return Ok(described(StatusCode::NOT_MODIFIED, named, &tag).finish());
    }
    let size = u64::try_from(named.contents.size).unwrap_or(0);
    // A part of other contents than the client has is of no use to it.
    let is_same = header(&IF_RANGE).is_none_or(|known| known.trim() == tag);
    let range = header(&RANGE).filter(|_| is_same);
    match asked(range, size) {
        Asked::Whole => {
            let mut answer = described(StatusCode::OK, named, &tag);
            let body = body(app, request, named, 0..size).await?;
            Ok(answer.body(SizedStream::new(size, body)))
        }
        Asked::Part(part) => {
            let mut answer = described(StatusCode::PARTIAL_CONTENT, named, &tag);
            let shown = format!("bytes {}-{}/{size}", part.start, part.end - 1);
            answer.insert_header((CONTENT_RANGE, shown));
            let length = part.end - part.start;
            let body = body(app, request, named, part).await?;
            Ok(answer.body(SizedStream::new(length, body)))
        }
        Asked::Outside => {
            let mut answer = described(StatusCode::RANGE_NOT_SATISFIABLE, named, &tag);
            answer.insert_header((CONTENT_RANGE, format!("bytes */{size}")));
            Ok(answer.finish())
        }
    }
}

type Body = BoxStream<'static, Result<Bytes, io::Error>>;

async fn body(
    app: &App,
    request: &HttpRequest,
    named: &Named,
    part: Range<u64>,
) -> ApiResult<Body> {
    if request.method() == Method::HEAD {
        return Ok(futures_util::stream::empty().boxed());
    }
    let bytes = app.files.contents.read(&named.contents.hash, part).await?;
    let bytes = bytes.map_err(|failure| io::Error::other(failure.to_string()));
    Ok(bytes.boxed())
}

/// An answer with everything that is said of contents.
fn described(status: StatusCode, named: &Named, tag: &str) -> HttpResponseBuilder {
    let (mime_type, is_shown) = served_as(&named.contents.mime_type);
    let visible = if named.is_public { "public" } else { "private" };
    let cached = format!("{visible}, max-age={}, immutable", named.left);
    let mut answer = HttpResponse::build(status);
    answer
        .insert_header((CONTENT_TYPE, mime_type))
        .insert_header((CACHE_CONTROL, cached))
        .insert_header((ETAG, tag))
        .insert_header((ACCEPT_RANGES, "bytes"))
        .insert_header((CONTENT_SECURITY_POLICY, POLICY))
        .insert_header((RESOURCE_POLICY, "cross-origin"));
    if let Some(disposition) = disposition(&named.name, is_shown) {
        answer.insert_header((CONTENT_DISPOSITION, disposition));
    }
    answer
}

/// What is no picture, sound or film is saved and not shown.
fn disposition(name: &str, is_shown: bool) -> Option<HeaderValue> {
    let plain: String = name
        .chars()
        .map(|c| {
            if c.is_ascii() && !"\"\\%".contains(c) {
                c
            } else {
                '_'
            }
        })
        .collect();
    let disposition = ContentDisposition {
        disposition: match is_shown {
            true => DispositionType::Inline,
            false => DispositionType::Attachment,
        },
        parameters: vec![
            DispositionParam::Filename(plain),
            DispositionParam::FilenameExt(ExtendedValue {
                charset: Charset::Ext(String::from("UTF-8")),
                language_tag: None,
                value: name.as_bytes().to_vec(),
            }),
        ],
    };
    disposition.try_into_value().ok()
}

async fn lead(app: Data<App>, id: Path<String>) -> ApiResult<HttpResponse> {
    let gone = || ApiError::from(Refusal::FileNotFound);
    let id: FileId = id.parse().map_err(|_cause| gone())?;
    let file = app.engine.store().read(move |db| db.file(id)).await?;
    let file = file.filter(|file| file.is_public && file.contents.is_some());
    let file = file.ok_or_else(gone)?;
    let (url, _) = app.engine.site().contents_url(id, None, &file.name);
    Ok(HttpResponse::Found()
        .insert_header((LOCATION, url))
        .finish())
}
