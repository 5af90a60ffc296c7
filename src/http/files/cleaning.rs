//! What is left of files is removed: those that were never filled, contents that no file holds, pieces of uploads that
//! did not come to their end. Whatever a crash leaves is found here.

use std::time::Duration;

use actix_web::web::Data;

use super::bulk::run_all;
use super::keep::remove_unwanted;
use super::ownership::{is_ours, look};
use crate::actors::user::files::{delete, held_by};
use crate::http::App;
use crate::model::{ContentHash, Failure};
use crate::store::{Claim, Tx};

/// Between two turns.
const TURN: Duration = Duration::from_secs(60);
/// Files that one turn deletes because they were never filled.
const EXPIRED: i64 = 100;
/// Contents that one step looks at; a folder that has more is looked at again in the next round.
const CONTENTS: usize = 20_000;
/// Contents that are younger may belong to an upload whose row is not written yet.
const GRACE: Duration = Duration::from_secs(3600);
/// How long the end of an operation is told.
const TOLD: Duration = Duration::from_secs(86_400);

/// As long as the server runs: all of it once, then one of the 256 folders in each turn.
pub async fn clean(app: &Data<App>) {
    let start = match &app.engine.shared().cluster {
        None => app.engine.store().now().seconds(),
        // Other nodes may have uploads there.
        Some(_) => unfinished(app),
    };
    note(look(app).await.map(drop));
    note(clear_staging(app, start).await);
    turn(app).await;
    for folder in 0..=u8::MAX {
        if !sweep(app, folder).await {
            // The other folders would fail for the same reason; each has a turn later.
            break;
        }
    }
    let mut turns = tokio::time::interval(TURN);
    turns.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    turns.tick().await;
    for folder in (0..=u8::MAX).cycle() {
        turns.tick().await;
        note(look(app).await.map(drop));
        note(clear_staging(app, unfinished(app)).await);
        turn(app).await;
        sweep(app, folder).await;
    }
}

/// What was last written before this second. Uploads of another database are in the same directory as its contents.
async fn clear_staging(app: &App, before: i64) -> Result<(), Failure> {
    let contents = &app.files.contents;
    if contents.has_staging() && !is_ours(app).await? {
        return Ok(());
    }
    contents.clear_staging(before).await.map(drop)
}

/// Rows: operations that wait, files that were never filled.
async fn turn(app: &Data<App>) {
    run_all(app).await;
    note(expire(app).await);
}

async fn expire(app: &App) -> Result<(), Failure> {
    let store = app.engine.store();
    let patience = Duration::from_secs(app.files.settings().incomplete_seconds);
    let before = store.now().minus(patience);
    // Mostly there is nothing to do, which costs the writes nothing.
    let stale = store
        .read(move |db| db.stale_files(before, EXPIRED))
        .await?;
    if !stale.is_empty() {
        let freed = store.write(move |tx| {
            let mut freed: Vec<ContentHash> = Vec::new();
            for id in tx.stale_files(before, EXPIRED)? {
                freed.extend(delete_stale(tx, id)?);
            }
            Ok(freed)
        });
        remove_unwanted(app, freed.await?).await;
    }
    let now = store.now();
    let late = store
        .read(move |db| db.expired_provisions(now, EXPIRED))
        .await?;
    if !late.is_empty() {
        // They never had contents.
        store
            .write(move |tx| {
                for id in tx.expired_provisions(now, EXPIRED)? {
                    delete_stale(tx, id)?;
                    // Of one that is gone already.
                    tx.settle_provision(id, false)?;
                }
                Ok(())
            })
            .await?;
    }
    let before = store.now().minus(TOLD);
    if store.read(move |db| db.has_old_operations(before)).await? {
        store.write(move |tx| tx.forget_operations(before)).await?;
    }
    let before = now.minus(Claim::Keep.lasts());
    if store.read(move |db| db.has_old_claims(before)).await? {
        store.write(move |tx| tx.forget_claims(before)).await?;
    }
    Ok(())
}

fn delete_stale(tx: &mut Tx<'_>, id: crate::model::FileId) -> Result<Vec<ContentHash>, Failure> {
    let Some(file) = tx.file(id)? else {
        return Ok(Vec::new());
    };
    let freed = held_by(&file);
    delete(tx, file)?;
    Ok(freed)
}

/// Contents of one folder that no file holds. False: they could not be looked at.
async fn sweep(app: &App, folder: u8) -> bool {
    let outcome = try_sweep(app, folder).await;
    let is_done = outcome.is_ok();
    note(outcome);
    is_done
}

async fn try_sweep(app: &App, folder: u8) -> Result<(), Failure> {
    if !is_ours(app).await? {
        return Ok(());
    }
    let kept = app.files.contents.beginning_with(folder, CONTENTS).await?;
    let before = grace(app);
    let old = kept.into_iter().filter(|kept| kept.written_at < before);
    let old: Vec<ContentHash> = old.map(|kept| kept.hash).collect();
    if old.is_empty() {
        return Ok(());
    }
    let asked = old.clone();
    let store = app.engine.store();
    let wanted = store.read(move |db| db.wanted_contents(&asked)).await?;
    let unwanted = old.into_iter().filter(|hash| !wanted.contains(hash));
    let removed = remove_unwanted(app, unwanted.collect()).await;
    if removed > 0 {
        tracing::info!(removed, "contents that no file holds were removed");
    }
    Ok(())
}

/// An upload that was written to before this second is over.
fn unfinished(app: &App) -> i64 {
    let longest = i64::try_from(app.files.settings().upload_seconds).unwrap_or(i64::MAX);
    grace(app).saturating_sub(longest)
}

/// What was written before this second is old.
fn grace(app: &App) -> i64 {
    app.engine.store().now().minus(GRACE).seconds()
}

/// The next turn tries again.
fn note(outcome: Result<(), Failure>) {
    match outcome {
        Ok(()) | Err(Failure::Stopping) => {}
        Err(failure) => tracing::warn!(%failure, "files were not cleaned up this time"),
    }
}
