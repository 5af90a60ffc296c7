//! Bytes of a body, piece by piece into the contents: an upload holds a few pieces in memory, whatever its size.

use std::time::{Duration, Instant};

use actix_rt::time::timeout;
use actix_web::web::Bytes;
use futures_util::{Stream, StreamExt as _};

use super::place::Room;
use crate::contents::Received;
use crate::http::{ApiResult, App};
use crate::model::Refusal;

/// Bytes a second that contents arrive with at least, after the time of silence that is allowed: slower ones would hold the
/// places of uploads for an hour at the price of a byte now and then.
const SLOWEST: u64 = 1024;

/// Receives contents to their end.
///
/// # Errors
/// A body that is cut, empty, too large, or silent for too long. Nothing of it is left then.
pub(super) async fn receive<E>(
    app: &App,
    mut pieces: impl Stream<Item = Result<Bytes, E>> + Unpin,
    room: Room,
) -> ApiResult<Received> {
    let mut intake = app.files.contents.intake().await?;
    let began = Instant::now();
    while let Some(piece) = next(&mut pieces, app.files.silence).await? {
        room.less(intake.size() + piece.len() as u64)?;
        intake.take(piece).await?;
        let past = began.elapsed().saturating_sub(app.files.silence);
        if intake.size() < past.as_secs().saturating_mul(SLOWEST) {
            return Err(Refusal::MalformedBody.into());
        }
    }
    if intake.size() == 0 {
        return Err(Refusal::Missing.at("content").into());
    }
    Ok(intake.finish().await?)
}

/// The next piece; `None` at the end.
pub(super) async fn next<T, E>(
    pieces: &mut (impl Stream<Item = Result<T, E>> + Unpin),
    silence: Duration,
) -> ApiResult<Option<T>> {
    match timeout(silence, pieces.next()).await {
        Ok(Some(Ok(piece))) => Ok(Some(piece)),
        Ok(None) => Ok(None),
        // Cut in the middle, or nothing comes any more.
        Ok(Some(Err(_))) | Err(_) => Err(Refusal::MalformedBody.into()),
    }
}

/// A whole upload within the time that one may take.
pub(super) async fn in_time<T>(
    app: &App,
    upload: impl Future<Output = ApiResult<T>>,
) -> ApiResult<T> {
    let longest = Duration::from_secs(app.files.settings().upload_seconds);
    match timeout(longest, upload).await {
        Ok(outcome) => outcome,
        Err(_) => Err(Refusal::MalformedBody.into()),
    }
}
