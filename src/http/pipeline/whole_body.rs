//! The body of a call that is looked at before its handler runs.

use actix_web::HttpMessage as _;
use actix_web::dev::ServiceRequest;
use bytes::Bytes;

use crate::http::extract::body::{self, ReadAhead};
use crate::http::{ApiResult, App};

/// Reads it to its end, and leaves it for the handler.
///
/// # Errors
/// It is too large, or does not arrive.
pub(super) async fn whole_body(request: &mut ServiceRequest, app: &App) -> ApiResult<Bytes> {
    let ahead = request.extensions_mut().remove::<ReadAhead>();
    if let Some(ReadAhead(bytes)) = ahead {
        request.extensions_mut().insert(ReadAhead(bytes.clone()));
        return Ok(bytes);
    }
    let mut payload = request.take_payload();
    let bytes = body::read(request.request(), &mut payload, &app.settings).await?;
    request.extensions_mut().insert(ReadAhead(bytes.clone()));
    Ok(bytes)
}
