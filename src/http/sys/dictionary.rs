//! `GET /sys/zstd-dictionary`: what clients of compressed streams decode with.

use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, EntityTag, IF_NONE_MATCH};
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse};

use crate::http::ApiResult;
use crate::protocol::compression::{DICTIONARY, dictionary_id};

/// The dictionary, named by its id. A client asks again when it opens a stream, since another version of the server may have
/// another one.
pub async fn dictionary(request: HttpRequest) -> ApiResult<HttpResponse> {
    let tag = EntityTag::new_strong(dictionary_id().to_string());
    let mut known = request.headers().get_all(IF_NONE_MATCH);
    // A proxy that compresses makes the tag a weak one; what it names stays.
    let is_known = known.any(|line| {
        let line = line.to_str().unwrap_or_default();
        line.trim() == "*" || line.contains(&tag.to_string())
    });
    let mut response = match is_known {
        true => HttpResponse::NotModified(),
        false => HttpResponse::Ok(),
    };
    response
        .insert_header((ETAG, tag.to_string()))
        .insert_header((CACHE_CONTROL, "public, no-cache"))
        .insert_header((CONTENT_TYPE, "application/octet-stream"));
    Ok(match is_known {
        true => response.finish(),
        false => response.body(Bytes::from_static(DICTIONARY)),
    })
}
