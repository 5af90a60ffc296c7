//! The end of an upload: its bytes are kept and its row is written, or nothing is left of either.

use std::sync::Arc;
use std::time::Duration;

use actix_web::web::Data;

use super::ownership::is_ours;
use crate::clock::since_boot;
use crate::contents::Received;
use crate::http::{ApiError, ApiResult, App};
use crate::model::{ContentHash, Failure, File};
use crate::store::secret::random_id;
use crate::store::{Call, Claim};

/// Contents that no other server changes until they are given back.
struct Claimed {
    id: String,
    hashes: Vec<ContentHash>,
    claim: Claim,
    /// Since the machine was started ([`since_boot`]).
    since: Duration,
}

/// Keeps the bytes, then writes, with the claim that the write has to ask for. It goes on if its caller goes away: a half is
/// never left.
pub(super) async fn keep<W>(
    app: &Data<App>,
    bytes: Vec<Received>,
    write: impl FnOnce(Data<App>, Option<String>) -> W + 'static,
) -> ApiResult<File>
where
    W: Future<Output = Result<File, Failure>> + 'static,
{
    let app = app.clone();
    let task = actix_rt::spawn(Call::along(async move {
        // Known before anything is put there: else that would be what no file of this database holds yet.
        if let Err(failure) = is_ours(&app).await {
            tracing::debug!(%failure, "it is not known to which database the contents belong");
        }
        let hashes: Vec<ContentHash> = bytes.iter().map(|bytes| bytes.hash.clone()).collect();
        let held = app.files.contents.hold(&hashes).await;
        let claimed = claim_for_upload(&app, &hashes).await?;
        let outcome = async {
            for received in bytes {
                app.files.contents.keep(received).await?;
            }
            demand_in_time(claimed.as_ref())?;
            let claim = claimed.as_ref().map(|claimed| claimed.id.clone());
            write(app.clone(), claim).await
        };
        let outcome = outcome.await;
        give_back(&app, claimed).await;
        drop(held);
        match &outcome {
            // The row may be there; if it is not, the sweep removes them.
            Ok(_) | Err(Failure::Unsure) => {}
            Err(_) => drop(remove_unwanted(&app, hashes).await),
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
    let claimed = match store.is_shared() {
        true => match claim_for_removal(app, &hash).await? {
            Some(claimed) => Some(claimed),
            None => return Ok(false),
        },
        false => None,
    };
    demand_in_time(claimed.as_ref())?;
    // If this fails, the removal may still happen: the claim stays until it counts for nothing.
    app.files.contents.remove(&hash).await?;
    give_back(app, claimed).await;
    Ok(true)
}

/// A server by itself claims nothing: what is held is enough.
async fn claim_for_upload(app: &App, hashes: &[ContentHash]) -> Result<Option<Claimed>, Failure> {
    let store = app.engine.store();
    if !store.is_shared() {
        return Ok(None);
    }
    let claimed = Claimed::new(hashes.to_vec(), Claim::Keep);
    let (hashes, id) = (claimed.hashes.clone(), claimed.id.clone());
    store
        .write(move |tx| tx.claim_contents(&hashes, &id))
        .await?;
    Ok(Some(claimed))
}

async fn claim_for_removal(app: &App, hash: &ContentHash) -> Result<Option<Claimed>, Failure> {
    let claimed = Claimed::new(vec![hash.clone()], Claim::Remove);
    let (hash, id) = (hash.clone(), claimed.id.clone());
    let begun = app
        .engine
        .store()
        .write(move |tx| tx.claim_removal(&hash, &id));
    Ok(begun.await?.then_some(claimed))
}

/// A process that stood still, or whose machine did, may have lost its claim.
fn demand_in_time(claimed: Option<&Claimed>) -> Result<(), Failure> {
    let is_late =
        |claimed: &Claimed| since_boot().saturating_sub(claimed.since) > claimed.claim.lasts() / 2;
    match claimed.is_some_and(is_late) {
        true => Err(Failure::Busy),
        false => Ok(()),
    }
}

/// A claim that cannot be given back ends by itself.
async fn give_back(app: &App, claimed: Option<Claimed>) {
    let Some(Claimed { id, hashes, .. }) = claimed else {
        return;
    };
    let ended = app
        .engine
        .store()
        .write(move |tx| tx.end_claim(&hashes, &id));
    if let Err(failure) = ended.await {
        tracing::warn!(%failure, "a claim to contents was not given back");
    }
}

impl Claimed {
    fn new(hashes: Vec<ContentHash>, claim: Claim) -> Self {
        Self {
            id: random_id(),
            hashes,
            claim,
            since: since_boot(),
        }
    }
}
