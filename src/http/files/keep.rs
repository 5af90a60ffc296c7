//! The end of an upload: its bytes are kept and its row is written, or nothing is left of either.

use std::sync::Arc;

use actix_web::web::Data;

use super::ownership::is_ours;
use crate::contents::Received;
use crate::http::{ApiError, ApiResult, App};
use crate::model::{ContentHash, Failure, File};
use crate::store::Call;

/// Keeps the bytes, then writes. It goes on if its caller goes away: a half is never left.
pub(super) async fn keep<W>(
    app: &Data<App>,
    bytes: Vec<Received>,
    write: impl FnOnce(Data<App>) -> W + 'static,
) -> ApiResult<File>
where
    W: Future<Output = Result<File, Failure>> + 'static,
{
    let app = app.clone();
    let task = actix_rt::spawn(Call::along(async move {
        let hashes: Vec<ContentHash> = bytes.iter().map(|bytes| bytes.hash.clone()).collect();
        let held = app.files.contents.hold(&hashes).await;
        let outcome = async {
            for received in bytes {
                app.files.contents.keep(received).await?;
            }
            write(app.clone()).await
        };
        let outcome = outcome.await;
        drop(held);
        if outcome.is_err() {
            remove_unwanted(&app, hashes).await;
        }
        outcome
    }));
    let outcome = task.await.map_err(|error| ApiError::trouble(&error))?;
    Ok(outcome?)
}

/// Removes those of these contents that no file holds. What fails here is removed by the sweep.
pub(super) async fn remove_unwanted(app: &App, hashes: Vec<ContentHash>) -> usize {
    let mut removed = 0;
    for hash in hashes {
        match remove_if_unwanted(app, hash).await {
            Ok(true) => removed += 1,
            Ok(false) => {}
            Err(failure) => {
                tracing::warn!(%failure, "contents that no file holds are left for now");
            }
        }
    }
    removed
}

async fn remove_if_unwanted(app: &App, hash: ContentHash) -> Result<bool, Failure> {
    // Files of another database may hold the same bytes.
    if !is_ours(app).await? {
        return Ok(false);
    }
    // No upload of the same bytes writes its row between the question and the removal.
    let _held = app.files.contents.hold([&hash]).await;
    let hash = Arc::new(hash);
    let asked = hash.clone();
    let store = app.engine.store();
    let wanted = store.read(move |db| db.wanted_contents(std::slice::from_ref(&asked)));
    if !wanted.await?.is_empty() {
        return Ok(false);
    }
    app.files.contents.remove(&hash).await?;
    Ok(true)
}
