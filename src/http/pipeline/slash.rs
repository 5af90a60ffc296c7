//! `/v1/channels/` is `/v1/channels`: one old client writes it so.

use actix_web::dev::ServiceRequest;
use actix_web::http::Uri;

/// Takes slashes off the end of the path. Runs before the routes are looked at.
pub fn trim(request: &mut ServiceRequest) {
    let path = request.uri().path();
    let trimmed = path.trim_end_matches('/');
    if trimmed.len() == path.len() || trimmed.is_empty() {
        return;
    }
    let trimmed = trimmed.to_owned();
    lead_to(request, &trimmed);
}

/// Gives a request another path, with the query that it had. Not valid: it stays as it was.
pub(super) fn lead_to(request: &mut ServiceRequest, path: &str) {
    let uri = request.uri();
    let text = match uri.query() {
        Some(query) => format!("{path}?{query}"),
        None => path.to_owned(),
    };
    let mut parts = uri.clone().into_parts();
    let Ok(path_and_query) = text.try_into() else {
        return;
    };
    parts.path_and_query = Some(path_and_query);
    let Ok(uri) = Uri::from_parts(parts) else {
        return;
    };
    request.match_info_mut().get_mut().update(&uri);
    request.head_mut().uri = uri;
}
