//! What a response needs to know of its request.

use actix_web::HttpRequest;

/// The call carried `update_presence`; whether that worked.
#[derive(Clone, Copy, Debug)]
pub struct UpdatedPresence(pub bool);

/// Whether the response is indented for a human reader; the header's presence says so.
pub fn wants_pretty(request: &HttpRequest) -> bool {
    request.headers().contains_key("x-pretty-json")
}
