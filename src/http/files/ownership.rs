//! Whether the place of contents belongs to this database. A server that was started with the URL of another database
//! holds no file that is there, and would take all of them for left over.

use std::sync::atomic::{AtomicU8, Ordering};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};
use tokio::sync::{Mutex, OnceCell};

use crate::http::App;
use crate::model::Failure;

/// Files of the database that are looked for in a place that names no owner: so many of the oldest, and of the newest.
const SAMPLE: i64 = 16;

/// What is known about the place.
#[derive(Debug, Default)]
pub(super) struct Ownership {
    /// What this database is called there.
    id: OnceCell<String>,
    found: AtomicU8,
    /// One question at a time: an upload that waits for its answer puts nothing there meanwhile.
    asking: Mutex<()>,
}

/// Nothing was found yet.
const UNKNOWN: u8 = 0;
const OURS: u8 = 1;
const FOREIGN: u8 = 2;

/// To which database the place belongs.
enum Owner {
    This,
    /// Named like this; `None`: contents are there that no file of this database holds, and no name.
    Another(Option<String>),
}

impl Ownership {
    /// It was found to belong to another one.
    pub(super) fn is_foreign(&self) -> bool {
        self.found.load(Ordering::Relaxed) == FOREIGN
    }
}

/// Whether this server may remove contents; the place is asked if that is not known yet.
///
/// # Errors
/// The place or the database does not answer.
pub(super) async fn is_ours(app: &App) -> Result<bool, Failure> {
    match app.files.ownership.found.load(Ordering::Relaxed) {
        UNKNOWN => look(app).await,
        found => Ok(found == OURS),
    }
}

/// Asks the place, which the operator may have given to this database meanwhile.
///
/// # Errors
/// As [`is_ours`].
pub(super) async fn look(app: &App) -> Result<bool, Failure> {
    let ownership = &app.files.ownership;
    let _asking = ownership.asking.lock().await;
    let id = ownership.id.get_or_try_init(|| own_id(app)).await?;
    let owner = owner(app, id).await?;
    let found = match &owner {
        Owner::This => OURS,
        Owner::Another(_) => FOREIGN,
    };
    let known = ownership.found.swap(found, Ordering::Relaxed);
    if known != found {
        tell(&owner, id, known);
    }
    Ok(found == OURS)
}

/// Of a key that the database keeps and takes along when it is moved.
async fn own_id(app: &App) -> Result<String, Failure> {
    let store = app.engine.store();
    let key = store.write(|tx| tx.server_key("contents")).await?;
    Ok(URL_SAFE_NO_PAD.encode(Sha256::digest(key)))
}

async fn owner(app: &App, id: &str) -> Result<Owner, Failure> {
    let contents = &app.files.contents;
    match contents.owner().await? {
        Some(owner) if owner == id => return Ok(Owner::This),
        Some(owner) => return Ok(Owner::Another(Some(owner))),
        None => {}
    }
    let store = app.engine.store();
    let own = store.read(|db| db.some_contents(SAMPLE)).await?;
    if !contents.has_some(&own).await? && !contents.is_empty().await? {
        // Another server of this database may have named it meanwhile, and then put something there.
        return Ok(match contents.owner().await? {
            Some(owner) if owner == id => Owner::This,
            other => Owner::Another(other),
        });
    }
    contents.set_owner(id).await?;
    Ok(Owner::This)
}

fn tell(owner: &Owner, id: &str, known: u8) {
    match owner {
        Owner::This if known == FOREIGN => {
            tracing::info!("the contents of files belong to this database again");
        }
        Owner::This => {}
        Owner::Another(owner) => {
            let owner = owner.as_deref().unwrap_or("not named");
            tracing::warn!(
                %owner,
                this = %id,
                "the contents of files belong to another database: nothing of them is removed. Check store.database_url \
                 and files.store_url. If this is their database, write its id, which this line names, into the file or \
                 object `owner` beside them"
            );
        }
    }
}
